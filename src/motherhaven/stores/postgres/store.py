"""The Store on PostgreSQL: a writer thread with group commit, a few readers, a listener."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Literal

from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import StoreError, StoreUnavailable
from motherhaven.contract.events import Event, Kind, TextPart
from motherhaven.contract.views import (
    AccountRow,
    BotRow,
    Candle,
    DecisionDetail,
    DecisionPage,
    DepositPoint,
    EquitySeries,
    ErrorRow,
    FillRow,
    FundingRow,
    PositionPage,
    PositionRow,
    StatusRow,
    TextSlice,
)
from motherhaven.stores.changes import Hub
from motherhaven.stores.cursors import live_cursor, read_page_cursor
from motherhaven.stores.keys import DEPOSIT_MINUTES, bucket_range, held
from motherhaven.stores.postgres import feeds, ingest, log, money, shared
from motherhaven.stores.postgres.listener import Listener
from motherhaven.stores.postgres.location import locate
from motherhaven.stores.postgres.migrate import migrate
from motherhaven.stores.postgres.readers import Readers
from motherhaven.stores.postgres.writer import Writer
from motherhaven.stores.protocol import DEPOSITS_TIER, Appended, DecisionFilter, Tail
from motherhaven.stores.shared import Shared
from motherhaven.stores.views import (
    account_row,
    deposit_points,
    fill_row,
    funding_row,
    status_row,
)


class PostgresStore:
    """Keeps everything in one schema of the database at `url`; many servers may share it.

    Raises ConfigError if the URL is not one. It never shows the URL's password.
    """

    def __init__(self, url: str, *, clock: Clock) -> None:
        self._location = locate(url)
        self._clock = clock
        self._hub = Hub()
        self._generation, self._lock = "", 0
        self._seen = 0
        self._writer: Writer | None = None
        self._readers: Readers | None = None
        self._listener: Listener | None = None

    async def open(self) -> None:
        """Connect, create or migrate the schema, start the threads; nothing if it is open.

        Raises:
            StoreUnavailable, StoreCorrupt: the database cannot be used now, or is damaged.
            ConfigError: it is another program's, or a newer Motherhaven's, or not UTF-8.
        """
        if self._writer is not None:
            return
        identity = await asyncio.to_thread(migrate, self._location, secrets.token_hex(6))
        self._generation, self._lock = identity
        channel = f"motherhaven_{self._generation}"
        readers = Readers(self._location)
        try:
            self._seen = await readers.ask(log.head)
        except StoreError:
            await asyncio.to_thread(readers.stop)
            raise
        writer = Writer(self._location, identity, channel, self._hub.wake)
        self._listener = Listener(self._location, channel, self._hub.wake, lambda: writer.pid)
        self._listener.start()
        self._writer, self._readers = writer, readers

    async def close(self) -> None:
        """Finish what was accepted, then close every connection and thread."""
        listener, writer, readers = self._listener, self._writer, self._readers
        self._listener = self._writer = self._readers = None
        self._hub.end()
        if listener is not None:
            await listener.stop()
        if readers is not None:
            await asyncio.to_thread(readers.stop)
        if writer is not None:
            await asyncio.to_thread(writer.stop)

    async def append(self, events: Sequence[Event]) -> list[Appended]:
        """Keep events; returns after the commit is on the disk. See Store.append."""
        return await self._write.append(events)

    async def put_parts(self, parts: Sequence[TextPart]) -> None:
        """Keep parts until their event comes; those of an event already kept are dropped."""
        received = self._clock.now()
        await self._read.change(lambda db: ingest.put_parts(db, parts, received))

    async def head(self) -> str:
        """The cursor after the newest event."""
        return live_cursor(self._generation, await self._read.ask(log.head))

    async def origin(self) -> str:
        """The cursor before the oldest event that tail() still gives."""
        return live_cursor(self._generation, await self._read.ask(log.origin))

    async def tail(self, after: str, limit: int) -> Tail:
        """Events after a cursor; payloads come without the prompts. See Store.tail."""
        generation = self._generation
        return await self._read.ask(lambda db: log.tail(db, generation, after, held(limit)))

    def changes(self) -> AsyncIterator[None]:
        """Yields after commits, other servers' too; misses none from this call on."""
        return self._hub.subscribe(self._look)

    async def _look(self) -> bool:
        """Where nothing is heard: wake everyone if another server wrote."""
        if self._listener is not None and self._listener.listening.is_set():
            return False
        try:
            newest = await self._read.ask(log.head)
        except StoreError:
            return False
        if newest != self._seen:
            self._seen = newest
            self._hub.wake()
        return False

    async def bots(self) -> list[BotRow]:
        """All bots, by first_seen and id."""
        return await self._read.ask(money.bots)

    async def decisions(
        self, where: DecisionFilter, *, before: str | None, limit: int
    ) -> DecisionPage:
        """A page of the feed, newest first by (time, epoch, seq, commit)."""
        key = read_page_cursor("decisions", before)
        return await self._read.ask(lambda db: feeds.decisions(db, where, key, held(limit)))

    async def decision(self, decision_id: str) -> DecisionDetail:
        """One decision with its neighbours of the same bot."""
        return await self._read.ask(lambda db: feeds.decision(db, decision_id))

    async def text(self, event_id: str, field: str, *, offset: int, limit: int) -> TextSlice:
        """A slice of one long text, in characters."""
        return await self._read.ask(
            lambda db: log.text(db, event_id, field, offset=offset, limit=limit)
        )

    async def positions(
        self,
        *,
        status: Literal["open", "closed", "all"],
        bot_id: str | None,
        before: str | None,
        limit: int,
    ) -> PositionPage:
        """A page, newest first by entry time (open, all) or exit time (closed)."""
        key = read_page_cursor("closed" if status == "closed" else "positions", before)
        return await self._read.ask(
            lambda db: money.positions(db, status, bot_id, key, held(limit))
        )

    async def position(self, bot_id: str, position_id: str) -> PositionRow:
        """One position."""
        return await self._read.ask(lambda db: money.position(db, bot_id, position_id))

    async def opened_by(self, bot_id: str, decision_id: str) -> PositionRow | None:
        """The position whose entry names this decision, the earliest of several."""
        return await self._read.ask(lambda db: money.opened_by(db, bot_id, decision_id))

    async def fills(self, bot_id: str, position_id: str) -> list[FillRow]:
        """The fills that name this position, oldest first."""
        return await self._read.ask(
            lambda db: [fill_row(r) for r in money.postings(db, bot_id, position_id, "fill")]
        )

    async def fundings(self, bot_id: str, position_id: str) -> list[FundingRow]:
        """The funding payments that name this position, oldest first."""
        return await self._read.ask(
            lambda db: [funding_row(r) for r in money.postings(db, bot_id, position_id, "funding")]
        )

    async def candles(
        self, bot_id: str, coin: str, *, start: datetime, end: datetime, limit: int
    ) -> list[Candle]:
        """The bot's candles that begin in [start, end), oldest first."""
        return await self._read.ask(
            lambda db: money.candles(db, bot_id, coin, start, end, held(limit))
        )

    async def accounts(self, bot_id: str | None, *, limit: int) -> list[AccountRow]:
        """The newest account states, newest first."""
        return await self._read.ask(
            lambda db: [account_row(r) for r in money.newest(db, "account", bot_id, held(limit))]
        )

    async def statuses(self, bot_id: str | None, *, limit: int) -> list[StatusRow]:
        """The newest heartbeats, newest first."""
        return await self._read.ask(
            lambda db: [status_row(r) for r in money.newest(db, "status", bot_id, held(limit))]
        )

    async def equity(
        self, bot_ids: Sequence[str] | None, *, start: datetime, end: datetime, bucket: int
    ) -> list[EquitySeries]:
        """Equity per bot from the rollups of tier `bucket`; see Store.equity."""
        first, last = bucket_range(start, end, bucket)
        return await self._read.ask(lambda db: money.equity(db, bot_ids, bucket, first, last))

    async def deposits(self, bot_ids: Sequence[str]) -> dict[str, list[DepositPoint]]:
        """When the deposits changed; see Store.deposits."""
        curves = await self._read.ask(
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
    ) -> list[ErrorRow]:
        """What went wrong, newest first; continue with the last row's cursor."""
        key = read_page_cursor("errors", before)
        return await self._read.ask(
            lambda db: feeds.errors(db, bot_id, kind, key, since, held(limit))
        )

    async def report_rejected(self, *, bot_id: str | None, at: datetime, message: str) -> bool:
        """Keep something that was refused as an error of kind "ingest", within bounds."""
        lock = self._lock
        return await self._read.change(
            lambda db: ingest.report_rejected(db, lock, bot_id, at, message)
        )

    async def record(self, name: str) -> Shared | None:
        """A shared record; see Store.record."""
        return await self._read.ask(lambda db: shared.record(db, name))

    async def put_record(self, name: str, text: str, revision: int | None) -> bool:
        """Change a shared record; see Store.put_record."""
        return await self._read.change(lambda db: shared.put_record(db, name, text, revision))

    async def full_payload(self, event_id: str) -> tuple[Kind, bytes]:
        """The kind and the canonical payload, byte for byte as it was recorded."""
        return await self._read.ask(lambda db: log.full_payload(db, event_id))

    async def prune(self, before: datetime) -> int:
        """Drop the oldest events up to the first received at or after `before`.

        Their long texts go too; feeds, positions, totals, rollups and the ids that make
        appends idempotent stay. Returns how many events tail() no longer gives.
        """
        dropped = 0
        while step := await self._read.change(lambda db: ingest.prune_step(db, before)):
            dropped += step
        return dropped

    @property
    def _write(self) -> Writer:
        if self._writer is None:
            raise self._closed()
        return self._writer

    @property
    def _read(self) -> Readers:
        if self._readers is None:
            raise self._closed()
        return self._readers

    def _closed(self) -> StoreUnavailable:
        return StoreUnavailable(f"store {self._location.shown}: it is closed; call open() first")
