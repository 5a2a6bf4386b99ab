"""How positions open and close, for clients with position ids and for old ones without."""

from datetime import UTC, datetime

from motherhaven.contract.errors import InvalidEvent
from motherhaven.contract.events import PositionClosed, PositionOpened
from motherhaven.contract.times import parse_time
from motherhaven.stores.amounts import plus
from motherhaven.stores.keys import Key, micros, moment
from motherhaven.stores.records import Record
from motherhaven.stores.states import PositionState, Totals, Work


def open_position(record: Record, body: PositionOpened, totals: Totals, work: Work) -> None:
    """A new open row; or the entry of a row whose exit came first.

    An id that the bot uses a second time does not touch the first row: the new one is
    then known by its event's id.
    """
    totals.entries += 1
    ref = body.position_id
    namesakes = [] if ref is None else work.positions_of(record.bot_id, ref)
    waiting = next((state for state in namesakes if not state.opened), None)
    if waiting is None:
        totals.open_positions += 1
        name = record.event_id if ref is None or namesakes else ref
        waiting = _row(name, record, body, record.shown, opened=True)
    waiting.opened, waiting.entry, waiting.entered = True, record.key, record.shown
    waiting.quantity, waiting.leverage = body.quantity_usd, body.leverage
    waiting.entry_price, waiting.size = body.entry_price, body.size
    waiting.entry_decision_id = body.decision_id
    waiting.stop_loss, waiting.profit_target = body.stop_loss, body.profit_target
    waiting.liquidation_price = body.liquidation_price
    work.put_position(waiting)


def close_position(record: Record, body: PositionClosed, totals: Totals, work: Work) -> None:
    """Close the row that the exit belongs to; without one, keep the exit as a closed row.

    The entry's own time, price and size stay. Closing a position twice changes nothing.
    """
    state = _exiting(record, body, work)
    if state is None:
        state = _row(body.position_id or record.event_id, record, body, _unseen_entry(record, body))
    elif state.exit is not None:
        return
    else:
        totals.open_positions -= 1
    totals.closed_positions += 1
    if body.realized_pnl is not None:
        totals.realized = plus(totals.realized, body.realized_pnl)
        totals.wins += body.realized_pnl > 0
    totals.closed_fees = plus(totals.closed_fees, body.fees_usd)
    totals.closed_funding = plus(totals.closed_funding, body.funding_usd)
    state.exit, state.exited, state.exit_price = record.key, record.shown, body.exit_price
    state.realized, state.gross = body.realized_pnl, body.gross_pnl
    state.fees, state.funding = body.fees_usd, body.funding_usd
    state.reason, state.exit_decision_id = body.reason, body.decision_id
    work.put_position(state)


def _exiting(record: Record, body: PositionClosed, work: Work) -> PositionState | None:
    """The row of this exit: by the client's id, else the oldest open one of equal numbers."""
    if body.position_id is not None:
        named = sorted(work.positions_of(record.bot_id, body.position_id), key=_age)
        for state in named:
            if state.exit is None:
                return state
        if named:
            return named[-1]
    asked = (body.entry_price, body.quantity_usd, body.leverage)
    alike = [
        state
        for state in work.open_positions(record.bot_id, body.coin, body.side)
        if (state.entry_price, state.quantity, state.leverage) == asked
        and (body.position_id is None or state.ref is None)
    ]
    return min(alike, key=lambda state: (state.ref is not None, _age(state)), default=None)


def _age(state: PositionState) -> Key:
    return state.entry


def _row(
    name: str,
    record: Record,
    body: PositionOpened | PositionClosed,
    entered: int,
    *,
    opened: bool = False,
) -> PositionState:
    return PositionState(
        bot_id=record.bot_id,
        id=name,
        ref=body.position_id,
        mode=record.mode,
        coin=body.coin,
        side=body.side,
        quantity=body.quantity_usd,
        leverage=body.leverage,
        entry_price=body.entry_price,
        entry=record.key,
        entered=entered,
        opened=opened,
    )


def _unseen_entry(record: Record, body: PositionClosed) -> int:
    """When, by its exit, an entry was that nobody saw; naive text is in an unknown zone: UTC."""
    exit_time = moment(record.shown)
    try:
        text = body.entry_time
        if isinstance(text, str) and datetime.fromisoformat(text).tzinfo is None:
            text = datetime.fromisoformat(text).replace(tzinfo=UTC)
        entry_time = min(parse_time(text, exit_time, "entry_time"), exit_time)
    except (InvalidEvent, ValueError):
        entry_time = exit_time
    return micros(entry_time)
