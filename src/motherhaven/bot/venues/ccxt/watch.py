"""What the exchange has to tell: fills, funding, cash and orders that ended, each once.

Everything is polled: a stream is only a hint, and nothing is lost by a connection that hangs.
Where a position is gone, what rests of our stops and targets for it is canceled here, because
an exchange keeps it for the next position.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from motherhaven.bot.execution.orders import (
    Accepted,
    OrderClosed,
    OrderState,
    Outcome,
    Unknown,
)
from motherhaven.bot.execution.port import VenueEvent
from motherhaven.bot.portfolio.events import CashFlow, Fill, FundingPayment
from motherhaven.bot.venues.ccxt.account import AccountReader
from motherhaven.bot.venues.ccxt.find import OrderFinder
from motherhaven.bot.venues.ccxt.history import History, split
from motherhaven.bot.venues.ccxt.leverage import LeverageKeeper
from motherhaven.bot.venues.ccxt.orders import OrderSender
from motherhaven.bot.venues.ccxt.read import SeenOrder
from motherhaven.bot.venues.ccxt.session import Session
from motherhaven.contract.errors import ExchangeError
from motherhaven.contract.exact import exact

ZERO: Final = Decimal(0)
PAUSE: Final = timedelta(seconds=2)
"""The exchange is asked anew no sooner than that, unless something was just sent."""
LEDGER_PAUSE: Final = timedelta(seconds=60)
"""The ledger tells funding, cash and trades of markets that we did not use; it is dear to ask."""
OVERLAP: Final = timedelta(seconds=60)
"""How far back each poll looks again: the exchange may tell a fill late."""
SKEW: Final = timedelta(seconds=2)
"""The exchange's clock may be so much behind ours."""
ACTIVE: Final = timedelta(days=2)
KNOWN: Final = 20_000


class Totals:
    """What was told since this adapter was opened, in USD."""

    def __init__(self) -> None:
        self.realized = self.fees = self.funding = ZERO

    def add(self, event: VenueEvent) -> None:
        """Count an event."""
        with exact():
            if isinstance(event, Fill):
                self.realized += event.realized
                self.fees += event.fee
            elif isinstance(event, FundingPayment):
                self.funding += event.amount


