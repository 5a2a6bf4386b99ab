"""Taking over the documents that a project had before: payloads alone, under random ids.

They are left as they are. Each gets an event beside it, whose id is the document's, of
the bot `default`, received when the document was created; so they show up in every query
and count in every total. Naive times are placed as those of old clients are.
"""

import logging
import math
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from google.cloud.firestore_v1.base_document import DocumentSnapshot

from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import ContractError
from motherhaven.contract.events import Event
from motherhaven.contract.ids import IdSource
from motherhaven.contract.times import format_time
from motherhaven.contract.wire import Endpoint, event_from_single
from motherhaven.stores.firestore import paths
from motherhaven.stores.firestore.database import Database
from motherhaven.stores.firestore.readable import OURS
from motherhaven.stores.firestore.shapes import Shape
from motherhaven.stores.firestore.writer import Writer

STEP: Final = 100
_PASSES: Final[tuple[tuple[Endpoint, str, str, bool | None], ...]] = (
    ("decision", paths.OLD_DECISIONS, "timestamp", None),
    ("account", paths.OLD_ACCOUNT, "timestamp", None),
    ("status", paths.OLD_STATUS, "timestamp", None),
    ("position", paths.OLD_POSITIONS, "entry_time", False),
    ("position", paths.OLD_POSITIONS, "entry_time", True),
)
"""Exits come after all entries: they find theirs by its numbers, not by its time."""

_LOG: Final = logging.getLogger(__name__)


async def adopt(
    database: Database, writer: Writer, clock: Clock, *, start: Sequence[Any] | None = None
) -> int:
    """Take over every old document; how many were new. Again is safe, and costs the reads.

    `start` is where an earlier run was stopped, as it was remembered: the pass and the
    last document's id.
    """
    ids = IdSource(clock, secrets.token_bytes)
    adopted = 0
    first, name = start or (0, None)
    for number, (endpoint, collection, order, closed) in enumerate(_PASSES):
        if number < first:
            continue
        last = await database.one((collection, name)) if name and number == first else None
        while True:
            found = await database.query(Shape(collection, (), order), after=last, limit=STEP)
            events = [event for one in found if (event := _event(endpoint, one, closed, ids))]
            for result in await writer.append(events, readable=False) if events else ():
                adopted += result.status == "stored"
            if len(found) < STEP:
                break
            last = found[-1]
            await _remember(database, {"adopting": [number, str(last.id)]})
    await _remember(database, {"adopted": True})
    return adopted


async def _remember(database: Database, progress: dict[str, Any]) -> None:
    batch = database.batch()
    batch.set(paths.STORE_DOCUMENT, progress, merge=True)
    async with database.translated():
        await batch.commit()


def _event(
    endpoint: Endpoint, snapshot: DocumentSnapshot[Any], closed: bool | None, ids: IdSource
) -> Event | None:
    """The event of one old document; None if it is ours, or not of this pass, or no event."""
    document = snapshot.to_dict() or {}
    if closed not in (None, document.get("status") == "closed"):
        return None
    return event_of_document(endpoint, str(snapshot.id), snapshot.create_time, document, ids)


def event_of_document(
    endpoint: Endpoint, name: str, created: Any, document: Mapping[str, Any], ids: IdSource
) -> Event | None:
    """The event of a document that an old server wrote; None if it is ours, or no event."""
    if OURS in document:
        return None
    body = _json(document) | {"event_id": name if paths.is_id(name) else paths.hashed(name)}
    received = datetime.fromisoformat(created.isoformat())
    try:
        return event_from_single(endpoint, body, received, ids)
    except ContractError as error:
        _LOG.warning("the old %s document %s was not taken over: %s", endpoint, name, error)
        return None


def _json(value: Any) -> Any:
    """A Firestore value as JSON with exact numbers; NaN and infinity are unknown."""
    if isinstance(value, float):
        return Decimal(repr(value)) if math.isfinite(value) else None
    if isinstance(value, datetime):
        return format_time(value)
    if isinstance(value, Mapping):
        return {name: _json(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json(item) for item in value]
    return value if value is None or isinstance(value, bool | int | str) else str(value)
