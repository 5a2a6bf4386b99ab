"""A server that is away for ten thousand events, one that never answers, one that is fuller."""

from pathlib import Path

import pytest

from scripts.ports import free_port
from tests.acceptance.processes import black_hole, journal_of, server_of, start_server, start_writer

MANY = 10_000


@pytest.mark.timeout(300)
def test_ten_thousand_events_while_the_server_is_down(tmp_path: Path) -> None:
    """All 10,000 events of an outage arrive once, in order per lane, when the server is back."""
    port = free_port()
    with start_writer(tmp_path, port, 1, MANY) as bot:
        bot.wait_for_count(MANY)
        assert len(journal_of(tmp_path / "bot.db").digests) == MANY
        store = f"sqlite:///{tmp_path}/server.db"
        with start_server(tmp_path, port, "--store", store) as server:
            assert bot.wait_for("flushed") == "flushed True"
            assert server.end() == 0
    journal, stored = journal_of(tmp_path / "bot.db"), server_of(tmp_path / "server.db")
    assert journal.digests == stored.digests
    assert stored.rows == MANY
    assert all(order == sorted(order) for order in stored.lanes.values())


def test_a_server_that_never_answers_blocks_nothing(tmp_path: Path) -> None:
    """With a server that accepts and stays silent, every event is still acknowledged and kept."""
    with black_hole() as port, start_writer(tmp_path, port, 2, 0) as bot:
        bot.wait_for_count(300)
        bot.kill()
        acknowledged = {line for line in bot.lines if len(line) == 36}
        assert acknowledged <= journal_of(tmp_path / "bot.db").digests.keys()
        assert len(acknowledged) >= 299


def test_two_default_installs_stay_two_bots(tmp_path: Path) -> None:
    """Two bots with the same key and no other setting keep two ids and their own events."""
    port = free_port()
    store = f"sqlite:///{tmp_path}/server.db"
    with start_server(tmp_path, port, "--store", store) as server:
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            with start_writer(tmp_path / name, port, 3, 30) as bot:
                assert bot.wait_for("flushed") == "flushed True"
        assert server.end() == 0
    journals = [journal_of(tmp_path / name / "bot.db") for name in ("one", "two")]
    assert not journals[0].digests.keys() & journals[1].digests.keys()
    assert server_of(tmp_path / "server.db").rows == 60
