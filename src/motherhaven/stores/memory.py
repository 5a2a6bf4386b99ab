"""The Store in memory: a full peer of the durable ones, except that it forgets at exit."""

import secrets
import threading
from bisect import insort
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice

from motherhaven.contract import views
from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import NotFound, StoreUnavailable
from motherhaven.contract.events import Event, Kind, TextPart
from motherhaven.stores import memory_query as query
from motherhaven.stores import records
from motherhaven.stores.answers import text_of, with_answer
from motherhaven.stores.asked import checks_questions
from motherhaven.stores.changes import CommitNotifier
from motherhaven.stores.cursors import live_cursor, page_cursor, read_live_cursor, read_page_cursor
from motherhaven.stores.following import follow
from motherhaven.stores.keys import Key, bucket_range, held, micros
from motherhaven.stores.meaning import is_same
from motherhaven.stores.memory_trades import MemoryTrades
from motherhaven.stores.memory_work import MemoryWork, Tables
from motherhaven.stores.own_ids import own_event
from motherhaven.stores.project import project
from motherhaven.stores.protocol import Appended, DecisionFilter, Stored, Tail
from motherhaven.stores.rejected import FIRST_NUMBER, UNKNOWN, claimed_bot, new_rejection
from motherhaven.stores.shared import Shared, check_record, replaced
from motherhaven.stores.states import BotState
from motherhaven.stores.summaries import SummariesOfLists
from motherhaven.stores.unreadable import UnreadableRows, one
from motherhaven.stores.views import (
    account_row,
    bot_row,
    decision_detail,
    decision_row,
    deposit_points,
    error_row,
    event_of,
    event_page,
    event_row,
    status_row,
)


