"""Rows for the live stream, made from the events themselves."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from motherhaven.contract.events import Event, PositionClosed, PositionOpened
from motherhaven.contract.views import DecisionRow, PositionRow
from motherhaven.stores.keys import moment
from motherhaven.stores.loaded import LoadedWork
from motherhaven.stores.protocol import Stored
from motherhaven.stores.records import Prepared, Record, named
from motherhaven.stores.states import PositionState
from motherhaven.stores.unreadable import UnreadableRows
from motherhaven.stores.views import decision_row, event_of, position_row


def names_of(event_id: str, body: Any) -> tuple[str, ...]:
    """By which names the position of an event may be called; empty for other kinds."""
    if isinstance(body, PositionOpened):
        return tuple(dict.fromkeys((body.position_id or event_id, event_id)))
    if isinstance(body, PositionClosed):
        return (body.position_id or event_id,)
    return ()


def position_behind(
    event_id: str, n: int, body: Any, candidates: Iterable[PositionState]
) -> PositionState | None:
    """The position that event number `n` opened, changed or closed, among some of its bot's.

    An exit that changed nothing, or an entry under an id that was changed since, stands for
    the position of that id.
    """
    by_name: PositionState | None = None
    for state in candidates:
        at = state.exit if isinstance(body, PositionClosed) else state.entry
        if at is not None and at.n == n:
            return state
        if state.id == (body.position_id or event_id):
            by_name = state
    return by_name


class OwnEvents:
    """The events that a commit of this process kept, with the rows that it made."""

    def __init__(self, work: LoadedWork, cursor_of: Callable[[Record], str]) -> None:
        self._work = work
        self._cursor_of = cursor_of
        self._keys = {state.key.n: state.key for state in work.changes.decisions}

    def __call__(self, start: int, stop: int, unreadable: UnreadableRows) -> list[Stored]:
        """Those from `start` to `stop`, as they were kept one after the other."""
        kept = self._work.changes.kept[start:stop]
        return unreadable.each(kept, lambda pair: named(pair[0]), self._ready)

    def _ready(self, pair: tuple[Record, Prepared]) -> Stored:
        record, prepared = pair
        if record.n in self._keys:
            record = replace(record, order=self._keys[record.n].time)
        event = as_stored(record, prepared.event)
        return Stored(self._cursor_of(record), event, own_row(self._work, record, event))


def own_row(work: LoadedWork, record: Record, event: Event) -> DecisionRow | PositionRow | None:
    """The row of an event that `work` keeps, as it is once all of the commit is kept."""
    changes = work.changes
    name = changes.bots[record.bot_id].name
    if record.kind == "decision":
        executed = work.execution(record.bot_id, record.event_id)
        return decision_row(record, name, executed and executed.execution, record.key)
    names = names_of(record.event_id, event.body)
    if not names:
        return None
    near = [state for text in names for state in work.positions_of(record.bot_id, text)]
    near += [state for pair, state in changes.positions.items() if pair[0] == record.bot_id]
    state = position_behind(record.event_id, record.n, event.body, near)
    if state is None:
        return None
    return position_row(
        state,
        name,
        work.mark(record.bot_id, state.ref or state.id),
        closed=isinstance(event.body, PositionClosed) and state.exit is not None,
    )


def as_stored(record: Record, event: Event) -> Event:
    """`event` as it is read back: without long texts and what was only for its way here."""
    if record.kind == "decision":
        return event_of(record)
    return replace(event, received_at=moment(record.received), parts=None, sha256=None, marks=None)
