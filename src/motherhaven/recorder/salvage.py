"""Replaces a damaged journal by a new one with all events that can still be read.

The new file is built beside the old one under `*.salvaging`; giving it the name
`*.salvaged` is the point of no return, after which any process finishes the exchange.
The damaged file is kept under `*.damaged-<time>`.
"""

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import apsw

from motherhaven.contract.errors import ContractError
from motherhaven.contract.events import Mode
from motherhaven.contract.ids import IdSource
from motherhaven.contract.jsonio import loads
from motherhaven.contract.wire import payload_sha256
from motherhaven.recorder import database, walcheck
from motherhaven.recorder.database import Damaged, Identity, close_untouched
from motherhaven.recorder.projection import project

Row = tuple[Any, ...]

_MARK: Final = re.compile(rb"motherhaven-journal:([A-Za-z0-9-]{1,64}):(\d{1,9}):")
_SCAN_BYTES: Final = 1 << 20
_SELECT: Final = (
    "SELECT seq, event_id, bot_id, mode, epoch, kind, lane, lane_seq, row_id, time,"
    " recorded_at, sha256, payload FROM events"
)
_INSERT: Final = (
    "INSERT INTO events (seq, event_id, bot_id, mode, epoch, kind, lane, lane_seq, row_id, time,"
    " recorded_at, sha256, payload) VALUES (?, ?, ?, ?, ?, ?, ?, -?, ?, ?, ?, ?, ?)"
)
_LAST_SEQ: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a damaged journal."""

    aside: Path
    identity: Identity
    saved: int


def is_unfinished(path: Path) -> bool:
    """Whether a repair of this journal was begun, is complete, and must be put in place."""
    return _named(path, ".salvaged").exists()


def replace(
    path: Path, known: Identity | None, ids: IdSource, now: datetime, mode: Mode
) -> Outcome | None:
    """Put a new journal in the place of a damaged one; the caller holds the lock file.

    None if the file turns out to be sound (another process was quicker).

    Raises:
        OSError, apsw.Error: the new file could not be made; the old one is untouched.
    """
    saved = 0
    ready = _named(path, ".salvaged")
    if not ready.exists():
        if not _is_damaged(path):
            return None
        saved = _build(path, known, ids, now, mode)
    aside = _exchange(path, ready, now)
    connection = apsw.Connection(str(path))
    try:
        return Outcome(aside, database.read_identity(connection), saved)
    finally:
        connection.close()


def _is_damaged(path: Path) -> bool:
    if walcheck.is_orphaned(path):
        return True
    try:
        connection = database.connect(str(path), synchronous="full", busy_seconds=5)
    except apsw.Error:
        return True
    observer = apsw.Connection(str(path))
    try:
        connection.execute("BEGIN IMMEDIATE")
        if walcheck.is_broken(path, observer):
            return True
        return connection.execute("PRAGMA integrity_check(1)").fetchall() != [("ok",)]
    except Damaged:
        return True
    finally:
        close_untouched(connection)
        close_untouched(observer)


def _build(path: Path, known: Identity | None, ids: IdSource, now: datetime, mode: Mode) -> int:
    fresh = _named(path, ".salvaging")
    copy = _named(path, ".reading")
    for leftover in (fresh, copy):
        _remove(leftover)
    identity = _next_identity(path, known, ids)
    target = database.connect(str(fresh), synchronous="full", busy_seconds=5)
    try:
        database.prepare(target, identity, ids, now, mode, wal=False)
        _copy_repaired(path, copy)
        with target:
            saved = _pour(copy, target) + _pour(path, target)
            _renumber(target)
    finally:
        target.close()
        _remove(copy)
    os.replace(fresh, _named(path, ".salvaged"))
    return saved


def _copy_repaired(path: Path, copy: Path) -> None:
    """A private copy whose log SQLite reads to its end."""
    shutil.copyfile(path, copy)
    log = walcheck.wal_path(path)
    if log.exists():
        walcheck.wal_path(copy).write_bytes(walcheck.repaired(log.read_bytes()))


def _pour(source_path: Path, target: apsw.Connection) -> int:
    """Copy what `source` still holds and `target` lacks; returns how many events."""
    try:
        source = apsw.Connection(str(source_path))
    except apsw.Error:
        return 0
    saved = 0
    try:
        # In this mode SQLite reads a file that is shorter than its header says.
        source.config(apsw.SQLITE_DBCONFIG_WRITABLE_SCHEMA, 1)
        for row in _readable(source):
            saved += _keep(target, row)
        _copy_shipping(source, target)
    finally:
        close_untouched(source)
    return saved


def _readable(source: apsw.Connection) -> Iterator[Row]:
    """Every row that can be read, going around the holes; not in order."""
    start, step = 0, 1
    while start < _LAST_SEQ:
        last = start - 1
        try:
            for row in source.execute(_SELECT + " WHERE seq >= ? ORDER BY seq", (start,)):
                last = row[0]
                step = 1
                yield row
        except (*Damaged, apsw.SQLError, apsw.IOError) as error:
            if isinstance(error, apsw.SQLError):
                return
            hole = last + 1
            start = max(hole, start) + step
            yield from _backwards(source, hole, start)
            step *= 2
        else:
            return


def _backwards(source: apsw.Connection, low: int, high: int) -> Iterator[Row]:
    try:
        yield from source.execute(
            _SELECT + " WHERE seq >= ? AND seq < ? ORDER BY seq DESC", (low, high)
        )
    except Damaged:
        return


def _keep(target: apsw.Connection, row: Row) -> int:
    """Keep one row if its payload is what was recorded; 1 if it is new."""
    seq, kind, row_id, recorded_at, sha256, payload = (row[i] for i in (0, 5, 8, 10, 11, 12))
    try:
        data = payload.encode()
        if payload_sha256(data) != sha256:
            return 0
        parsed = loads(data)
        target.execute("SAVEPOINT one")
        target.execute(_INSERT, row)
        project(target, kind, parsed, seq, recorded_at, row_id)
        target.execute("RELEASE one")
    except (apsw.ConstraintError, apsw.MismatchError):
        target.execute("ROLLBACK TO one")
        return 0
    except (ContractError, AttributeError, TypeError, UnicodeError):
        return 0
    return 1


def _copy_shipping(source: apsw.Connection, target: apsw.Connection) -> None:
    """Carry over how far each lane was shipped, in the numbers of the source.

    The first source that can tell wins; without one everything is sent again, which the
    server ignores.
    """
    try:
        lanes = source.execute("SELECT done, lane FROM lanes").fetchall()
        exceptions = source.execute("SELECT seq, state, reason, at FROM shipping_exceptions")
        target.executemany("UPDATE lanes SET done = ? WHERE lane = ? AND done = 0", lanes)
        target.executemany(
            "INSERT OR IGNORE INTO shipping_exceptions (seq, state, reason, at)"
            " VALUES (?, ?, ?, ?)",
            exceptions,
        )
    except apsw.Error:
        return


def _renumber(target: apsw.Connection) -> None:
    """Number each lane without gaps; numbers of the source are negative until here."""
    for lane in (0, 1, 2):
        ((done,),) = target.execute("SELECT done FROM lanes WHERE lane = ?", (lane,))
        rows = target.execute(
            "SELECT seq, -lane_seq FROM events WHERE lane = ? ORDER BY seq", (lane,)
        ).fetchall()
        target.executemany(
            "UPDATE events SET lane_seq = ? WHERE seq = ?",
            [(number, seq) for number, (seq, _) in enumerate(rows, 1)],
        )
        shipped = sum(1 for _, old in rows if int(str(old)) <= int(str(done)))
        target.execute("UPDATE lanes SET done = ? WHERE lane = ?", (shipped, lane))


def _next_identity(path: Path, known: Identity | None, ids: IdSource) -> Identity:
    """The same bot in its next epoch, from memory or from the file's raw bytes."""
    if known is None:
        known = _find_mark(path) or _find_mark(walcheck.wal_path(path))
    if known is None:
        return database.new_identity(ids)
    return Identity(known.bot_id, known.epoch + 1)


def _find_mark(path: Path) -> Identity | None:
    tail = b""
    try:
        with path.open("rb") as raw:
            while chunk := raw.read(_SCAN_BYTES):
                found = _MARK.search(tail + chunk)
                if found:
                    return Identity(found[1].decode(), int(found[2]))
                tail = chunk[-128:]
    except OSError:
        return None
    return None


def _exchange(path: Path, ready: Path, now: datetime) -> Path:
    """Keep the damaged files under a name of their own and put the new one in place."""
    stamp = now.strftime("%Y%m%dT%H%M%S")
    aside = _named(path, f".damaged-{stamp}")
    count = 1
    while aside.exists():
        count += 1
        aside = _named(path, f".damaged-{stamp}-{count}")
    for old, kept in ((path, aside), (walcheck.wal_path(path), walcheck.wal_path(aside))):
        if old.exists():
            _duplicate(old, kept)
    for old in (walcheck.wal_path(path), _named(path, "-shm")):
        old.unlink(missing_ok=True)
    os.replace(ready, path)
    return aside


def _duplicate(old: Path, kept: Path) -> None:
    try:
        os.link(old, kept)
    except OSError:
        shutil.copy2(old, kept)


def _named(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        _named(path, suffix).unlink(missing_ok=True)
