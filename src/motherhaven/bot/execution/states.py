"""The life of one order as a pure state machine, keyed by its cloid.

    planned ─ sent ┬ acknowledged ┬ partly ┬ filled
                   │              │        ├ cancelled
                   │              │        └ expired
                   ├ refused
                   └ unknown ─ one of the former, or never_landed

Every function takes a record and returns the next one; nothing is read from a clock and
nothing is sent. Sizes are unsigned, in coin; what was filled is counted from fills alone.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from motherhaven.bot.execution.orders import (
    Accepted,
    OrderIntent,
    OrderKind,
    OrderState,
    OrderStatus,
    Outcome,
    Rejected,
    Unknown,
)
from motherhaven.bot.portfolio.events import Side
from motherhaven.contract.errors import OrderStateError
from motherhaven.contract.exact import plus
from motherhaven.contract.quick_init import quick_inside
from motherhaven.contract.words import Word

ZERO: Final = Decimal(0)


class Stage(Word):
    """Where an order of ours stands, as far as we know."""

    PLANNED = "planned"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    PARTLY = "partly"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    NEVER_LANDED = "never_landed"


_KNOWN: Final = frozenset({
    Stage.ACKNOWLEDGED, Stage.PARTLY, Stage.FILLED, Stage.CANCELLED, Stage.EXPIRED, Stage.REFUSED,
})  # fmt: skip

NEXT: Final[dict[Stage, frozenset[Stage]]] = {
    Stage.PLANNED: frozenset({Stage.SENT, Stage.REFUSED, Stage.UNKNOWN}),
    Stage.SENT: _KNOWN | {Stage.UNKNOWN},
    Stage.ACKNOWLEDGED: frozenset({Stage.PARTLY, Stage.FILLED, Stage.CANCELLED, Stage.EXPIRED}),
    Stage.PARTLY: frozenset({Stage.PARTLY, Stage.FILLED, Stage.CANCELLED, Stage.EXPIRED}),
    Stage.UNKNOWN: _KNOWN | {Stage.NEVER_LANDED},
    Stage.FILLED: frozenset(),
    Stage.CANCELLED: frozenset(),
    Stage.EXPIRED: frozenset(),
    Stage.REFUSED: frozenset(),
    Stage.NEVER_LANDED: frozenset(),
}
"""Where an order may go from each stage; nothing leaves the last five."""

# A member of an enumeration is looked up several times as slowly as a name of the module.
_PLANNED: Final = Stage.PLANNED
_SENT: Final = Stage.SENT
_ACKNOWLEDGED: Final = Stage.ACKNOWLEDGED
_PARTLY: Final = Stage.PARTLY
_FILLED: Final = Stage.FILLED
_CANCELLED: Final = Stage.CANCELLED
_EXPIRED: Final = Stage.EXPIRED
_REFUSED: Final = Stage.REFUSED
_UNKNOWN: Final = Stage.UNKNOWN
_MAY_REST: Final = (_ACKNOWLEDGED, _PARTLY)
ENDED: Final = frozenset(stage for stage, following in NEXT.items() if not following)


@quick_inside
@dataclass(frozen=True, slots=True)
class OrderRecord:
    """One order of ours: what was asked for and what is known of it.

    `size` 0 on a trigger means the whole position. `nonce` is the venue's, where it has one;
    after `deadline` the venue no longer takes the order. `oid` is the venue's own id.
    `filled` is the sum of its fills, `due` what the venue said is filled of an order that does
    not rest (None: not told) and `average` at what price in USD. `reason` is the venue's text,
    `reason_code` our word for it.
    """

    cloid: str
    coin: str
    side: Side
    size: Decimal
    price: Decimal | None
    kind: OrderKind
    reduce_only: bool
    state: Stage
    time: datetime
    decision_id: str | None = None
    nonce: int | None = None
    deadline: datetime | None = None
    oid: str | None = None
    reason_code: str | None = None
    reason: str | None = None
    filled: Decimal = ZERO
    due: Decimal | None = None
    average: Decimal | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more can become of it."""
        return self.state in ENDED

    @property
    def rests(self) -> bool:
        """Whether the venue is known to hold it for later prices."""
        return self.due is None and self.state in _MAY_REST


def planned(
    intent: OrderIntent,
    cloid: str,
    time: datetime,
    decision_id: str | None = None,
    deadline: datetime | None = None,
) -> OrderRecord:
    """The record of an order that is about to be sent."""
    return OrderRecord(
        cloid, intent.coin, intent.side, intent.size, intent.price, intent.kind,
        intent.reduce_only, _PLANNED, time, decision_id, deadline=deadline,
    )  # fmt: skip


def sent_unrecorded(
    intent: OrderIntent,
    cloid: str,
    time: datetime,
    decision_id: str | None = None,
    deadline: datetime | None = None,
) -> OrderRecord:
    """As `planned` and then `sent`, for an order whose plan nobody keeps."""
    return OrderRecord(
        cloid, intent.coin, intent.side, intent.size, intent.price, intent.kind,
        intent.reduce_only, _SENT, time, decision_id, None, deadline,
    )  # fmt: skip


def sent(record: OrderRecord) -> OrderRecord:
    """It is on its way: from here on the venue may have it."""
    return _move(record, _SENT)


def lost(record: OrderRecord, reason: str) -> OrderRecord:
    """Whether the venue has it is not known: the answer never came, or the process ended."""
    return _move(record, _UNKNOWN, reason=reason, reason_code="order_unknown")


