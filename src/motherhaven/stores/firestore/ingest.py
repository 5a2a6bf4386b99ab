"""One commit: read what is needed, project, and write it all or nothing.

Optimistic: nothing is locked while it is being read. Every bot's document carries its
last change as a precondition and every event's must not be there yet; if another writer
was faster, the whole is read again.

Documents written for one event, beside the commit's own record and its bot: its own, one
more if something was wrong, one for a position's row, and one for the decision whose
execution comes in a later commit; candles 1, or 7 for a whole day of minutes. The curve, the
marks and the newest of the lists stand in the bot's document; every few hours a span of the
curve, or a page of a list, becomes a document of its own. With the readable copies of the
old collections a decision, account state, heartbeat and position write one more each.
"""

import asyncio
import json
import random
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final

from google.api_core import exceptions as google
from google.cloud import firestore

from motherhaven.contract.errors import StoreUnavailable
from motherhaven.contract.events import DecisionMade, Event
from motherhaven.stores.cursors import live_cursor
from motherhaven.stores.firestore import candles, documents, newest, paths
from motherhaven.stores.firestore.commits import commit_document
from motherhaven.stores.firestore.database import Batch, Database
from motherhaven.stores.firestore.keytext import live_number
from motherhaven.stores.firestore.known import KnownBot
from motherhaven.stores.firestore.load import load
from motherhaven.stores.firestore.own_commits import Changed
from motherhaven.stores.firestore.readable import readable_event, readable_position
from motherhaven.stores.firestore.texts import Layout, parse_lean, write_chunks
from motherhaven.stores.firestore.work import CandlePlace, FirestoreWork, terms_of
from motherhaven.stores.meaning import is_same
from motherhaven.stores.own_ids import own_event
from motherhaven.stores.project import project
from motherhaven.stores.protocol import Appended, AppendStatus
from motherhaven.stores.records import Prepared, Record, digest_of, prepare
from motherhaven.stores.states import DECISION_ERRORS, Executed

MOST_WRITES: Final = 500
"""Documents in one commit."""

MOST_BYTES: Final = 10_000_000
"""What Firestore takes in one request, a little less than 10 MiB."""

ATTEMPTS: Final = 8
PAUSE_SECONDS: Final = 0.03
_OVERTAKEN: Final = (google.AlreadyExists, google.FailedPrecondition, google.Aborted,
                     google.NotFound)  # fmt: skip


class TooLarge(Exception):
    """More documents or bytes than one commit takes; nothing was written.

    About `share` of the events would fit.
    """

    def __init__(self, documents: int, size: int) -> None:
        super().__init__(f"{documents} documents, {size} bytes")
        self.share = min(MOST_WRITES / documents, MOST_BYTES / size)


async def append(
    database: Database, events: Sequence[Event], generation: str, dice: random.Random,
    *, readable: bool = True,
) -> list[Appended]:  # fmt: skip
    """Keep `events` in one commit; without `readable` the old collections stay untouched.

    Raises:
        TooLarge: they do not fit into one commit.
        StoreUnavailable: nothing was kept, or it is not known; send the same again.
        StoreError: Firestore refuses a document.
    """
    # Parts are dropped once their event is kept, so a repeat of it would seem incomplete.
    look = any(event.parts is not None for event in events)
    for attempt in range(ATTEMPTS):
        seen = await load(database, events, look=look)
        work = FirestoreWork(seen)
        outcomes = [_keep(work, event) for event in events]
        if not work.changes.kept:
            return _results(work, events, outcomes, generation, None)
        layouts = [Layout(prepared) for _, prepared in work.changes.kept]
        await write_chunks(database, [chunk for one in layouts for chunk in one.chunks()])
        batch = database.batch()
        _write(batch, work, layouts, readable=readable)
        place, document = (paths.COMMITS, secrets.token_hex(10)), commit_document(work)
        batch.create(place, {"at": firestore.SERVER_TIMESTAMP, **document})
        size = batch.bytes
        if len(events) > 1 and (batch.size > MOST_WRITES or size > MOST_BYTES):
            raise TooLarge(batch.size, size)
        database.own.begins(place[1])
        try:
            committed = await batch.commit()
        except _OVERTAKEN as error:
            look = True
            await _pause(attempt, dice, error, database)
            continue
        except google.GoogleAPICallError as error:
            raise database.error_of(error) from error
        _remember(database, work, batch)
        database.known.committed(place[1], committed)
        database.own.committed(Changed(place[1], committed, document))
        return _results(work, events, outcomes, generation, committed)
    raise StoreUnavailable(
        f"store {database.name}: others kept writing to the same bots; send it again"
    )


async def _pause(attempt: int, dice: random.Random, error: Exception, database: Database) -> None:
    if attempt == 0 and isinstance(error, google.AlreadyExists):
        return  # only a repeat: look, and go on at once
    await asyncio.sleep(PAUSE_SECONDS * dice.random() * (2.0**attempt))


def _keep(work: FirestoreWork, sent: Event) -> tuple[str, AppendStatus]:
    """The id that the event has in the store, and what became of it."""
    event = own_event(sent, work.owner)
    digest = digest_of(event)
    known = work.known(event.event_id)
    if known is not None:
        same = is_same(event, digest, known[1:], lambda: work.payload(event.event_id))
        return event.event_id, "duplicate" if same else "conflict"
    prepared = None if digest is None else prepare(event, digest, work.parts(sent))
    if prepared is None:
        return event.event_id, "incomplete"
    placed = project(work.keep(prepared), event.body, work)
    if placed.kind == "decision":  # the one kind whose list goes by the event's own document
        work.changes.kept[-1] = (placed, prepared)
    return event.event_id, "stored"


