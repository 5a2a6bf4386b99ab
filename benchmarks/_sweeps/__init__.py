"""Sweeps over faults, each from a seed: small in the tests, large in `make soak` and here."""

import os
import random
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from motherhaven.contract.errors import MotherhavenError
from motherhaven.contract.ids import IdSource
from motherhaven.recorder import Recorder, open_recorder
from motherhaven.testing.clock import FakeClock


@dataclass(frozen=True, slots=True)
class Tally:
    """What a sweep found; `lost` and `twice` are acknowledged events."""

    what: str
    n: int
    acknowledged: int
    lost: int
    twice: int
    unopened: int
    false_damage: int
    seed: int

    @property
    def clean(self) -> bool:
        """Whether nothing went wrong."""
        return self.lost == self.twice == self.unopened == self.false_damage == 0

    def as_dict(self) -> dict[str, Any]:
        """The figures by name."""
        return asdict(self)


@dataclass(slots=True)
class Count:
    """Figures of a sweep while it runs."""

    acknowledged: int = 0
    lost: int = 0
    twice: int = 0
    unopened: int = 0
    false_damage: int = 0

    def tally(self, what: str, n: int, seed: int) -> Tally:
        """The finished figures."""
        return Tally(
            what, n, self.acknowledged, self.lost, self.twice, self.unopened,
            self.false_damage, seed,
        )  # fmt: skip


Row = Callable[[Path, int, int], list[Tally]]
"""A sweep: folder, how many, seed."""


def make_recorder(
    path: Path, seed: int | None, *, synchronous: Literal["full", "normal", "off"] = "full"
) -> Recorder:
    """A recorder under a fake clock; ids from `seed`, or random as forks need."""
    clock = FakeClock()
    source = os.urandom if seed is None else random.Random(seed).randbytes
    return open_recorder(path, clock=clock, ids=IdSource(clock, source), synchronous=synchronous)


def decision(n: int, size: int = 0) -> dict[str, Any]:
    """A decision's payload with `size` characters of raw response."""
    made: dict[str, Any] = {
        "coin": "BTC", "signal": "hold", "quantity_usd": Decimal(n), "leverage": 1,
        "confidence": Decimal("0.5"), "justification": f"decision {n}",
    }  # fmt: skip
    return made | ({"raw_response": "x" * size} if size else {})


def event_ids(path: Path) -> tuple[list[str], int]:
    """Open the journal as a bot would: the ids that it holds, and its epoch.

    Raises:
        MotherhavenError: it does not open, or what opened is not sound.
    """
    recorder = make_recorder(path, None)
    recorder.journal.wait_checked(600)
    connection = recorder.journal.open_connection("normal")
    try:
        found = [str(row[0]) for row in connection.execute("SELECT event_id FROM events")]
        if connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
            raise MotherhavenError(f"{path}: opened, but not sound")
    finally:
        connection.close()
        recorder.journal.close()
    return found, recorder.journal.identity.epoch


def compare(count: Count, path: Path, acknowledged: Iterable[str], *, sound: bool = True) -> None:
    """Open a journal after a fault and add what is lost, doubled or falsely called damaged."""
    known = list(acknowledged)
    count.acknowledged += len(known)
    try:
        found, epoch = event_ids(path)
    except MotherhavenError:
        count.unopened += 1
        count.lost += len(known)
        return
    count.lost += len(set(known) - set(found))
    count.twice += len(found) - len(set(found))
    count.false_damage += sound and epoch != 1
