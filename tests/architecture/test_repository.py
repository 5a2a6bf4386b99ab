"""What the repository may and must hold, over all files that git knows or would add."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from scripts.complete_npm_lock import complete

ROOT = Path(__file__).resolve().parents[2]
# Spelt in parts, or this file would break its own rule.
REGISTRY_HOSTS = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("deb", "debian", "org"),
        ("crates", "io"),
        ("proxy", "golang", "org"),
        ("repo1", "maven", "org"),
    )
]


def tracked() -> list[Path]:
    """Files that git knows, and those that the next `git add` would take."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    paths = [ROOT / os.fsdecode(name) for name in listed.split(b"\0") if name]
    return [path for path in paths if path.is_file()]


def npm_locks() -> list[tuple[str, dict[str, Any]]]:
    """Every npm lock file: its path and its contents."""
    found = [path for path in tracked() if path.name == "package-lock.json"]
    return [
        (str(path.relative_to(ROOT)), json.loads(path.read_text(encoding="utf-8")))
        for path in found
    ]


def test_no_file_names_the_host_of_a_package_registry() -> None:
    """A lock file or text that ties the project to one registry is named here."""
    files = tracked()
    assert len(files) > 50
    pattern = re.compile("|".join(map(re.escape, REGISTRY_HOSTS)).encode())
    assert [str(p.relative_to(ROOT)) for p in files if pattern.search(p.read_bytes())] == []


def test_npm_locks_do_not_say_where_a_package_was_fetched() -> None:
    """`npm ci` takes every package from the registry of the machine it runs on."""
    locks = npm_locks()
    assert {name for name, _ in locks} >= {
        "dashboard/package-lock.json",
        "scripts/browser/package-lock.json",
    }
    told = [
        f"{name}: {path}"
        for name, lock in locks
        for path, entry in lock["packages"].items()
        if "resolved" in entry
    ]
    assert told == [], "run: python scripts/complete_npm_lock.py FILE"


def test_npm_locks_hold_the_packages_of_every_platform_with_their_hashes() -> None:
    """Nothing optional is left out, and what was fetched when locking has its hash."""
    for name, lock in npm_locks():
        packages = {path: entry for path, entry in lock["packages"].items() if path}
        unhashed = [
            path
            for path, entry in packages.items()
            if "integrity" not in entry and not entry.get("optional") and not entry.get("inBundle")
        ]
        assert unhashed == [], name
        assert complete(lock) == [], f"run: python scripts/complete_npm_lock.py {name}"


def test_the_licence_is_there_and_is_the_one_that_the_metadata_names() -> None:
    """LICENSE holds the MIT text, and both manifests name it."""
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License\n")
    assert 'license = "MIT"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["license"] == "MIT"


def test_secrets_and_what_is_built_stay_out_of_git() -> None:
    """git ignores settings with keys, data, environments, locks of uv and the built page."""
    names = [
        ".env",
        ".env.local",
        "dashboard/.env.local",
        "data/server.db",
        "logs/bot.log",
        ".venv/bin/python",
        ".tools/uv/bin/uv",
        "uv.lock",
        "dashboard/node_modules/next/package.json",
        "src/motherhaven/server/page/llm-bot.html",
    ]
    command = ["git", "check-ignore", *names, ".env.example"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == names


@pytest.mark.parametrize("where", ["README.md", "CONTRIBUTING.md", ".ci/run"])
def test_everyone_runs_the_same_test_command(where: str) -> None:
    """The command in the README is the one that CI calls, and the Makefile has it."""
    assert re.search(r"^(exec )?make test\b", (ROOT / where).read_text("utf-8"), re.MULTILINE)
    assert re.search(r"^test:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)


def test_ci_installs_nothing_by_itself() -> None:
    """.ci/run can be executed and calls `make test` alone, which must bring all it needs."""
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    lines = script.read_text(encoding="utf-8").splitlines()
    commands = [line for line in lines if line and not line.startswith("#")]
    assert commands == ["set -euo pipefail", 'cd "$(dirname "$0")/.."', "exec make test"]


def test_every_target_that_help_promises_exists() -> None:
    """The commands that the issue tracker and the texts rely on are in the Makefile."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):.*## ", text, re.MULTILINE))
    assert targets >= {"up", "test", "bench", "soak", "clean", "page", "lock", "fmt", "check"}
