"""What was refused and set aside, seen and changed from another process than the bot's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, cast

import apsw

from motherhaven.contract.bulk import BULK
from motherhaven.contract.errors import JournalError
from motherhaven.contract.times import format_time
from motherhaven.recorder import database
from motherhaven.recorder.database import close_untouched, explained

_SINGLE: Final = " ".join(f"WHEN '{bulk}' THEN '{single}'" for bulk, single in BULK.items())

# The number of a bulk record is that of the last of its events.
_SELECT: Final = (
    "SELECT x.seq, x.state, x.reason, x.at,"  # noqa: S608  (our own names)
    f" CASE WHEN e.kind IN {tuple(BULK)} THEN e.event_id || '.' ||"
    " (json_extract(e.payload, '$.count') - 1 - e.seq + x.seq) ELSE e.event_id END,"
    f" CASE e.kind {_SINGLE}"
    " ELSE e.kind END, e.time, length(CAST(e.payload AS BLOB)) FROM shipping_exceptions AS x"
    " JOIN events AS e ON e.seq = (SELECT min(n.seq) FROM events AS n WHERE n.seq >= x.seq)"
)


@dataclass(frozen=True, slots=True)
class SetAside:
    """An event that its lane has passed without the server having it.

    state: quarantined (refused for good), retry (to be sent again), not_applicable (kept
    until the server is newer) or dropped (given up by a person).
    """

    seq: int
    state: str
    reason: str
    at: str
    event_id: str
    kind: str
    time: str
    bytes: int


class Quarantine:
    """The exceptions of one journal. Safe while the bot runs: its shipper sees every change."""

    def __init__(self, path: Path) -> None:
        """
        Raises:
            JournalError: there is no journal at `path`.
        """
        self._path = path
        if not path.is_file():
            raise JournalError(f"{path}: no journal is there; give its file with --journal")

    def list(self, *, dropped: bool = False) -> list[SetAside]:
        """What is set aside, oldest first; what was dropped too if asked for.

        Raises:
            JournalError: the file cannot be read.
        """
        query = _SELECT if dropped else _SELECT + " WHERE x.state <> 'dropped'"
        with explained(self._path, "reading what was set aside"):
            connection = self._open()
            try:
                rows = connection.execute(query + " ORDER BY x.seq").fetchall()
            finally:
                close_untouched(connection)
        return [SetAside(*cast("tuple[Any, ...]", row)) for row in rows]

    def retry(self, event_ids: Sequence[str] | None) -> int:
        """Send these (None: all that are quarantined) again; how many there are.

        Raises:
            JournalError: the file cannot be written.
        """
        return self._change("retry", event_ids, None)

    def drop(self, event_ids: Sequence[str] | None, now: datetime) -> int:
        """Give these up: they stay in the journal, marked as dropped, and are never sent.

        Raises:
            JournalError: the file cannot be written.
        """
        return self._change("dropped", event_ids, format_time(now))

    def _change(self, state: str, event_ids: Sequence[str] | None, at: str | None) -> int:
        chosen = [
            item.seq
            for item in self.list()
            if (item.event_id in event_ids if event_ids else item.state == "quarantined")
        ]
        changed = 0
        with explained(self._path, "changing what was set aside"):
            connection = self._open()
            try:
                connection.execute("BEGIN IMMEDIATE")
                for seq in chosen:
                    # Only what is still set aside: the bot may have sent it meanwhile.
                    found = connection.execute(
                        "UPDATE shipping_exceptions SET state = ?, at = coalesce(?, at)"
                        " WHERE seq = ? AND state IN ('quarantined', 'not_applicable', 'retry')"
                        " RETURNING seq",
                        (state, at, seq),
                    )
                    changed += len(found.fetchall())
                connection.execute("COMMIT")
            finally:
                close_untouched(connection)
        return changed

    def _open(self) -> apsw.Connection:
        connection = database.connect(str(self._path), synchronous="full", busy_seconds=10.0)
        if not database.is_ready(connection, str(self._path)):
            close_untouched(connection)
            raise JournalError(f"{self._path}: not a journal of this Motherhaven; check the path")
        return connection
