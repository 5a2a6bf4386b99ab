"""SIGKILL of bot and server at random moments: acknowledged = stored, none lost, none twice."""

import random
from pathlib import Path

import pytest

from scripts.ports import free_port
from tests.acceptance.processes import Process, journal_of, server_of, start_server, start_writer
from tests.patience import HANG_SECONDS

ROUNDS_A_TEST = 25


def _sweep(folder: Path, seed: int, rounds: int) -> tuple[int, int]:
    """Kill one, the other or both, `rounds` times; returns (acknowledged, kills)."""
    chance = random.Random(seed)
    port = free_port()
    acknowledged: set[str] = set()
    kills = 0
    server: Process | None = None
    writer: Process | None = None
    store = ("--store", f"sqlite:///{folder}/server.db")
    try:
        for number in range(rounds):
            if server is None:
                server = start_server(folder, port, *store)
            if writer is None:
                writer = start_writer(folder, port, seed + number, 0)
            writer.wait_for_count(len(writer.lines) + chance.randrange(1, 150))
            victim = chance.choice(["bot", "server", "both"])
            kills += 2 if victim == "both" else 1
            if victim != "server":
                writer.kill()
                acknowledged.update(_ids(writer))
                writer = None
            if victim != "bot":
                server.kill()
                server = None
    finally:
        for one in (writer, server):
            if one is not None:
                one.kill()
    if writer is not None:
        acknowledged.update(_ids(writer))
    with start_server(folder, port, *store) as last_server:
        with start_writer(folder, port, seed, 3) as last:
            assert last.wait_for("flushed") == "flushed True"
            last.child.wait(HANG_SECONDS)
            acknowledged.update(_ids(last))
        assert last_server.end() == 0
    _compare(folder, acknowledged)
    return len(acknowledged), kills


def _ids(writer: Process) -> set[str]:
    """The ids that a writer printed whole: 36 characters and a line end."""
    return {line for line in writer.lines if len(line) == 36 and line.count("-") == 4}


def _compare(folder: Path, acknowledged: set[str]) -> None:
    journal, server = journal_of(folder / "bot.db"), server_of(folder / "server.db")
    assert journal.whole
    assert server.whole
    assert acknowledged <= journal.digests.keys(), "an acknowledged event is not in the journal"
    assert journal.digests == server.digests, "the server's events are not the journal's"
    assert server.rows == len(server.digests), "an event is stored twice"
    for lane, order in server.lanes.items():
        assert order == sorted(order), f"lane {lane} is out of order"


@pytest.mark.timeout(600)
def test_sigkill_at_25_seeded_moments(tmp_path: Path) -> None:
    """25 seeded kills of bot, server or both: none lost, none twice, each lane in order."""
    acknowledged, kills = _sweep(tmp_path, 20260102, ROUNDS_A_TEST)
    assert kills >= ROUNDS_A_TEST
    assert acknowledged > ROUNDS_A_TEST


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("seed", range(20))
def test_sigkill_sweep(tmp_path: Path, seed: int) -> None:
    """500 kills in 20 histories: the same oracle."""
    _sweep(tmp_path, 7_000 + seed, 25)
