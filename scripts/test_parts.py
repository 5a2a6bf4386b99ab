"""The parts of the test suite, for processes that run side by side.

A part is what one pytest process runs. Each lane takes the next part when it is done with one,
the longest first, so all end at about the same time on a machine of any pace. Parts share no
port (LANE gives each process a range of its own), no folder and no database server.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

LANE: Final = "MOTHERHAVEN_TEST_LANE"
"""The variable that tells a process its number, from 0 on; see scripts/ports.py."""

LANES: Final = 3
"""One more than the cores of a small machine: real bots and servers wait most of their time."""

PARTS: Final[tuple[tuple[str, ...], ...]] = (
    ("tests/acceptance/test_[a-l]*",),
    ("tests/browser",),
    ("tests/acceptance/test_[m-z]*",),
    ("tests/conformance/server", "tests/conformance/venues", "tests/conformance/test_*.py"),
    ("tests/faults",),
    ("tests/acceptance/bot",),
    ("tests/conformance/stores",),
    ("tests/unit/server", "tests/unit/stores"),
    ("tests/golden",),
    ("tests/property",),
    ("tests/unit/[a-r]*", "tests/unit/se[t-z]*", "tests/unit/[tv]*"),
    ("tests/architecture",),
)
"""Patterns of folders and files below the checkout, the longest part first."""


def paths_of(part: Iterable[str], root: Path) -> list[str]:
    """What the patterns of a part stand for, relative to `root`, for pytest."""
    found = {path for pattern in part for path in root.glob(pattern)}
    return sorted(str(one.relative_to(root)) for one in found if "__pycache__" not in one.parts)


@dataclass
class Result:
    """What became of the tests of one or of many parts; seconds are of the test's own calls."""

    passed: int = 0
    failed: list[str] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    seconds: list[tuple[float, str]] = field(default_factory=list)

    def add(self, report: Path) -> None:
        """Add what a process wrote with --junitxml."""
        for case in ET.parse(report).getroot().iter("testcase"):  # noqa: S314  # our own file
            name = f"{case.get('classname')}::{case.get('name')}"
            self.seconds.append((float(case.get("time", "0")), name))
            skip = case.find("skipped")
            if case.find("failure") is not None or case.find("error") is not None:
                self.failed.append(name)
            elif skip is not None:
                self.skipped.append((name, str(skip.get("message"))))
            else:
                self.passed += 1

    def lines(self, slowest: int = 10) -> list[str]:
        """The summary: the slowest tests, every skip with its reason, every failure, the counts."""
        told = [f"  {taken:6.1f} s  {name}" for taken, name in sorted(self.seconds)[-slowest:]]
        told += [f"  skipped {name}: {reason}" for name, reason in sorted(self.skipped)]
        told += [f"  FAILED {name}" for name in sorted(self.failed)]
        counts = f"{self.passed} passed, {len(self.failed)} failed, {len(self.skipped)} skipped"
        return [*told, f"  {counts}"]