def answered(record: OrderRecord, outcome: Outcome) -> OrderRecord:
    """The venue's answer to the order, its first or a later one to a question.

    Raises:
        OrderStateError: it refuses what it has taken or filled before.
    """
    if record.ended and not (isinstance(outcome, Rejected) and record.state is not _REFUSED):
        return record
    if isinstance(outcome, Unknown):
        waits = record.state in (_PLANNED, _SENT)
        return lost(record, outcome.reason) if waits else record
    if isinstance(outcome, Rejected):
        return _move(record, _REFUSED, reason=outcome.reason, reason_code=outcome.code)
    if outcome.oid is not None or outcome.nonce is not None:
        record = replace(record, oid=outcome.oid or record.oid, nonce=outcome.nonce or record.nonce)
    if outcome.resting:
        at = _PARTLY if record.filled else _ACKNOWLEDGED
        return record if record.state is at else _move(record, at)
    # An answer that comes after the first fill says nothing new of the stage.
    stage = record.state
    if stage is not _PARTLY:
        stage = _ACKNOWLEDGED
        _check(record, stage)
    stage = _settled(stage, record.filled, record.size, outcome.filled)
    return _copy(record, stage, record.filled, outcome.filled, outcome.average)


def told(record: OrderRecord, status: OrderStatus) -> OrderRecord:
    """What the venue says of an order that was unknown."""
    if status.state is OrderState.REJECTED:
        return answered(record, Rejected(status.cloid, status.reason or "rejected", status.code))
    if status.state is OrderState.OPEN:
        return answered(record, Accepted(status.cloid, status.filled, status.average, True))
    found = answered(record, Accepted(status.cloid, status.filled, status.average))
    if status.state is OrderState.CANCELED and found.state is _EXPIRED:
        return replace(found, state=_CANCELLED, reason=status.reason)
    return found


def looked(record: OrderRecord, status: OrderStatus) -> OrderRecord:
    """What the venue says of an order that we think rests; fills alone say what filled."""
    if record.state in (_PLANNED, _SENT, _UNKNOWN):
        return told(record, status)
    if record.ended or status.state is OrderState.OPEN:
        return record
    if status.state is OrderState.FILLED:
        due = status.filled or record.size or record.filled
        stage = _settled(record.state, record.filled, record.size, due)
        return _copy(record, stage, record.filled, due, status.average)
    return closed(record, status.state, status.reason or status.state.value)


def filled(record: OrderRecord, size: Decimal) -> OrderRecord:
    """A fill of the unsigned `size`; one that comes after the end is counted all the same.

    A part of an order whose answer is still out does not say what becomes of the rest.

    Raises:
        OrderStateError: the venue filled what it had refused or never had, or more than asked.
    """
    total = plus(record.filled, size)
    late = record.state in (_CANCELLED, _EXPIRED)
    if record.state in ENDED and not late:
        raise OrderStateError(_impossible(record, f"a fill of {size}"))
    if record.size and total > record.size:
        raise OrderStateError(_impossible(record, f"a fill of {size}, which makes {total}"))
    if late or (record.state in (_SENT, _UNKNOWN) and total < record.size):
        return _copy(record, record.state, total, record.due, record.average)
    stage = _settled(record.state, total, record.size, record.due)
    _check(record, stage)
    return _copy(record, stage, total, record.due, record.average)


def closed(record: OrderRecord, state: OrderState, reason: str, code: str = "venue") -> OrderRecord:
    """The venue ended it without (all of) its fill; the news may come twice."""
    if record.ended:
        return record
    refused = state is OrderState.REJECTED and not record.filled
    stage = _REFUSED if refused and not record.rests else _CANCELLED
    return _move(record, stage, reason=reason, reason_code=code if refused else None)


def never_landed(record: OrderRecord, reason: str | None = None) -> OrderRecord:
    """It is proven that the venue does not have it and will not take it any more.

    Raises:
        OrderStateError: a part of it has filled.
    """
    if record.filled:
        raise OrderStateError(_impossible(record, "that it never had the order"))
    return _move(record, Stage.NEVER_LANDED, reason=reason)


def _settled(at: Stage, total: Decimal, size: Decimal, due: Decimal | None) -> Stage:
    """The stage that fills of `total` make up, of an order that is `at` one."""
    if total and total >= size:
        return _FILLED
    if due is not None and total >= due:
        return _EXPIRED
    return _PARTLY if total else at


def _move(
    record: OrderRecord, stage: Stage, reason: str | None = None, reason_code: str | None = None
) -> OrderRecord:
    if stage not in NEXT[record.state]:
        raise OrderStateError(_impossible(record, f"the news {stage.value}"))
    return _copy(record, stage, record.filled, record.due, record.average, reason_code, reason)


def _copy(
    one: OrderRecord,
    stage: Stage,
    total: Decimal,
    due: Decimal | None,
    average: Decimal | None,
    code: str | None = None,
    reason: str | None = None,
) -> OrderRecord:
    """The record with what news can change; written out, for it is made several times an order."""
    return OrderRecord(
        one.cloid, one.coin, one.side, one.size, one.price, one.kind, one.reduce_only, stage,
        one.time, one.decision_id, one.nonce, one.deadline, one.oid, code or one.reason_code,
        reason or one.reason, total, due, average,
    )  # fmt: skip


def _check(record: OrderRecord, stage: Stage) -> None:
    if stage not in NEXT[record.state]:
        raise OrderStateError(_impossible(record, f"the news {stage.value}"))


def _impossible(record: OrderRecord, news: str) -> str:
    return (
        f"order {record.cloid} of {record.coin} is {record.state.value} with {record.filled} of "
        f"{record.size} filled, and the venue sent {news}; stop entries and compare the account "
        "with the venue"
    )
