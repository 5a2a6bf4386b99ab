"""Retention: the oldest commits go from the log, their long texts with them."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from google.api_core import exceptions as google
from google.cloud import firestore
from google.cloud.firestore_v1.base_document import DocumentSnapshot

from motherhaven.stores.firestore import log, paths
from motherhaven.stores.firestore.database import Batch, Database, in_steps
from motherhaven.stores.firestore.documents import Document
from motherhaven.stores.firestore.keytext import live_number
from motherhaven.stores.firestore.refusals import drop_refusals
from motherhaven.stores.firestore.shapes import Shape
from motherhaven.stores.firestore.texts import PAYLOAD
from motherhaven.stores.keys import micros
from motherhaven.stores.records import EMPTIED_KINDS

STEP: Final = 100

_OLD_PARTS: Final = Shape(paths.PARTS, (), "received")


async def prune(database: Database, before: datetime) -> int:
    """Drop the oldest events up to the first received at or after `before`; how many.

    Texts go first, then the floor rises, then the commits are dropped: killed anywhere,
    the next call goes on. Nothing is written for an event that has no text to lose.
    """
    limit = micros(before)
    await _drop_parts(database, limit)
    await drop_refusals(database, limit)
    dropped = 0
    while True:
        floor = int((await log.identity(database)).get("floor"))
        commits, _ = await log.commits(database, floor, STEP)
        places = list(_places(commits, floor))
        count = next((i for i, (_, _, got) in enumerate(places) if got >= limit), len(places))
        if not count:
            return dropped
        await _drop_texts(database, [event_id for _, event_id, _ in places[:count]])
        await _raise_floor(database, places[count - 1][0])
        gone = [commit for commit in commits if log.last_of(commit) <= places[count - 1][0]]
        names = [(paths.COMMITS, str(commit.id)) for commit in gone]
        await in_steps(database, names, lambda batch, path: batch.delete(path))
        dropped += count


def _places(commits: list[DocumentSnapshot[Any]], floor: int) -> Iterator[tuple[int, str, int]]:
    for commit in commits:
        pairs = zip(commit.get("ids"), commit.get("received"), strict=True)
        for rank, (event_id, received) in enumerate(pairs, 1):
            number = live_number(commit.create_time, rank)
            if number > floor:
                yield number, event_id, received


async def _drop_texts(database: Database, event_ids: list[str]) -> None:
    found = await database.get(paths.event(event_id) for event_id in event_ids)
    chunks: list[paths.Path] = []
    inline: list[tuple[str, dict[str, Any]]] = []
    payloads: list[str] = []
    for snapshot in found.values():
        document = snapshot.to_dict() or {}
        digest = bytes.fromhex(document["sha256"])
        for field, (_, count) in document["texts"].items():
            chunks += [paths.chunk(snapshot.id, digest, field, i) for i in range(count)]
        if document["texts"] and document["kind"] == "decision":
            inline.append((snapshot.id, _without_texts(document)))
        if document["kind"] in EMPTIED_KINDS and document.get(PAYLOAD) != "{}":
            payloads.append(snapshot.id)
            count = document.get("payload_chunks", 0)
            chunks += [paths.chunk(snapshot.id, digest, PAYLOAD, i) for i in range(count)]
    await in_steps(database, chunks, lambda batch, path: batch.delete(path))
    await in_steps(database, inline, _drop_inline)
    await in_steps(database, payloads, _drop_payload)


def _without_texts(document: Document) -> dict[str, Any]:
    """The changes to a readable document: prompts go, a justification is cut as in rows."""
    changes: dict[str, Any] = dict.fromkeys(document["texts"], firestore.DELETE_FIELD)
    if "justification" in changes and PAYLOAD in document:
        changes["justification"] = json.loads(document[PAYLOAD])["justification"]
    return changes


def _drop_inline(batch: Batch, change: tuple[str, dict[str, Any]]) -> None:
    batch.set((paths.OLD_DECISIONS, change[0]), change[1], merge=True)


def _drop_payload(batch: Batch, event_id: str) -> None:
    batch.set(paths.event(event_id), {PAYLOAD: "{}"}, merge=True)


async def _raise_floor(database: Database, floor: int) -> None:
    """Never lower it: another server may prune too."""
    while int((known := await log.identity(database)).get("floor")) < floor:
        batch = database.batch()
        batch.update(paths.STORE_DOCUMENT, {"floor": floor}, known)
        try:
            await batch.commit()
        except (google.FailedPrecondition, google.Aborted):
            continue
        except google.GoogleAPICallError as error:
            raise database.error_of(error) from error


async def _drop_parts(database: Database, limit: int) -> None:
    """Parts whose event never came."""
    while found := await database.query(_OLD_PARTS, until=limit, limit=STEP):
        names = [(paths.PARTS, str(snapshot.id)) for snapshot in found]
        await in_steps(database, names, lambda batch, path: batch.delete(path))
