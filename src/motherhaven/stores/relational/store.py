"""The Store over a relational database: every verb once, whatever database it is."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from motherhaven.contract import views
from motherhaven.contract.clock import Clock
from motherhaven.contract.events import Event, Kind, TextPart
from motherhaven.stores.answers import text_of, with_answer
from motherhaven.stores.asked import checks_questions
from motherhaven.stores.changes import IDLE_POLL_SECONDS, POLL_SECONDS, CommitNotifier
from motherhaven.stores.cursors import live_cursor, read_page_cursor
from motherhaven.stores.following import follow
from motherhaven.stores.keys import DEPOSIT_MINUTES, bucket_range, held
from motherhaven.stores.lanes import Bounds, Lanes
from motherhaven.stores.protocol import DEPOSITS_TIER, Appended, DecisionFilter, Tail
from motherhaven.stores.relational import feeds, ingest, log, money, shared, tail, trades
from motherhaven.stores.relational.dialect import Session
from motherhaven.stores.relational.readers import Answer, Answering, Readers
from motherhaven.stores.relational.revisions import Revisions
from motherhaven.stores.relational.writer import Writer, closed
from motherhaven.stores.shared import Shared
from motherhaven.stores.summaries import SummariesOfLists
from motherhaven.stores.unreadable import UnreadableRows
from motherhaven.stores.views import (
    account_row,
    deposit_points,
    fill_row,
    funding_row,
    status_row,
)

AnyWriter = TypeVar("AnyWriter", bound=Writer)
AnyReaders = TypeVar("AnyReaders", bound=Readers[Any])


@checks_questions
class RelationalStore(SummariesOfLists, ABC, Generic[AnyWriter, AnyReaders]):
    """What `open` of a database's own store has to bring: a writer, readers, a generation."""

    def __init__(self, shown: str, *, clock: Clock) -> None:
        self._shown = shown
        self._clock = clock
        self._notifier = CommitNotifier()
        self.lanes = Lanes(Bounds(of_a_kind=2, long=4))
        self._revisions = Revisions()
        self._generation = ""
        self._writer: AnyWriter | None = None
        self._readers: AnyReaders | None = None

    @abstractmethod
    async def open(self) -> None:
        """Connect, create or migrate the schema, start the threads; nothing if it is open.

        Raises:
            StoreUnavailable, StoreCorrupt: the database cannot be used now, or is damaged.
            ConfigError: it is another program's, or a newer Motherhaven's.
        """

    async def close(self) -> None:
        """Finish what was accepted, then close every connection and thread."""
        writer, readers = self._writer, self._readers
        self._writer = self._readers = None
        self._notifier.end()
        if readers is not None:
            await asyncio.to_thread(readers.stop)
        if writer is not None:
            await asyncio.to_thread(writer.stop)

    @abstractmethod
    async def _change(self, operation: Callable[[Session], Answer], *, weight: int = 1) -> Answer:
        """Run `operation`, and return when its commit is durable."""

    async def append(self, events: Sequence[Event]) -> list[Appended]:
        """Keep events; returns after the commit is on the disk. See Store.append."""
        return await self._write.append(events)

    async def put_parts(self, parts: Sequence[TextPart]) -> None:
        """Keep parts until their event comes; those of an event already kept are dropped."""
        received = self._clock.now()
        await self._change(lambda db: ingest.put_parts(db, parts, received), weight=len(parts))

    async def head(self) -> str:
        """The cursor after the newest event."""
        return live_cursor(self._generation, await self._read.ask(log.head))

    async def read_cursor(self) -> str:
        """The cursor that the next answers hold all up to; see Lists.read_cursor."""
        return live_cursor(self._generation, await self._asked.ask(log.head))

    async def origin(self) -> str:
        """The cursor before the oldest event that tail() still gives."""
        return live_cursor(self._generation, await self._read.ask(log.floor))

    async def tail(self, after: str, limit: int) -> Tail:
        """Events after a cursor; payloads come without the prompts. See Store.tail."""
        generation = self._generation
        return await self._read.ask(lambda db: tail.tail(db, generation, after, held(limit)))

    def follow(self, after: str) -> AsyncGenerator[Tail, None]:
        """What was committed after `after`, then what is, as it is; see Store.follow."""
        return follow(
            self._notifier, self._generation, self.tail, after, self._poll_seconds, self.unreadable
        )

    def _poll_seconds(self) -> tuple[float, float] | None:
        """How soon, and how late at most, to look for others' commits; None: they are heard."""
        return POLL_SECONDS, IDLE_POLL_SECONDS

    async def bots(
        self,
        ids: Sequence[str] | None = None,
        *,
        after: str | None = None,
        limit: int | None = None,
    ) -> list[views.BotRow]:
        """Bots, by first_seen and id; see Reader.bots."""
        return await self._asked.ask(lambda db: money.bots(db, ids, after, limit))

    async def decisions(
        self, where: DecisionFilter, *, before: str | None, limit: int
    ) -> views.DecisionPage:
        """A page of the feed, newest first by receipt."""
        key = read_page_cursor("decisions", before)
        return await self._asked.ask(lambda db: feeds.decisions(db, where, key, held(limit)))

    async def decision(self, decision_id: str) -> views.DecisionDetail:
        """One decision with its answer and its neighbours of the same bot."""
        detail = await self._asked.ask(lambda db: feeds.decision(db, decision_id))
        return await with_answer(self, detail)

    async def text(self, event_id: str, field: str, *, offset: int, limit: int) -> views.TextSlice:
        """A slice of one long text, in characters; see Reader.text."""
        return await text_of(self, event_id, field, offset=offset, limit=limit)

    async def event(self, event_id: str) -> views.EventRow:
        """One event of any kind."""
        return await self._asked.ask(lambda db: log.event(db, event_id))

    async def events(
        self, bot_id: str, kind: Kind, *, before: str | None, limit: int
    ) -> views.EventPage:
        """The bot's events of a kind, newest first; see Reader.events."""
        key = read_page_cursor("events", before)
        return await self._asked.ask(lambda db: trades.listed(db, bot_id, kind, key, held(limit)))

    async def own_text(
        self, event_id: str, field: str, *, offset: int, limit: int
    ) -> views.TextSlice:
        """A slice of a long text of the event itself."""
        return await self._asked.ask(
            lambda db: log.text(db, event_id, field, offset=offset, limit=limit)
        )

    async def positions(
        self,
        *,
        status: Literal["open", "closed", "all"],
        bot_id: str | None,
        before: str | None,
        limit: int,
    ) -> views.PositionPage:
        """A page, newest first by receipt of the entry (open, all) or exit (closed)."""
        key = read_page_cursor("closed" if status == "closed" else "positions", before)
        return await self._asked.ask(
            lambda db: money.positions(db, status, bot_id, key, held(limit))
        )

    async def position(self, bot_id: str, position_id: str) -> views.PositionRow:
        """One position."""
        return await self._asked.ask(lambda db: money.position(db, bot_id, position_id))

    async def opened_by(self, bot_id: str, decision_id: str) -> views.PositionRow | None:
        """The position whose entry names this decision."""
        return await self._asked.ask(lambda db: money.opened_by(db, bot_id, decision_id))

    async def fills(self, bot_id: str, position_id: str) -> list[views.FillRow]:
        """The fills of a position, oldest first."""
        return await self._asked.ask(
            lambda db: trades.postings(db, bot_id, position_id, "fill", fill_row)
        )

    async def fundings(self, bot_id: str, position_id: str) -> list[views.FundingRow]:
        """The funding payments of a position, oldest first."""
        return await self._asked.ask(
            lambda db: trades.postings(db, bot_id, position_id, "funding", funding_row)
        )

    async def candles(
        self, bot_id: str, coin: str, *, start: datetime, end: datetime, limit: int
    ) -> list[views.Candle]:
        """The bot's candles that begin in [start, end), oldest first."""
        return await self._asked.ask(
            lambda db: trades.candles(db, bot_id, coin, start, end, held(limit))
        )

    async def accounts(self, bot_id: str | None, *, limit: int) -> list[views.AccountRow]:
        """The newest account states, newest first."""
        return await self._asked.ask(
            lambda db: money.newest(db, "account", bot_id, held(limit), account_row)
        )

    async def statuses(self, bot_id: str | None, *, limit: int) -> list[views.StatusRow]:
        """The newest heartbeats, newest first."""
        return await self._asked.ask(
            lambda db: money.newest(db, "status", bot_id, held(limit), status_row)
        )

    async def revisions(self, bot_ids: Sequence[str] | None) -> dict[str, str]:
        """What changes with every commit of each bot; see Reader.revisions."""
        head, found = await self._asked.ask(lambda db: self._revisions.look(db, bot_ids))
        self._know([head])
        return found

    def _know(self, numbers: Iterable[int]) -> None:
        """No answer may be older than these commit numbers, if somebody else may answer."""

    async def equity(
        self, bot_ids: Sequence[str] | None, *, start: datetime, end: datetime, bucket: int
    ) -> list[views.EquitySeries]:
        """Equity per bot from the rollups of tier `bucket`; see Store.equity."""
        first, last = bucket_range(start, end, bucket)
        return await self._asked.ask(lambda db: money.equity(db, bot_ids, bucket, first, last))

    async def deposits(self, bot_ids: Sequence[str]) -> dict[str, list[views.DepositPoint]]:
        """When the deposits changed; see Store.deposits."""
        curves = await self._asked.ask(
            lambda db: money.equity(db, bot_ids, DEPOSITS_TIER, *DEPOSIT_MINUTES)
        )
        return deposit_points(curves)

    async def errors(
        self,
        *,
        bot_id: str | None,
        kind: str | None,
        before: str | None,
        limit: int,
        since: datetime | None = None,
    ) -> list[views.ErrorRow]:
        """What went wrong, newest first; continue with the last row's cursor."""
        key = read_page_cursor("errors", before)
        return await self._asked.ask(
            lambda db: feeds.errors(db, bot_id, kind, key, since, held(limit))
        )

    @property
    def unreadable(self) -> UnreadableRows:
        """The rows that reads passed over; see Store.unreadable."""
        return self._read.unreadable

    async def report_rejected(
        self, *, bot_id: str | None, at: datetime, message: str, code: str | None = None
    ) -> bool:
        """Keep a refusal among the errors; see Store.report_rejected."""
        return await self._change(lambda db: ingest.report_rejected(db, bot_id, at, message, code))

    async def get_shared_record(self, name: str) -> Shared | None:
        """A shared record; see Store.get_shared_record."""
        return await self._read.ask(lambda db: shared.get_shared_record(db, name))

    async def put_shared_record(self, name: str, text: str, revision: int | None) -> bool:
        """Change a shared record; see Store.put_shared_record."""
        return await self._change(lambda db: shared.put_shared_record(db, name, text, revision))

    async def full_payload(self, event_id: str) -> tuple[Kind, bytes]:
        """The kind and the canonical payload, byte for byte as it was recorded."""
        return await self._read.ask(lambda db: log.full_payload(db, event_id))

    async def full_payloads(self, event_ids: Sequence[str]) -> dict[str, tuple[Kind, bytes]]:
        """Kinds and canonical payloads of many events; see capabilities.Bulk."""
        return await self._read.ask(lambda db: log.full_payloads(db, event_ids))

    async def prune(self, before: datetime) -> int:
        """Drop the oldest events up to the first received at or after `before`.

        Their long texts go too; feeds, positions, totals, rollups and the ids that make
        appends idempotent stay. Returns how many events tail() no longer gives.
        """
        dropped = 0
        while step := await self._change(lambda db: ingest.prune_step(db, before)):
            dropped += step
        return dropped

    @property
    def _write(self) -> AnyWriter:
        if self._writer is None:
            raise closed(self._shown)
        return self._writer

    @property
    def _asked(self) -> Answering:
        """Who answers the dashboard's questions: here who reads the log, too."""
        return self._read

    @property
    def _read(self) -> AnyReaders:
        if self._readers is None:
            raise closed(self._shown)
        return self._readers
