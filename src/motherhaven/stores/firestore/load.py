"""Reads what a commit needs: one call for documents, and a query for each side of a coin."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final, TypeVar

from google.cloud.firestore_v1.base_document import DocumentSnapshot

from motherhaven.contract.errors import NotFound
from motherhaven.contract.events import CandlesRecorded, Event, TextPart
from motherhaven.stores.firestore import candles, documents, paths
from motherhaven.stores.firestore.database import Database
from motherhaven.stores.firestore.documents import Document
from motherhaven.stores.firestore.shapes import Shape
from motherhaven.stores.firestore.whole import whole_payload
from motherhaven.stores.firestore.work import Seen, live_number_of, terms_of
from motherhaven.stores.keys import micros
from motherhaven.stores.needs import Needs, needs_of
from motherhaven.stores.own_ids import own_id
from motherhaven.stores.records import digest_of
from motherhaven.stores.unreadable import UNREADABLE

STANDING: Final = Shape(paths.POSITIONS, ("standing",))
PARTS: Final = Shape(paths.PARTS, ("group",))

Key = TypeVar("Key", int, str)
Snapshots = dict[paths.Path, DocumentSnapshot[Any]]


async def load(database: Database, events: Sequence[Event], *, look: bool) -> Seen:
    """What appending `events` needs; with `look` also whether they are kept already.

    The bots come first, so that a commit which finds them unchanged knows that all that
    was read after them is unchanged too: whatever writes a bot's rows writes the bot.
    """
    needs, seen = needs_of(events), Seen()
    spans = {(bot, tier, n // paths.BUCKETS_PER_DOCUMENT) for bot, tier, n in needs.buckets}
    series = candles.places_of(events)
    found = await database.get(
        [*_wanted(needs, spans, look=look), *(paths.candles(*place) for place in series)]
    )
    _take_bots(needs, seen, found)
    for place in spans:
        seen.buckets[place] = _read(documents.buckets_in, _data(found, paths.rollup(*place)))
    for bot_id in {bot for bot, _ in needs.marks}:
        seen.marks[bot_id] = _read(documents.marks_in, _data(found, paths.marks(bot_id)))
    for series_place in series:
        seen.candles[series_place] = _read(
            documents.candles_in, _data(found, paths.candles(*series_place))
        )
    _take_rows(needs, seen, found)
    _take_candles(events, seen)
    await _take_known(database, events, seen, found)
    if set(needs.bots) - set(seen.bots):
        seen.bot_count = await database.one(paths.BOTS_DOCUMENT)
    await asyncio.gather(_positions(database, needs, seen), _parts(database, needs, seen))
    return seen


def _wanted(needs: Needs, spans: set[tuple[str, int, int]], *, look: bool) -> list[paths.Path]:
    wanted = [paths.bot(bot_id) for bot_id in sorted(needs.bots)]
    wanted += [paths.rollup(*place) for place in spans]
    wanted += [paths.marks(bot_id) for bot_id in {bot for bot, _ in needs.marks}]
    wanted += [paths.execution(*pair) for pair in needs.executions]
    # Whether a decision is among the errors stands in its event's document.
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


def _take_bots(needs: Needs, seen: Seen, found: Snapshots) -> None:
    for bot_id in needs.bots:
        snapshot = found.get(paths.bot(bot_id))
        if snapshot is not None:
            seen.bots[bot_id] = snapshot
            with suppress(*UNREADABLE):
                seen.rows.bots[bot_id] = documents.bot_of(snapshot.to_dict() or {})


def _take_rows(needs: Needs, seen: Seen, found: Snapshots) -> None:
    rows = seen.rows
    for pair in needs.executions:
        known = _data(found, paths.execution(*pair))
        if known is not None:
            with suppress(*UNREADABLE):
                rows.executions[pair] = documents.executed_of(known)
        decision = _data(found, paths.event(pair[1])) if paths.is_id(pair[1]) else None
        if decision is not None and decision["bot_id"] == pair[0] and decision.get("troubled"):
            rows.troubled.add(pair)
    for bot_id, ref in needs.marks:
        values = seen.marks[bot_id].get(ref)
        if values is not None:
            with suppress(*UNREADABLE):
                rows.marks[bot_id, ref] = documents.marked_of(values)
    for bot_id, tier, number in needs.buckets:
        buckets = seen.buckets[bot_id, tier, number // paths.BUCKETS_PER_DOCUMENT]
        if number in buckets:
            with suppress(*UNREADABLE):
                rows.buckets[bot_id, tier, number] = documents.bucket_of(buckets[number])


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


async def _positions(database: Database, needs: Needs, seen: Seen) -> None:
    known = [bot for bot in needs.bots if bot in seen.bots]
    asked = [
        database.holding(paths.POSITIONS, "names", documents.named(bot, name))
        for bot, name in sorted(needs.named) if bot in known
    ] + [
        database.query(STANDING, (documents.standing(bot, coin, side),))
        for bot, coin, side in sorted(needs.sides) if bot in known
    ]  # fmt: skip
    for snapshots in await asyncio.gather(*asked):
        for snapshot in snapshots:
            try:
                state = documents.position_of(snapshot.to_dict() or {})
            except UNREADABLE:
                continue
            if (state.bot_id, state.id) not in seen.entries:
                seen.entries[state.bot_id, state.id] = terms_of(state)
                seen.rows.positions.append(state)


async def _parts(database: Database, needs: Needs, seen: Seen) -> None:
    for pair in needs.parts:
        found = await database.query(PARTS, (paths.part_group(*pair),))
        seen.rows.parts[pair] = [_part(snapshot.to_dict() or {}) for snapshot in found]


def _part(document: Document) -> TextPart:
    names = ("event_id", "bot_id", "field", "index", "count", "text")
    return TextPart(*(document[name] for name in names))
