"""One commit in the making: what was read of Firestore, and the numbers of its events.

There is no counter that all bots share, for it would be written by every commit. A
record's number is its place among its bot's events, with the bot's own number in the low
bits: growing within a bot, and never the same twice.
"""

from dataclasses import asdict, dataclass, field, fields, replace
from decimal import Decimal
from typing import Any, Final

from google.cloud.firestore_v1.base_document import DocumentSnapshot

from motherhaven.contract.events import Kind
from motherhaven.stores.firestore.current import Current
from motherhaven.stores.firestore.documents import embedded
from motherhaven.stores.firestore.keytext import live_number
from motherhaven.stores.firestore.known import KnownBot
from motherhaven.stores.keys import Key
from motherhaven.stores.loaded import Loaded, LoadedWork
from motherhaven.stores.needs import Pair
from motherhaven.stores.records import Prepared, Record
from motherhaven.stores.states import BotState, Executed, PositionState

_BOT_BITS: Final = 20

Terms = tuple[Key, Decimal, Decimal, Decimal]
"""What a position's entry says: when it came, margin, leverage, price."""

Place = tuple[str, int, int]
"""A rollup document: bot, tier, span."""

CandlePlace = tuple[str, str, int, int]
"""A document of candles: bot, coin, width in seconds, span."""


@dataclass(slots=True)
class Seen:
    """The documents behind `rows`, as they were; a commit holds only if the bots' still are."""

    rows: Loaded = field(default_factory=Loaded)
    bots: dict[str, KnownBot] = field(default_factory=dict)
    current: dict[str, Current] = field(default_factory=dict)
    bot_count: DocumentSnapshot[Any] | None = None
    cursors: dict[str, int] = field(default_factory=dict)
    buckets: dict[Place, dict[int, list[Any]]] = field(default_factory=dict)
    """Those of spans that are older than their bot's window."""
    homes: set[Pair] = field(default_factory=set)
    """The decisions, kept before, whose own document takes their execution."""
    stated: dict[Pair, float | None] = field(default_factory=dict)
    """The confidence of decisions that are behind a position's entry."""
    pages: dict[Pair, int] = field(default_factory=dict)
    """In which page of closed trades a position is listed."""
    closed: set[Pair] = field(default_factory=set)
    """The positions that were closed before this commit."""
    full_pages: dict[tuple[str, int], list[list[Any]]] = field(default_factory=dict)
    """The rows of full pages of closed trades that may have to change."""
    entries: dict[tuple[str, str], Terms] = field(default_factory=dict)
    candles: dict[CandlePlace, dict[int, list[Any]]] = field(default_factory=dict)


@dataclass(slots=True)
class BotMeta:
    """What a bot's document holds beside its state."""

    no: int
    count: int = 0
    status_id: str | None = None
    account_id: str | None = None
    candle_widths: list[int] = field(default_factory=list)
    status: dict[str, Any] | None = None
    account: dict[str, Any] | None = None


class FirestoreWork(LoadedWork):
    """The Work of one commit, over `seen`; use it only once."""

    def __init__(self, seen: Seen) -> None:
        super().__init__(seen.rows)
        self.seen = seen
        self.metas: dict[str, BotMeta] = {}
        self.new_bots: list[str] = []
        self.apart: set[str] = set()
        """The bots of which a span, a page or a list's row is written beside their document."""

    def keep(self, prepared: Prepared) -> Record:
        """Give the event its bot's next number and keep it."""
        meta = self._meta(prepared.event.bot_id)
        meta.count += 1
        record = prepared.record(meta.count << _BOT_BITS | meta.no)
        self.changes.kept.append((record, prepared))
        known: tuple[int, str, Kind, bytes] = (0, record.bot_id, record.kind, prepared.digest)
        self.seen.rows.known[record.event_id] = known
        return record

    def prior_cursor(self, event_id: str) -> int | None:
        """The live number of an event kept by an earlier commit."""
        return self.seen.cursors.get(event_id)

    def note_latest(self, state: BotState) -> None:
        """Keep the events that the bot's status and account pointers name with the bot."""
        meta = self.metas[state.id]
        for record, _ in self.changes.kept:
            if record.bot_id == state.id and record.pointer == state.status:
                meta.status_id, meta.status = record.event_id, embedded(record)
            if record.bot_id == state.id and record.pointer == state.account:
                meta.account_id, meta.account = record.event_id, embedded(record)

    def executed(self, pair: Pair) -> Executed | None:
        """The execution of a decision that this commit keeps; it no longer waits."""
        found = self.seen.rows.executions.get(pair)
        orphans = self.seen.current[pair[0]].orphans
        if found is not None and pair[1] in orphans:
            orphans.remove(pair[1])
        return found

    def document(self, bot_id: str) -> dict[str, Any]:
        """A bot's document without its state."""
        return asdict(self.metas[bot_id]) | self.seen.current[bot_id].fields()

    def written_apart(self, bot_id: str) -> bool:
        """Whether this commit changes documents of the bot that answers are remembered of."""
        return bot_id in self.apart or any(bot == bot_id for bot, _ in self.changes.positions)

    def _meta(self, bot_id: str) -> BotMeta:
        if bot_id not in self.metas:
            snapshot = self.seen.bots.get(bot_id)
            if snapshot is None:
                self.new_bots.append(bot_id)
                counted = self.seen.bot_count
                before = 0 if counted is None else int(counted.get("count"))
                self.metas[bot_id] = BotMeta(before + len(self.new_bots))
            else:
                names = [name.name for name in fields(BotMeta)]
                meta = BotMeta(**{name: snapshot.get(name) for name in names})
                self.metas[bot_id] = replace(meta, candle_widths=list(meta.candle_widths or ()))
        return self.metas[bot_id]


def terms_of(state: PositionState) -> Terms:
    """The terms of a position."""
    return state.entry, state.quantity, state.leverage, state.entry_price


def live_number_of(snapshot: DocumentSnapshot[Any]) -> int:
    """The live number of a kept event: when its document was created, and its rank."""
    return live_number(snapshot.create_time, int(snapshot.get("rank")))
