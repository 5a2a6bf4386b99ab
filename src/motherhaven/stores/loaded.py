"""A commit in the making over rows that were read beforehand: `states.Work` without a lookup.

For adapters whose database is a network away: they read what `needs.needs_of` names in
one go, let the projections run here, and write `changes` in one go.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from motherhaven.contract.events import Event, Kind, TextPart
from motherhaven.stores.needs import Pair
from motherhaven.stores.records import Prepared, Record, restore
from motherhaven.stores.states import (
    DECISION_ERRORS,
    BotState,
    Bucket,
    CandleState,
    DecisionState,
    ErrorState,
    Executed,
    Marked,
    PositionState,
    PostingState,
)

Known = tuple[int, str, Kind, bytes]
"""Of an event kept before: its commit number, bot, kind and digest."""


@dataclass(slots=True)
class Loaded:
    """What was read: `last` is the newest commit number, the rest the rows that are needed.

    `payloads` has the whole kept payload, by event id, of each known event that comes
    again with another digest (rare: read them only then; leave out what retention took).
    """

    last: int = 0
    known: dict[str, Known] = field(default_factory=dict)
    bots: dict[str, BotState] = field(default_factory=dict)
    executions: dict[Pair, Executed] = field(default_factory=dict)
    positions: list[PositionState] = field(default_factory=list)
    marks: dict[Pair, Marked] = field(default_factory=dict)
    buckets: dict[tuple[str, int, int], Bucket] = field(default_factory=dict)
    parts: dict[Pair, list[TextPart]] = field(default_factory=dict)
    with_error: set[Pair] = field(default_factory=set)
    candles: dict[tuple[str, str, int], CandleState] = field(default_factory=dict)
    payloads: dict[str, bytes] = field(default_factory=dict)


@dataclass(slots=True)
class Changes:
    """What is to be written; bots and buckets are those that were touched."""

    kept: list[tuple[Record, Prepared]] = field(default_factory=list)
    bots: dict[str, BotState] = field(default_factory=dict)
    decisions: list[DecisionState] = field(default_factory=list)
    executions: dict[Pair, Executed] = field(default_factory=dict)
    positions: dict[Pair, PositionState] = field(default_factory=dict)
    marks: dict[Pair, Marked] = field(default_factory=dict)
    buckets: dict[tuple[str, int, int], Bucket] = field(default_factory=dict)
    errors: list[ErrorState] = field(default_factory=list)
    postings: list[PostingState] = field(default_factory=list)
    candles: dict[tuple[str, str, int], CandleState] = field(default_factory=dict)


class LoadedWork:
    """The Work of the projections. Rows are changed in place, so use `loaded` only once.

    `payload_of` reads the whole payload of a commit number, None if retention took it;
    without it, `loaded.payloads` must have those that are needed.
    """

    def __init__(
        self, loaded: Loaded, payload_of: Callable[[int], bytes | None] | None = None
    ) -> None:
        self._loaded = loaded
        self._payload_of = payload_of
        self._last = loaded.last
        self._named: dict[Pair, list[PositionState]] = {}
        self._sides: dict[tuple[str, str, str], list[PositionState]] = {}
        self._places: set[Pair] = set()
        self.changes = Changes()
        for state in loaded.positions:
            self._index(state)

    @property
    def numbers(self) -> tuple[int, int]:
        """The newest commit number before this commit, and the last of it."""
        return self._loaded.last, self._last

    def known(self, event_id: str) -> Known | None:
        """The event of this id, kept before or in this commit."""
        return self._loaded.known.get(event_id)

    def owner(self, event_id: str) -> str | None:
        """The bot whose event has this id; None where none has."""
        known = self._loaded.known.get(event_id)
        return None if known is None else known[1]

    def payload(self, event_id: str) -> bytes | None:
        """The whole payload of a known event, None if it was not read or is gone."""
        for record, prepared in self.changes.kept:
            if record.event_id == event_id:
                return restore(prepared.lean, prepared.texts)
        if self._payload_of is not None:
            return self._payload_of(self._loaded.known[event_id][0])
        return self._loaded.payloads.get(event_id)

    def parts(self, event: Event) -> Iterable[TextPart]:
        """The parts kept for an event whose long texts travel apart."""
        return self._loaded.parts.get((event.bot_id, event.event_id), ())

    def keep(self, prepared: Prepared) -> Record:
        """Give the event the next number and keep it."""
        self._last += 1
        record = prepared.record(self._last)
        self.changes.kept.append((record, prepared))
        known = (record.n, record.bot_id, record.kind, prepared.digest)
        self._loaded.known[record.event_id] = known
        return record

    def bot(self, bot_id: str) -> BotState | None:
        state = self._loaded.bots.get(bot_id)
        if state is not None:
            self.changes.bots[bot_id] = state
        return state

    def add_bot(self, state: BotState) -> None:
        self._loaded.bots[state.id] = self.changes.bots[state.id] = state

    def add_decision(self, state: DecisionState) -> None:
        self.changes.decisions.append(state)

    def add_posting(self, state: PostingState) -> None:
        self.changes.postings.append(state)

    def candle(self, bot_id: str, coin: str, start: int) -> CandleState | None:
        return self._loaded.candles.get((bot_id, coin, start))

    def put_candle(self, bot_id: str, coin: str, start: int, candle: CandleState) -> None:
        place = (bot_id, coin, start)
        self._loaded.candles[place] = self.changes.candles[place] = candle

    def execution(self, bot_id: str, decision_id: str) -> Executed | None:
        return self._loaded.executions.get((bot_id, decision_id))

    def put_execution(self, bot_id: str, decision_id: str, executed: Executed) -> None:
        pair = (bot_id, decision_id)
        self._loaded.executions[pair] = self.changes.executions[pair] = executed

    def open_positions(self, bot_id: str, coin: str, side: str) -> list[PositionState]:
        alike = self._sides.get((bot_id, coin, side), ())
        return [state for state in alike if state.exit is None]

    def positions_of(self, bot_id: str, ref: str) -> list[PositionState]:
        return sorted(self._named.get((bot_id, ref), ()), key=lambda state: state.id != ref)

    def put_position(self, state: PositionState) -> None:
        self._index(state)
        self.changes.positions[state.bot_id, state.id] = state

    def _index(self, state: PositionState) -> None:
        place = (state.bot_id, state.id)
        if place in self._places:
            return
        self._places.add(place)
        for name in {state.id, state.ref or state.id}:
            self._named.setdefault((state.bot_id, name), []).append(state)
        self._sides.setdefault((state.bot_id, state.coin, state.side), []).append(state)

    def mark(self, bot_id: str, ref: str) -> Marked | None:
        return self._loaded.marks.get((bot_id, ref))

    def put_mark(self, bot_id: str, ref: str, marked: Marked) -> None:
        self._loaded.marks[bot_id, ref] = self.changes.marks[bot_id, ref] = marked

    def bucket(self, bot_id: str, tier: int, number: int) -> Bucket | None:
        place = (bot_id, tier, number)
        bucket = self._loaded.buckets.get(place)
        if bucket is not None:
            self.changes.buckets[place] = bucket
        return bucket

    def add_bucket(self, bot_id: str, tier: int, number: int, bucket: Bucket) -> None:
        place = (bot_id, tier, number)
        self._loaded.buckets[place] = self.changes.buckets[place] = bucket

    def has_error(self, bot_id: str, decision_id: str) -> bool:
        return (bot_id, decision_id) in self._loaded.with_error

    def add_error(self, state: ErrorState) -> None:
        self.changes.errors.append(state)
        if state.kind in DECISION_ERRORS:
            self._loaded.with_error.add((state.bot_id, state.event_id))