@checks_questions
class MemoryStore(MemoryTrades, SummariesOfLists):
    """Keeps everything in the process. Safe to use from several event loops and threads."""

    def __init__(self, *, clock: Clock | None = None, generation: str | None = None) -> None:
        self._clock = clock
        self._generation = generation or secrets.token_hex(6)
        self._lock = threading.RLock()
        self._tables = Tables()
        self._part_times: dict[tuple[str, str], int] = {}
        self._floor = 0
        self._notifier = CommitNotifier()
        self._closed = False
        self.unreadable = UnreadableRows()

    async def open(self) -> None:
        """Nothing to connect to; opens again after a close."""
        self._closed = False

    async def close(self) -> None:
        """End the subscriptions; what was kept stays for the next open."""
        self._closed = True
        self._notifier.end()

    async def append(self, events: Sequence[Event]) -> list[Appended]:
        """Keep events; see Store.append. Durable only as long as the process."""
        with self._usable():
            work = MemoryWork(self._tables)
            results = [self._keep(event, work) for event in events]
            work.commit()
        if any(result.status == "stored" for result in results):
            self._notifier.wake()
        return results

    def _keep(self, sent: Event, work: MemoryWork) -> Appended:
        event = own_event(sent, work.owner)
        digest = records.digest_of(event)
        known = work.known(event.event_id)
        if known is not None:
            record, before = known
            told = (record.bot_id, record.kind, before)
            if not is_same(event, digest, told, lambda: work.payload(event.event_id, self._floor)):
                return Appended(sent.event_id, "conflict")
            return Appended(sent.event_id, "duplicate", live_cursor(self._generation, record.n))
        parts = self._tables.parts.get((sent.bot_id, sent.event_id), {})
        prepared = None if digest is None else records.prepare(event, digest, parts.values())
        if prepared is None:
            return Appended(sent.event_id, "incomplete")
        record = work.keep(prepared)
        project(record, event.body, work)
        return Appended(sent.event_id, "stored", live_cursor(self._generation, record.n))

    async def put_parts(self, parts: Sequence[TextPart]) -> None:
        """Keep parts until their event comes; those of an event already kept are dropped."""
        with self._usable():
            for part in parts:
                if MemoryWork(self._tables).owner(part.event_id) != part.bot_id:
                    pair = (part.bot_id, part.event_id)
                    pieces = self._tables.parts.setdefault(pair, {})
                    pieces[part.field, part.index] = part
                    if self._clock is not None:
                        self._part_times[pair] = micros(self._clock.now())

    async def head(self) -> str:
        """The cursor after the newest event."""
        with self._usable():
            return live_cursor(self._generation, len(self._tables.records))

    async def read_cursor(self) -> str:
        """The cursor that the next answers hold all up to; see Lists.read_cursor."""
        return await self.head()

    async def origin(self) -> str:
        """The cursor before the oldest event that tail() still gives."""
        with self._usable():
            return live_cursor(self._generation, self._floor)

    async def tail(self, after: str, limit: int) -> Tail:
        """Events after a cursor; payloads come without the prompts. See Store.tail."""
        with self._usable():
            head = len(self._tables.records)
            start = read_live_cursor(self._generation, after, floor=self._floor, head=head)
            chosen = self._tables.records[start : start + held(limit)]
            events = self.unreadable.each(chosen, records.named, self._stored)
        cursor = live_cursor(self._generation, start + len(chosen))
        return Tail(tuple(events), cursor, more=start + len(chosen) < head)

    def _stored(self, record: records.Record) -> Stored:
        event, tables = event_of(record), self._tables
        row: views.DecisionRow | views.PositionRow | None = None
        if record.kind == "decision":
            row = self._decision_row(tables.places[record.n])
        elif (state := query.position_behind(tables, record, event.body)) is not None:
            row = self._position_row(state, closed=record.kind == "position_closed")
        return Stored(live_cursor(self._generation, record.n), event, row)

    def follow(self, after: str) -> AsyncGenerator[Tail, None]:
        """What was committed after `after`, then what is, as it is; see Store.follow."""
        return follow(self._notifier, self._generation, self.tail, after, None, self.unreadable)

    async def bots(
        self,
        ids: Sequence[str] | None = None,
        *,
        after: str | None = None,
        limit: int | None = None,
    ) -> list[views.BotRow]:
        """Bots, by first_seen and id; see Reader.bots."""
        with self._usable():
            chosen = query.bots(self._tables, ids, after, limit)
            return self.unreadable.each(chosen, query.bot_name, self._bot_row)

    def _bot_row(self, bot: BotState) -> views.BotRow:
        status, account = (at and self._record(at.n) for at in (bot.status, bot.account))
        return bot_row(bot, status, account, self.unreadable)

    async def decisions(
        self, where: DecisionFilter, *, before: str | None, limit: int
    ) -> views.DecisionPage:
        """A page of the feed, newest first by receipt."""
        start = read_page_cursor("decisions", before)
        with self._usable():
            found = list(islice(query.feed(self._tables, where, start), held(limit) + 1))
            page = found[: held(limit)]
            items = tuple(
                self.unreadable.each(
                    page, lambda key: records.named(self._record(key.n)), self._decision_row
                )
            )
        more = len(found) > len(page)
        return views.DecisionPage(
            items=items, next=page_cursor("decisions", page[-1]) if more else None
        )

    def _decision_row(self, key: Key) -> views.DecisionRow:
        record = self._record(key.n)
        executed = self._tables.executions.get((record.bot_id, record.event_id))
        return decision_row(record, self._name(record.bot_id), executed and executed.execution, key)

    async def decision(self, decision_id: str) -> views.DecisionDetail:
        """One decision with its neighbours of the same bot."""
        with self._usable():
            record = self._find(decision_id)
            if record.kind != "decision":
                raise NotFound(f"{decision_id} is not a decision but a {record.kind} event")
            own = [row.key for row in self._tables.feed if row.bot_id == record.bot_id]
            place = own.index(self._tables.places[record.n])
            executed = self._tables.executions.get((record.bot_id, decision_id))
            texts = self._lengths(record)
            after = own[place + 1 : place + 2]
            detail = one(
                decision_id,
                lambda: decision_detail(
                    record,
                    self._name(record.bot_id),
                    executed and executed.execution,
                    own[place],
                    texts=texts,
                    previous=self._record(own[place - 1].n).event_id if place else None,
                    following=self._record(after[0].n).event_id if after else None,
                ),
            )
        return await with_answer(self, detail)

    async def text(self, event_id: str, field: str, *, offset: int, limit: int) -> views.TextSlice:
        """A slice of one long text, in characters; see Reader.text."""
        return await text_of(self, event_id, field, offset=offset, limit=limit)

    async def event(self, event_id: str) -> views.EventRow:
        """One event of any kind."""
        with self._usable():
            record = self._find(event_id)
            return one(event_id, lambda: self._event_row(record))

    def _event_row(self, record: records.Record) -> views.EventRow:
        return event_row(record, self._name(record.bot_id), self._lengths(record))

    def _lengths(self, record: records.Record) -> dict[str, int]:
        return {name: len(text) for name, text in self._tables.texts.get(record.n, {}).items()}

    async def events(
        self, bot_id: str, kind: Kind, *, before: str | None, limit: int
    ) -> views.EventPage:
        """The bot's events of a kind, newest first; see Reader.events."""
        start, most = read_page_cursor("events", before), held(limit)
        with self._usable():
            found = query.listed(self._tables, bot_id, kind, start, most + 1)

            def read(page: Sequence[records.Record]) -> list[views.EventRow]:
                return self.unreadable.each(page, records.named, self._event_row)

            return event_page(found, most, read)

    async def own_text(
        self, event_id: str, field: str, *, offset: int, limit: int
    ) -> views.TextSlice:
        """A slice of a long text of the event itself."""
        with self._usable():
            texts = self._tables.texts.get(self._find(event_id).n, {})
        return records.slice_of(event_id, field, texts.get(field), offset, limit)

    async def accounts(self, bot_id: str | None, *, limit: int) -> list[views.AccountRow]:
        """The newest account states, newest first."""
        with self._usable():
            found = query.newest(self._tables, self._tables.accounts, bot_id, held(limit))
            return self.unreadable.each(found, records.named, account_row)

    async def statuses(self, bot_id: str | None, *, limit: int) -> list[views.StatusRow]:
        """The newest heartbeats, newest first."""
        with self._usable():
            found = query.newest(self._tables, self._tables.statuses, bot_id, held(limit))
            return self.unreadable.each(found, records.named, status_row)

    async def revisions(self, bot_ids: Sequence[str] | None) -> dict[str, str]:
        """What changes with every commit of each bot; see Reader.revisions."""
        with self._usable():
            newest = self._tables.newest
            return {
                name: f"{self._floor}:{newest[name]}"
                for name in (newest if bot_ids is None else bot_ids)
                if name in newest
            }

    async def equity(
        self, bot_ids: Sequence[str] | None, *, start: datetime, end: datetime, bucket: int
    ) -> list[views.EquitySeries]:
        """Equity per bot from the rollups of tier `bucket`; see Store.equity."""
        first, last = bucket_range(start, end, bucket)
        with self._usable():
            wanted = (
                [bot.id for bot in query.bots(self._tables, None, None, None)]
                if bot_ids is None
                else bot_ids
            )
            return query.all_series(self._tables, wanted, bucket, first, last, self.unreadable)

    async def deposits(self, bot_ids: Sequence[str]) -> dict[str, list[views.DepositPoint]]:
        """When the deposits changed; see Store.deposits."""
        with self._usable():
            return deposit_points(query.all_deposits(self._tables, bot_ids, self.unreadable))

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
        start, tables = read_page_cursor("errors", before), self._tables
        with self._usable():
            found = query.errors(tables, bot_id=bot_id, kind=kind, before=start, since=since)
            return [
                error_row(state, query.name_of(tables, state.bot_id))
                for state in islice(found, held(limit))
            ]

    async def report_rejected(
        self, *, bot_id: str | None, at: datetime, message: str, code: str | None = None
    ) -> bool:
        """Keep a refusal among the errors; see Store.report_rejected."""
        claimed, tables = claimed_bot(bot_id), self._tables
        with self._usable():
            known = claimed in tables.bots
            owner = claimed if known and claimed is not None else UNKNOWN
            state = new_rejection(
                claimed=claimed,
                known=known,
                at=at,
                message=message,
                code=code,
                kept=query.rejections(tables, owner, at),
                number=query.next_rejection(tables, FIRST_NUMBER),
            )
            if state is not None:
                insort(tables.errors, state)
            return state is not None

    async def get_shared_record(self, name: str) -> Shared | None:
        """A shared record; see Store.get_shared_record."""
        with self._usable():
            check_record(name)
            return self._tables.shared.get(name)

    async def put_shared_record(self, name: str, text: str, revision: int | None) -> bool:
        """Change a shared record; see Store.put_shared_record."""
        with self._usable():
            return replaced(self._tables.shared, name, text, revision)

    async def full_payload(self, event_id: str) -> tuple[Kind, bytes]:
        """The kind and the canonical payload, byte for byte as it was recorded."""
        with self._usable():
            record = self._find(event_id)
            if record.n <= self._floor:
                raise records.payload_gone(event_id)
            texts = self._tables.texts.get(record.n, {})
            return record.kind, one(event_id, lambda: records.restore(record.payload, texts))

    async def prune(self, before: datetime) -> int:
        """Drop the oldest events received before `before`; see Store.prune."""
        limit, start = micros(before), self._floor
        with self._usable():
            for record in self._tables.records[start:]:
                if record.received >= limit:
                    break
                self._tables.texts.pop(record.n, None)
                self._floor = record.n
            for pair in [p for p, received in self._part_times.items() if received < limit]:
                self._part_times.pop(pair)
                self._tables.parts.pop(pair, None)
            query.drop_rejections(self._tables, limit)
            return self._floor - start

    def _record(self, n: int) -> records.Record:
        return self._tables.records[n - 1]

    def _find(self, event_id: str) -> records.Record:
        number = self._tables.numbers.get(event_id)
        if number is None:
            raise records.no_event(event_id)
        return self._record(number)

    def _name(self, bot_id: str) -> str | None:
        return self._tables.bots[bot_id].name

    @contextmanager
    def _usable(self) -> Iterator[None]:
        with self._lock:
            if self._closed:
                raise StoreUnavailable("the memory store is closed; call open() first")
            yield
