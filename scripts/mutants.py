"""Break one safeguard at a time in a copy of the tree; the tests named for it must turn red.

Run by `make mutants`; WORDS choose the mutants whose name has one of them. Exit code 0: all
were killed; 1: one survived; 2: the list is not true of the tree, or the tests are red without
any mutant.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

if __name__ == "__main__" and __package__ is None:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

ROOT: Final = Path(__file__).resolve().parents[1]
KEPT: Final = (
    "src",
    "tests",
    "benchmarks",
    "scripts",
    "config",
    "trading",
    "web",
    "examples",
    "deploy",
)
"""Folders that quick tests read; beside them the files of the root."""
SECONDS: Final = 300
"""A run of tests that takes longer hangs, and the mutant counts as killed."""

_RED: Final = 1
_SKIPPED: Final = shutil.ignore_patterns("__pycache__", "node_modules", ".*", "page")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one file. `old` stands there exactly once; `tests` are pytest's words."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


def fault_of(mutant: Mutant, root: Path) -> str | None:
    """Why the mutant cannot be applied to the tree at `root`; None when it can."""
    path = root / mutant.file
    if not path.is_file():
        return f"{mutant.file} is gone; name the file that has the safeguard now"
    text = path.read_text(encoding="utf-8")
    found = text.count(mutant.old)
    if found != 1:
        return (
            f"{mutant.file} has its text {found} times, not once; mend `old` in "
            "scripts/mutant_list.py"
        )
    try:
        compile(text.replace(mutant.old, mutant.new), mutant.file, "exec")
    except SyntaxError as error:
        return f"its new text is no Python ({error.msg}); mend `new` in scripts/mutant_list.py"
    return None


class Copy:
    """A copy of the tree in which mutants are applied and taken back."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.folder = folder
        self._clock = time.time()
        for name in KEPT:
            if (root / name).is_dir():
                shutil.copytree(root / name, folder / name, ignore=_SKIPPED)
        for path in root.iterdir():
            if path.is_file() and not path.name.startswith("."):
                shutil.copy2(path, folder / path.name)

    def write(self, file: str, text: str) -> None:
        """Replace a file; its time is always another, so that no compiled old text is taken."""
        path = self.folder / file
        path.write_text(text, encoding="utf-8")
        self._clock += 10
        os.utime(path, (self._clock, self._clock))

    def run(self, tests: Sequence[str]) -> int:
        """pytest's exit code for `tests`; 1, too, when they hang."""
        environment = os.environ | {"PYTHONPATH": str(self.folder / "src")}
        command = [sys.executable, "-m", "pytest", "-q", "-x", "--no-header", "--tb=no", *tests]
        try:
            return subprocess.run(
                command, cwd=self.folder, env=environment, timeout=SECONDS, check=False,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            ).returncode  # fmt: skip
        except subprocess.TimeoutExpired:
            return _RED


def run(mutants: Sequence[Mutant], root: Path = ROOT, say: Callable[[str], None] = print) -> int:
    """Try every mutant; the exit code of the command."""
    faults = [(mutant, fault) for mutant in mutants if (fault := fault_of(mutant, root))]
    for mutant, fault in faults:
        say(f"STALE     {mutant.name}: {fault}")
    if faults or not mutants:
        return 2
    with tempfile.TemporaryDirectory(prefix="motherhaven-mutants-") as name:
        copy = Copy(root, Path(name))
        red = [tests for tests in dict.fromkeys(m.tests for m in mutants) if copy.run(tests)]
        for tests in red:
            say(f"RED       without any mutant: pytest {' '.join(tests)}")
        if red:
            return 2
        fates = [(mutant, _try(copy, mutant, say)) for mutant in mutants]
    survivors = [mutant.name for mutant, fate in fates if fate == "SURVIVED"]
    broken = [mutant.name for mutant, fate in fates if fate == "BROKEN"]
    say(f"{len(fates) - len(survivors) - len(broken)} of {len(fates)} mutants killed")
    for name in survivors:
        say(f"SURVIVED  {name}: no test that is named for it turns red; write one")
    for name in broken:
        say(f"BROKEN    {name}: its tests could not run; mend `new` or `tests`")
    return 1 if survivors else 2 if broken else 0


def _try(copy: Copy, mutant: Mutant, say: Callable[[str], None]) -> str:
    text = (copy.folder / mutant.file).read_text(encoding="utf-8")
    begun = time.monotonic()
    copy.write(mutant.file, text.replace(mutant.old, mutant.new))
    try:
        code = copy.run(mutant.tests)
    finally:
        copy.write(mutant.file, text)
    fate = {0: "SURVIVED", _RED: "killed"}.get(code, "BROKEN")
    say(f"{fate:<9} {mutant.name} ({time.monotonic() - begun:.1f} s)")
    return fate


def main() -> int:
    """The command."""
    from scripts.mutant_list import MUTANTS

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*", help="only mutants whose name has one of these words")
    parser.add_argument("--list", action="store_true", help="print the names and stop")
    options = parser.parse_args()
    chosen = [m for m in MUTANTS if not options.words or any(w in m.name for w in options.words)]
    if options.list:
        print("\n".join(mutant.name for mutant in chosen))
        return 0
    return run(chosen, say=lambda text: print(text, flush=True))


if __name__ == "__main__":
    sys.exit(main())
