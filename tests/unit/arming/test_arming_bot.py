"""A live bot: nothing before it was armed, everything watched, and a kill that nothing stops."""

import errno
import json
from decimal import Decimal

import pytest
from arming_support import LIMITS, NOON, identity
from live_support import Live

from motherhaven.bot.arming.store import ArmingStore
from motherhaven.bot.arming.testnet import TestnetTrades
from motherhaven.bot.decider.types import Answer
from motherhaven.bot.execution.identity import Problem
from motherhaven.bot.execution.kill_latch import KillLatch
from motherhaven.bot.running.entry import describe
from motherhaven.contract import private
from motherhaven.contract.errors import ConfigError, JournalError
from motherhaven.contract.times import format_time
from tests.patience import until

D = Decimal


def state_of(live):
    """What the bot last published."""
    return json.loads((live.folder / "state.json").read_bytes())


def test_unarmed_it_decides_and_sends_nothing(tmp_path):
    """The guard refuses by name, the status says why, and no order reaches the venue."""
    live = Live(tmp_path).run(4)
    assert set(live.rules()) == {"not_armed"}
    assert live.venue.sent == []
    assert live.codes() == ["not_armed"]
    assert "warning: live: no entries: live trading is not armed" in live.told()
    assert "NOT ARMED" in describe(state_of(live))


def test_armed_it_trades(tmp_path):
    """Armed in another terminal, before the start or while it runs."""
    live = Live(tmp_path)
    live.steps[2] = live.arm
    live.run(5)
    assert live.rules()[0] == "not_armed"
    assert live.rules()[-1] is None
    assert live.held["BTC"].size > 0
    assert "live trading is ARMED for" in live.told()
    assert "ARMED; 100" in describe(state_of(live)) or state_of(live)["armed"] is True


def test_it_stays_armed_over_a_restart(tmp_path):
    """The record is on disk; a second process trades on."""
    Live(tmp_path).arm()
    assert Live(tmp_path).run(3).held


@pytest.mark.parametrize(
    ("changes", "limits", "code"),
    [
        ({"signer": "0x" + "c3" * 20}, LIMITS, "signer_changed"),
        ({"mode": "unifiedAccount"}, LIMITS, "account_mode_changed"),
        ({}, LIMITS.changed(max_leverage=20), "limit_raised"),
    ],
)
def test_what_is_not_as_it_was_armed_disarms(tmp_path, changes, limits, code):
    """For good: it is written down, and putting it back arms nothing."""
    Live(tmp_path).arm()
    who = identity(equity=D(1000), **changes)
    live = Live(tmp_path, who=who, limits=limits).run(4)
    assert live.venue.sent == []
    assert live.codes()[0] == code
    assert "DISARMED" in live.told()
    assert ArmingStore(tmp_path).read().code == code
    again = Live(tmp_path).run(3)
    assert again.venue.sent == []
    assert again.codes() == ["disarmed"]


@pytest.mark.parametrize(
    "code", ["account_mode", "signer_other_master", "signer_expired", "signer_unknown"]
)
def test_a_problem_of_the_account_signs_nothing(tmp_path, code):
    """Even armed: what the venue says of the account now counts."""
    live = Live(tmp_path)
    live.arm()
    who = identity(equity=D(1000), problems=(Problem(code, "the venue says so"),))
    wrong = Live(tmp_path, who=who).run(3)
    assert wrong.venue.sent == []
    assert set(wrong.codes()) == {code}


def test_the_maximum_loss_ends_it(tmp_path):
    """Equity below what was armed for: disarmed on disk, no entry, and closing goes on."""
    live = Live(tmp_path)
    live.arm(max_loss="20")
    live.steps[3] = lambda: setattr(live.market, "price", D(20_000))
    live.run(8)
    assert live.codes()[0] == "max_loss"
    assert ArmingStore(tmp_path).read().code == "max_loss"
    assert live.gate(True) is None
    assert live.gate(False).code == "disarmed"


def test_money_taken_out_is_no_loss(tmp_path):
    """The loss is net of what was paid in or out since the arming."""
    live = Live(tmp_path)
    live.arm(max_loss="20")
    live.steps[2] = lambda: live.venue.pay(D(-500))
    live.run(5)
    assert live.codes() == []
    live = Live(tmp_path / "b")
    live.arm(max_loss="20")
    live.steps[2] = lambda: live.venue.pay(D(500))
    live.steps[4] = lambda: setattr(live.market, "price", D(20_000))
    live.run(8)
    assert live.codes()[0] == "max_loss"


def test_a_kill_by_a_file_closes_everything(tmp_path):
    """`echo flatten > KILL` in the control folder: no server, no model, no command."""
    live = Live(tmp_path)
    live.arm()
    live.steps[3] = lambda: (tmp_path / "KILL").write_text("flatten\n")
    live.run(6)
    assert not live.held
    assert live.venue.sent[-1].reduce_only
    assert "every position closed" in live.told()
    assert live.codes()[0] == "killed"
    assert state_of(live)["kill_obeyed"] is True
    assert any(one.startswith("halted") for one in state_of(live)["latches"])
    assert ArmingStore(tmp_path).read().code == "killed"


