"""The store's own document: made once, and renewed when an older version's store is opened."""

import secrets
from contextlib import suppress
from typing import Any, Final

from google.api_core import exceptions as google
from google.cloud.firestore_v1.base_document import DocumentSnapshot

from motherhaven.contract.errors import ConfigError
from motherhaven.stores.firestore import log, paths
from motherhaven.stores.firestore.database import Database
from motherhaven.stores.firestore.readable import OURS
from motherhaven.stores.firestore.shapes import Shape

SCHEMA: Final = 2
"""1 kept executions, marks and the newest curve apart from decisions and bots; it cannot read
what 2 writes, so a server of that version refuses to start here."""

_OLD: Final = (
    (paths.OLD_DECISIONS, "timestamp"), (paths.OLD_ACCOUNT, "timestamp"),
    (paths.OLD_STATUS, "timestamp"), (paths.OLD_POSITIONS, "entry_time"),
)  # fmt: skip


async def identified(database: Database) -> DocumentSnapshot[Any]:
    """The store's own document, made if need be; a restored backup gets a new identity.

    Raises:
        ConfigError: a newer version wrote here, or Firestore lets us do nothing.
        StoreUnavailable: Firestore cannot be reached.
    """
    found = await database.get([paths.STORE_DOCUMENT], opening=True)
    known = found.get(paths.STORE_DOCUMENT)
    if known is None or int(known.get("schema")) < SCHEMA:
        batch = database.batch()
        changes = {"schema": SCHEMA, "readable": await _has_old_documents(database)}
        if known is None:
            new = {"token": secrets.token_hex(8), "floor": 0, "adopted": False}
            batch.create(paths.STORE_DOCUMENT, new | changes)
        else:
            batch.update(paths.STORE_DOCUMENT, changes, known)
        async with database.translated(opening=True):
            # Another server may have been faster; it found the same.
            with suppress(google.AlreadyExists, google.FailedPrecondition, google.Aborted):
                await batch.commit()
        known = await log.identity(database)
    if int(known.get("schema")) > SCHEMA:
        raise ConfigError(
            f"store {database.name}: written by a newer Motherhaven (schema "
            f"{known.get('schema')}, this one knows {SCHEMA}); upgrade"
        )
    return known


async def _has_old_documents(database: Database) -> bool:
    """Whether an old client wrote here: its documents are the oldest, and carry no mark of ours."""
    for collection, order in _OLD:
        oldest = await database.query(Shape(collection, (), order), limit=1)
        if any(OURS not in (one.to_dict() or {}) for one in oldest):
            return True
    return False
