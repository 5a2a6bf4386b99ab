"""Carries events over when the files that are open are no longer those at the path.

The open connection still reads the unlinked files. What it holds is first written, and
synced, to `<journal>.rescued`; the journal that is then opened at the path takes from
there what it lacks, and the file is removed. A kill in between loses nothing.
"""

import contextlib
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import apsw

from motherhaven.contract import private
from motherhaven.recorder import digest
from motherhaven.recorder.digest import COLUMNS, Row, intact
from motherhaven.recorder.pouring import pour

_LOG: Final = logging.getLogger("motherhaven")

MOST_EVENTS: Final = 20_000
"""How far to look back where only the log was lost: it never holds as many."""


def spool_path(path: Path) -> Path:
    """Where events wait that are to be carried over."""
    return path.with_name(path.name + ".rescued")


def spool(old: apsw.Connection, path: Path, *, whole: bool) -> None:
    """Keep what `old` still reads; all of it, or, if the file is in place, the latest.

    Raises:
        OSError, apsw.Error: it could not be kept.
    """
    waiting = spool_path(path)
    private.make_file(waiting)
    target = apsw.Connection(str(waiting))
    try:
        target.pragma("synchronous", "full")
        with target:
            columns = ", ".join(COLUMNS)
            target.execute(f"CREATE TABLE IF NOT EXISTS events ({columns}, UNIQUE (event_id))")
            target.execute("CREATE TABLE IF NOT EXISTS lanes (lane INTEGER PRIMARY KEY, done)")
            insert = digest.INSERT.replace("INSERT", "INSERT OR IGNORE", 1)
            target.executemany(insert, _rows(old, 0 if whole else None))
            if whole:
                with contextlib.suppress(apsw.Error):
                    marks = old.execute("SELECT lane, done FROM lanes").fetchall()
                    target.executemany("INSERT OR IGNORE INTO lanes VALUES (?, ?)", marks)
    finally:
        target.close()


def _rows(old: apsw.Connection, start: int | None) -> Iterator[Row]:
    """The intact rows from number `start` on (None: the latest), as far as they can be read."""
    try:
        if start is None:
            ((last,),) = old.execute("SELECT coalesce(max(seq), 0) FROM events").fetchall()
            start = int(str(last)) - MOST_EVENTS
        for values in old.execute(f"{digest.SELECT} WHERE seq > ? ORDER BY seq", (start,)):
            row = intact(values)
            if row is not None:
                yield row
    except apsw.Error as error:
        _LOG.error("Of the files that are no longer in place not all could be read: %s", error)


def take_in(path: Path, target: apsw.Connection) -> None:
    """Add what waits to be carried over, if anything does, to the journal at `path`.

    Raises:
        apsw.Error: the journal does not take it.
    """
    waiting = spool_path(path)
    if not waiting.exists():
        return
    count = 0
    try:
        source = apsw.Connection(str(waiting), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            marks = source.execute("SELECT lane, done FROM lanes").fetchall()
            found = source.execute(f"{digest.SELECT} ORDER BY seq").fetchall()
        finally:
            source.close()
    except apsw.Error:  # killed before it was whole
        found, marks = [], []
    rows = [row for values in found if (row := intact(values)) is not None]
    with target:
        done = {int(str(lane)): int(str(number)) for lane, number in marks}
        count = pour(target, rows, done)
    for suffix in ("", "-journal", "-wal", "-shm"):
        waiting.with_name(waiting.name + suffix).unlink(missing_ok=True)
    if count:
        _LOG.error("%s: %d events were carried over from files no longer in place", path, count)


def unlink_log(path: Path, log: tuple[int, int] | None) -> None:
    """Take the log of a file that is gone from the path, lest another file be read with it."""
    at = path.with_name(path.name + "-wal")
    with contextlib.suppress(FileNotFoundError):
        found = at.stat()
        if (found.st_dev, found.st_ino) == log:
            at.unlink()
            path.with_name(path.name + "-shm").unlink(missing_ok=True)


def close_strays(key: tuple[int, int]) -> None:
    """Close every connection of this process to a file whose log is gone.

    A new connection would share the old log's index with them and read nonsense.
    """
    for connection in apsw.connections():
        with contextlib.suppress(apsw.Error, OSError):
            found = os.stat(connection.db_filename("main"))
            if (found.st_dev, found.st_ino) == key:
                connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
                connection.close(True)
