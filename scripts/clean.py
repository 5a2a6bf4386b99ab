"""Remove what the tools have made; never data, logs, settings or anything that git knows.

python scripts/clean.py         builds, caches and results of tests
python scripts/clean.py --all   also .venv, .tools and node_modules
"""

import argparse
import shutil
import sys
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.common import ROOT, say

MADE = (
    "dist",
    "dashboard/.next",
    "dashboard/out",
    "dashboard/next-env.d.ts",
    "src/motherhaven/server/page",
    "test-results",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".hypothesis",
    ".import_linter_cache",
)
INSTALLED = (".venv", ".tools", "dashboard/node_modules")
HOLD_PYTHON = ("src", "tests", "scripts", "benchmarks", "trading", "web", "config")


def made(root: Path, *, installed: bool = False) -> list[Path]:
    """What there is to remove under `root`; with `installed`, what bootstrapping made too."""
    paths = [root / name for name in MADE + (INSTALLED if installed else ())]
    for folder in HOLD_PYTHON:
        paths += (root / folder).rglob("__pycache__")
    paths += (root / "dashboard").glob("*.tsbuildinfo")
    return [path for path in [*paths, root / "__pycache__"] if path.exists()]


def main() -> None:
    parser = argparse.ArgumentParser(description="Remove what the tools have made.")
    parser.add_argument("--all", action="store_true", help="installed packages too")
    for path in made(ROOT, installed=parser.parse_args().all):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        say(f"removed {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