def _results(
    work: FirestoreWork, events: Sequence[Event], outcomes: Sequence[tuple[str, AppendStatus]],
    generation: str, committed: Any,
) -> list[Appended]:  # fmt: skip
    ranks = {record.event_id: rank for rank, (record, _) in enumerate(work.changes.kept, 1)}
    results = []
    for event, (event_id, outcome) in zip(events, outcomes, strict=True):
        cursor = None
        if outcome in ("stored", "duplicate"):
            number = work.prior_cursor(event_id)
            if number is None:
                number = live_number(committed, ranks[event_id])
            cursor = live_cursor(generation, number)
        results.append(Appended(event.event_id, outcome, cursor))
    return results


def _write(batch: Batch, work: FirestoreWork, layouts: Sequence[Layout], *, readable: bool) -> None:
    changes = work.changes
    answers = {r.event_id: one for (r, _), one in zip(changes.kept, layouts, strict=True)
               if r.kind == "answer"}  # fmt: skip
    with_error = {error.event_id for error in changes.errors if error.kind in DECISION_ERRORS}
    kept = changes.executions
    for rank, ((record, prepared), layout) in enumerate(zip(changes.kept, layouts, strict=True), 1):
        document = documents.event_document(record, prepared, rank) | layout.fields
        if record.event_id in with_error:
            document["troubled"] = True
        pair = (record.bot_id, record.event_id)
        executed = work.executed(pair) if record.kind == "decision" else None
        if executed is not None:
            document["execution"] = documents.executed_document(*pair, executed)
            kept = {other: one for other, one in kept.items() if other != pair}
        if readable and record.kind in paths.READABLE:
            document["readable"] = True
            _write_readable(batch, record, prepared, layout, answers)
        batch.create(paths.event(record.event_id), document)
    for pair, executed in kept.items():
        _write_execution(batch, work, pair, executed)
    _write_candles(batch, work)
    for error in changes.errors:
        batch.set(paths.error(error.event_id, error.kind), documents.error_document(error))
    newest.write(batch, work)
    _write_positions(batch, work, readable=readable)
    _write_bots(batch, work)


def _write_execution(
    batch: Batch, work: FirestoreWork, pair: tuple[str, str], executed: Executed
) -> None:
    """Into the decision's own document, or apart until the decision comes."""
    document = documents.executed_document(*pair, executed)
    if pair in work.seen.homes:
        batch.change(paths.event(pair[1]), {"execution": document})
    else:
        batch.set(paths.execution(*pair), document)
        work.seen.current[pair[0]].add_orphan(pair[1])


def _write_readable(
    batch: Batch, record: Record, prepared: Prepared, layout: Layout, answers: Mapping[str, Layout]
) -> None:
    """The document that old readers know; an answer of the same commit lends its texts."""
    body, texts = prepared.event.body, layout.readable
    lent = answers.get(body.answer_id or "") if isinstance(body, DecisionMade) else None
    if lent is not None:
        texts = lent.readable | texts
    document = readable_event(record, parse_lean(prepared), body, texts)
    batch.set((paths.READABLE[record.kind], record.event_id), document)


def _write_bots(batch: Batch, work: FirestoreWork) -> None:
    for bot_id, state in work.changes.bots.items():
        work.note_latest(state)
        document = work.document(bot_id) | documents.bot_document(state)
        known = work.seen.bots.get(bot_id)
        if known is None:
            batch.create(paths.bot(bot_id), document)
        else:
            batch.update(paths.bot(bot_id), document, known)
    if work.new_bots:
        counted = work.seen.bot_count
        if counted is None:
            batch.create(paths.BOTS_DOCUMENT, {"count": len(work.new_bots)})
        else:
            count = int(counted.get("count")) + len(work.new_bots)
            batch.update(paths.BOTS_DOCUMENT, {"count": count}, counted)


def _remember(database: Database, work: FirestoreWork, batch: Batch) -> None:
    """What this commit wrote is what the next one finds."""
    for bot_id, state in work.changes.bots.items():
        known = work.seen.bots.get(bot_id)
        data = dict(known.data) if known is not None else {}
        data |= work.document(bot_id) | documents.bot_document(state)
        if work.written_apart(bot_id):
            database.known.drop_answers(bot_id)
        database.known.take(KnownBot(bot_id, data, batch.updated(paths.bot(bot_id))))


def _write_positions(batch: Batch, work: FirestoreWork, *, readable: bool) -> None:
    for pair, state in work.changes.positions.items():
        document = documents.position_document(state) | newest.listed(work, state)
        batch.set(paths.position(*pair), document)
        if readable:
            is_new = work.seen.entries.get(pair) != terms_of(state)
            row = readable_position(state, with_entry=is_new)
            batch.set(paths.readable_position(*pair), row, merge=True)


def _write_candles(batch: Batch, work: FirestoreWork) -> None:
    touched: set[CandlePlace] = set()
    for (bot_id, coin, start), candle in work.changes.candles.items():
        place = candles.place_of(bot_id, coin, candle.interval, start)
        if place in work.seen.candles:
            work.seen.candles[place][start] = documents.candle_values(candle)
            touched.add(place)
            widths = work.metas[bot_id].candle_widths
            if place[2] not in widths:
                widths.append(place[2])
    for place in sorted(touched):
        kept = candles.newest(work.seen.candles[place])
        batch.set(paths.candles(*place), {"candles": _text(kept)})


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