def test_a_full_disk_stops_no_kill(tmp_path, monkeypatch):
    """The latch holds in this process until the disk takes it: no entry, everything closed."""
    live = Live(tmp_path)
    live.arm()
    write = private.replace

    def full(path, data):
        if path.name == "KILL":
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, data)

    def kill():
        monkeypatch.setattr(private, "replace", full)
        with pytest.raises(ConfigError, match="free some space"):
            KillLatch(tmp_path).engage(NOON, "a terminal")
        live.latch.engage(NOON, "the signal", flatten=True, hold=True)

    live.steps[3] = kill
    live.run(6)
    assert not live.held
    assert (live.gate(False).code, (tmp_path / "KILL").exists()) == ("kill_switch", False)
    monkeypatch.setattr(private, "replace", write)
    assert KillLatch(tmp_path).read().reason == "the signal"
    assert (tmp_path / "KILL").exists()
    assert KillLatch(tmp_path).clear()
    assert KillLatch(tmp_path).read() is None


def test_a_kill_goes_on_until_it_is_flat(tmp_path):
    """A venue that does not answer is asked again; what is left is told meanwhile."""
    live = Live(tmp_path)
    live.arm()

    def away():
        live.latch.engage(NOON, "test", flatten=True)
        live.venue.away = 12

    live.steps[3] = away
    live.run(7)
    assert not live.held
    assert "NOT FLAT" in live.told()
    assert live.told().index("NOT FLAT") < live.told().index("every position closed")


@pytest.mark.parametrize("broken", ["report_account", "report_status", "drop_entries"])
def test_a_kill_needs_no_report(tmp_path, broken):
    """What the bot says of itself may fail in any part: the positions are closed."""
    live = Live(tmp_path)
    live.arm()

    def fails(*_, **__):
        raise RuntimeError("analytics are broken")

    def kill():
        setattr(live.bot.trader, broken, fails)
        (tmp_path / "KILL").write_text("flatten")

    live.steps[3] = kill
    try:
        live.run(6)
    except RuntimeError:
        assert broken == "report_status"  # the last status, when all is closed
    assert not live.held


def test_a_kill_needs_no_model(tmp_path):
    """It is obeyed while the decider thinks for ever."""
    live = Live(tmp_path)
    live.arm()

    async def thinks(_context):
        live.run_until_stopped()
        (tmp_path / "KILL").write_text("flatten")
        while live.held or not live.latch.read():
            await live._sleep(0.25)
        live.stop.set()
        raise AssertionError("stopped while it thought")

    def stall():
        live.bot.cycle.decider.decide = thinks

    live.steps[3] = stall
    live.run(30)
    assert not live.held


def test_a_live_account_is_looked_after_while_the_decider_thinks(tmp_path):
    """A model may think for minutes: looks, lost orders and stops do not wait for it."""
    live = Live(tmp_path)
    live.arm()
    looks = []

    async def thinks(_context):
        await until(lambda: len(looks) > 2, "looks while it thinks")
        live.stop.set()
        return Answer()

    def stall():
        live.bot.cycle.decider.decide = thinks
        reconcile = live.bot.trader.reconcile

        def counted(now, *, whole=True):
            looks.append((now, whole))
            return reconcile(now, whole=whole)

        live.bot.trader.reconcile = counted

    live.steps[3] = stall
    live.run(1_000_000)
    assert [whole for _, whole in looks][:3] == [True, False, False]


def test_ending_the_kill_switch_arms_nothing(tmp_path):
    """`run_analysis_bot.py arm` ends the kill; real money needs `motherhaven arm` anew."""
    live = Live(tmp_path)
    live.arm()
    live.steps[2] = lambda: (tmp_path / "KILL").write_text("flatten")

    def rearm():
        command = {"id": "c1", "verb": "arm", "run": "run-1", "at": format_time(live.clock.now())}
        (tmp_path / "commands" / "c1.json").write_text(json.dumps(command))

    live.steps[4] = rearm
    live.run(7)
    assert "arms NO live trading" in live.told()
    assert not (tmp_path / "KILL").exists()
    assert not live.bot.trader.kill.engaged
    assert live.rules()[-1] == "not_armed"
    assert not live.bot.trader.armed


def test_a_journal_that_fails_does_not_let_entries_through(tmp_path):
    """What cannot be recorded is not traded, armed or not."""
    live = Live(tmp_path)
    live.arm()

    def fails(_batch):
        raise JournalError("the disk is full")

    live.sink.write = fails
    live.run(4)
    assert live.venue.sent == []


def test_a_trade_on_the_test_network_is_a_rehearsal(tmp_path):
    """Once, by the venue's own ids of its fills; nowhere else does one count."""
    live = Live(tmp_path)
    live.arm()
    live.steps[3] = lambda: (tmp_path / "KILL").write_text("flatten")
    live.run(6)
    assert TestnetTrades(tmp_path).count("hyperliquid") == 1
    for number, network in enumerate(("local", "mainnet")):
        folder = tmp_path / network
        other = Live(folder, who=identity(equity=D(1000), network=network))
        other.arm(session=f"s{number}")
        other.steps[3] = lambda folder=folder: (folder / "KILL").write_text("flatten")
        other.run(6)
        assert not other.held
        assert TestnetTrades(folder).count("hyperliquid") == 0


def test_a_kill_from_anywhere_disarms(tmp_path):
    """A halt from afar or a liquidation engages the bot's own switch: that ends the arming."""
    live = Live(tmp_path)
    live.arm()
    live.steps[3] = lambda: live.bot.trader.stop_entries("a liquidation", live.clock.now())
    live.run(5)
    assert ArmingStore(tmp_path).read().code == "killed"
    assert "DISARMED: killed: a liquidation" in live.told()
