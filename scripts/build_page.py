"""Build the page in dashboard/ and put it where the server and the wheel take it from.

    python scripts/build_page.py             build
    python scripts/build_page.py --if-stale  build only when the page is missing or older
    python scripts/build_page.py --check     end with 0 when it is there and up to date, else 1
    python scripts/build_page.py --packages  install its packages, build nothing

The page carries a digest of the sources it was built from. It is replaced by renaming
whole folders, so that a running server never shows half of one; one process builds at a time.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.common import ROOT, TOOLS, ToolError, only_one, say, stop
from scripts.node_env import node_environment, program

DASHBOARD = ROOT / "dashboard"
PAGE = ROOT / "src" / "motherhaven" / "server" / "page"
STAMP = "built-from.txt"
BUILD_ONLY = "build"  # after the digest in a stamp: what lints and tests the page is not there
ENTRY = "llm-bot.html"
NOT_SOURCES = {"node_modules", ".next", "out", "coverage", "test-results", "next-env.d.ts"}
LAST_LINES = 40
# Not in dashboard/.next: `next build` empties that folder.
LOCK = TOOLS / "build-page.lock"
DOING = "building the page"
SKIP = "MOTHERHAVEN_PAGE_BUILD"  # "never": `npm run dev` shows the page without building it


def sources_digest(dashboard: Path) -> str:
    """Digest of every file that the built page depends on: names and contents."""
    state = hashlib.sha256()
    for folder, folders, files in os.walk(dashboard):
        folders[:] = sorted(name for name in folders if name not in NOT_SOURCES)
        for name in sorted(files):
            if name in NOT_SOURCES or name.endswith(".tsbuildinfo"):
                continue
            path = Path(folder, name)
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            state.update(f"{path.relative_to(dashboard).as_posix()}\0{content}\n".encode())
    return state.hexdigest()


def page_problem(page: Path, dashboard: Path | None = None) -> str | None:
    """Why the page in `page` cannot be shipped or shown, or None when it can.

    With `dashboard`, a page built from other sources than those is a problem too.
    """
    if not (page / ENTRY).is_file():
        return f"there is no {ENTRY}"
    if not any((page / "_next").rglob("*.js")):
        return "its JavaScript is missing"
    if dashboard is None or not (dashboard / "package.json").is_file():
        return None
    stamp = page / STAMP
    built_from = stamp.read_text(encoding="utf-8").strip() if stamp.is_file() else ""
    return None if built_from == sources_digest(dashboard) else "its sources have changed"


def _quietly(command: list[str], *, cwd: Path, env: dict[str, str], fix: str) -> None:
    """Run a command; show its last lines only when it fails."""
    done = subprocess.run(
        command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, text=True, errors="replace",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        sys.stderr.write("\n".join(done.stdout.splitlines()[-LAST_LINES:]) + "\n")
        shown = " ".join([Path(command[0]).stem, *command[1:]])
        raise ToolError(f"`{shown}` in {cwd} ended with exit code {done.returncode}. {fix}")


def ensure_modules(dashboard: Path, env: dict[str, str]) -> None:
    """Install all packages of a folder's npm lock file, unless they are there already.

    Raises:
        ToolError: the lock file is missing or npm failed.
    """
    with only_one(LOCK, DOING):
        _install_modules(dashboard, env, checks=True)


def _install_modules(dashboard: Path, env: dict[str, str], *, checks: bool) -> None:
    """Install what a build needs, with `checks` also what lints and tests the page."""
    lock = dashboard / "package-lock.json"
    if not lock.is_file():
        raise ToolError(f"{lock} is missing. Restore it: git checkout -- dashboard")
    manifest = (dashboard / "package.json").read_bytes()
    wanted = hashlib.sha256(manifest + b"\0" + lock.read_bytes()).hexdigest()
    stamp = dashboard / "node_modules" / ".motherhaven"
    there = stamp.read_text(encoding="utf-8") if stamp.is_file() else ""
    if there == wanted or (there == f"{wanted} {BUILD_ONLY}" and not checks):
        return
    say(f"installing the packages of {dashboard.name}/package-lock.json")
    _quietly(
        [
            program("npm", env),
            "ci",
            "--ignore-scripts",
            "--loglevel=error",
            *(() if checks else ("--omit=dev",)),
        ],
        cwd=dashboard,
        env=env,
        fix="If a package could not be fetched, check the network and run this again; if the lock "
        "file does not fit package.json, run `npm install` there and scripts/complete_npm_lock.py.",
    )
    stamp.parent.mkdir(exist_ok=True)
    stamp.write_text(wanted if checks else f"{wanted} {BUILD_ONLY}", encoding="utf-8")


def _replace(page: Path, dashboard: Path, digest: str) -> None:
    """Put a copy of the build in place of `page` by renaming whole folders."""
    built, work = dashboard / "out", dashboard / ".next"
    fresh, old = work / "page-new", work / "page-old"
    for leftover in (fresh, old):
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.copytree(built, fresh)
    (fresh / STAMP).write_text(digest + "\n", encoding="utf-8")
    problem = page_problem(fresh)
    if problem:
        raise ToolError(f"`npm run build` left no usable page in {built}: {problem}.")
    page.parent.mkdir(parents=True, exist_ok=True)
    if page.exists():
        page.rename(old)
    fresh.rename(page)
    shutil.rmtree(old, ignore_errors=True)


def is_current(dashboard: Path, page: Path) -> bool:
    """Whether nothing needs to be built, or nothing is to be."""
    return os.environ.get(SKIP) == "never" or page_problem(page, dashboard) is None


def build_page(dashboard: Path = DASHBOARD, page: Path = PAGE, *, if_stale: bool = False) -> bool:
    """Build the page; with `if_stale` only when it is missing or its sources have changed.

    Returns:
        Whether it was built.

    Raises:
        ToolError: there is no Node, or a step of npm failed; the text tells the fix.
    """
    if not (dashboard / "package.json").is_file():
        raise ToolError(f"{dashboard} holds no page to build. Run this in a full checkout.")
    if if_stale and is_current(dashboard, page):
        return False
    with only_one(LOCK, DOING):
        problem = page_problem(page, dashboard)
        if if_stale and problem is None:
            return False
        say(f"building the page ({problem or 'asked for'}); this takes a minute")
        started = time.monotonic()
        env = node_environment()
        _install_modules(dashboard, env, checks=False)
        digest = sources_digest(dashboard)
        fix = "Mend what the lines above name, then run `make page` again."
        _quietly([program("npm", env), "run", "build"], cwd=dashboard, env=env, fix=fix)
        _replace(page, dashboard, digest)
        say(f"page built in {time.monotonic() - started:.0f} s")
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the page.")
    parser.add_argument("--if-stale", action="store_true", help="only when it is out of date")
    parser.add_argument("--check", action="store_true", help="only tell whether it is current")
    parser.add_argument("--packages", action="store_true", help="only install its packages")
    parser.add_argument("--dashboard", type=Path, default=DASHBOARD, help="its sources")
    parser.add_argument("--page", type=Path, default=PAGE, help="where the built page goes")
    given = parser.parse_args()
    dashboard = given.dashboard.resolve()
    try:
        if given.check:
            sys.exit(0 if is_current(dashboard, given.page.resolve()) else 1)
        if given.packages:
            ensure_modules(dashboard, node_environment())
        else:
            build_page(dashboard, given.page.resolve(), if_stale=given.if_stale)
    except ToolError as error:
        stop(error)


if __name__ == "__main__":
    main()
