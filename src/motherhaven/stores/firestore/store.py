"""The Store on Firestore: documents a project already has, and exact ones beside them.

What differs by nature, declared in `capabilities`: an append is one commit as long as it
writes at most 500 documents (some 450 decisions without copies); a longer one is kept in
several, in order, and if it fails in between, sending it again completes it.
"""

import asyncio
import hashlib
import random
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from typing import Literal, cast

from motherhaven.contract import views
from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import ConfigError, StoreError, StoreUnavailable
from motherhaven.contract.events import LISTED_KINDS, Event, Kind, TextPart
from motherhaven.settings.firestore import FirestoreOptions
from motherhaven.stores.answers import text_of, with_answer
from motherhaven.stores.asked import checks_questions
from motherhaven.stores.billing import Billed
from motherhaven.stores.capabilities import Capabilities
from motherhaven.stores.cursors import live_cursor, read_page_cursor
from motherhaven.stores.firestore import candles, curves, feeds, log, money, shared, trades
from motherhaven.stores.firestore.adopt import adopt
from motherhaven.stores.firestore.bill import Bill
from motherhaven.stores.firestore.database import Database, Usage
from motherhaven.stores.firestore.follow import follow
from motherhaven.stores.firestore.identity import identified
from motherhaven.stores.firestore.old_writers import OldWriters
from motherhaven.stores.firestore.parts import put_parts
from motherhaven.stores.firestore.prune import prune
from motherhaven.stores.firestore.refusals import report_rejected
from motherhaven.stores.firestore.texts import read_slice
from motherhaven.stores.firestore.whole import whole_payload, whole_payloads
from motherhaven.stores.firestore.work import live_number_of
from motherhaven.stores.firestore.writer import MAX_WRITES, Writer
from motherhaven.stores.keys import DEPOSIT_MINUTES, bucket_range, held, micros
from motherhaven.stores.lanes import Bounds, Lanes
from motherhaven.stores.protocol import DEPOSITS_TIER, Appended, DecisionFilter, Tail
from motherhaven.stores.records import named, no_text, payload_gone
from motherhaven.stores.shared import Shared
from motherhaven.stores.signals import Signal
from motherhaven.stores.summaries import stated_by_lists
from motherhaven.stores.unreadable import UnreadableRows
from motherhaven.stores.views import (
    account_row,
    deposit_points,
    fill_row,
    funding_row,
    status_row,
)


