"""Orders on record of which the record does not say what became of them.

At a venue inside the process only the plan is an event of its own; the fill, the decision's
execution and the position's end then say the rest. Elsewhere, where orders have a deadline,
each state is one, and nothing else ends an order.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from motherhaven.bot.execution.orders import OrderKind
from motherhaven.bot.execution.states import OrderRecord, Stage
from motherhaven.bot.portfolio.events import Fill, Side
from motherhaven.contract.events.order import OrderRecorded
from motherhaven.contract.exact import exact
from motherhaven.contract.times import parse_time

ZERO = Decimal(0)
KEPT = 1_000
_ON_THE_WAY = (Stage.PLANNED, Stage.SENT)
_TAKEN = (Stage.ACKNOWLEDGED, Stage.PARTLY, Stage.FILLED)
_UNTOLD = "the process ended before all of its fills were recorded"


class SavedOrders:
    """A fold of the journal: each order's newest state until it is settled."""

    def __init__(self) -> None:
        self._records: dict[str, OrderRecord] = {}
        self._ended: dict[str, OrderRecord] = {}

    def ended(self) -> list[OrderRecord]:
        """The newest orders that have ended, for the fills of theirs that come late."""
        return list(self._ended.values())

    def open(self) -> list[OrderRecord]:
        """What an earlier run left open, oldest first."""
        return list(self._records.values())

    def take(self, body: OrderRecorded, time: datetime) -> None:
        """An order in one of its states."""
        record = order_of(body, time)
        if record.ended:
            self._records.pop(record.cloid, None)
            self._ended[record.cloid] = record
            if len(self._ended) > KEPT:
                del self._ended[next(iter(self._ended))]
        else:
            self._records[record.cloid] = record

    def filled(self, cloid: str | None, size: Decimal = ZERO) -> None:
        """A fill is on record: where no other state is, the order's result is known by it."""
        record = self._records.get(cloid or "")
        if record is None or record.state not in _ON_THE_WAY:
            return
        if record.deadline is None:
            del self._records[record.cloid]
        else:
            with exact():
                filled = record.filled + abs(size)
            self._records[record.cloid] = replace(record, filled=filled)

    def executed(self, decision_id: str) -> None:
        """What became of a decision is on record, its orders' results with it."""
        self._settle(lambda record: record.decision_id == decision_id)

    def position_closed(self, coin: str) -> None:
        """What only reduced the coin's position is gone with it."""
        self._settle(lambda record: record.coin == coin and record.reduce_only)

    def _settle(self, settled: Callable[[OrderRecord], bool]) -> None:
        self._records = {
            cloid: record
            for cloid, record in self._records.items()
            if record.state not in _ON_THE_WAY or record.deadline or not settled(record)
        }


def counted(records: Iterable[OrderRecord], fills: Iterable[Fill]) -> list[OrderRecord]:
    """The orders with what filled by the fills on record, which alone count.

    A process may have died between an order's last state and its fill: that is still to come.
    """
    sums: dict[str, Decimal] = {}
    with exact():
        for fill in fills:
            if fill.cloid:
                sums[fill.cloid] = sums.get(fill.cloid, ZERO) + abs(fill.size)
    return [_counted(one, sums.get(one.cloid, ZERO)) for one in records]


def _counted(record: OrderRecord, filled: Decimal) -> OrderRecord:
    if record.kind is OrderKind.MARKET and record.state in _TAKEN and filled < record.size:
        # It never rests: what the venue did with the rest of it is asked, not waited for.
        return replace(record, state=Stage.UNKNOWN, filled=filled, reason=_UNTOLD)
    if filled >= record.filled:
        return record
    if record.state is not Stage.FILLED:
        return replace(record, filled=filled)
    stage = Stage.PARTLY if filled else Stage.ACKNOWLEDGED
    return replace(record, state=stage, filled=filled, due=record.filled)


def order_of(body: OrderRecorded, time: datetime) -> OrderRecord:
    """The order that an event tells of.

    Raises:
        ValueError: a kind, side or state that this version does not know.
    """
    return OrderRecord(
        cloid=body.cloid,
        coin=body.coin,
        side=Side(body.side),
        size=body.size,
        price=body.price,
        kind=OrderKind(body.kind),
        reduce_only=body.reduce_only,
        state=Stage(body.state),
        time=time,
        decision_id=body.decision_id,
        nonce=body.nonce,
        deadline=None if body.deadline is None else parse_time(body.deadline, time),
        oid=body.oid,
        reason_code=body.reason_code,
        reason=body.reason,
        filled=body.filled_size or ZERO,
        average=body.average_price,
    )
