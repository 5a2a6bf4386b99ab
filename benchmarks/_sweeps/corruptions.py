"""Damage of every kind to a journal's files: it opens, keeps what is intact, and says so."""

import logging
import os
import random
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks._sweeps import Count, Tally, decision, make_recorder
from benchmarks._sweeps.readers import acknowledged_by
from motherhaven.contract.errors import MotherhavenError
from motherhaven.recorder.repair import raw_scan, wal
from motherhaven.recorder.repair.raw_scan import Files

PAGE = 4096
FILE = "bot.db"
FILES = (FILE, f"{FILE}-wal")

Content = dict[str, bytearray]
Ranges = list[tuple[str, int, int]]
Saved = dict[str, tuple[object, ...]]


@dataclass
class Original:
    """A journal's files, what it holds, and where each copy of each event stands in them."""

    files: Content
    rows: Saved
    places: dict[str, list[Ranges]]
    index: bytes


def make_original(folder: Path, events: int, sizes: tuple[int, ...], kind: str) -> Original:
    """A journal that was closed, or killed with all or a part of its events in its log."""
    folder.mkdir()
    path = folder / FILE

    def fill(pipe: int) -> None:
        recorder = make_recorder(path, None)
        assert recorder.journal._connection is not None
        recorder.journal._connection.wal_autocheckpoint(30 if kind == "part" else 100_000)
        for n in range(events):
            made = recorder.record("decision", decision(n, sizes[n % len(sizes)]))
            if n % 7 == 0:
                opened = {
                    "position_id": f"p{n}", "coin": "BTC", "side": "long", "quantity_usd": 1,
                    "leverage": 1, "entry_price": 1, "status": "open",
                    "decision_id": made.event_id,
                }  # fmt: skip
                recorder.record("position_opened", opened)
        if kind == "closed":
            recorder.journal.close()
        os.kill(os.getpid(), signal.SIGKILL)

    acknowledged_by(fill)
    files = {
        name: bytearray((folder / name).read_bytes()) for name in FILES if (folder / name).exists()
    }
    index = folder / f"{FILE}-shm"
    left = index.read_bytes() if index.exists() else b""
    rows = read_rows(path)[0]
    places = places_of(files)
    assert set(places) == set(rows), "the scan of an undamaged file must find every event"
    return Original(files, rows, places, left)


def places_of(files: Content) -> dict[str, list[Ranges]]:
    """For each event, each copy of it: the byte ranges that hold it."""
    main, log = bytes(files[FILE]), bytes(files.get(f"{FILE}-wal", b""))
    newest = dict(wal.frame_pages(log, PAGE))
    found: dict[str, list[Ranges]] = {}
    for row, place in Files(main, log).rows():
        name, buffer = (f"{FILE}-wal", log) if place.in_log else (FILE, main)
        total = raw_scan.record_size(buffer, place.at)
        assert total is not None
        local = raw_scan.local_size(total, PAGE)
        end = place.at + local + (4 if local < total else 0)
        ranges = [(name, place.at - 12, end)]
        left = total - local
        number = int.from_bytes(buffer[end - 4 : end], "big")
        while left > 0:
            if number in newest:
                page = (f"{FILE}-wal", newest[number], log)
            else:
                page = (FILE, (number - 1) * PAGE, main)
            ranges.append((page[0], page[1], page[1] + PAGE))
            number = int.from_bytes(page[2][page[1] : page[1] + 4], "big")
            left -= PAGE - 4
        found.setdefault(row.event_id, []).append(ranges)
    return found


def read_rows(path: Path) -> tuple[Saved, int]:
    """All that the journal holds, by event id, and its epoch."""
    recorder = make_recorder(path, None)
    connection = recorder.journal.open_connection("normal")
    try:
        found = connection.execute("SELECT event_id, kind, time, bot_id, payload FROM events")
        rows = {str(row[0]): row[1:] for row in found}
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    finally:
        connection.close()
        recorder.journal.close()
    return rows, recorder.journal.identity.epoch


# -- kinds of damage -------------------------------------------------------------------


def _some(files: Content, rng: random.Random) -> bytearray:
    return files[rng.choice([name for name in files if files[name]])]


def flip(files: Content, rng: random.Random) -> None:
    """Noise over 1 to 64 bytes."""
    data = _some(files, rng)
    length = rng.choice((1, 2, 8, 64))
    at = rng.randrange(max(1, len(data) - length))
    data[at : at + length] = rng.randbytes(len(data[at : at + length]))


