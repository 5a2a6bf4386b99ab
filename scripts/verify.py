"""Every check of the project, in one order, for a developer and for CI alike.

    python scripts/verify.py                        all of it: what `make test` runs
    python scripts/verify.py --static               the checks that run no code of the project
    python scripts/verify.py -- tests/unit -k money  all, with other arguments for pytest

All steps run even when one has failed; the program fails when any of them did.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.build_page import DASHBOARD, build_page, ensure_modules
from scripts.chromium import find_chromium
from scripts.common import ROOT, VENV, ToolError, say, venv_bin
from scripts.node_env import node_environment, program

Step = tuple[str, Callable[[], None]]


def _python_tool(name: str, *args: str) -> None:
    command: list[str | Path] = [venv_bin(VENV, name), *args]
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        raise ToolError(f"{name} ended with exit code {done.returncode}")


def _page_checks(*scripts: str) -> None:
    env = node_environment()
    ensure_modules(DASHBOARD, env)
    for script in scripts:
        command = [program("npm", env), "run", "--silent", script]
        done = subprocess.run(
            command, cwd=DASHBOARD, env=env, stdin=subprocess.DEVNULL, check=False
        )
        if done.returncode != 0:
            raise ToolError(f"npm run {script} in dashboard ended with {done.returncode}")


STATIC: list[Step] = [
    ("ruff check", lambda: _python_tool("ruff", "check", "--quiet")),
    ("ruff format", lambda: _python_tool("ruff", "format", "--check", "--quiet")),
    ("mypy", lambda: _python_tool("mypy")),
    ("lint-imports", lambda: _python_tool("lint-imports")),
]
PAGE_STATIC: list[Step] = [("page: lint and types", lambda: _page_checks("lint", "typecheck"))]
PAGE: list[Step] = [
    ("page: verify", lambda: _page_checks("verify")),
    ("page: build", lambda: _discard(build_page(if_stale=True))),
    ("browser", lambda: say(f"Chromium for the tests: {find_chromium().executable}")),
]


def _discard(_result: object) -> None:
    """Turn a function's result into none."""


def _run(steps: list[Step]) -> list[str]:
    """Run all steps; the names of those that failed."""
    failed = []
    for name, step in steps:
        say(f"== {name}")
        started = time.monotonic()
        try:
            step()
        except ToolError as error:
            say(f"FAILED {name}: {error}")
            failed.append(name)
        else:
            say(f"ok {name} ({time.monotonic() - started:.1f} s)")
    return failed


def main() -> None:
    parser = argparse.ArgumentParser(description="Run the project's checks.")
    parser.add_argument("--static", action="store_true", help="run no code of the project")
    parser.add_argument("pytest", nargs="*", help="arguments for pytest, after --")
    given = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # a text stream here
    steps = STATIC + PAGE_STATIC
    if not given.static:
        tests: Step = ("pytest", lambda: _python_tool("pytest", *given.pytest))
        steps = [*STATIC, *PAGE, tests]
    failed = _run(steps)
    if failed:
        say(f"FAILED steps: {', '.join(failed)}")
        raise SystemExit(1)


if __name__ == "__main__":
    main()
