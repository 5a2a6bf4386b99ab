"""kill -9 in mid-append: what was acknowledged is stored, once, and the totals agree."""

import asyncio
import os
import random
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from motherhaven.stores.sqlite import SqliteStore
from tests.conformance.stores.kit import StillClock

ROOT = Path(__file__).resolve().parents[3]


def killed(path: Path, run: int, acknowledgements: int) -> set[str]:
    """Start a writer and kill it after so many acknowledged lines; the ids it had told."""
    command = [sys.executable, "-m", "tests.unit.stores.killed_writer", str(path), str(run)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(acknowledgements)]
        process.kill()
        lines += process.stdout.readlines()
    assert len(lines) >= acknowledgements
    return {line.decode().strip() for line in lines if line.endswith(b"\n")}


async def check(path: Path, acknowledged: set[str]) -> None:
    """All there, once, whole; projections agree with the log."""
    connection = apsw.Connection(str(path))
    assert connection.execute("PRAGMA integrity_check").get == "ok"
    kept = [row[0] for row in connection.execute("SELECT event_id FROM events")]
    kinds = dict(connection.execute("SELECT kind, count(*) FROM events GROUP BY kind"))
    connection.close()
    assert acknowledged <= set(kept)
    assert len(kept) == len(set(kept))
    store = SqliteStore(path, clock=StillClock())
    await store.open()
    assert sum(row.stats.decisions for row in await store.bots()) == kinds["decision"]
    assert kinds["decision"] == kinds["account"]
    newest = await store.accounts(None, limit=5)
    assert {row.equity_usd for row in newest} == {1000}
    await store.close()


def kill_and_check(path: Path, kills: int, seed: int) -> int:
    """`kills` writers, one after the other, on one file; how many events were acknowledged."""
    dice = random.Random(seed)
    acknowledged: set[str] = set()
    for run in range(kills):
        acknowledged |= killed(path, run, dice.randrange(1, 120))
        asyncio.run(check(path, acknowledged))
    return len(acknowledged)


def test_what_was_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    """Five kills in a row on the same file lose and double nothing."""
    assert kill_and_check(tmp_path / "store.db", 5, 1) >= 5


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_what_was_acknowledged_survives_many_kills(tmp_path: Path) -> None:
    """The same, a hundred times."""
    assert kill_and_check(tmp_path / "store.db", 100, 2) >= 100
