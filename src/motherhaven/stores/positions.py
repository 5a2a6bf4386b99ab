"""How positions open and close, for clients with position ids and for old ones without."""

from datetime import UTC, datetime

from motherhaven.contract.errors import InvalidEvent
from motherhaven.contract.events import REPLACED, PositionClosed, PositionOpened, Replaced
from motherhaven.contract.money import EXACT
from motherhaven.contract.times import parse_time
from motherhaven.stores.amounts import minus, plus
from motherhaven.stores.keys import Key, micros, moment
from motherhaven.stores.records import Record
from motherhaven.stores.states import PositionState, Totals, Work


def open_position(record: Record, body: PositionOpened, totals: Totals, work: Work) -> None:
    """A new open row; or the entry of a row whose exit came first; or what has changed of one.

    An id that the bot uses a second time does not touch the first row: the new one is
    then known by its event's id.
    """
    ref = body.position_id
    namesakes = [] if ref is None else work.positions_of(record.bot_id, ref)
    if body.replaces is not None and _changed(record, body, body.replaces, namesakes, work):
        return
    totals.entries += 1
    waiting = next((state for state in namesakes if not state.opened), None)
    if waiting is None:
        totals.open_positions += 1
        name = record.event_id if ref is None or namesakes else ref
        waiting = _row(name, record, body, record.shown, opened=True)
    waiting.opened, waiting.entry, waiting.entered = True, record.key, record.shown
    waiting.entry_decision_id = body.decision_id
    _take_terms(waiting, body)
    work.put_position(waiting)


def _changed(
    record: Record,
    body: PositionOpened,
    before: Replaced,
    namesakes: list[PositionState],
    work: Work,
) -> bool:
    """Update the open row that the record is about; False where there is none.

    Without an id it is found by what it replaces, as an exit finds its entry. A closed row
    stays as its exit left it, whichever came first.
    """
    if body.position_id is None:
        asked = (before.entry_price, before.quantity_usd, before.leverage)
        namesakes = [
            state
            for state in work.open_positions(record.bot_id, body.coin, body.side)
            if (state.entry_price, state.quantity, state.leverage) == asked
        ]
    standing = sorted((state for state in namesakes if state.exit is None), key=_age)
    if not standing:
        return bool(namesakes)
    _take_terms(standing[0], body)
    work.put_position(standing[0])
    _remark(standing[0], work)
    return True


def _remark(state: PositionState, work: Work) -> None:
    """The mark of the last account report, on what the position is now."""
    ref = state.ref or state.id
    marked = work.mark(state.bot_id, ref)
    if marked is None or state.size is None:
        return
    size = abs(state.size) if state.side == "long" else EXACT.minus(abs(state.size))
    terms = {"size": size, "entry_price": state.entry_price, "leverage": state.leverage}
    profit = EXACT.multiply(size, minus(marked.mark.mark, state.entry_price))
    mark = marked.mark.model_copy(update={**terms, "unrealized_pnl": profit})
    work.put_mark(state.bot_id, ref, marked._replace(mark=mark))


def _take_terms(state: PositionState, body: PositionOpened) -> None:
    state.quantity, state.leverage = body.quantity_usd, body.leverage
    state.entry_price, state.size = body.entry_price, body.size
    state.stop_loss, state.profit_target = body.stop_loss, body.profit_target
    state.liquidation_price = body.liquidation_price


def close_position(record: Record, body: PositionClosed, totals: Totals, work: Work) -> None:
    """Close the row that the exit belongs to; without one, keep the exit as a closed row.

    The entry's own time, price and size stay. Closing a position twice changes nothing.
    """
    if body.reason == REPLACED:
        return  # the record that replaces the row's follows
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
