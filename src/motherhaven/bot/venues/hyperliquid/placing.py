"""From intents to actions and from replies to outcomes: one for each order, in order."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

from motherhaven.bot.execution.orders import (
    Accepted,
    Grouping,
    OrderIntent,
    OrderKind,
    Outcome,
    Rejected,
    Unknown,
)
from motherhaven.bot.portfolio.events import MarginMode
from motherhaven.bot.venues.hyperliquid import actions, wire
from motherhaven.bot.venues.hyperliquid.following import Following
from motherhaven.bot.venues.hyperliquid.info import Info
from motherhaven.bot.venues.hyperliquid.leverages import Leverages
from motherhaven.bot.venues.hyperliquid.orders_state import CLOID
from motherhaven.bot.venues.hyperliquid.parse import millis
from motherhaven.bot.venues.hyperliquid.refusals import Refused
from motherhaven.bot.venues.hyperliquid.replies import Answer, Refusal, Taken
from motherhaven.bot.venues.hyperliquid.rules import Rules
from motherhaven.bot.venues.hyperliquid.sender import NO_KEY, Sender
from motherhaven.bot.venues.hyperliquid.signed_log import SignedLog, SignedOrder
from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import ExchangeError
from motherhaven.contract.exact import exact

ENTRY_LASTS: Final = timedelta(seconds=15)
EXIT_LASTS: Final = timedelta(seconds=60)
"""Until when the venue may take an order that names no deadline of its own."""

TRIGGERS: Final = (OrderKind.STOP, OrderKind.TARGET)
_ZERO: Final = Decimal(0)


@dataclass(slots=True)
class _Batch:
    """Intents of one call with the outcomes that are known so far, by their place."""

    intents: Sequence[OrderIntent]
    outcomes: dict[int, Outcome] = field(default_factory=dict)

    def refuse(self, index: int, text: str, code: str) -> None:
        self.outcomes[index] = Rejected(self.intents[index].cloid, text, code)

    def open(self) -> list[int]:
        return [n for n in range(len(self.intents)) if n not in self.outcomes]


class Placing:
    """Places and cancels orders of one account."""

    def __init__(
        self,
        info: Info,
        rules: Rules,
        leverages: Leverages,
        sender: Sender,
        log: SignedLog | None,
        following: Following,
        clock: Clock,
    ) -> None:
        self._info = info
        self._rules = rules
        self._leverages = leverages
        self._sender = sender
        self._log = log
        self._following = following
        self._clock = clock

    async def place(self, intents: Sequence[OrderIntent], grouping: Grouping) -> list[Outcome]:
        """Send orders once each. With NORMAL_TPSL the rest follow the first one's fill.

        A cloid that was signed before is not signed again: its outcome is given again.
        """
        batch = _Batch(intents)
        for index in batch.open():
            await self._known_before(batch, index)
        if grouping is Grouping.NORMAL_TPSL and intents:
            await self._send_runs(batch, [n for n in batch.open() if n == 0])
            self._drop_children(batch)
        await self._send_runs(batch, batch.open())
        return [batch.outcomes[index] for index in range(len(intents))]

    async def _known_before(self, batch: _Batch, index: int) -> None:
        cloid = batch.intents[index].cloid or ""
        if self._log is None:
            batch.refuse(index, NO_KEY, "signer_missing")
        elif not CLOID.fullmatch(cloid):
            told = f"{cloid[:40]!r} is no client order id of the venue: 0x and 32 hex digits"
            batch.refuse(index, told, "venue_cloid")
        elif cloid in [one.cloid for one in batch.intents[:index]]:
            batch.refuse(index, f"{cloid} is named twice in one call", "venue_cloid")
        elif self._log.order(cloid) is not None:
            batch.outcomes[index] = self._log.outcome(cloid) or Unknown(
                cloid, "it was signed before and its answer is not on record"
            )

    def _drop_children(self, batch: _Batch) -> None:
        """Without a fill of the entry there is nothing to protect."""
        parent = batch.outcomes[0]
        if isinstance(parent, Accepted) and parent.filled:
            return
        for index in batch.open():
            batch.refuse(index, "its entry was not filled; nothing was sent", "venue_parent")

    async def _send_runs(self, batch: _Batch, indices: Iterable[int]) -> None:
        """Neighbours of the same kind travel together, in the order given."""
        for (reduces, coin), run in groupby(indices, lambda n: _kind_of(batch.intents[n])):
            await self._send_run(batch, list(run), reduces, whole=coin is not None)

    async def _send_run(
        self, batch: _Batch, indices: list[int], reduces: bool, *, whole: bool
    ) -> None:
        expires_at = self._expires_at([batch.intents[n] for n in indices], reduces)
        orders: list[dict[str, Any]] = []
        going: list[int] = []
        used: dict[str, Decimal] = {}
        for index in indices:
            try:
                orders.append(await self._wire(batch.intents[index], used, expires_at))
                going.append(index)
            except Refused as error:
                batch.refuse(index, str(error), error.code)
            except ExchangeError as error:
                batch.refuse(index, f"{error}; nothing was sent", "venue_unreadable")
        for at in range(0, len(going), actions.MOST_ITEMS):
            part = slice(at, at + actions.MOST_ITEMS)
            action = actions.order(orders[part], "positionTpsl" if whole else "na")
            await self._send(batch, going[part], action, expires_at)

    async def _send(
        self, batch: _Batch, indices: list[int], action: actions.Action, expires_at: int
    ) -> None:
        intents = [batch.intents[n] for n in indices]
        try:
            sent = await self._sender.send(
                action, urgent=action.reduces, expires_at=expires_at,
                orders=[SignedOrder.of(one) for one in intents],
            )  # fmt: skip
        except Refused as error:
            for index in indices:
                batch.refuse(index, str(error), error.code)
            return
        outcomes = [
            _outcome(intent.cloid or "", answer, sent.nonce)
            for intent, answer in zip(intents, sent.answers, strict=True)
        ]
        outcomes = await self._verified(intents, outcomes)
        self._note(sent.nonce, outcomes)
        batch.outcomes.update(zip(indices, outcomes, strict=True))

    def _note(self, nonce: int, outcomes: Sequence[Outcome]) -> None:
        """It has happened: a disk that is full then changes nothing about it."""
        if self._log is not None:
            with suppress(ExchangeError):
                self._log.answered(nonce, outcomes)
        self._following.sent(outcomes)

    async def _verified(
        self, intents: Sequence[OrderIntent], outcomes: list[Outcome]
    ) -> list[Outcome]:
        """A stop or target counts as taken only when it is read back as it was asked for."""
        waiting = [
            n
            for n, (intent, one) in enumerate(zip(intents, outcomes, strict=True))
            if intent.kind in TRIGGERS and isinstance(one, Accepted) and one.resting
        ]
        if not waiting:
            return outcomes
        try:
            resting = self._following.note(await self._info.open_orders())
        except ExchangeError:
            resting = {}
        for n in waiting:
            intent, outcome = intents[n], outcomes[n]
            shown = resting.get(intent.cloid or "")
            same = shown is not None and (shown.kind, shown.side, shown.price) == (
                intent.kind, intent.side, intent.price,
            )  # fmt: skip
            if shown is not None and same and isinstance(outcome, Accepted):
                outcomes[n] = Accepted(
                    outcome.cloid, resting=True, oid=shown.oid, nonce=outcome.nonce
                )
            else:
                told = "the venue took it, and it does not show among the orders as it was asked"
                outcomes[n] = Unknown(outcome.cloid or "", told)
        return outcomes

    async def resend(self, cloid: str) -> Outcome:
        """Send the bytes again that an order travelled in; its outcome as far as it is told.

        Raises:
            Refused: nothing was sent.
        """
        answers = await self._sender.resend(cloid)
        signed = None if self._log is None else self._log.action_of(cloid)
        if self._log is None or signed is None:
            return Unknown(cloid, "it is not on record")
        outcomes = [
            _outcome(order.cloid, answer, signed.nonce)
            for order, answer in zip(signed.orders, answers, strict=True)
        ]
        self._note(signed.nonce, outcomes)
        return next(one for one in outcomes if one.cloid == cloid)

    # --- one order ----------------------------------------------------------------------

    async def _wire(
        self, intent: OrderIntent, used: dict[str, Decimal], expires_at: int
    ) -> dict[str, Any]:
        """An order as it travels.

        Raises:
            Refused: it breaks a rule of the market, or the margin does not carry it.
            ExchangeError: a price or the account cannot be read.
        """
        spec, asset = await self._rules.market(intent.coin)
        buy = intent.side.sign > 0
        if intent.kind in TRIGGERS:
            if not intent.reduce_only or intent.price is None:
                raise Refused(f"{intent.coin}: a trigger reduces and has a price", "venue_trigger")
            size = wire.size_text(intent.size, spec) if intent.size else "0"
            trigger = wire.price_text(intent.price, spec)
            limit = wire.price_text(wire.beyond(intent.price, intent.side, spec), spec)
            stop = intent.kind is OrderKind.STOP
            return actions.trigger_order(asset, buy, limit, size, trigger, stop, intent.cloid)
        size = wire.size_text(intent.size, spec)
        price = await self._limit(intent)
        if not intent.reduce_only:
            await self._carried(intent, used, expires_at)
        tif: actions.Tif = "Ioc" if intent.kind is OrderKind.MARKET else "Gtc"
        return actions.limit_order(asset, buy, price, size, intent.reduce_only, tif, intent.cloid)

    async def _limit(self, intent: OrderIntent) -> str:
        """The worst price: as given, or SLIP from the middle where none is."""
        spec, _ = await self._rules.market(intent.coin)
        if intent.kind is OrderKind.LIMIT:
            if intent.price is None:
                raise Refused(f"{intent.coin}: a limit order needs a price", "venue_tick")
            return wire.price_text(intent.price, spec)
        if intent.price is not None:
            return wire.price_text(wire.bound(intent.price, intent.side, spec), spec)
        mid = (await self._info.mids()).get(intent.coin)
        if mid is None:
            raise Refused(f"{intent.coin} has no price now", "no_price")
        return wire.price_text(wire.beyond(mid, intent.side, spec), spec)

    async def _carried(
        self, intent: OrderIntent, used: dict[str, Decimal], expires_at: int
    ) -> None:
        """Have the entry's leverage set, and refuse what the margin does not carry.

        The venue would fill as much as it can of an order that is too large.
        """
        coin = intent.coin
        if intent.leverage is None:
            data = await self._leverages.read(coin)
        else:
            mode = intent.mode or MarginMode.CROSS
            data = await self._leverages.ensure(coin, intent.leverage, mode, expires_at)
            if (data.setting.leverage, data.setting.mode) != (intent.leverage, mode):
                raise Refused(
                    f"{coin}: asked for {intent.leverage}x {mode}, the venue has "
                    f"{data.setting.leverage}x {data.setting.mode}",
                    "leverage",
                )
        with exact():
            total = used.get(coin, _ZERO) + intent.size
        if total > data.most(intent.side):
            raise Refused(
                f"{coin}: {total} is more than the {data.most(intent.side)} that the free margin "
                f"carries at {data.setting.leverage}x",
                "venue_margin",
            )
        used[coin] = total

    def _expires_at(self, intents: Iterable[OrderIntent], reduces: bool) -> int:
        lasts = EXIT_LASTS if reduces else ENTRY_LASTS
        until = self._clock.now() + lasts
        return millis(min(one.deadline or until for one in intents))

    # --- cancelling ---------------------------------------------------------------------

    async def cancel(self, cloids: Sequence[str]) -> list[Outcome]:
        """Cancel orders of ours, entries first; one outcome each, in order."""
        if self._log is None:
            return [Rejected(cloid, NO_KEY, "signer_missing") for cloid in cloids]
        known = {cloid: self._log.order(cloid) for cloid in cloids}
        outcomes: dict[str, Outcome] = {
            cloid: Rejected(cloid, f"{cloid[:40]!r} is no order of this signer", "venue_gone")
            for cloid, order in known.items()
            if order is None
        }
        ours = [order for order in known.values() if order is not None]
        for exits in (False, True):
            part = [one for one in ours if one.reduce_only is exits]
            for at in range(0, len(part), actions.MOST_ITEMS):
                outcomes |= await self._cancel(part[at : at + actions.MOST_ITEMS], urgent=not exits)
        return [outcomes[cloid] for cloid in cloids]

    async def _cancel(self, orders: Sequence[SignedOrder], *, urgent: bool) -> dict[str, Outcome]:
        try:
            items = [((await self._rules.market(one.coin))[1], one.cloid) for one in orders]
            sent = await self._sender.send(
                actions.cancel_by_cloid(items), urgent=urgent,
                expires_at=millis(self._clock.now() + EXIT_LASTS),
            )  # fmt: skip
        except Refused as error:
            return {one.cloid: Rejected(one.cloid, str(error), error.code) for one in orders}
        except ExchangeError as error:
            told = f"{error}; nothing was sent"
            return {one.cloid: Rejected(one.cloid, told, "venue_unreadable") for one in orders}
        self._following.hint()
        return {
            one.cloid: _outcome(one.cloid, answer, sent.nonce)
            for one, answer in zip(orders, sent.answers, strict=True)
        }


def _kind_of(intent: OrderIntent) -> tuple[bool, str | None]:
    """Whether it reduces, and the coin where it is for the whole position."""
    whole = intent.kind in TRIGGERS and not intent.size
    return intent.reduce_only, intent.coin if whole else None


def _outcome(cloid: str, answer: Answer, nonce: int) -> Outcome:
    if isinstance(answer, Taken):
        return Accepted(cloid, answer.filled, answer.average, answer.resting, answer.oid, nonce)
    if isinstance(answer, Refusal):
        return Rejected(cloid, answer.text, answer.code)
    return Unknown(cloid, answer.text)
