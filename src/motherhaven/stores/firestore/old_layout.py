"""A bot of a version that kept its curve and its marks in documents of their own."""

from typing import Any, Final

from motherhaven.stores.firestore import documents, paths
from motherhaven.stores.firestore.current import KEPT_SPANS, Current, Window
from motherhaven.stores.firestore.database import Database
from motherhaven.stores.firestore.known import KnownBot
from motherhaven.stores.protocol import DEPOSITS_TIER
from motherhaven.stores.unreadable import UNREADABLE

_SECOND: Final = 1_000_000
_MINUTE: Final = 60


async def read_current(database: Database, bot: KnownBot, received: int) -> Current:
    """The newest of its curve and its marks; its lists begin here, older rows are queried.

    No bucket is later than what was received last (microseconds), so the windows end there.
    The old documents stay: what is older than a window is still read from them.
    """
    seconds = max(received, int(bot.get("last_seen") or 0)) // _SECOND
    spans: dict[int, range] = {}
    for tier, kept in KEPT_SPANS.items():
        newest = seconds // (tier or _MINUTE) // paths.BUCKETS_PER_DOCUMENT
        spans[tier] = range(newest - (kept if tier else 1) + 1, newest + 1)
    wanted = [paths.rollup(bot.id, tier, max(n, 0)) for tier, some in spans.items() for n in some]
    latest = paths.rollup(bot.id, DEPOSITS_TIER, 0)
    found = await database.get([*wanted, latest, paths.marks(bot.id)])
    current = Current(whole=False)
    for tier, some in spans.items():
        window = current.windows[tier] = Window(max(some[0], 0), older=True)
        for span in some:
            snapshot = found.get(paths.rollup(bot.id, tier, max(span, 0)))
            try:
                window.buckets |= documents.buckets_in(_data(snapshot))
            except UNREADABLE:
                continue
    deposits, marks = found.get(latest), found.get(paths.marks(bot.id))
    try:
        current.deposit = documents.buckets_in(_data(deposits)).get(0)
    except UNREADABLE:
        current.deposit = None
    try:
        current.marks = documents.marks_in(_data(marks))
    except UNREADABLE:
        current.marks = {}
    return current


def _data(snapshot: Any) -> documents.Document | None:
    return None if snapshot is None else snapshot.to_dict()
