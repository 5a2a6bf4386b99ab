"""Control files: one bot at a time, commands once, nothing stale is believed."""

import json
from datetime import timedelta

import pytest
from shell_support import NOON

from motherhaven.bot.running.control import ControlClient, ControlServer
from motherhaven.bot.running.entry import describe, main
from motherhaven.contract.errors import ConfigError
from motherhaven.contract.times import format_time
from motherhaven.testing.clock import FakeClock


def put(folder, name, **fields):
    """A command file as another terminal writes it."""
    command = {"id": name, "verb": "pause", "run": "r1", "at": format_time(NOON), **fields}
    (folder / "commands" / f"{name}.json").write_text(json.dumps(command))


def test_a_second_bot_is_refused_with_the_first_one_s_pid(tmp_path):
    """Two bots never share an account."""
    clock = FakeClock(NOON)
    first = ControlServer(tmp_path, clock)
    first.enter("r1")
    first.publish({"state": "running"})
    with pytest.raises(ConfigError, match=r"already running here \(pid \d+\)"):
        ControlServer(tmp_path, clock).enter("r2")
    first.leave()
    second = ControlServer(tmp_path, clock)
    second.enter("r2")
    second.leave()


def test_what_a_dead_bot_left_is_not_a_running_one(tmp_path):
    """A state file without the lock means: no bot."""
    clock = FakeClock(NOON)
    control = ControlServer(tmp_path, clock)
    control.enter("r1")
    control.publish({"state": "running"})
    desk = ControlClient(tmp_path, clock, lambda: "c1")
    assert desk.state()["state"] == "running"
    control.leave()
    assert desk.state() is None
    with pytest.raises(ConfigError, match="no bot is running"):
        desk.send("pause")


def test_commands_are_done_once_and_only_for_this_run(tmp_path):
    """Repeated, expired, unknown, foreign and broken commands do nothing."""
    clock = FakeClock(NOON)
    control = ControlServer(tmp_path, clock)
    control.enter("r1")
    put(tmp_path, "good")
    assert [command.command_id for command in control.take()] == ["good"]
    put(tmp_path, "good")
    put(tmp_path, "expired", at=format_time(NOON - timedelta(minutes=5)))
    put(tmp_path, "foreign", run="r0")
    put(tmp_path, "unknown", verb="withdraw")
    (tmp_path / "commands" / "broken.json").write_text("{")
    assert control.take() == []
    assert list((tmp_path / "commands").iterdir()) == []
    control.leave()


def test_commands_from_before_the_start_are_dropped(tmp_path):
    """A stop for yesterday's run does not stop today's."""
    clock = FakeClock(NOON)
    control = ControlServer(tmp_path, clock)
    control.enter("r1")
    put(tmp_path, "old")
    control.leave()
    control.enter("r1")
    assert control.take() == []
    control.leave()


def test_the_status_tells_what_people_ask_for():
    """pid, state, last cycle, equity, positions, shipping lag; simulated prices are named."""
    text = describe(
        {
            "pid": 42, "state": "running", "decider": "ema-cross", "market": "simulated:1",
            "simulated": True, "last_cycle": "then", "next_cycle": "soon", "equity": "10001.5",
            "positions": {"BTC": "0.1"}, "shipping": {"behind": 3, "quarantined": 0},
        }
    )  # fmt: skip
    for told in ("42", "running", "SIMULATED", "10001.5", "BTC 0.1", "3 events behind", "then"):
        assert told in text


@pytest.mark.parametrize("words", [["fly"], ["start", "now"]])
def test_unknown_words_are_refused(words, capsys):
    """Exit code 2 and the usage line."""
    assert main(words) == 2
    assert "start|stop|pause|resume|status" in capsys.readouterr().err


def test_live_mode_without_its_key_is_refused_before_anything_happens(
    tmp_path, monkeypatch, capsys
):
    """Without account and key nothing is opened or sent; the message says what to set."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRADING_MODE", "live")
    assert main(["start"]) == 1
    told = capsys.readouterr().err
    assert "HYPERLIQUID_WALLET_PRIVATE_KEY and HYPERLIQUID_ACCOUNT_ADDRESS" in told
    assert list(tmp_path.iterdir()) == []


def test_status_and_stop_without_a_bot(tmp_path, monkeypatch, capsys):
    """Clear words; stop of nothing is no failure."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TRADING_MODE", raising=False)
    assert main(["status"]) == 3
    assert main(["stop"]) == 0
    assert main(["pause"]) == 1
    assert "no bot is running" in capsys.readouterr().out
