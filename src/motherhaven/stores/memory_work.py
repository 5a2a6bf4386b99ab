"""The in-memory tables, and a commit over them that takes effect whole or not at all."""

from bisect import insort
from copy import copy, deepcopy
from dataclasses import dataclass, field

from motherhaven.contract.events import TextPart
from motherhaven.stores.keys import Key
from motherhaven.stores.records import Prepared, Record, restore
from motherhaven.stores.shared import Shared
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

Pair = tuple[str, str]
Triple = tuple[str, str, str]
Curve = tuple[int, str]


@dataclass(slots=True)
class Tables:
    """Everything a memory store keeps.

    `newest` is each bot's newest number. `feed` holds decisions by their keys, `places` these
    by number, `exits` the positions that an event closed. `named` finds positions by the
    client's id or their own, `standing` the open ones by bot, coin and side. `candles` are by
    start.
    """

    records: list[Record] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    newest: dict[str, int] = field(default_factory=dict)
    digests: dict[str, bytes] = field(default_factory=dict)
    texts: dict[int, dict[str, str]] = field(default_factory=dict)
    parts: dict[Pair, dict[tuple[str, int], TextPart]] = field(default_factory=dict)
    feed: list[DecisionState] = field(default_factory=list)
    places: dict[int, Key] = field(default_factory=dict)
    exits: dict[int, Pair] = field(default_factory=dict)
    accounts: dict[str, list[Key]] = field(default_factory=dict)
    statuses: dict[str, list[Key]] = field(default_factory=dict)
    bots: dict[str, BotState] = field(default_factory=dict)
    executions: dict[Pair, Executed] = field(default_factory=dict)
    positions: dict[Pair, PositionState] = field(default_factory=dict)
    named: dict[Pair, set[Pair]] = field(default_factory=dict)
    standing: dict[Triple, set[Pair]] = field(default_factory=dict)
    marks: dict[Pair, Marked] = field(default_factory=dict)
    curves: dict[Curve, dict[int, Bucket]] = field(default_factory=dict)
    errors: list[ErrorState] = field(default_factory=list)
    with_error: set[Pair] = field(default_factory=set)
    postings: dict[Pair, list[PostingState]] = field(default_factory=dict)
    candles: dict[Pair, dict[int, CandleState]] = field(default_factory=dict)
    shared: dict[str, Shared] = field(default_factory=dict)


def _key(state: DecisionState | PostingState) -> Key:
    return state.key


