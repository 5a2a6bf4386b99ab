"""Shared records in Firestore: a document each."""

from google.api_core import exceptions as google

from motherhaven.stores.firestore import paths
from motherhaven.stores.firestore.database import Database
from motherhaven.stores.shared import Shared, check_record


async def get_shared_record(database: Database, name: str) -> Shared | None:
    """A record, or None."""
    check_record(name)
    found = await database.one(paths.shared(name))
    return None if found is None else Shared(str(found.get("text")), int(found.get("revision")))


async def put_shared_record(database: Database, name: str, text: str, revision: int | None) -> bool:
    """Replace a record that still has this revision; None: that is not there yet."""
    check_record(name, text)
    path = paths.shared(name)
    batch = database.batch()
    if revision is None:
        batch.create(path, {"text": text, "revision": 1})
    else:
        found = await database.one(path)
        if found is None or found.get("revision") != revision:
            return False
        batch.update(path, {"text": text, "revision": revision + 1}, found)
    try:
        await batch.commit()
    except (google.AlreadyExists, google.FailedPrecondition, google.Aborted, google.NotFound):
        return False
    except google.GoogleAPICallError as error:
        raise database.error_of(error) from error
    return True
