"""`motherhaven adopt`, and copies of a project that is still being taken over."""

import asyncio
import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from motherhaven.stores.firestore import paths
from tests.acceptance.processes import clean_environment
from tests.faults.firestore.kit import put, raw
from tests.faults.firestore.test_firestore_old_documents import DECISION, STATUS, old_project
from tests.firestore_emulator import emulator_host
from tests.patience import HANG_SECONDS


def run(folder: Path, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """A command that ends with `code` and without a traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "motherhaven.cli.main", *words], cwd=folder, text=True,
        env=clean_environment(folder, FIRESTORE_EMULATOR_HOST=emulator_host()),
        capture_output=True, timeout=HANG_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


def test_what_an_old_writer_adds_is_adopted_by_the_command(project: str, tmp_path: Path) -> None:
    """First all, then what came since, then nothing; counted once each."""
    url = f"firestore://{project}"

    async def write(*more: str) -> None:
        async with raw(project) as client:
            if not more:
                await old_project(client)
            for coin in more:
                await put(client, paths.OLD_DECISIONS, DECISION | {"coin": coin})

    asyncio.run(write())
    assert run(tmp_path, "adopt", "--store", url).stdout == "adopted 6 documents\n"
    asyncio.run(write("SOL", "XRP"))
    assert run(tmp_path, "adopt", "--store", url).stdout == "adopted 2 documents\n"
    assert run(tmp_path, "adopt", "--store", url).stdout == "adopted 0 documents\n"


def test_a_backup_of_a_project_never_opened_before_is_whole(project: str, tmp_path: Path) -> None:
    """The first open takes over hundreds of documents: the copy waits for the last of them."""

    async def write() -> None:
        async with raw(project) as client:
            for minute in range(230):
                stamp = f"2026-01-02T{minute // 60:02}:{minute % 60:02}:00"
                await put(client, paths.OLD_STATUS, STATUS | {"timestamp": stamp})

    asyncio.run(write())
    done = run(tmp_path, "backup", "x.gz", "--store", f"firestore://{project}")
    assert done.stdout.startswith("saved 230 events")
    lines = gzip.decompress((tmp_path / "x.gz").read_bytes()).splitlines()
    assert sum("event_id" in json.loads(line) for line in lines) == 230


@pytest.mark.parametrize("store", ["memory:", "sqlite:///a.db"])
def test_other_stores_have_nothing_to_adopt(store: str, tmp_path: Path) -> None:
    """One clear line that names what to do instead."""
    (tmp_path / "a.db").touch()
    done = run(tmp_path, "adopt", "--store", store, code=1)
    assert "firestore://PROJECT" in done.stderr