class MemoryWork:
    """A commit in the making: reads fall through to the tables, writes wait for `commit`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._kept: dict[str, tuple[Record, Prepared]] = {}
        self._bots: dict[str, BotState] = {}
        self._feed: list[DecisionState] = []
        self._executions: dict[Pair, Executed] = {}
        self._positions: dict[Pair, PositionState] = {}
        self._marks: dict[Pair, Marked] = {}
        self._curves: dict[Curve, dict[int, Bucket]] = {}
        self._errors: list[ErrorState] = []
        self._with_error: set[Pair] = set()
        self._postings: list[PostingState] = []
        self._candles: dict[Pair, dict[int, CandleState]] = {}

    def keep(self, prepared: Prepared) -> Record:
        """Give the event the next number and keep it."""
        record = prepared.record(len(self._tables.records) + len(self._kept) + 1)
        self._kept[record.event_id] = (record, prepared)
        return record

    def known(self, event_id: str) -> tuple[Record, bytes] | None:
        """The event of this id with its digest, kept before or in this commit."""
        number = self._tables.numbers.get(event_id)
        if number is not None:
            return self._tables.records[number - 1], self._tables.digests[event_id]
        kept = self._kept.get(event_id)
        return None if kept is None else (kept[0], kept[1].digest)

    def owner(self, event_id: str) -> str | None:
        """The bot whose event has this id; None where none has."""
        known = self.known(event_id)
        return None if known is None else known[0].bot_id

    def payload(self, event_id: str, floor: int) -> bytes | None:
        """The whole payload of a known event; None up to `floor`, where texts are gone."""
        kept = self._kept.get(event_id)
        if kept is not None:
            return restore(kept[1].lean, kept[1].texts)
        record = self._tables.records[self._tables.numbers[event_id] - 1]
        texts = self._tables.texts.get(record.n, {})
        return None if record.n <= floor else restore(record.payload, texts)

    def bot(self, bot_id: str) -> BotState | None:
        if bot_id not in self._bots and bot_id in self._tables.bots:
            self._bots[bot_id] = deepcopy(self._tables.bots[bot_id])
        return self._bots.get(bot_id)

    def add_bot(self, state: BotState) -> None:
        self._bots[state.id] = state

    def add_decision(self, state: DecisionState) -> None:
        self._feed.append(state)

    def add_posting(self, state: PostingState) -> None:
        self._postings.append(state)

    def candle(self, bot_id: str, coin: str, start: int) -> CandleState | None:
        own = self._candles.get((bot_id, coin), {}).get(start)
        return own or self._tables.candles.get((bot_id, coin), {}).get(start)

    def put_candle(self, bot_id: str, coin: str, start: int, candle: CandleState) -> None:
        self._candles.setdefault((bot_id, coin), {})[start] = candle

    def execution(self, bot_id: str, decision_id: str) -> Executed | None:
        pair = (bot_id, decision_id)
        return self._executions.get(pair) or self._tables.executions.get(pair)

    def put_execution(self, bot_id: str, decision_id: str, executed: Executed) -> None:
        self._executions[bot_id, decision_id] = executed

    def open_positions(self, bot_id: str, coin: str, side: str) -> list[PositionState]:
        asked = (bot_id, coin, side)
        return [
            copy(state)
            for state in self._positions_at(self._tables.standing.get(asked, set()))
            if (state.bot_id, state.coin, state.side) == asked and state.exit is None
        ]

    def positions_of(self, bot_id: str, ref: str) -> list[PositionState]:
        return [
            copy(state)
            for state in self._positions_at(self._tables.named.get((bot_id, ref), set()))
            if state.bot_id == bot_id and ref in (state.ref, state.id)
        ]

    def put_position(self, state: PositionState) -> None:
        self._positions[state.bot_id, state.id] = state

    def _positions_at(self, pairs: set[Pair]) -> list[PositionState]:
        kept = [self._tables.positions[pair] for pair in pairs if pair not in self._positions]
        return kept + list(self._positions.values())

    def mark(self, bot_id: str, ref: str) -> Marked | None:
        return self._marks.get((bot_id, ref)) or self._tables.marks.get((bot_id, ref))

    def put_mark(self, bot_id: str, ref: str, marked: Marked) -> None:
        self._marks[bot_id, ref] = marked

    def bucket(self, bot_id: str, tier: int, number: int) -> Bucket | None:
        curve = self._curves.setdefault((tier, bot_id), {})
        if number not in curve:
            kept = self._tables.curves.get((tier, bot_id), {}).get(number)
            if kept is None:
                return None
            curve[number] = copy(kept)
        return curve[number]

    def add_bucket(self, bot_id: str, tier: int, number: int, bucket: Bucket) -> None:
        self._curves.setdefault((tier, bot_id), {})[number] = bucket

    def has_error(self, bot_id: str, decision_id: str) -> bool:
        pair = (bot_id, decision_id)
        return pair in self._with_error or pair in self._tables.with_error

    def add_error(self, state: ErrorState) -> None:
        self._errors.append(state)
        if state.kind in DECISION_ERRORS:
            self._with_error.add((state.bot_id, state.event_id))

    def commit(self) -> None:
        """Let everything take effect."""
        tables = self._tables
        for record, prepared in self._kept.values():
            tables.records.append(record)
            tables.numbers[record.event_id] = record.n
            tables.newest[record.bot_id] = record.n
            tables.digests[record.event_id] = prepared.digest
            tables.texts[record.n] = prepared.texts
            tables.parts.pop((record.bot_id, record.event_id), None)
            if record.kind == "account":
                insort(tables.accounts.setdefault(record.bot_id, []), record.key)
            elif record.kind == "status":
                insort(tables.statuses.setdefault(record.bot_id, []), record.key)
        for row in self._feed:
            insort(tables.feed, row, key=_key)
            tables.places[row.key.n] = row.key
        for posting in self._postings:
            own = tables.postings.setdefault((posting.bot_id, posting.position_id), [])
            insort(own, posting, key=_key)
        for pair, candles in self._candles.items():
            tables.candles.setdefault(pair, {}).update(candles)
        for error in self._errors:
            insort(tables.errors, error)
        for pair, state in self._positions.items():
            self._index(pair, state)
        tables.bots |= self._bots
        tables.with_error |= self._with_error
        tables.executions |= self._executions
        tables.positions |= self._positions
        tables.marks |= self._marks
        for place, curve in self._curves.items():
            tables.curves.setdefault(place, {}).update(curve)

    def _index(self, pair: Pair, state: PositionState) -> None:
        for name in (state.id, state.ref):
            if name is not None:
                self._tables.named.setdefault((state.bot_id, name), set()).add(pair)
        standing = self._tables.standing.setdefault((state.bot_id, state.coin, state.side), set())
        if state.exit is None:
            standing.add(pair)
        else:
            standing.discard(pair)
            self._tables.exits[state.exit.n] = pair
