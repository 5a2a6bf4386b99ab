"""Reads what a commit needs: the bots that are not known yet, and a query for each side of a coin.

The bots come first, so that a commit which finds them unchanged knows that all that was
read after them is unchanged too: whatever writes a bot's rows writes the bot. Most of what
a commit needs stands in the bots' own documents, and those are known from the last commit.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any, Final, TypeVar

from google.cloud.firestore_v1.base_document import DocumentSnapshot

from motherhaven.contract.errors import NotFound
from motherhaven.contract.events import AccountReported, CandlesRecorded, Event, TextPart
from motherhaven.stores.firestore import candles, documents, entries, old_layout, paths
from motherhaven.stores.firestore.current import Current, current_of, is_current
from motherhaven.stores.firestore.database import Database
from motherhaven.stores.firestore.documents import Document
from motherhaven.stores.firestore.known import KnownBot
from motherhaven.stores.firestore.shapes import Shape
from motherhaven.stores.firestore.whole import whole_payload
from motherhaven.stores.firestore.work import Seen, live_number_of
from motherhaven.stores.keys import micros
from motherhaven.stores.needs import Needs, needs_of
from motherhaven.stores.own_ids import own_id
from motherhaven.stores.protocol import DEPOSITS_TIER
from motherhaven.stores.records import digest_of
from motherhaven.stores.unreadable import UNREADABLE

PARTS: Final = Shape(paths.PARTS, ("group",))

Key = TypeVar("Key", int, str)
Snapshots = dict[paths.Path, DocumentSnapshot[Any]]


async def load(database: Database, events: Sequence[Event], *, look: bool) -> Seen:
    """What appending `events` needs; with `look` also whether they are kept already.

    With `look` the bots are read again too, for another writer may have changed them.
    """
    needs, seen = needs_of(events), Seen()
    if look:
        database.known.forget(needs.bots)
    await _bots(database, needs, seen, events)
    await asyncio.gather(
        _documents(database, needs, events, seen, look=look),
        _count(database, needs, seen),
        entries.positions(database, needs, events, seen),
        _parts(database, needs, seen),
    )
    return seen


async def _documents(
    database: Database, needs: Needs, events: Sequence[Event], seen: Seen, *, look: bool
) -> None:
    """Rollups, candles, executions, and events that are kept already."""
    series = candles.places_of(events)
    spans = _old_spans(needs, seen, events)
    found = await database.get([
        *_wanted(needs, spans, look=look), *(paths.candles(*place) for place in series),
    ])  # fmt: skip
    for place in spans:
        seen.buckets[place] = _read(documents.buckets_in, _data(found, paths.rollup(*place)))
    for series_place in series:
        seen.candles[series_place] = _read(
            documents.candles_in, _data(found, paths.candles(*series_place))
        )
    _take_rows(needs, seen)
    _take_candles(events, seen)
    await asyncio.gather(
        _executions(database, needs, seen, found, events),
        _take_known(database, events, seen, found),
    )


async def _count(database: Database, needs: Needs, seen: Seen) -> None:
    """How many bots there are, where one of these is new."""
    if set(needs.bots) - set(seen.bots):
        seen.bot_count = await database.one(paths.BOTS_DOCUMENT)


async def _bots(database: Database, needs: Needs, seen: Seen, events: Sequence[Event]) -> None:
    known = {name: one for name in needs.bots if (one := database.known.get(name)) is not None}
    missing = [paths.bot(name) for name in sorted(needs.bots) if name not in known]
    for snapshot in (await database.get(missing)).values() if missing else ():
        data = snapshot.to_dict() or {}
        known[str(snapshot.id)] = KnownBot(str(snapshot.id), data, snapshot.update_time)
    for bot_id in needs.bots:
        one = known.get(bot_id)
        if one is None:
            seen.current[bot_id] = Current()
            continue
        seen.bots[bot_id] = one
        with suppress(*UNREADABLE):
            seen.rows.bots[bot_id] = documents.bot_of(one.data)
        if is_current(one.data):
            seen.current[bot_id] = current_of(one.data)
        else:
            latest = max(
                micros(event.received_at or event.recorded_at)
                for event in events if event.bot_id == bot_id
            )  # fmt: skip
            seen.current[bot_id] = await old_layout.read_current(database, one, latest)


def _old_spans(needs: Needs, seen: Seen, events: Sequence[Event]) -> set[tuple[str, int, int]]:
    """The spans whose buckets are asked for, but are not in their bot's window."""
    moved = _moved_deposits(events, seen)
    spans: set[tuple[str, int, int]] = set()
    for bot, tier, number in needs.buckets:
        if tier == DEPOSITS_TIER and (number == 0 or bot not in moved):
            continue
        if not seen.current[bot].windows[tier].holds(number):
            spans.add((bot, tier, number // paths.BUCKETS_PER_DOCUMENT))
    return spans


def _moved_deposits(events: Sequence[Event], seen: Seen) -> set[str]:
    """The bots whose reports tell other deposits than the latest that are known."""
    moved = set()
    for event in events:
        body = event.body
        if isinstance(body, AccountReported) and body.deposits_usd is not None:
            latest = seen.current[event.bot_id].deposit
            if latest is None or not _is_amount(latest, body.deposits_usd):
                moved.add(event.bot_id)
    return moved


def _is_amount(values: list[Any], amount: Decimal) -> bool:
    try:
        return documents.bucket_of(values).last == amount
    except UNREADABLE:
        return False


def _wanted(needs: Needs, spans: set[tuple[str, int, int]], *, look: bool) -> list[paths.Path]:
    wanted = [paths.rollup(*place) for place in spans]
    # A decision's document has its execution, and whether the decision is among the errors.
    wanted += [paths.event(name) for _, name in needs.executions if paths.is_id(name)]
    if look:
        wanted += [paths.event(event_id) for event_id in sorted(needs.ids)]
    return wanted


def _read(
    read: Callable[[Document | None], dict[Key, list[Any]]], document: Document | None
) -> dict[Key, list[Any]]:
    """What cannot be read counts as missing: what comes now takes its place."""
    try:
        return read(document)
    except UNREADABLE:
        return {}


def _data(found: Snapshots, path: paths.Path) -> Document | None:
    snapshot = found.get(path)
    return None if snapshot is None else snapshot.to_dict()


def _take_rows(needs: Needs, seen: Seen) -> None:
    rows = seen.rows
    for bot_id, ref in needs.marks:
        values = seen.current[bot_id].marks.get(ref)
        if values is not None:
            with suppress(*UNREADABLE):
                rows.marks[bot_id, ref] = documents.marked_of(values)
    for bot_id, tier, number in needs.buckets:
        values = _bucket(seen, bot_id, tier, number)
        if values is not None:
            with suppress(*UNREADABLE):
                rows.buckets[bot_id, tier, number] = documents.bucket_of(values)


def _bucket(seen: Seen, bot_id: str, tier: int, number: int) -> list[Any] | None:
    current = seen.current[bot_id]
    if tier == DEPOSITS_TIER and number == 0:
        return current.deposit
    if current.windows[tier].holds(number):
        return current.windows[tier].buckets.get(number)
    return seen.buckets.get((bot_id, tier, number // paths.BUCKETS_PER_DOCUMENT), {}).get(number)


async def _executions(
    database: Database, needs: Needs, seen: Seen, found: Snapshots, events: Sequence[Event]
) -> None:
    """The executions known of the decisions that these events are about."""
    apart: set[tuple[str, str]] = set()
    for pair in needs.executions:
        decision = _data(found, paths.event(pair[1])) if paths.is_id(pair[1]) else None
        if decision is None or (decision["bot_id"], decision["kind"]) != (pair[0], "decision"):
            if seen.current[pair[0]].waits(pair[1]):
                apart.add(pair)
            continue
        seen.homes.add(pair)
        if decision.get("troubled"):
            seen.rows.with_error.add(pair)
        if "execution" in decision:
            _take_execution(seen, pair, decision["execution"])
        elif "v" not in decision:  # written by a version that kept them apart
            apart.add(pair)
    for event in events:
        for name in (event.event_id, own_id(event.bot_id, event.event_id)):
            if event.kind == "decision" and seen.current[event.bot_id].waits(name):
                apart.add((event.bot_id, name))
    kept = await database.get(paths.execution(*pair) for pair in apart) if apart else {}
    for pair in apart:
        known = _data(kept, paths.execution(*pair))
        if known is not None:
            _take_execution(seen, pair, known)


def _take_execution(seen: Seen, pair: tuple[str, str], known: Document) -> None:
    with suppress(*UNREADABLE):
        seen.rows.executions[pair] = documents.executed_of(known)


def _take_candles(events: Sequence[Event], seen: Seen) -> None:
    for event in events:
        body = event.body
        if isinstance(body, CandlesRecorded):
            for row in body.candles:
                start = micros(row[0])
                place = candles.place_of(event.bot_id, body.coin, body.interval_seconds, start)
                values = seen.candles.get(place, {}).get(start)
                if values is not None:
                    pair = (event.bot_id, body.coin, start)
                    with suppress(*UNREADABLE):
                        seen.rows.candles[pair] = documents.candle_of(values)


async def _take_known(
    database: Database, events: Sequence[Event], seen: Seen, found: Snapshots
) -> None:
    """Events kept before; the whole payload only of those that come again with other bytes."""
    for event in events:
        for event_id in (event.event_id, own_id(event.bot_id, event.event_id)):
            snapshot = found.get(paths.event(event_id))
            if snapshot is None or event_id in seen.cursors:
                continue
            kept = snapshot.to_dict() or {}
            digest = bytes.fromhex(kept["sha256"])
            seen.rows.known[event_id] = (0, kept["bot_id"], kept["kind"], digest)
            seen.cursors[event_id] = live_number_of(snapshot)
            if digest_of(event) != digest and kept["bot_id"] == event.bot_id:
                with suppress(NotFound):  # of what cannot be read nothing is the same
                    payload = await whole_payload(database, snapshot)
                    if payload is not None:
                        seen.rows.payloads[event_id] = payload


async def _parts(database: Database, needs: Needs, seen: Seen) -> None:
    for pair in needs.parts:
        found = await database.query(PARTS, (paths.part_group(*pair),))
        seen.rows.parts[pair] = [_part(snapshot.to_dict() or {}) for snapshot in found]


def _part(document: Document) -> TextPart:
    names = ("event_id", "bot_id", "field", "index", "count", "text")
    return TextPart(*(document[name] for name in names))
