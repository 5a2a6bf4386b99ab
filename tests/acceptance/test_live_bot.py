"""Real processes in live mode against a fake venue: armed by hand, killed by anybody."""

import json
import os
import signal

import pytest

from tests.acceptance.livekit import LiveWorld


@pytest.fixture
def world(tmp_path):
    """A fake venue, and a folder for one live bot."""
    with LiveWorld(tmp_path) as made:
        yield made


def test_unarmed_nothing_is_signed_armed_it_trades_and_a_signal_closes_all(world):
    """The whole way: refused, armed without a terminal, traded, killed by SIGUSR1, ended."""
    bot = world.start()
    world.until("the first decision", lambda: world.state().get("last_cycle"))
    assert world.signed == []
    refused = world.command("arm")
    assert refused.returncode == 1
    assert "--yes-i-mean ADDRESS" in refused.stderr
    assert "equity      10000 USD" in refused.stdout
    assert world.fake.key() not in refused.stdout + refused.stderr
    status = world.command("bot", "status").stdout
    assert "NOT ARMED: live trading is not armed" in status
    assert world.signed == []

    world.arm()
    world.until("a position", world.held)
    assert all(one.verified and one.account == world.fake.address for one in world.signed)
    world.until("armed", lambda: world.state().get("armed") is True)

    os.kill(bot.pid, signal.SIGUSR1)
    world.until("a flat account", lambda: not world.held())
    world.until("told", lambda: world.state().get("kill_obeyed") and not world.state()["not_flat"])
    assert (world.control / "KILL").exists()
    assert json.loads((world.control / "KILL").read_bytes())["reason"] == "signal SIGUSR1"
    sent = len(world.signed)

    again = world.command("arm", "--yes-i-mean", world.fake.address, "--max-loss", "50")
    assert again.returncode == 1
    assert "the kill switch is engaged" in again.stderr
    ended = world.command("bot", "arm")
    assert "arms NO live trading" in ended.stdout
    world.until("not armed", lambda: world.state().get("not_armed_code") == "disarmed")
    assert world.command("bot", "stop").returncode == 0
    assert bot.wait() == 0
    assert len(world.signed) == sent
    lines = [line for line in world.output().splitlines() if line]
    assert all("[LIVE LOCAL]" in line for line in lines)
    assert world.fake.key().removeprefix("0x") not in world.output()
    told = [json.loads(row[0]) for row in world.rows(
        "SELECT payload FROM events WHERE kind = 'status'")]  # fmt: skip
    codes = [one["error_code"] for one in told if one.get("error_code")]
    assert codes[0] == "not_armed"
    assert "killed" in codes


def test_a_kill_closes_what_a_dead_bot_left(world):
    """`kill -9` with a position open: another command opens the account, closes and latches."""
    world.arm()
    bot = world.start()
    world.until("a position", world.held)
    world.until("a fill on record", lambda: world.rows("SELECT 1 FROM events WHERE kind = 'fill'"))
    bot.kill()
    bot.wait()
    killed = world.command("kill", "--flatten")
    assert killed.returncode == 0, killed.stdout + killed.stderr
    assert "every position closed" in killed.stdout
    assert not world.held()
    sent = len(world.signed)

    again = world.start()
    world.until("the kill told", lambda: world.state().get("kill_obeyed"))
    world.until("a decision", lambda: world.state().get("last_cycle"))
    stopped = world.command("bot", "stop", "--flatten")
    assert stopped.returncode == 0, stopped.stdout + stopped.stderr
    assert again.wait() == 0
    assert len(world.signed) == sent
    assert not world.command("disarm").stdout.startswith("disarmed")
