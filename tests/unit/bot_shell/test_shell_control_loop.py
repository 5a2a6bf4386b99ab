"""Commands in the running bot: from another terminal or from afar, and a strategy that hangs."""

import asyncio
import json
import threading

import pytest
from control_support import Rig
from remote_venue import RemoteVenue
from shell_support import (
    MINUTE,
    NOON,
    SleepyClock,
    new_cycle,
    new_trader,
    of_kind,
)
from test_shell_runner import FlatFeed
from test_shell_unknown_orders import venue_inside

from motherhaven.bot.running.commands import handle_command
from motherhaven.bot.running.control import Command, ControlServer
from motherhaven.bot.running.runner import Runner
from motherhaven.bot.running.sink import MemorySink
from motherhaven.bot.running.strategy_thread import StrategyThread
from motherhaven.contract.errors import ShippingError
from motherhaven.contract.times import format_time
from motherhaven.recorder.sending.transport import HttpTransport
from motherhaven.testing.stub_server import StubServer
from tests.patience import HANG_SECONDS, until, within


def command_states(sink):
    """The states of each command on record, by its name."""
    found = {}
    for one in of_kind(sink.kept, "command"):
        found.setdefault(one["name"], []).append(one["state"])
    return found


class Hanging:
    """A strategy that is asked once and never comes back before it is let go."""

    name = "hanging"

    def __init__(self):
        self.asked = threading.Event()
        self.go = threading.Event()

    async def decide(self, context):
        """Spin, without ever waiting: nothing else of this thread's loop runs."""
        self.asked.set()
        while not self.go.is_set():
            pass
        raise RuntimeError("it was let go")


def test_a_strategy_that_never_comes_back_holds_up_no_command(tmp_path):
    """Received, applied and verified while the strategy's thread spins; the loop turns on."""

    async def live():
        stop, strategy = asyncio.Event(), Hanging()
        clock = SleepyClock(NOON, stop)
        sink = MemorySink()
        cycle = new_cycle(new_trader(patience=2 * MINUTE), strategy, sink)
        control = ControlServer(tmp_path, clock)
        control.enter("run-1")
        runner = Runner(cycle, FlatFeed(), clock, control, sleep=clock.sleep)
        with StrategyThread() as thread:
            cycle.think = thread.think
            running = asyncio.create_task(runner.run(stop))
            await until(strategy.asked.is_set)
            now = format_time(clock.now())
            later = format_time(clock.now() + 10**4 * MINUTE)
            wish = {"id": "c1", "seq": 1, "name": "halt", "issued_at": now, "expires_at": later}
            runner.station.intake.delivered([wish])
            await until(lambda: command_states(sink).get("halt", [""])[-1] == "verified")
            assert not strategy.go.is_set()
            strategy.go.set()
            stop.set()
            await within(running)
        return sink

    sink = asyncio.run(live())
    assert command_states(sink) == {"halt": ["received", "applying", "applied", "verified"]}
    assert of_kind(sink.kept, "status")[-1]["latches"][0]["name"] == "halted"


def test_the_strategy_s_thread_gives_its_answer_and_its_errors():
    """What it returns or raises is the same as in the loop; what it reads does not change."""

    async def ask():
        trader = new_trader()
        context = trader.context(NOON)

        class Reads:
            async def decide(self, given):
                await asyncio.sleep(0)
                assert threading.current_thread().name == "motherhaven-strategy"
                return given.account.equity, given.account is given.account

        class Fails:
            async def decide(self, given):
                raise ValueError("no")

        with StrategyThread() as thread:
            found = await thread.think(Reads(), context)
            assert found == (trader.account.snapshot().equity, True)
            with pytest.raises(ValueError, match="no"):
                await thread.think(Fails(), context)

    asyncio.run(ask())


def told(rig, *words):
    """What the bot answers another terminal."""
    answers = []
    for number, (verb, arguments) in enumerate(words):
        command = Command(f"local-{number}", verb, arguments)
        answers.append(handle_command(command, rig.cycle, rig.clock.now(), None, rig.station))
    rig.cycle.flush()
    return answers


def test_another_terminal_takes_the_same_path(tmp_path):
    """kill is a halt, guide is guidance; arm lifts the latch; each is on record with its states."""
    rig = Rig(tmp_path)
    answers = told(
        rig,
        ("kill", {"flatten": True}),
        ("resume", {}),
        ("arm", {}),
        ("guide", {"text": "calm"}),
        ("guide", {"text": "x" * 3000}),
        ("guide", {"text": "y", "hours": 10**6}),
        ("pause", {}),
    )
    assert answers[0] == "kill switch engaged: every position closed, no entries"
    assert "still halted" in answers[1]
    assert "re-armed by hand" in answers[2]
    assert "the guidance holds" in answers[3]
    assert all("was not taken" in one for one in answers[4:6])
    assert rig.cycle.paused
    states = command_states(rig.sink)
    assert states["halt"] == ["received", "applying", "applied", "verified"]
    assert states["guidance"] == ["received", "applying", "verified"]
    assert {one["source"] for one in of_kind(rig.sink.kept, "command")} == {"local"}
    assert not rig.trader.kill.engaged
    assert rig.latched == []
    assert rig.cycle.guidance.text == "calm"
    assert rig.sizes == {}


def test_a_kill_that_is_not_done_at_once_says_so_and_goes_on(tmp_path):
    """A venue that is away: the terminal hears that it is not flat; it goes on until it is."""
    rig = Rig(tmp_path, lambda: RemoteVenue(venue_inside()))
    rig.venue.silent = 4
    (answer,) = told(rig, ("kill", {"flatten": True}))
    assert "NOT FLAT yet" in answer
    rig.run(30)
    assert rig.sizes == {}
    assert command_states(rig.sink)["halt"][-1] == "verified"


def test_a_latch_from_afar_is_lifted_by_resume_on_the_machine(tmp_path):
    """no_entries is, by hand; a halt by `arm` alone."""
    rig = Rig(tmp_path)
    rig.deliver(rig.command("no_entries", lasts=3600))
    rig.run(2)
    rig.restart()
    (answer,) = told(rig, ("resume", {}))
    assert "entries are allowed again" in answer
    assert (rig.latched, rig.trader.kill.engaged) == ([], False)


def test_a_latch_that_cannot_be_removed_stays_and_is_told(tmp_path, monkeypatch):
    """A folder that takes no change: not armed, said so, and no entry passes."""
    rig = Rig(tmp_path)
    told(rig, ("kill", {}))

    def fails(path):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("motherhaven.bot.control.durable.remove", fails)
    (answer,) = told(rig, ("arm", {}))
    assert answer.startswith("NOT armed: Read-only file system")
    assert rig.trader.account.gate(False) is not None


def test_the_transport_asks_with_the_key_and_within_its_time():
    """GET carries no body; a server that never answers ends at the deadline, closing at once."""
    with StubServer() as server:
        transport = HttpTransport(server.url, "a-key-0123456789")
        assert transport.get("/x?after=1", HANG_SECONDS).status in range(200, 500)
        transport.close()
        with pytest.raises(ShippingError):
            transport.get("/x", 0.0)


def test_the_book_reads_back_what_it_wrote(tmp_path):
    """Every field of a command under way is there after a restart, nothing else is."""
    rig = Rig(tmp_path)
    rig.deliver(rig.command("flatten", coin="BTC"))
    data = json.loads((tmp_path / "commands.json").read_text())
    assert data["seq"] == 1
    (one,) = data["commands"]
    assert (one["state"], one["closes"], one["coins"]) == ("received", True, ["BTC"])
    assert one["command"]["args"] == {"coin": "BTC"}
