"""Replaces a damaged journal by a new one with all events that can still be found in it.

The new file is built beside the old one under `*.salvaging`; giving it the name
`*.salvaged` is the point of no return, after which any process finishes the exchange.
The damaged file is kept under `*.damaged-<time>`.
"""

import contextlib
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Final

import apsw

from motherhaven.contract import private
from motherhaven.contract.events import Mode
from motherhaven.contract.ids import DEFAULT_BOT, IdSource
from motherhaven.recorder import database, fileguard
from motherhaven.recorder.database import Identity, Suspect, close_untouched
from motherhaven.recorder.pouring import pour
from motherhaven.recorder.repair import checks, wal
from motherhaven.recorder.repair.raw_scan import Buffer, Files, Place, every_row

_MARK: Final = re.compile(rb"motherhaven-journal:([A-Za-z0-9-]{1,64}):(\d{1,9}):")

Shipped = tuple[dict[int, int], list[tuple[int, str, str, str]]]


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
    if wal.is_orphaned(path):
        return True
    connection: apsw.Connection | None = None
    try:
        connection = database.connect(str(path), synchronous="full", busy_seconds=5)
        if not database.is_ready(connection, str(path)):
            return True
        checks.raise_if_log_broken(path, connection)
        checks.raise_if_damaged(connection)
    except Suspect:
        return True
    except apsw.IOError as error:
        if not database.is_cut_off(error):
            raise
        return True
    finally:
        if connection is not None:
            close_untouched(connection)
    return False


def _build(path: Path, known: Identity | None, ids: IdSource, now: datetime, mode: Mode) -> int:
    fresh = _named(path, ".salvaging")
    _remove(fresh)
    with _bytes_of(path) as main:
        log = _read(wal.wal_path(path))
        rows, places = _find(main, log)
        identity = _next_identity((main, log), rows, known, ids)
        private.make_file(fresh)
        target = database.connect(str(fresh), synchronous="full", busy_seconds=5)
        try:
            database.prepare(target, identity, ids, now, mode, wal=False)
            shipped = _shipped(path, log)
            with target:
                found = (row for files, place in places if (row := files.row(place)) is not None)
                saved = pour(target, found, *shipped)
        finally:
            target.close()
    os.replace(fresh, _named(path, ".salvaged"))
    return saved


def _find(
    main: Buffer, log: bytes
) -> tuple[dict[str, tuple[int, str, int]], list[tuple[Files, Place]]]:
    """Who recorded each intact event and its number; and where they stand, in their order."""
    rows: dict[str, tuple[int, str, int]] = {}
    places: dict[str, tuple[Files, Place]] = {}
    for row, place, files in every_row(main, log):
        rows[row.event_id] = (row.seq, row.bot_id, row.epoch)
        places[row.event_id] = (files, place)
    return rows, [places[key] for key in sorted(rows, key=lambda key: rows[key][0])]


def _shipped(path: Path, log: bytes) -> Shipped:
    """How far each lane was shipped, and what was refused, in the numbers of the old file.

    Without an answer everything is sent again, which the server ignores.
    """
    copy = _named(path, ".reading")
    _remove(copy)
    try:
        private.make_file(copy)
        with fileguard.reading(path) as raw, copy.open("wb") as out:
            shutil.copyfileobj(raw, out)
        private.write(wal.wal_path(copy), wal.repaired(log))
        source = apsw.Connection(str(copy))
        try:
            lanes = source.execute("SELECT lane, done FROM lanes").fetchall()
            last = source.execute("SELECT lane, max(lane_seq) FROM events GROUP BY lane").fetchall()
            refused = source.execute(
                "SELECT seq, state, reason, at FROM shipping_exceptions"
                " WHERE typeof(seq) = 'integer' AND typeof(state) = 'text'"
            ).fetchall()
        finally:
            close_untouched(source)
    except (apsw.Error, OSError, UnicodeDecodeError):
        return {}, []
    finally:
        _remove(copy)
    limits = {lane: most for lane, most in last if isinstance(lane, int) and isinstance(most, int)}
    done = {
        lane: number
        for lane, number in lanes
        if isinstance(lane, int) and isinstance(number, int) and 0 <= number <= limits.get(lane, 0)
    }
    return done, [(int(str(seq)), str(state), str(why), str(at)) for seq, state, why, at in refused]


def _next_identity(
    buffers: Iterable[Buffer], rows: dict[str, tuple[int, str, int]], known: Identity | None,
    ids: IdSource,
) -> Identity:  # fmt: skip
    """The same bot in its next epoch: from memory, from the raw bytes, or from its events."""
    marks = [
        Identity(found[1].decode(), int(found[2]))
        for buffer in buffers
        if len(buffer)
        for found in _MARK.finditer(buffer)
    ]
    told = [Identity(bot, epoch) for _, bot, epoch in rows.values() if bot != DEFAULT_BOT]
    bots = [known, *marks, *told]
    bot = next((one.bot_id for one in bots if one is not None), None)
    if bot is None:
        return database.new_identity(ids)
    return Identity(bot, max(one.epoch for one in bots if one and one.bot_id == bot) + 1)


@contextlib.contextmanager
def _bytes_of(path: Path) -> Iterator[Buffer]:
    """The file's bytes; none if it is not there or empty."""
    if not path.exists() or path.stat().st_size == 0:
        yield b""
        return
    with fileguard.reading(path) as raw, mmap(raw.fileno(), 0, access=ACCESS_READ) as mapped:
        yield mapped


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _exchange(path: Path, ready: Path, now: datetime) -> Path:
    """Keep the damaged files under a name of their own and put the new one in place."""
    stamp = now.strftime("%Y%m%dT%H%M%S")
    aside = _named(path, f".damaged-{stamp}")
    count = 1
    while aside.exists() or wal.wal_path(aside).exists():
        count += 1
        aside = _named(path, f".damaged-{stamp}-{count}")
    for old, kept in ((path, aside), (wal.wal_path(path), wal.wal_path(aside))):
        if old.exists():
            private.tighten(old)
            _duplicate(old, kept)
    for old in (wal.wal_path(path), _named(path, "-shm")):
        old.unlink(missing_ok=True)
    os.replace(ready, path)
    return aside


def _duplicate(old: Path, kept: Path) -> None:
    try:
        os.link(old, kept)
    except OSError:
        private.make_file(kept)
        with fileguard.reading(old) as raw, kept.open("wb") as out:
            shutil.copyfileobj(raw, out)


def _named(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        _named(path, suffix).unlink(missing_ok=True)
