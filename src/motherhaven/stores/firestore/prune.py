"""Retention: the oldest commits go from the log, their long texts with them."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from google.api_core import exceptions as google
from google.cloud import firestore

from motherhaven.contract.events import PROMPT_TEXTS
from motherhaven.stores.firestore import log, paths
from motherhaven.stores.firestore.commits import Placed
from motherhaven.stores.firestore.database import Batch, Database, in_steps
from motherhaven.stores.firestore.documents import Document
from motherhaven.stores.firestore.refusals import drop_refusals
from motherhaven.stores.firestore.shapes import Shape
from motherhaven.stores.firestore.texts import PAYLOAD, PROMPTS
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
        floor = places[count - 1][0]
        await _raise_floor(database, floor)
        names = [(paths.COMMITS, one.commit.id) for one in _whole(commits, floor)]
        await in_steps(database, names, lambda batch, path: batch.delete(path))
        dropped += count


def _places(commits: Sequence[Placed], floor: int) -> Iterator[tuple[int, str, int]]:
    for placed in commits:
        data = placed.commit.data
        for place in zip(placed.numbers, data["ids"], data["received"], strict=True):
            if place[0] > floor:
                yield place


def _whole(commits: Sequence[Placed], floor: int) -> list[Placed]:
    """The commits that may go: the numbers of others of the same time count from theirs."""
    stay = {one.commit.created for one in commits if one.last > floor}
    return [one for one in commits if one.commit.created not in stay]


async def _drop_texts(database: Database, event_ids: list[str]) -> None:
    found = await database.get(paths.event(event_id) for event_id in event_ids)
    chunks: list[paths.Path] = []
    inline: list[tuple[str, dict[str, Any]]] = []
    prompts: list[str] = []
    payloads: list[str] = []
    for snapshot in found.values():
        document = snapshot.to_dict() or {}
        digest = bytes.fromhex(document["sha256"])
        for field, (_, count) in document["texts"].items():
            chunks += [paths.chunk(snapshot.id, digest, field, i) for i in range(count)]
        has_copy = "v" not in document or document.get("readable")
        if document["kind"] == "decision" and has_copy and (changes := _without_texts(document)):
            inline.append((snapshot.id, changes))
        if PROMPTS in document:
            prompts.append(snapshot.id)
        if document["kind"] in EMPTIED_KINDS and document.get(PAYLOAD) != "{}":
            payloads.append(snapshot.id)
            count = document.get("payload_chunks", 0)
            chunks += [paths.chunk(snapshot.id, digest, PAYLOAD, i) for i in range(count)]
    await in_steps(database, chunks, lambda batch, path: batch.delete(path))
    await in_steps(database, inline, _drop_inline)
    await in_steps(database, prompts, _drop_prompts)
    await in_steps(database, payloads, _drop_payload)


def _without_texts(document: Document) -> dict[str, Any]:
    """The changes to a readable document: prompts go, a justification is cut as in rows."""
    named = PROMPT_TEXTS if '"answer_id"' in document.get(PAYLOAD, "") else ()
    names = (*document["texts"], *named)  # those that its answer lent it too
    changes: dict[str, Any] = dict.fromkeys(names, firestore.DELETE_FIELD)
    if "justification" in changes and PAYLOAD in document:
        changes["justification"] = json.loads(document[PAYLOAD])["justification"]
    return changes


def _drop_inline(batch: Batch, change: tuple[str, dict[str, Any]]) -> None:
    batch.set((paths.OLD_DECISIONS, change[0]), change[1], merge=True)


def _drop_prompts(batch: Batch, event_id: str) -> None:
    batch.set(paths.event(event_id), {PROMPTS: firestore.DELETE_FIELD}, merge=True)


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
