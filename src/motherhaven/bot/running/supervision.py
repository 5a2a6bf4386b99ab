"""What is looked at four times a second, whatever the bot does: the kill latch and the arming."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from motherhaven.bot.arming.testnet import TestnetTrades, VerifiedTrade
from motherhaven.bot.arming.watch import ArmingWatch, Flows, News
from motherhaven.bot.execution.identity import AccountIdentity
from motherhaven.bot.running.cycle import Cycle, Trouble
from motherhaven.bot.running.killing import KillObeyer
from motherhaven.bot.running.ledger_records import fill_of
from motherhaven.bot.running.sink import Kept
from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import ConfigError, ContractError, ExchangeError
from motherhaven.contract.times import parse_time

_LOG: Final = logging.getLogger("motherhaven")
READ_AGAIN: Final = timedelta(days=1)
"""Who the account is costs much of what the venue lets an address ask: it is seldom read."""
_RETRY: Final = timedelta(seconds=10)


class Supervisor:
    """The kill latch of any bot, and the arming of one that trades live.

    `data` is the folder that keeps the rehearsal on the test network.
    """

    def __init__(
        self,
        cycle: Cycle,
        clock: Clock,
        killer: KillObeyer,
        armed: ArmingWatch | None = None,
        data: Path | None = None,
    ) -> None:
        self.killer = killer
        self.armed = armed
        self._cycle = cycle
        self._clock = clock
        self._trades = None if data is None else TestnetTrades(data)
        self._counted = 0
        self._taken: AccountIdentity | None = None if armed is None else armed.identity
        self._session: str | None = None
        self._watched = False
        self._begun = False
        self._read_next = clock.now() + READ_AGAIN

    def begin(self) -> None:
        """The market was caught up with: a paper account closes at prices of now, not of then."""
        self._begun = True

    async def look(self) -> bool:
        """Obey the latch, watch the arming; whether something new is on record."""
        if not self._begun and self._cycle.trader.account.stepped is not None:
            return False
        now = self._clock.now()
        kill = self.killer.due(now)
        if kill is not None:
            _LOG.critical("KILL: %s%s", kill.reason, " (close everything)" if kill.flatten else "")
            await self._cycle.core(self.killer.obey_latch, now)
        if self.armed is None:
            return kill is not None
        try:
            return await self._arming(self.armed, now) or kill is not None
        except Exception:  # noqa: BLE001  # the loop lives on; the gate looks at the disk itself
            _LOG.exception("Live: the arming could not be looked at; the gate decides alone")
            return True

    def shown(self) -> dict[str, Any]:
        """What `status` and doctor are told."""
        kill = None if self.killer.latch is None else self.killer.latch.read()
        return {
            "killed": None if kill is None else kill.reason,
            "killed_at": None if kill is None else kill.at,
            "flatten": kill is not None and kill.flatten,
            "kill_obeyed": self.killer.obeyed(kill),
            "kill_told": self.killer.told,
            "not_flat": self.killer.left,
            **({} if self.armed is None else self.armed.shown()),
        }

    def told(self) -> dict[str, Any]:
        """What every status of a live bot tells of the account's money."""
        armed = self.armed
        if armed is None or armed.identity is None:
            return {}
        return {"network": armed.identity.network, "armed": armed.armed}

    def warnings(self) -> list[str]:
        """What stands beside every status of a bot with real money."""
        refused = None if self.armed is None else self.armed.refusal
        return [] if refused is None else [f"live: no entries: {refused}"]

    async def _arming(self, armed: ArmingWatch, now: datetime) -> bool:
        self._take_over(armed)
        if now >= self._read_next or self._newly_armed(armed):
            await self._read(armed, now)
        return await self._cycle.core(self._watch, armed, now)

    def _take_over(self, armed: ArmingWatch) -> None:
        """What a look at the account has read of it counts here, too."""
        known = self._cycle.trader.watch.reconciler
        if known is not None and known.identity is not None and known.identity is not self._taken:
            self._taken = known.identity
            armed.know(known.identity)

    def _newly_armed(self, armed: ArmingWatch) -> bool:
        """Whether it was armed since the last look: then who the account is must be known anew."""
        try:
            record = armed.gate.store.read()
        except (ConfigError, OSError):
            return False
        session = record.session if record is not None and record.armed else None
        new = self._watched and session is not None and session != self._session
        self._session, self._watched = session, True  # at the start it was just read
        return new

    async def _read(self, armed: ArmingWatch, now: datetime) -> None:
        """Ask the venue again who the account is: its mode and its agent may have changed."""
        self._read_next = now + READ_AGAIN
        try:
            found = await self._cycle.core(self._cycle.trader.account.venue.identity)
        except ExchangeError as error:
            self._read_next = now + _RETRY
            _LOG.warning("Live: who the account is could not be read: %s", error)
            return
        if found is not None:
            armed.know(found)

    def _watch(self, armed: ArmingWatch, now: datetime) -> bool:
        """Look, and put on record what is new here: whoever waits for it may be cancelled."""
        trader = self._cycle.trader
        try:
            killed = (trader.kill.reason or "the kill switch") if trader.kill.engaged else None
            told = armed.look(now, self._equity(), Flows(tuple(trader.flows)), killed)
        except ConfigError as error:
            told = [News(str(error), error.code)]
        trader.armed = armed.armed
        if not armed.armed:
            refused = armed.refusal
            trader.drop_entries(f"live: {refused}", now)
        for one in told:
            (_LOG.warning if one.code is None else _LOG.error)("Live: %s", one.text)
            trouble = None if one.code is None else Trouble(one.code, one.text)
            self._cycle.status(one.text, now, error=trouble)
        self._rehearse(armed)
        return bool(told)

    def _equity(self) -> Decimal | None:
        ledger = self._cycle.trader.ledger
        if any(coin not in ledger.marks for coin in ledger.holdings):
            return None
        return ledger.equity()

    def _rehearse(self, armed: ArmingWatch) -> None:
        """Count a trade of the test network once the venue's own fills make it up."""
        who, count = armed.identity, self._cycle.trader.log.tally.count
        if self._trades is None or who is None or who.network != "testnet":
            return
        if count == self._counted or not self._cycle.flush():
            return
        self._counted = count
        kept = self._cycle.sink.read(("fill", "position_closed"))
        self._trades.add(verified_trades(kept, who.venue))


def verified_trades(kept: Iterable[Kept], venue: str) -> list[VerifiedTrade]:
    """The closed positions whose every fill is ours and has the venue's own id."""
    fills: dict[str, list[str | None]] = {}
    found = []
    for event in kept:
        position = str(event.payload.get("position_id") or "")
        if event.kind == "fill":
            try:
                fill = fill_of(event.payload)
            except ContractError:
                continue
            ours = fill.external_id if fill.cloid else None
            fills.setdefault(fill.position_id, []).append(ours)
            continue
        ids = fills.get(position, [])
        if len(ids) > 1 and all(ids):
            closed = parse_time(event.payload.get("exit_time"), event.time)
            coin = str(event.payload.get("coin"))
            names = tuple(one for one in ids if one)
            found.append(VerifiedTrade(venue, position, coin, closed, names))
    return found
