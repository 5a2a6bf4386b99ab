"""From a stored event to the bytes of its live message."""

from typing import Any, Final

from motherhaven.contract.errors import NotFound
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
from motherhaven.stores.protocol import Store, Stored

_RECENT_EXITS: Final = 50


async def live_message(store: Store, stored: Stored) -> LiveMessage | None:
    """The live message of an event; None for an answer, and when retention took it away."""
    event, body = stored.event, stored.event.body
    if event.kind == "answer":  # its decisions tell of it
        return None
    place: dict[str, Any] = {"cursor": stored.cursor, "bot_id": event.bot_id, "kind": event.kind}
    try:
        if event.kind == "decision":
            return LiveDecision(**place, row=decision_row(await store.decision(event.event_id)))
        if isinstance(body, (PositionOpened, PositionClosed)):
            return LivePosition(**place, row=await _position(store, event, body))
    except NotFound:
        return None
    if isinstance(body, DecisionExecuted):
        return LiveExecution(**place, row=_execution(event, body))
    if isinstance(body, AccountReported):
        return LiveAccount(**place, row=_account(event, body))
    if isinstance(body, StatusReported):
        return LiveStatus(**place, row=_status(event, body))
    return LiveOther(**place, row=body.model_dump(mode="json"))


def decision_row(detail: DecisionRow) -> DecisionRow:
    """The part of a decision that lists show."""
    return DecisionRow.model_construct(
        **{name: getattr(detail, name) for name in DecisionRow.model_fields}
    )


def _execution(event: Event, body: DecisionExecuted) -> Executed:
    execution = Execution(
        time=event.shown_at,
        status=body.execution_status,
        error=body.execution_error,
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


async def _position(
    store: Store, event: Event, body: PositionOpened | PositionClosed
) -> PositionRow:
    """The row that the event opened or closed; only the store knows it for an old client."""
    if isinstance(body, PositionClosed):
        page = await store.positions(
            status="closed", bot_id=event.bot_id, before=None, limit=_RECENT_EXITS
        )
        for row in page.items:
            if _is_exit(row, event, body):
                return row
    elif body.position_id is None:
        return await store.position(event.bot_id, event.event_id)
    return await store.position(event.bot_id, body.position_id or event.event_id)


def _is_exit(row: PositionRow, event: Event, body: PositionClosed) -> bool:
    return (
        row.exit_time == event.shown_at
        and (row.coin, row.side) == (body.coin, body.side)
        and (row.exit_price, row.realized_pnl) == (body.exit_price, body.realized_pnl)
        and (body.position_id is None or body.position_id == row.id or row.id == event.event_id)
    )
