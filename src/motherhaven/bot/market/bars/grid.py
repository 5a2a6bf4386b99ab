"""The interval that bars keep, and which bar does not keep it."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Final

SECOND: Final = 1_000_000
"""Times are microseconds since 1970."""
MINUTE: Final = 60 * SECOND
LONGEST: Final = 8 * 24 * 3600 * SECOND

_FEW: Final = 10
"""With fewer bars than this every grid that all of them keep is believed."""
_CANDIDATES: Final = 50


class OffGrid(ValueError):
    """A bar stands beside the grid; `index` counts from 0, `late` is in microseconds."""

    def __init__(self, index: int, late: int, interval: int) -> None:
        super().__init__(index, late, interval)
        self.index = index
        self.late = late
        self.interval = interval


def find_interval(stamps: Sequence[int]) -> int:
    """The interval of rising `stamps` in microseconds; a minute for a single bar.

    It is the commonest step that nine bars in ten keep, so that a bar that comes late is
    named itself; steps may be whole multiples of it (holes in the data).

    Raises:
        OffGrid: a bar does not keep it.
    """
    steps = Counter(later - earlier for earlier, later in pairwise(stamps))
    if not steps:
        return MINUTE
    common = steps.most_common(_CANDIDATES)
    least = min(steps)
    divides = all(step % least == 0 for step in steps)
    if divides and (len(stamps) < _FEW or least == common[0][0]):
        return least
    few = max(1, len(stamps) // _FEW)
    for step, _ in sorted(common, key=lambda one: (-one[1], one[0])):
        phase, kept = Counter(stamp % step for stamp in stamps).most_common(1)[0]
        if kept == len(stamps):
            return step
        if len(stamps) - kept <= few:
            raise _off(stamps, step, phase)
    if divides:
        return least
    step = common[0][0]
    raise _off(stamps, step, Counter(stamp % step for stamp in stamps).most_common(1)[0][0])


def _off(stamps: Sequence[int], step: int, phase: int) -> OffGrid:
    for index, stamp in enumerate(stamps):
        late = (stamp - phase) % step
        if late:
            return OffGrid(index, late if 2 * late <= step else late - step, step)
    raise AssertionError("every stamp keeps the grid")  # pragma: no cover


def told(microseconds: int) -> str:
    """A span for people: 13 s, 500 ms, 1 d."""
    for unit, size in (("d", 86_400 * SECOND), ("h", 3600 * SECOND), ("min", MINUTE)):
        if microseconds % size == 0 and microseconds:
            return f"{microseconds // size} {unit}"
    if microseconds % SECOND == 0:
        return f"{microseconds // SECOND} s"
    return f"{timedelta(microseconds=microseconds) / timedelta(milliseconds=1):g} ms"
