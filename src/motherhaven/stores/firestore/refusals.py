"""What was sent but refused: kept among the errors, at most twenty of a bot in an hour."""

import hashlib
from datetime import datetime
from typing import Final

from google.api_core import exceptions as google

from motherhaven.contract.errors import StoreUnavailable
from motherhaven.stores.firestore import documents, paths
from motherhaven.stores.firestore.database import Database, in_steps
from motherhaven.stores.firestore.keytext import key_text
from motherhaven.stores.firestore.shapes import Shape
from motherhaven.stores.keys import Key
from motherhaven.stores.rejected import (
    FIRST_NUMBER,
    UNKNOWN,
    claimed_bot,
    hour_of,
    new_rejection,
)

STEP: Final = 200
ATTEMPTS: Final = 5
_OWNER_BITS: Final = 40
_LISTED: Final = Shape(paths.ERRORS, ("kind",), "key", descending=True)


async def report_rejected(
    database: Database, bot_id: str | None, at: datetime, message: str, code: str | None
) -> bool:
    """Keep a refusal; the hour's own document says which are kept already, and guards them."""
    claimed = claimed_bot(bot_id)
    known = claimed is not None and await database.one(paths.bot(claimed)) is not None
    owner = claimed if known and claimed is not None else UNKNOWN
    path = paths.refusals(owner, hour_of(at)[0])
    for _ in range(ATTEMPTS):
        hour = await database.one(path)
        kept: list[str] = [] if hour is None else list(hour.get("kept"))
        number = FIRST_NUMBER + (len(kept) << _OWNER_BITS | _small_hash(owner))
        state = new_rejection(
            claimed=claimed,
            known=known,
            at=at,
            message=message,
            code=code,
            kept=kept,
            number=number,
        )
        if state is None:
            return False
        batch = database.batch()
        data = {"kept": [*kept, state.event_id]}
        if hour is None:
            batch.create(path, data)
        else:
            batch.update(path, data, hour)
        batch.set(paths.error(state.event_id, state.kind), documents.error_document(state))
        try:
            await batch.commit()
        except (google.AlreadyExists, google.FailedPrecondition, google.Aborted, google.NotFound):
            continue
        except google.GoogleAPICallError as error:
            raise database.error_of(error) from error
        return True
    raise StoreUnavailable(f"store {database.name}: others report refusals too; try again")


async def drop_refusals(database: Database, before: int) -> None:
    """Forget refusals from before a time in microseconds."""
    top = key_text(Key(before, 0, 0, 0))
    while found := await database.query(_LISTED, ("ingest",), until=top, limit=STEP):
        names = [(paths.ERRORS, str(snapshot.id)) for snapshot in found]
        await in_steps(database, names, lambda batch, path: batch.delete(path))
    first, last = (paths.REFUSALS, "0"), (paths.REFUSALS, f"{_hour_before(before):016x}")
    while hours := await database.between(first, last, limit=STEP):
        names = [(paths.REFUSALS, str(snapshot.id)) for snapshot in hours]
        await in_steps(database, names, lambda batch, path: batch.delete(path))


def _hour_before(micros: int) -> int:
    """The hour that holds `micros` is not over; those before it are."""
    return micros - micros % 3_600_000_000


def _small_hash(text: str) -> int:
    digest = hashlib.sha256(text.encode()).digest()
    return int.from_bytes(digest[:5], "big") & ((1 << _OWNER_BITS) - 1)
