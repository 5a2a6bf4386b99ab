"""The whole payload of a kept event, as long as retention has not taken it."""

from typing import Any

from google.cloud.firestore_v1.base_document import DocumentSnapshot

from motherhaven.stores.firestore.database import Database
from motherhaven.stores.firestore.log import identity
from motherhaven.stores.firestore.texts import read_texts, the_record
from motherhaven.stores.firestore.work import live_number_of
from motherhaven.stores.records import restore
from motherhaven.stores.unreadable import one


async def whole_payload(database: Database, snapshot: DocumentSnapshot[Any]) -> bytes | None:
    """The canonical payload byte for byte, None if it was pruned.

    Raises:
        Unreadable: its documents are not as they were written.
    """
    if live_number_of(snapshot) <= int((await identity(database)).get("floor")):
        return None
    record = await the_record(database, snapshot)
    texts = await read_texts(database, snapshot.id, snapshot.to_dict() or {})
    return one(record.event_id, lambda: restore(record.payload, texts))
