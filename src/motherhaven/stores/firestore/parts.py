"""Parts of long texts that wait for their event."""

from collections.abc import Sequence
from typing import Any

from google.cloud.firestore_v1.base_document import DocumentSnapshot

from motherhaven.contract.events import TextPart
from motherhaven.stores.firestore import paths
from motherhaven.stores.firestore.database import Database, in_steps

STEP = 16
"""Parts in one commit: at most 6.4 MB of text."""


async def put_parts(database: Database, parts: Sequence[TextPart], received: int) -> None:
    """Keep parts, except those of events that are kept already."""
    kept = await database.get(paths.event(event_id) for event_id in {p.event_id for p in parts})
    waiting = [part for part in parts if not _is_kept(kept.get(paths.event(part.event_id)), part)]
    await in_steps(
        database,
        waiting,
        lambda batch, part: batch.set(
            paths.part(part.bot_id, part.event_id, part.field, part.index),
            _document(part, received),
        ),
        STEP,
    )


def _is_kept(snapshot: DocumentSnapshot[Any] | None, part: TextPart) -> bool:
    return snapshot is not None and snapshot.get("bot_id") == part.bot_id


def _document(part: TextPart, received: int) -> dict[str, Any]:
    return {
        "group": paths.part_group(part.bot_id, part.event_id),
        "event_id": part.event_id,
        "bot_id": part.bot_id,
        "field": part.field,
        "index": part.index,
        "count": part.count,
        "text": part.text,
        "received": received,
    }
