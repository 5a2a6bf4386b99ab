"""The positions that a commit may change, and what their closing will list."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any, Final

from motherhaven.contract.events import DecisionMade, Event, PositionOpened
from motherhaven.contract.wire import validate_payload
from motherhaven.stores.firestore import documents, paths
from motherhaven.stores.firestore.database import Database
from motherhaven.stores.firestore.documents import Document
from motherhaven.stores.firestore.packed import unpack
from motherhaven.stores.firestore.shapes import Shape
from motherhaven.stores.firestore.texts import records_of
from motherhaven.stores.firestore.work import Seen, terms_of
from motherhaven.stores.needs import Needs, Pair
from motherhaven.stores.signals import stated_confidence
from motherhaven.stores.unreadable import UNREADABLE

STANDING: Final = Shape(paths.POSITIONS, ("standing",))


async def positions(database: Database, needs: Needs, events: Sequence[Event], seen: Seen) -> None:
    """Read the positions that these events name, or that their numbers may mean."""
    known = [bot for bot in needs.bots if bot in seen.bots]
    asked = [
        database.holding(paths.POSITIONS, "names", documents.named(bot, name))
        for bot, name in sorted(needs.named) if bot in known
    ] + [
        database.query(STANDING, (documents.standing(bot, coin, side),))
        for bot, coin, side in sorted(needs.sides) if bot in known
    ]  # fmt: skip
    unstated: set[Pair] = set()
    for snapshots in await asyncio.gather(*asked):
        for snapshot in snapshots:
            document = snapshot.to_dict() or {}
            try:
                state = documents.position_of(document)
            except UNREADABLE:
                continue
            pair = (state.bot_id, state.id)
            if pair in seen.entries:
                continue
            seen.entries[pair] = terms_of(state)
            seen.rows.positions.append(state)
            if state.exit is not None:
                seen.closed.add(pair)
            if "page" in document:
                seen.pages[pair] = int(document["page"])
            if state.entry_decision_id is not None:
                decided = (state.bot_id, state.entry_decision_id)
                if "stated" in document:
                    seen.stated[decided] = document["stated"]
                else:
                    unstated.add(decided)
    for event in events:
        if isinstance(event.body, PositionOpened) and event.body.decision_id is not None:
            unstated.add((event.bot_id, event.body.decision_id))
    await _state(database, events, seen, unstated)
    await _pages(database, seen)


async def _state(
    database: Database, events: Sequence[Event], seen: Seen, unstated: set[Pair]
) -> None:
    """The confidence of decisions: from this commit, the newest signals, or their documents."""
    for event in events:
        if isinstance(event.body, DecisionMade):
            body = event.body
            told = stated_confidence(body.confidence, body.model)
            seen.stated.setdefault((event.bot_id, event.event_id), told)
    for bot_id in {bot for bot, _ in unstated}:
        for row in seen.current[bot_id].lists["signals"].rows:
            seen.stated.setdefault((bot_id, row[0]), row[5])
    missing = [pair for pair in unstated if pair not in seen.stated and paths.is_id(pair[1])]
    found = await database.get((paths.event(name) for _, name in missing), only=documents.LEAN)
    for record in await records_of(database, found.values()):
        if record.kind == "decision":
            seen.stated[record.bot_id, record.event_id] = _stated(record.payload)


def _stated(payload: bytes) -> float | None:
    try:
        body: Any = validate_payload("decision", json.loads(payload))
        return stated_confidence(body.confidence, body.model)
    except UNREADABLE:
        return None


async def _pages(database: Database, seen: Seen) -> None:
    """The full pages that list a position which one of these events may still change."""
    wanted = {
        (bot_id, number)
        for (bot_id, _), number in seen.pages.items()
        if number < seen.current[bot_id].lists["trades"].page
    }
    if not wanted:
        return
    found = await database.get(paths.page("trades", *place) for place in wanted)
    for place in wanted:
        snapshot = found.get(paths.page("trades", *place))
        if snapshot is not None:
            seen.full_pages[place] = rows_in(snapshot.to_dict())


def rows_in(document: Document | None) -> list[list[Any]]:
    """The rows of a full page; none where they cannot be read."""
    try:
        return list(unpack((document or {}).get("rows")))
    except UNREADABLE:
        return []
