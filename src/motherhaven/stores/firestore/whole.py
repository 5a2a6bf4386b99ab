"""The whole payload of a kept event, as long as retention has not taken it."""

from collections.abc import Sequence
from typing import Any, cast

from google.cloud.firestore_v1.base_document import DocumentSnapshot

from motherhaven.contract.errors import NotFound, Unreadable
from motherhaven.contract.events import Kind
from motherhaven.stores.firestore import paths
from motherhaven.stores.firestore.database import Database
from motherhaven.stores.firestore.log import identity
from motherhaven.stores.firestore.texts import read_texts, the_record
from motherhaven.stores.firestore.work import live_number_of
from motherhaven.stores.records import restore
from motherhaven.stores.unreadable import UnreadableRows, one


async def whole_payload(database: Database, snapshot: DocumentSnapshot[Any]) -> bytes | None:
    """The canonical payload byte for byte, None if it was pruned.

    Raises:
        Unreadable: its documents are not as they were written.
    """
    floor = int((await identity(database)).get("floor"))
    return await _above(database, floor, snapshot)


async def whole_payloads(
    database: Database, event_ids: Sequence[str], unreadable: UnreadableRows
) -> dict[str, tuple[Kind, bytes]]:
    """Kinds and payloads of many events; those that are gone or damaged are left out."""
    floor = int((await identity(database)).get("floor"))
    found = await database.get(paths.event(one) for one in event_ids if paths.is_id(one))
    payloads: dict[str, tuple[Kind, bytes]] = {}
    for snapshot in found.values():
        try:
            payload = await _above(database, floor, snapshot)
        except (Unreadable, NotFound) as error:
            bot_id = (snapshot.to_dict() or {}).get("bot_id")
            unreadable.note(str(bot_id), str(snapshot.id), error)
            continue
        if payload is not None:
            payloads[str(snapshot.id)] = cast("Kind", snapshot.get("kind")), payload
    return payloads


async def _above(database: Database, floor: int, snapshot: DocumentSnapshot[Any]) -> bytes | None:
    if live_number_of(snapshot) <= floor:
        return None
    record = await the_record(database, snapshot)
    texts = await read_texts(database, snapshot.id, snapshot.to_dict() or {})
    return one(record.event_id, lambda: restore(record.payload, texts))
