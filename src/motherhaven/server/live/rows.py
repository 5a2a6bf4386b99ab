"""From a stored event to its live message."""

from typing import Any

from motherhaven.contract.events import (
    AccountReported,
    DecisionExecuted,
    Event,
    PositionClosed,
    PositionOpened,
    StatusReported,
)
from motherhaven.contract.views import (
    AccountRow,
    DecisionRow,
    Execution,
    PositionRow,
    StatusRow,
)
from motherhaven.server.wire.answers import (
    AccountLive,
    Executed,
    LiveAccount,
    LiveDecision,
    LiveExecution,
    LiveMessage,
    LiveOther,
    LivePosition,
    LiveStatus,
)
from motherhaven.stores.protocol import Stored


def live_message(stored: Stored) -> LiveMessage | None:
    """The live message of an event; None for an answer, and for one whose row is not kept."""
    event, body, row = stored.event, stored.event.body, stored.row
    if event.kind == "answer":  # its decisions tell of it
        return None
    place: dict[str, Any] = {"cursor": stored.cursor, "bot_id": event.bot_id, "kind": event.kind}
    if event.kind == "decision":
        return LiveDecision(**place, row=row) if isinstance(row, DecisionRow) else None
    if isinstance(body, PositionOpened | PositionClosed):
        return LivePosition(**place, row=row) if isinstance(row, PositionRow) else None
    if isinstance(body, DecisionExecuted):
        return LiveExecution(**place, row=_execution(event, body))
    if isinstance(body, AccountReported):
        return LiveAccount(**place, row=_account(event, body))
    if isinstance(body, StatusReported):
        return LiveStatus(**place, row=_status(event, body))
    return LiveOther(**place, row=body.model_dump(mode="json"))


def _execution(event: Event, body: DecisionExecuted) -> Executed:
    execution = Execution(
        time=event.shown_at,
        status=body.execution_status,
        error=body.execution_error,
        reason_code=body.reason_code,
        cloid=body.cloid,
        position_id=body.position_id,
        filled_usd=body.filled_usd,
        fill_price=body.fill_price,
        latency_ms=body.latency_ms,
    )
    return Executed(decision_id=body.decision_id, execution=execution)


def _account(event: Event, body: AccountReported) -> AccountLive:
    fields = {name: getattr(body, name, None) for name in AccountRow.model_fields}
    marks = body.positions
    return AccountLive.model_validate(
        {
            **fields,
            "bot_id": event.bot_id,
            "time": event.shown_at,
            "recorded_at": event.written_at,
            "received_at": event.received_at or event.recorded_at,
            "positions": None if marks is None else [mark.model_dump() for mark in marks],
        }
    )


def _status(event: Event, body: StatusReported) -> StatusRow:
    fields = {name: getattr(body, name, None) for name in StatusRow.model_fields}
    due = body.next_cycle_at
    return StatusRow.model_validate(
        {
            **fields,
            "bot_id": event.bot_id,
            "time": event.shown_at,
            "recorded_at": event.written_at,
            "received_at": event.received_at or event.recorded_at,
            "next_cycle_at": None if due is None else str(due),
        }
    )
