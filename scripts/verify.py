"""Every check of the project, for a developer and for CI alike.

    python scripts/verify.py                        all of it: what `make test` runs
    python scripts/verify.py --static               the checks that run no code of the project
    python scripts/verify.py --fast                 static checks, unit tests without a process
    python scripts/verify.py -- tests/unit -k money  all, with other arguments for one pytest

Three steps run side by side, the tests in parts (test_parts.py). All run even when one has failed;
the program fails when any of them did. When everything has passed on a clean tree, the commit is
written to .tools/green.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.build_page import DASHBOARD, build_page, ensure_modules
from scripts.chromium import find_chromium
from scripts.common import ROOT, TOOLS, VENV, ToolError, say, venv_bin
from scripts.node_env import node_environment, program
from scripts.side_by_side import Step, finished, run_steps
from scripts.test_parts import LANES, PARTS, Result, paths_of
from scripts.test_programs import bring_programs, tell

GREEN = TOOLS / "green"
MEMORY = Path("/dev/shm")  # noqa: S108  # a folder of our own is made in it
ROOM_BYTES = 6 << 30
ON_DISK = ("tests/faults",)
"""Parts that are about what a disk does."""
FAST = (
    ("tests/unit/server", "tests/unit/metrics", "tests/unit/settings"),
    ("tests/unit/bot_core", "tests/unit/bot_shell", "tests/unit/contract"),
)


def _tool(name: str, *args: str) -> Step:
    command: list[str | Path] = [venv_bin(VENV, name), *args]
    return Step(name, lambda lane: finished(command, lane))


def _page_step(*scripts: str) -> Step:
    def check(lane: int) -> str:
        env = node_environment()
        ensure_modules(DASHBOARD, env)
        told = ""
        for script in scripts:
            command = [program("npm", env), "run", "--silent", script]
            told += finished(command, lane, cwd=DASHBOARD, env=env)
        return told

    return Step(f"page: {' and '.join(scripts)}", check)


def _prepared(_lane: int) -> str:
    """The page and the browser, which tests of both processes use."""
    build_page(if_stale=True)
    return f"Chromium for the tests: {find_chromium().executable}\n"


def _room() -> Path | None:
    """Where there is room for what tests write: memory, so that none waits for the disk.

    None: where temporary files are kept. A kill of a process loses nothing in either place.
    """
    with suppress(OSError):
        if shutil.disk_usage(MEMORY).free >= ROOM_BYTES and os.access(MEMORY, os.W_OK):
            return MEMORY
    return None


def _pytest(name: str, args: list[str], folder: Path) -> Step:
    report = f"--junitxml={folder / name.replace('/', '-')}.xml"
    command: list[str | Path] = [venv_bin(VENV, "pytest"), report, *args]
    env = dict(os.environ)
    if name not in ON_DISK:
        env["TMPDIR"] = str(folder)
    return Step(f"pytest {name}", lambda lane: finished(command, lane, env=env))


STATIC = [
    _tool("ruff", "check", "--quiet"),
    Step("ruff format", lambda n: finished([venv_bin(VENV, "ruff"), "format", "--check", "-q"], n)),
    _tool("lint-imports"),
    _tool("mypy"),
]
PREPARE = [
    Step("page: build, browser", _prepared),
    Step("programs for the tests", lambda _lane: tell(bring_programs())),
]


def _tests(given: list[str], folder: Path, *, fast: bool) -> list[Step]:
    if fast:
        return [
            _pytest(part[0], ["--no-processes", "-m", "not (soak or long)", *part, *given], folder)
            for part in FAST
        ]
    if given:
        return [_pytest("chosen", given, folder)]
    return [_pytest(part[0], paths_of(part, ROOT), folder) for part in PARTS]


def _commit() -> str | None:
    """The commit of a tree without changes; None of any other."""
    try:
        changes = finished(["git", "status", "--porcelain"], 0)
        return None if changes.strip() else finished(["git", "rev-parse", "HEAD"], 0).strip()
    except ToolError:
        return None


def _note_green(before: str | None) -> None:
    if before is not None and before == _commit():
        GREEN.write_text(before + "\n", encoding="utf-8")
        say(f"all is well with {before}; noted in {GREEN.relative_to(ROOT)}")
    else:
        say("all is well; the tree has changes, so no commit is noted")


def main() -> None:
    parser = argparse.ArgumentParser(description="Run the project's checks.")
    parser.add_argument("--static", action="store_true", help="run no code of the project")
    parser.add_argument("--fast", action="store_true", help="the page and all processes left out")
    parser.add_argument("pytest", nargs="*", help="arguments for pytest, after --")
    given = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # a text stream here
    started, before = time.monotonic(), _commit()
    with tempfile.TemporaryDirectory(prefix="mh-tests-", dir=_room()) as name:
        folder = Path(name)
        if given.static:
            failed = run_steps([*STATIC, _page_step("lint", "typecheck")], LANES)
        elif given.fast:
            failed = run_steps([*_tests(given.pytest, folder, fast=True), *STATIC], LANES)
        else:
            failed = run_steps(PREPARE, LANES)
            rest = [
                *STATIC,
                _page_step("verify", "size"),
                *_tests(given.pytest, folder, fast=False),
            ]
            failed += run_steps(rest, LANES)
        result = Result()
        for report in sorted(folder.glob("*.xml")):
            result.add(report)
    if not given.static:
        print("\n".join(result.lines()))
    say(f"{time.monotonic() - started:.0f} s in all")
    if failed:
        say(f"FAILED steps: {', '.join(failed)}")
        raise SystemExit(1)
    if not (given.static or given.fast or given.pytest):
        _note_green(before)


if __name__ == "__main__":
    main()
