"""What was set aside can be listed, sent again and given up while the bot runs."""

import json

import pytest
from typer.testing import CliRunner

from motherhaven.cli.main import app
from motherhaven.contract.errors import JournalError
from motherhaven.recorder.factory import open_shipper
from motherhaven.recorder.quarantine import Quarantine
from motherhaven.settings.clock import SystemClock
from tests.patience import HANG_SECONDS
from tests.unit.recorder.support import decision, open_recorder


@pytest.fixture
def refused(tmp_path, server):
    """A running bot whose server refuses one event of three; its journal and ids."""
    recorder = open_recorder(tmp_path / "bot.db", SystemClock(), seed=None)
    server.poison = lambda item: "decision 1" in str(item)
    shipper = open_shipper(recorder, base_url=server.url, api_key=server.api_key)
    ids = [recorder.record("decision", decision(n)).event_id for n in range(3)]
    assert server.wait_for(lambda s: len(s.events) == 2)
    assert not shipper.flush(HANG_SECONDS)
    yield tmp_path / "bot.db", ids[1], shipper
    shipper.close()
    recorder.journal.close()


def run(*words, code=0):
    """What the command printed."""
    done = CliRunner().invoke(app, ["quarantine", *map(str, words)])
    assert done.exit_code == code, done.output
    return done.stdout


def test_a_retried_event_arrives_while_the_bot_runs(refused, server):
    """The server was mended: `retry` in another process is seen by the running shipper."""
    path, event_id, shipper = refused
    (item,) = json.loads(run("list", "--journal", path, "--json"))
    assert (item["event_id"], item["state"], item["kind"]) == (event_id, "quarantined", "decision")
    assert "poison" in item["reason"]
    server.poison = lambda item: False
    assert json.loads(run("retry", event_id, "--journal", path, "--json")) == {"retried": 1}
    assert server.wait_for(lambda s: event_id in s.events)
    assert shipper.flush(HANG_SECONDS)
    assert Quarantine(path).list() == []


def test_a_retried_event_that_is_refused_again_is_quarantined_again(refused, server):
    """Nothing is lost by trying."""
    path, event_id, shipper = refused
    before = len(server.requests)
    run("retry", "--all", "--journal", path)
    assert server.wait_for(lambda s: len(s.requests) > before)
    shipper.flush(HANG_SECONDS)
    assert [item.event_id for item in Quarantine(path).list()] == [event_id]
    assert shipper.stats().quarantined == 1


def test_a_dropped_event_stays_in_the_journal_and_is_done_with(refused, server):
    """`drop` asks, leaves a mark, and `flush` is done after it."""
    path, event_id, shipper = refused
    asked = CliRunner().invoke(app, ["quarantine", "drop", event_id, "--journal", str(path)], "n\n")
    assert asked.exit_code == 1
    assert Quarantine(path).list()[0].state == "quarantined"
    run("drop", event_id, "--journal", path, "--yes")
    assert Quarantine(path).list() == []
    (item,) = Quarantine(path).list(dropped=True)
    assert (item.state, item.event_id) == ("dropped", event_id)
    assert shipper.flush(HANG_SECONDS)
    assert event_id not in server.events


def test_the_commands_say_what_is_missing(tmp_path, refused):
    """No ids, an unknown id and a wrong file each have an answer and an exit code."""
    path, _, _ = refused
    run("retry", "--journal", path, code=1)
    run("retry", "nobody", "--journal", path, code=1)
    run("list", "--journal", tmp_path / "none.db", code=1)
    with pytest.raises(JournalError, match="--journal"):
        Quarantine(tmp_path / "none.db")