def truncate(files: Content, rng: random.Random) -> None:
    """An end that is gone; sometimes everything."""
    data = _some(files, rng)
    del data[
        rng.choice((0, rng.randrange(len(data))))
        if rng.random() < 0.1
        else rng.randrange(len(data)) :
    ]


def zero(files: Content, rng: random.Random) -> None:
    """A sector or a page of zeros."""
    data = _some(files, rng)
    size = rng.choice((512, PAGE))
    at = rng.randrange(max(1, len(data) // size)) * size
    data[at : at + size] = bytes(len(data[at : at + size]))


def splice(files: Content, rng: random.Random) -> None:
    """Bytes put in, taken out, or copied from elsewhere."""
    data = _some(files, rng)
    at, length = rng.randrange(len(data)), rng.randrange(1, PAGE)
    how = rng.randrange(3)
    if how == 0:
        data[at:at] = rng.randbytes(length)
    elif how == 1:
        del data[at : at + length]
    else:
        other = rng.randrange(len(data))
        piece = data[other : other + length]
        data[at : at + len(piece)] = piece


def swap(files: Content, rng: random.Random) -> None:
    """Two pages exchanged."""
    data = _some(files, rng)
    pages = len(data) // PAGE
    one, two = (rng.randrange(max(1, pages)) * PAGE for _ in range(2))
    data[one : one + PAGE], data[two : two + PAGE] = data[two : two + PAGE], data[one : one + PAGE]


def delete(files: Content, rng: random.Random) -> None:
    """The database gone, or its log."""
    del files[rng.choice(list(files))]


KINDS: tuple[Callable[[Content, random.Random], None], ...] = (
    flip, flip, truncate, zero, splice, swap, delete,
)  # fmt: skip


# -- the sweep -------------------------------------------------------------------------


class _Loudness(logging.Handler):
    """Remembers whether anything was said at WARNING or above."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.heard = False

    def emit(self, record: logging.LogRecord) -> None:
        """Note it."""
        self.heard = True


@dataclass
class Verdict:
    """What one damaged journal came to."""

    opened: bool
    intact: int = 0
    lost: int = 0
    false: int = 0
    silent: int = 0


def judge(folder: Path, original: Original, files: Content) -> Verdict:
    """Open the damaged files and compare with what was intact in them."""
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    if original.index:
        (folder / f"{FILE}-shm").write_bytes(original.index)
    intact = {
        event_id
        for event_id, copies in original.places.items()
        if any(all(_same(original.files, files, part) for part in ranges) for ranges in copies)
    }
    ear = _Loudness()
    log = logging.getLogger("motherhaven")
    log.addHandler(ear)
    try:
        rows, _ = read_rows(folder / FILE)
    except (MotherhavenError, AssertionError):
        return Verdict(False, len(intact), len(intact))
    finally:
        log.removeHandler(ear)
    false = sum(original.rows.get(key) != value for key, value in rows.items())
    missing = len(original.rows) - len(rows)
    return Verdict(
        True,
        len(intact),
        len(intact - set(rows)),
        false,
        int(missing > 0 and bool(files) and not ear.heard),
    )


def _same(before: Content, after: Content, part: tuple[str, int, int]) -> bool:
    name, start, end = part
    return name in after and before[name][start:end] == after[name][start:end]


def originals(folder: Path) -> list[Original]:
    """Journals of several shapes: small rows, long rows, all kinds of endings."""
    shapes = (((0,), "closed"), ((0, 2_000, 9_000), "closed"), ((0, 9_000), "killed"),
              ((0, 1_000, 3_000), "part"))  # fmt: skip
    return [
        make_original(folder / f"original-{number}", 60, sizes, kind)
        for number, (sizes, kind) in enumerate(shapes)
    ]


def sweep(folder: Path, n: int, seed: int) -> list[Tally]:
    """`n` damaged journals; `acknowledged` are the events intact in them.

    `false_damage` counts events that never were, and losses that nothing was said of.
    """
    rng = random.Random(seed)
    count = Count()
    made = originals(folder)
    for number in range(n):
        original = made[rng.randrange(len(made))]
        files = {name: bytearray(data) for name, data in original.files.items()}
        rng.choice(KINDS)(files, rng)
        place = folder / str(number)
        verdict = judge(place, original, files)
        count.acknowledged += verdict.intact
        count.lost += verdict.lost
        count.unopened += not verdict.opened
        count.false_damage += verdict.false + verdict.silent
        if verdict == Verdict(True, verdict.intact):
            shutil.rmtree(place)
    return [count.tally("damaged files: events whose bytes are intact", n, seed)]
