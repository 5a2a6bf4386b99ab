"""Our own orders by cloid: what is planned, what rests, what is unknown, and of which decision."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from typing import Final, TypeVarTuple

from motherhaven.bot.execution import states
from motherhaven.bot.execution.orders import (
    OrderClosed,
    OrderIntent,
    OrderKind,
    OrderStatus,
    Outcome,
)
from motherhaven.bot.execution.states import OrderRecord, Stage
from motherhaven.bot.portfolio.events import Fill, Side
from motherhaven.contract.errors import JournalError, OrderStateError
from motherhaven.contract.exact import exact

KEPT: Final = 2_000
"""Ended orders that are remembered, for the fills and questions that come late."""

News = TypeVarTuple("News")

# Names of the module are looked up far more quickly than members of an enumeration.
_UNKNOWN: Final = Stage.UNKNOWN
_STOP: Final = OrderKind.STOP
_TARGET: Final = OrderKind.TARGET
_BUY: Final = Side.BUY
_SELL: Final = Side.SELL
_ENDED_EARLY: Final = "the process ended before the venue's answer was recorded"

OrderSink = Callable[[OrderRecord], None]


def unrecorded(_: OrderRecord) -> None:
    """Where order records go that nobody keeps."""


class OwnOrders:
    """A fold of plans, answers and venue events; `emit` is told each state to record.

    A plan is emitted before it is sent, and whoever keeps it may raise JournalError to stop
    it. With `plans_only` little else is: at a venue inside this process the fills and
    executions on record say the rest, but for orders that were unknown.
    """

    def __init__(self, emit: OrderSink = unrecorded, *, plans_only: bool = True) -> None:
        self.emit = emit
        self.surprises: list[str] = []
        """News that cannot be true of an order; entries stop until somebody has looked."""
        self._plans_only = plans_only
        self._records: dict[str, OrderRecord] = {}
        self._resting: dict[str, dict[str, OrderRecord]] = {}
        self._unknown: dict[str, OrderRecord] = {}
        self._last_fills: dict[str, Fill] = {}

    # --- what is known ------------------------------------------------------------------

    def find(self, cloid: str | None) -> OrderRecord | None:
        """The order with this cloid, None when it is not ours."""
        return self._records.get(cloid) if cloid else None

    def known(self) -> frozenset[str]:
        """The client order ids of ours, of open and of ended orders."""
        return frozenset(self._records)

    def decision_of(self, cloid: str | None) -> str | None:
        """The decision that an order belongs to."""
        record = self.find(cloid)
        return record.decision_id if record else None

    def last_fill(self, cloid: str) -> Fill | None:
        """The newest fill of an order, None before its first."""
        return self._last_fills.get(cloid)

    @property
    def has_unknown(self) -> bool:
        """Whether there is an order of which it is not known whether the venue has it."""
        return bool(self._unknown)

    @property
    def unknown(self) -> list[OrderRecord]:
        """Orders of which it is not known whether the venue has them, oldest first."""
        return list(self._unknown.values()) if self._unknown else []

    def blocks(self, coin: str) -> str | None:
        """Why no entry may be sent in `coin`; None when one may."""
        if not self._unknown:
            return self.surprises[0] if self.surprises else None
        coins = {record.coin for record in self._unknown.values()}
        if coin in coins:
            return f"it is not known what became of an earlier order in {coin}; it is asked for"
        if len(coins) > 1:
            names = ", ".join(sorted(coins))
            return f"it is not known what became of earlier orders in {names}; they are asked for"
        return self.surprises[0] if self.surprises else None

    def resting(self, coin: str | None = None) -> list[OrderRecord]:
        """Our resting orders of one coin or of all, in the order in which they were taken."""
        if coin is not None:
            return list(self._resting.get(coin, {}).values())
        return [record for coin in self._resting for record in self.resting(coin)]

    def covers(self, coin: str, size: Decimal) -> bool:
        """Whether stops of ours that rest, or whose answer is out, are for a signed size."""
        out = (one for one in self._unknown.values() if one.coin == coin)
        away = Side.SELL if size > 0 else Side.BUY
        both = (*self.resting(coin), *out)
        stops = [o for o in both if o.kind is OrderKind.STOP and o.side is away]
        with exact():
            return any(not one.size for one in stops) or sum(o.size for o in stops) >= abs(size)

    def fills_due(self, coin: str, since: datetime) -> bool:
        """Whether an answer told of more of an entry since then than its fills have yet."""
        return any(
            one.due is not None and one.filled < one.due and not one.ended
            for one in self._records.values()
            if one.coin == coin and not one.reduce_only and one.time >= since
        )

    def exits(self, coin: str, *, long: bool) -> tuple[Decimal | None, Decimal | None]:
        """The nearest resting stop and target of a position, in USD."""
        stops: list[Decimal] = []
        targets: list[Decimal] = []
        away = _SELL if long else _BUY
        for record in self._resting.get(coin, {}).values():
            if record.side is not away or record.price is None:  # of a position that was turned
                continue
            if record.kind is _STOP:
                stops.append(record.price)
            elif record.kind is _TARGET:
                targets.append(record.price)
        stop = (max if long else min)(stops) if stops else None
        return stop, (min if long else max)(targets) if targets else None

    # --- what happens -------------------------------------------------------------------

    def plan(self, record: OrderRecord) -> None:
        """Remember an order and have it recorded, before it is sent.

        Raises:
            JournalError: an entry could not be recorded, so it must not be sent. What only
                reduces a position goes all the same.
        """
        if record.cloid in self._records:
            return
        try:
            self.emit(record)
        except JournalError:
            if not record.reduce_only:
                raise
        self._keep(states.sent(record))

    def plan_all(
        self, intents: Iterable[OrderIntent], time: datetime, decision_id: str | None
    ) -> None:
        """`plan` an order for each of `intents`.

        Raises:
            JournalError: as `plan`.
        """
        kept = self.emit is not unrecorded
        for intent in intents:
            known = intent.cloid or "", time, decision_id, intent.deadline
            if kept:
                self.plan(states.planned(intent, *known))
            elif known[0] not in self._records:
                self._records[known[0]] = states.sent_unrecorded(intent, *known)
        if len(self._records) > KEPT:
            self._forget()

    def adopt(self, records: Iterable[OrderRecord]) -> None:
        """Orders on record from an earlier run; those that were on their way are unknown."""
        for record in records:
            on_its_way = record.state in (Stage.PLANNED, Stage.SENT)
            self._keep(states.lost(record, _ENDED_EARLY) if on_its_way else record)

    def answered(self, outcomes: Iterable[Outcome]) -> None:
        """The venue's answers to orders of ours."""
        for outcome in outcomes:
            record = self.find(outcome.cloid)
            if record is not None:
                self._change(record, states.answered, outcome)

    def filled(self, fill: Fill) -> None:
        """A fill, of ours or not."""
        record = self.find(fill.cloid)
        if record is not None:
            self._last_fills[record.cloid] = fill
            self._change(record, states.filled, fill.size.copy_abs())

    def closed(self, event: OrderClosed) -> None:
        """An order that ended at the venue."""
        record = self.find(event.cloid)
        if record is not None:
            self._change(record, states.closed, event.state, event.reason, event.code)

    def looked(self, status: OrderStatus) -> None:
        """What the venue says became of an order of ours."""
        record = self.find(status.cloid)
        if record is not None:
            self._change(record, states.looked, status)

    def resolved(self, record: OrderRecord) -> None:
        """What a question brought of an unknown order."""
        self._changed(self._records[record.cloid].state, record)

    # --- inside -------------------------------------------------------------------------

    def _change(
        self,
        record: OrderRecord,
        step: Callable[[OrderRecord, *News], OrderRecord],
        *news: *News,
    ) -> None:
        """Let `step` bring `news` of an order; what cannot be true is kept as a surprise."""
        try:
            after = step(record, *news)
        except OrderStateError as error:
            self.surprises.append(str(error))
            return
        if after is not record:
            self._changed(record.state, after)

    def _changed(self, before: Stage, record: OrderRecord) -> None:
        self._keep(record)
        if (not self._plans_only or before is _UNKNOWN) and record.state is not before:
            # It has happened: a journal that is full then changes nothing about it.
            with suppress(JournalError):
                self.emit(record)

    def _keep(self, record: OrderRecord) -> None:
        cloid, resting = record.cloid, self._resting.get(record.coin)
        self._records[cloid] = record
        if record.rests:
            if resting is None:
                resting = self._resting[record.coin] = {}
            resting[cloid] = record
        elif resting:
            resting.pop(cloid, None)
        if record.state is _UNKNOWN:
            self._unknown[cloid] = record
        elif self._unknown:
            self._unknown.pop(cloid, None)
        if len(self._records) > KEPT:
            self._forget()

    def _forget(self) -> None:
        ended = [cloid for cloid, record in self._records.items() if record.ended]
        for cloid in ended[: KEPT // 2]:
            del self._records[cloid]
            self._last_fills.pop(cloid, None)
