"""Reliability: what faults of every kind cost; with --full at full size, into reliability.md.

Each sweep is a function of folder, size and seed in `benchmarks/_sweeps`; a new kind of
fault is one more line in SWEEPS.
"""

import sys
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

import benchmarks
from benchmarks._sweeps import Row, Tally, corruptions, cuts, kills, readers, signals

TABLE: Final = Path(__file__).with_name("reliability.md")
_COLUMNS: Final = (
    ("what", "what"), ("n", "n"), ("acknowledged", "acknowledged"), ("lost", "lost"),
    ("twice", "twice"), ("unopened", "journals that do not open"),
    ("false_damage", "false damage"), ("seed", "seed"),
)  # fmt: skip
_SMALL: Final = 20
_MAY_LOSE: Final = "synchronous=NORMAL"

Figure = tuple[str, float, str]


class Sweep(NamedTuple):
    """One sweep: its function, its full size, its seed."""

    run: Row
    size: int
    seed: int


SWEEPS: Final = (
    Sweep(kills.sweep, 1_000, 11),
    Sweep(cuts.sweep, 2_000, 12),
    Sweep(corruptions.sweep, 850, 13),
    Sweep(readers.sweep, 10_000, 14),
    Sweep(signals.sweep, 2_000, 15),
)


def run(rounds: int) -> list[Figure]:
    """The sweeps, a twentieth of their size without --full; `rounds` changes nothing.

    Raises:
        SystemExit: something was lost, doubled, refused or falsely called damaged.
    """
    tallies: list[Tally] = []
    for sweep in SWEEPS:
        size = sweep.size if benchmarks.FULL else max(1, sweep.size // _SMALL)
        with tempfile.TemporaryDirectory() as folder:
            tallies += sweep.run(Path(folder), size, sweep.seed)
    if benchmarks.FULL:
        TABLE.write_text(table(tallies), encoding="utf-8")
    bad = [tally for tally in tallies if not tally.clean and _MAY_LOSE not in tally.what]
    for tally in bad:
        print(f"FAILED: {tally}", file=sys.stderr)
    if bad:
        raise SystemExit(1)
    return [(tally.what[:34], tally.lost, f"lost of {tally.acknowledged}") for tally in tallies]


def table(tallies: list[Tally]) -> str:
    """The figures as a page."""
    lines = [
        "# Reliability",
        "",
        "Written by `python -m benchmarks reliability --full` (part of `make soak`). Each row is a",
        "sweep over faults drawn from its seed; lost and twice count acknowledged events. Power",
        "cuts replay a run's writes with torn 512-byte sectors; at synchronous=NORMAL, which the",
        "recorder does not use, they must lose events, or the sweep could not see a loss. For",
        "damaged files, acknowledged are the events whose bytes the damage left intact, and false",
        "damage counts events that never were and losses of which nothing was said.",
        "",
        "| " + " | ".join(title for _, title in _COLUMNS) + " |",
        "|" + " --- |" * len(_COLUMNS),
    ]
    for tally in tallies:
        cells = tally.as_dict()
        lines.append("| " + " | ".join(str(cells[name]) for name, _ in _COLUMNS) + " |")
    return "\n".join(lines) + "\n"
