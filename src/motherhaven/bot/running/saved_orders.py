"""Orders on record of which the record does not say what became of them.

At a venue inside the process only the plan is an event of its own; the fill, the decision's
execution and the position's end then say the rest. Elsewhere each state is one.
"""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from motherhaven.bot.execution.orders import OrderKind
from motherhaven.bot.execution.states import OrderRecord, Stage
from motherhaven.bot.portfolio.events import Side
from motherhaven.contract.events.order import OrderRecorded
from motherhaven.contract.times import parse_time

ZERO = Decimal(0)
_ON_THE_WAY = (Stage.PLANNED, Stage.SENT)


class SavedOrders:
    """A fold of the journal: each order's newest state until it is settled."""

    def __init__(self) -> None:
        self._records: dict[str, OrderRecord] = {}

    def open(self) -> list[OrderRecord]:
        """What an earlier run left open, oldest first."""
        return list(self._records.values())

    def take(self, body: OrderRecorded, time: datetime) -> None:
        """An order in one of its states."""
        record = order_of(body, time)
        if record.ended:
            self._records.pop(record.cloid, None)
        else:
            self._records[record.cloid] = record

    def filled(self, cloid: str | None) -> None:
        """A fill is on record, so its order's result is known."""
        record = self._records.get(cloid or "")
        if record is not None and record.state in _ON_THE_WAY:
            del self._records[record.cloid]

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
            if record.state not in _ON_THE_WAY or not settled(record)
        }


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
