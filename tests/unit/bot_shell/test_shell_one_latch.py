"""One record says that a bot is killed, whoever killed it: every reader asks it."""

import json

import pytest
from control_support import Rig
from shell_support import NOON

from motherhaven.bot.arming.gate import ArmingGate
from motherhaven.bot.control.latches import Latch, Latches
from motherhaven.bot.execution.kill_latch import KillLatch
from motherhaven.bot.running.killing import KillObeyer


def test_a_halt_from_afar_is_the_kill_latch(tmp_path):
    """The file says who and why; a kill that reads it finds it, and the gates refuse."""
    rig = Rig(tmp_path)
    rig.deliver(rig.command("halt", lasts=3600))
    assert json.loads((tmp_path / "KILL").read_bytes())["by"] == "ops (k1), key"
    assert not (tmp_path / "halted.latch").exists()
    kill = KillLatch(tmp_path).read()
    assert (kill.command_id, kill.flatten) == ("c1", False)
    assert ArmingGate(tmp_path, rig.clock.now).latch.read() == kill
    assert "halted" in rig.trader.account.gate(False)
    assert rig.trader.account.gate(True) is None


@pytest.mark.parametrize("how", ["file", "signal", "word"])
def test_a_kill_here_is_a_halt(tmp_path, how):
    """Whatever made it, no resume from afar lifts it, and it is over once somebody arms."""
    rig = Rig(tmp_path, allow_resume=True)
    killer = KillObeyer(KillLatch(tmp_path), rig.cycle)
    if how == "file":
        (tmp_path / "KILL").touch()
    else:
        flatten = how == "word"
        KillLatch(tmp_path).engage(NOON, how, flatten=flatten, hold=how == "signal")
    assert rig.latched == ["halted"]
    assert rig.trader.account.gate(False) is not None
    killer.obey_latch(rig.clock.now())
    rig.deliver(rig.command("resume", 1, latch="c0"))
    rig.run(2)
    assert rig.last("c1")["reason_code"] in ("resume_halted", "resume_latch")
    assert rig.latched == ["halted"]
    rig.station.commands.arm()
    assert (rig.latched, rig.trader.kill.engaged) == ([], False)
    assert rig.trader.account.gate(False) is None
    assert not (tmp_path / "KILL").exists()


def test_the_first_reason_stays_and_a_flatten_is_added(tmp_path):
    """Halted from afar, then closed from here: one file, with what was asked for in the end."""
    latches = Latches(tmp_path)
    assert latches.set(Latch("halted", NOON, "ops", "c1", "drill"))
    assert latches.set(Latch("halted", NOON, "others", "c2", "again"))
    assert (latches.find("halted").by, latches.find("halted").reason) == ("ops", "drill")
    assert KillLatch(tmp_path).engage(NOON, "a terminal", flatten=True).flatten
    assert KillLatch(tmp_path).read().flatten


def test_a_disk_that_takes_no_halt_holds_it_and_writes_it_later(tmp_path, monkeypatch):
    """In this process it counts at once, for every reader."""
    latches = Latches(tmp_path)

    def full(path, data):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("motherhaven.contract.private.replace", full)
        assert not latches.set(Latch("halted", NOON, "ops", "c1", "drill"))
        assert latches.gate(False) is not None
        assert Latches(tmp_path).find("halted").reason == "drill"
    assert latches.store()
    assert (tmp_path / "KILL").exists()
    latches.lift("halted")


def test_an_empty_halted_latch_of_an_earlier_version_counts(tmp_path):
    """Made by hand or by the last version; arm removes it too."""
    (tmp_path / "halted.latch").touch()
    latches = Latches(tmp_path)
    assert [one.name for one in latches.held()] == ["halted"]
    assert latches.gate(False) is not None
    latches.lift("halted")
    assert latches.held() == ()