@checks_questions
class FirestoreStore:
    """Keeps everything in one Firestore database; several processes may share it."""

    capabilities = Capabilities(documents_per_commit=MAX_WRITES, billed=True)

    def __init__(
        self, project: str, database: str | None = None, *, clock: Clock,
        options: FirestoreOptions | None = None,
    ) -> None:  # fmt: skip
        self._project = project
        self._name = database
        self._clock = clock
        self._options = options or FirestoreOptions()
        self.lanes = Lanes(Bounds(of_a_kind=16, long=48))
        self._generation = ""
        self._database: Database | None = None
        self._writer: Writer | None = None
        self._bill: Bill | None = None
        self._old: OldWriters | None = None
        self._adopting: asyncio.Task[int] | None = None

    @property
    def usage(self) -> Usage:
        """How many documents were read and written since open()."""
        return self._open.usage

    @property
    def budget(self) -> Bill:
        """Today's bill: `budget.exceeded()` says that live looks should be few."""
        if self._bill is None:
            raise self._closed()
        return self._bill

    def billed(self) -> Billed:
        """Today's documents, of all servers of this store."""
        return self.budget.today()

    async def open(self) -> None:
        """Connect, and take over old documents in the background, the first time only.

        Raises:
            ConfigError: no credentials, no permission, no such database, or a newer schema.
            StoreUnavailable: Firestore cannot be reached.
        """
        if self._database is not None:
            return
        database = Database(self._project, self._name)
        try:
            known = await identified(database)
        except (StoreError, ConfigError):
            await database.close()
            raise
        token = f"{known.get('token')} {micros(known.create_time)}"
        self._generation = hashlib.sha256(token.encode()).hexdigest()[:12]
        self._database = database
        dice = random.Random()  # noqa: S311 - spreads the pauses of writers that collide
        readable = self._options.readable
        if readable is None:
            readable = bool(known.get("readable"))
        self._bill = Bill(database, self._clock, self._options)
        await self._bill.refresh()
        self._writer = Writer(database, self._generation, dice, self._bill, readable=readable)
        if not known.get("adopted"):
            start = (known.to_dict() or {}).get("adopting")
            self._adopting = asyncio.create_task(
                adopt(database, self._writer, self._clock, start=start)
            )
            self._adopting.add_done_callback(_quiet)

    async def close(self) -> None:
        """Finish what was accepted, then close the connection."""
        database, writer, adopting = self._database, self._writer, self._adopting
        old, self._old = self._old, None
        self._database = self._writer = self._adopting = None
        if adopting is not None:
            adopting.cancel()
            await asyncio.wait([adopting])
        if old is not None:
            await old.stop()
        if writer is not None:
            await writer.stop()
        if database is not None:
            if self._bill is not None:
                await self._bill.refresh(now=True)
            await database.close()

    async def adopt(self) -> int:
        """Take over old documents now, and again after an old writer was still at work.

        The first open() does it too; this waits for that one. Returns how many were new.
        """
        running, self._adopting = self._adopting, None
        before = 0 if running is None else await running
        return before + await adopt(self._open, self._append, self._clock)

    async def adopted(self) -> None:
        """Wait until what the first open() takes over is there; a failure of it is raised."""
        if self._adopting is not None:
            await asyncio.shield(self._adopting)

    async def append(self, events: Sequence[Event]) -> list[Appended]:
        """Keep events; returns after Firestore's commit. See Store.append and `capabilities`."""
        return await self._append.append(events) if events else []

    async def put_parts(self, parts: Sequence[TextPart]) -> None:
        """Keep parts until their event comes; those of an event already kept are dropped."""
        await put_parts(self._open, parts, micros(self._clock.now()))

    async def head(self) -> str:
        """The cursor after the newest event."""
        return live_cursor(self._generation, await log.head(self._open))

    async def read_cursor(self) -> str:
        """The cursor that the next answers hold all up to: the newest that was seen here."""
        return live_cursor(self._generation, self._open.seen)

    async def origin(self) -> str:
        """The cursor before the oldest event that tail() still gives."""
        return live_cursor(self._generation, await self._floor())

    async def tail(self, after: str, limit: int) -> Tail:
        """Events after a cursor; payloads come without the prompts. See Store.tail."""
        return await log.tail(self._open, self._generation, after, held(limit))

    def follow(self, after: str) -> AsyncGenerator[Tail, None]:
        """What was committed after `after`, then what is; see Store.follow."""
        return follow(self._open, self._generation, after, self._old_writers, self.budget)

    async def bots(
        self,
        ids: Sequence[str] | None = None,
        *,
        after: str | None = None,
        limit: int | None = None,
    ) -> list[views.BotRow]:
        """Bots, by first_seen and id; see Reader.bots."""
        return await money.bots(self._open, ids, after, limit)

    async def decisions(
        self, where: DecisionFilter, *, before: str | None, limit: int
    ) -> views.DecisionPage:
        """A page of the feed, newest first by receipt."""
        key = read_page_cursor("decisions", before)
        return await feeds.decisions(self._open, where, key, held(limit))

    async def decision(self, decision_id: str) -> views.DecisionDetail:
        """One decision with its answer and its neighbours of the same bot."""
        detail = await feeds.decision(self._open, decision_id, await self._floor())
        return await with_answer(self, detail)

    async def text(self, event_id: str, field: str, *, offset: int, limit: int) -> views.TextSlice:
        """A slice of one long text, in characters; see Reader.text."""
        return await text_of(self, event_id, field, offset=offset, limit=limit)

    async def event(self, event_id: str) -> views.EventRow:
        """One event of any kind."""
        return await feeds.event(self._open, event_id, await self._floor())

    async def events(
        self, bot_id: str, kind: Kind, *, before: str | None, limit: int
    ) -> views.EventPage:
        """The bot's events of a kind, newest first; see Reader.events."""
        if kind not in LISTED_KINDS:
            return views.EventPage(items=(), next=None)
        key = read_page_cursor("events", before)
        return await feeds.listed(self._open, bot_id, kind, key, held(limit), self._floor)

    async def own_text(
        self, event_id: str, field: str, *, offset: int, limit: int
    ) -> views.TextSlice:
        """A slice of a long text of the event itself."""
        snapshot = await feeds.find(self._open, event_id)
        if live_number_of(snapshot) <= await self._floor():
            raise no_text(event_id, field)
        document = snapshot.to_dict() or {}
        return await read_slice(self._open, event_id, document, field, offset=offset, limit=limit)

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
        return await money.positions(self._open, status, bot_id, key, held(limit))

    async def position(self, bot_id: str, position_id: str) -> views.PositionRow:
        """One position."""
        return await money.position(self._open, bot_id, position_id)

    async def opened_by(self, bot_id: str, decision_id: str) -> views.PositionRow | None:
        """The position whose entry names this decision."""
        return await money.opened_by(self._open, bot_id, decision_id)

    async def fills(self, bot_id: str, position_id: str) -> list[views.FillRow]:
        """The fills of a position, oldest first."""
        found = await feeds.postings(self._open, "fill", bot_id, position_id)
        return self.unreadable.each(found, named, fill_row)

    async def fundings(self, bot_id: str, position_id: str) -> list[views.FundingRow]:
        """The funding payments of a position, oldest first."""
        found = await feeds.postings(self._open, "funding", bot_id, position_id)
        return self.unreadable.each(found, named, funding_row)

    async def candles(
        self, bot_id: str, coin: str, *, start: datetime, end: datetime, limit: int
    ) -> list[views.Candle]:
        """The bot's candles that begin in [start, end), oldest first."""
        span = (micros(start), micros(end))
        return await candles.candles(self._open, bot_id, coin, *span, held(limit))

    async def accounts(self, bot_id: str | None, *, limit: int) -> list[views.AccountRow]:
        """The newest account states, newest first."""
        found = await feeds.newest(self._open, "account", bot_id, held(limit))
        return self.unreadable.each(found, named, account_row)

    async def statuses(self, bot_id: str | None, *, limit: int) -> list[views.StatusRow]:
        """The newest heartbeats, newest first."""
        found = await feeds.newest(self._open, "status", bot_id, held(limit))
        return self.unreadable.each(found, named, status_row)

    async def revisions(self, bot_ids: Sequence[str] | None) -> dict[str, str]:
        """When each bot's document was changed, which every commit does; see Reader.revisions."""
        known = self._open.known
        found = await known.all() if bot_ids is None else (await known.some(bot_ids)).values()
        return {bot.id: str(bot.update_time) for bot in found}

    async def equity(
        self, bot_ids: Sequence[str] | None, *, start: datetime, end: datetime, bucket: int
    ) -> list[views.EquitySeries]:
        """Equity per bot from the rollups of tier `bucket`; see Store.equity."""
        first, last = bucket_range(start, end, bucket)
        return await curves.equity(self._open, bot_ids, bucket, first, last)

    async def deposits(self, bot_ids: Sequence[str]) -> dict[str, list[views.DepositPoint]]:
        """When the deposits changed; see Store.deposits."""
        found = await curves.equity(self._open, bot_ids, DEPOSITS_TIER, *DEPOSIT_MINUTES)
        return deposit_points(found)

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
        return await feeds.errors(self._open, bot_id, kind, key, held(limit), since)

    async def signals(
        self, bot_id: str, *, start: datetime, end: datetime, limit: int
    ) -> list[Signal]:
        """A bot's decisions from its list; see Summaries.signals."""
        return await trades.signals(self._open, bot_id, start, end, held(limit))

    async def stated(
        self, bot_id: str, decision_ids: Sequence[str], *, since: datetime
    ) -> dict[str, float | None]:
        """What decisions stated, from the list of closed trades; see Summaries.stated."""
        found = await trades.stated(self._open, bot_id, decision_ids)
        missing = [name for name in decision_ids if name not in found]
        return found | await stated_by_lists(self, bot_id, missing, since)

    async def newest_errors(
        self, *, bot_id: str | None, kind: str | None, since: datetime | None, limit: int
    ) -> list[views.ErrorRow]:
        """The newest errors from the bots' lists; see Summaries.newest_errors."""
        return await feeds.newest_errors(self._open, bot_id, kind, since, held(limit))

    @property
    def unreadable(self) -> UnreadableRows:
        """The documents that reads passed over; see Store.unreadable."""
        return self._open.unreadable

    async def report_rejected(
        self, *, bot_id: str | None, at: datetime, message: str, code: str | None = None
    ) -> bool:
        """Keep a refusal among the errors; see Store.report_rejected."""
        return await report_rejected(self._open, bot_id, at, message, code)

    async def get_shared_record(self, name: str) -> Shared | None:
        """A shared record; see Store.get_shared_record."""
        return await shared.get_shared_record(self._open, name)

    async def put_shared_record(self, name: str, text: str, revision: int | None) -> bool:
        """Change a shared record; see Store.put_shared_record."""
        return await shared.put_shared_record(self._open, name, text, revision)

    async def full_payload(self, event_id: str) -> tuple[Kind, bytes]:
        """The kind and the canonical payload, byte for byte as it was recorded."""
        snapshot = await feeds.find(self._open, event_id)
        payload = await whole_payload(self._open, snapshot)
        if payload is None:
            raise payload_gone(event_id)
        return cast("Kind", snapshot.get("kind")), payload

    async def full_payloads(self, event_ids: Sequence[str]) -> dict[str, tuple[Kind, bytes]]:
        """Kinds and canonical payloads of many events; see capabilities.Bulk."""
        return await whole_payloads(self._open, event_ids, self.unreadable)

    async def prune(self, before: datetime) -> int:
        """Drop the oldest events up to the first received at or after `before`.

        Their long texts go too, in the readable documents as well; feeds, positions,
        totals, rollups and the ids that make appends idempotent stay. Returns how many
        events tail() no longer gives.
        """
        return await prune(self._open, before)

    async def _floor(self) -> int:
        return int((await log.identity(self._open)).get("floor"))

    @property
    def _open(self) -> Database:
        if self._database is None:
            raise self._closed()
        return self._database

    @property
    def _old_writers(self) -> OldWriters:
        if self._old is None:
            self._old = OldWriters(self._open, self._append, self._clock)
        return self._old

    @property
    def _append(self) -> Writer:
        if self._writer is None:
            raise self._closed()
        return self._writer

    def _closed(self) -> StoreUnavailable:
        return StoreUnavailable(f"store firestore://{self._project}: it is closed; call open()")


def _quiet(adopting: asyncio.Task[int]) -> None:
    """Look at how adoption ended; a failure is told by adopt(), and the next open() goes on."""
    if not adopting.cancelled():
        adopting.exception()
