"""The log in commit order, without a counter: commit times that Firestore itself gives.

A commit writes one small document with the ids of its events. Its place in the order is
Firestore's commit time, which no client can shift: after a read has seen a time, nothing
is committed at that time or before it. So a cursor is a commit time and a rank, exact to
the microsecond, and needs no hold-back.

Only documents can be asked for by a field, though, and the commit time is none; `at`, the
server's stamp, is taken when it begins with a commit, so a little earlier. Therefore tail
looks LATE back and sorts by the true time. A commit is given up after COMMIT_SECONDS, so
one that succeeded cannot carry a stamp that is older.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Any, Final

from google.cloud.firestore_v1.base_document import DocumentSnapshot

from motherhaven.contract.errors import StoreUnavailable
from motherhaven.stores.cursors import live_cursor, read_live_cursor
from motherhaven.stores.firestore import paths
from motherhaven.stores.firestore.commits import Placed, as_changed, events_of, in_order
from motherhaven.stores.firestore.database import Database
from motherhaven.stores.firestore.keytext import COMMIT_SECONDS, committed_at, last_number
from motherhaven.stores.firestore.own_commits import Changed
from motherhaven.stores.firestore.shapes import Shape
from motherhaven.stores.protocol import Tail

LATE: Final = timedelta(seconds=COMMIT_SECONDS + 2)
SKEW: Final = timedelta(seconds=1)
"""How much later than its own commit time a stamp may be, were Google's clocks to differ."""

STEP: Final = 200
HEADS: Final = 20
OLDEST: Final = Shape(paths.COMMITS, (), "at")
NEWEST: Final = Shape(paths.COMMITS, (), "at", descending=True)

FAR: Final = 10**18 - 1
"""Above every live number."""


async def identity(database: Database) -> DocumentSnapshot[Any]:
    """The store's own document, with the time of reading."""
    found = await database.one(paths.STORE_DOCUMENT)
    if found is None:
        raise StoreUnavailable(
            f"store {database.name}: its document {'/'.join(paths.STORE_DOCUMENT)} is gone; "
            "start the server again"
        )
    return found


async def head(database: Database) -> int:
    """The live number of the newest event; that of the prune floor if there is none.

    Two commits of one moment may be stamped the other way round, so a few are looked at.
    """
    newest, store = await asyncio.gather(
        database.query(NEWEST, limit=HEADS), identity(database)
    )  # both at once: the later of the two numbers holds
    placed = in_order(map(as_changed, newest))
    return max([int(store.get("floor")), *(one.last for one in placed)])


async def tail(database: Database, generation: str, after: str, limit: int) -> Tail:
    """Events after a cursor.

    Raises:
        CursorGone: the history was pruned, or another database made the cursor.
    """
    start = read_live_cursor(generation, after, floor=0, head=FAR)
    found, more = await commits(database, start, limit)
    known = await identity(database)
    now = last_number(known.read_time)
    read_live_cursor(generation, after, floor=int(known.get("floor")), head=now)
    events, reached, rest = await events_of(database, generation, found, start, limit)
    cursor = live_cursor(generation, reached) if reached > start else after
    return Tail(tuple(events), cursor, more=more or rest)


async def commits(database: Database, start: int, limit: int) -> tuple[list[Placed], bool]:
    """Commits after `start` in commit order, at least `limit` events or all; whether more wait.

    A full step says nothing of commits stamped after its last one; and none counts that
    came after the first step was read, since an earlier one may have slipped in behind it.
    """
    moment, found = committed_at(start), list[Changed]()
    since = moment - LATE
    last: DocumentSnapshot[Any] | None = None
    first_read: datetime | None = None
    while True:
        bound = {"since": since} if last is None else {"after": last}
        step = await database.query(OLDEST, limit=STEP, **bound)
        first_read = first_read or (step[0].read_time if step else None)
        found += [as_changed(commit) for commit in step if commit.create_time >= moment]
        is_full = len(step) == STEP
        edge = step[-1].get("at") - SKEW if is_full else None
        sure = [
            commit for commit in found
            if commit.created <= first_read and (edge is None or commit.created < edge)
        ]  # fmt: skip
        ready = [one for one in in_order(sure) if one.last > start]
        if not is_full or sum(len(one.numbers) for one in ready) > limit:
            return ready, is_full or len(sure) < len(found)
        last = step[-1]