class Watcher:
    """Polls one account and tells what is new."""

    def __init__(
        self,
        session: Session,
        account: AccountReader,
        finder: OrderFinder,
        sender: OrderSender,
        history: History,
        leverage: LeverageKeeper,
        since: datetime,
    ) -> None:
        """`since` is from when on things are told; what was before is asked for by `fills`."""
        self._session = session
        self._account = account
        self._finder = finder
        self._sender = sender
        self._history = history
        self._leverage = leverage
        self._since = since - SKEW
        self._polled: datetime | None = None
        self._ledger_read: datetime | None = None
        self._told: list[VenueEvent] = []
        self._known: OrderedDict[str, None] = OrderedDict()
        self._resting: dict[str, SeenOrder] = {}
        self._owed: dict[str, tuple[str, Decimal]] = {}
        self._sizes: dict[str, Decimal] | None = None
        self._polling = asyncio.Lock()
        self.totals = Totals()

    def sent(self, outcomes: list[tuple[str, Outcome]]) -> None:
        """Orders were sent, each in a coin: ask anew at once, and wait for what filled."""
        self._polled = None
        for coin, outcome in outcomes:
            if isinstance(outcome, Unknown):
                self._owed[outcome.cloid] = (coin, ZERO)
            elif isinstance(outcome, Accepted) and outcome.filled:
                self._owed[outcome.cloid] = (coin, outcome.filled)

    async def drain(self) -> list[VenueEvent]:
        """What is new since the last call.

        Raises:
            ExchangeError: the exchange cannot say now; nothing is lost by it.
        """
        await self.poll()
        told, self._told = self._told, []
        return told

    async def poll(self) -> None:
        """Ask the exchange, unless it was asked just now.

        Raises:
            ExchangeError: it cannot say.
        """
        async with self._polling:
            now = self._session.now
            if self._polled is not None and now - self._polled < PAUSE:
                return
            coins = self._session.register.coins(now - ACTIVE)
            coins |= {one.coin for one in self._resting.values()}
            resting = await self._finder.resting_in(coins)
            sizes = await self._account.sizes()
            await self._money(sizes)
            await self._ended(resting)
            if await self._swept(resting, sizes):
                await self._ended(await self._finder.resting_in(coins))
            self._polled = now

    async def _money(self, sizes: Mapping[str, Decimal]) -> None:
        """Fills first, then what else moved money; each that was told before is left out."""
        since, now = self._since - OVERLAP, self._session.now
        rows = []
        if self._ledger_read is None or now - self._ledger_read >= LEDGER_PAUSE:
            rows, self._ledger_read = await self._history.ledger(since), now
        register = self._session.register
        coins = register.coins(now - ACTIVE) | set(sizes) | set(self._sizes or ())
        trade = self._session.profile.ledger.trade
        coins |= {row.coin for row in rows if row.coin is not None and row.type in trade}
        fills = await self._history.fills(since, coins, self._leverage.known)
        payments = self._history.funding_of(rows, sizes)
        flows: list[CashFlow] = self._history.flows_of(rows)
        told: list[Fill | FundingPayment | CashFlow] = [*fills, *payments, *flows]
        new = [one for one in told if one.time >= self._since and self._is_new(_name(one))]
        self._base(sizes, [one for one in new if isinstance(one, Fill)])
        for event in sorted(new, key=lambda one: one.time):
            self._tell(event)
        newest = max((fill.time for fill in fills), default=self._since)
        self._since = max(self._since, newest - OVERLAP)

    def _base(self, sizes: Mapping[str, Decimal], new: list[Fill]) -> None:
        """What was held before the new fills; where nothing is new or due, what is shown counts."""
        moving = {fill.coin for fill in new} | {coin for coin, _ in self._owed.values()}
        if self._sizes is None:
            self._sizes = dict(sizes)
            with exact():
                for fill in new:
                    self._sizes[fill.coin] = self._sizes.get(fill.coin, ZERO) - fill.size
        for coin in set(sizes) | set(self._sizes):
            if coin not in moving:
                self._sizes[coin] = sizes.get(coin, ZERO)
        self._sizes = {coin: size for coin, size in self._sizes.items() if size}

    def _tell(self, event: Fill | FundingPayment | CashFlow) -> None:
        if not isinstance(event, Fill):
            self._add(event)
            return
        sizes = self._sizes if self._sizes is not None else {}
        for part in split(event, sizes.get(event.coin, ZERO)):
            with exact():
                after = sizes.get(part.coin, ZERO) + part.size
            if after:
                sizes[part.coin] = after
            else:
                sizes.pop(part.coin, None)
            self._add(part)
        if event.cloid in self._owed:
            coin, left = self._owed[event.cloid]
            with exact():
                left -= abs(event.size)
            if left > 0:
                self._owed[event.cloid] = (coin, left)
            else:
                del self._owed[event.cloid]

    def _add(self, event: VenueEvent) -> None:
        self.totals.add(event)
        self._told.append(event)

    async def _ended(self, resting: list[SeenOrder]) -> None:
        """Orders of ours that rested and rest no more: told, unless they filled."""
        now = {one.cloid: one for one in resting if one.cloid}
        for cloid, order in list(self._resting.items()):
            if cloid in now:
                continue
            status = await self._finder.status(cloid)
            if status is not None and status.state is OrderState.OPEN:
                continue
            del self._resting[cloid]
            filled = status is not None and status.state is OrderState.FILLED
            if not filled:
                state = OrderState.CANCELED if status is None else status.state
                self._told.append(
                    OrderClosed(
                        cloid, order.coin, order.kind, state, "it rests no more",
                        self._session.now,
                    )
                )  # fmt: skip
        self._resting |= {cloid: one for cloid, one in now.items() if one.unread is None}

    async def _swept(self, resting: list[SeenOrder], sizes: Mapping[str, Decimal]) -> bool:
        """Cancel our exits of positions that are gone; whether there were any.

        A position counts as gone when the exchange shows none, our fills add up to none, and no
        order of ours in the coin may still bring a fill.
        """
        owed = {coin for coin, _ in self._owed.values()}
        known = self._sizes if self._sizes is not None else {}
        gone = [
            one
            for one in resting
            if one.trigger and one.coin not in sizes and one.coin not in known
            and one.coin not in owed and self._session.register.find(one.cloid) is not None
        ]  # fmt: skip
        outcomes = [await self._sender.cancel(one.cloid) for one in gone]
        return any(isinstance(one, Accepted) for one in outcomes)

    async def settle_unknown(self) -> None:
        """Forget orders whose outcome was not known once the exchange says that they ended."""
        for cloid, (_, left) in list(self._owed.items()):
            if left:
                continue
            try:
                status = await self._finder.status(cloid)
            except ExchangeError:
                continue
            if status is None or (status.state is not OrderState.OPEN and not status.filled):
                self._owed.pop(cloid, None)

    def _is_new(self, name: str) -> bool:
        if name in self._known:
            return False
        self._known[name] = None
        while len(self._known) > KNOWN:
            self._known.popitem(last=False)
        return True


def _name(event: Fill | FundingPayment | CashFlow) -> str:
    if isinstance(event, FundingPayment):
        return f"funding:{event.coin}:{event.time.isoformat()}:{event.amount}"
    return event.external_id or ""
