"""What a bot takes from a server: once, in time, in order, and nothing that adds risk."""

import json
from datetime import timedelta
from random import Random

import pytest
from control_support import VENUES, D, Rig
from shell_support import NOON

from motherhaven.bot.control.fetch import Fetcher
from motherhaven.bot.execution.kill_latch import KillLatch
from motherhaven.bot.running.killing import KillObeyer
from motherhaven.contract.control import LOCAL_ONLY
from motherhaven.contract.errors import ShippingError
from motherhaven.contract.times import format_time
from motherhaven.recorder.sending.transport import Answer

WHOLE = ["received", "applying", "applied", "verified"]


@pytest.fixture
def rig(tmp_path):
    """A bot with two positions."""
    return Rig(tmp_path)


@pytest.fixture(params=VENUES.values(), ids=VENUES)
def anywhere(request, tmp_path):
    """The same at each venue: on paper, at one that outlives the bot, and over the wire."""
    made = Rig(tmp_path, request.param)
    yield made
    made.close()


class Script:
    """A server's answers, one a poll; `asked` are the paths that were polled."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    def get(self, path, timeout):
        """The next answer; an exception is raised."""
        self.asked.append(path)
        found = self.answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    def close(self):
        """Nothing is open."""


def answered(*commands, status=200, at=NOON, body=None):
    """A poll's answer."""
    told = json.dumps({"commands": list(commands), "seq": 9}).encode() if body is None else body
    headers = {} if at is None else {"server-time": format_time(at)}
    return Answer(status, "", headers, told)


def fetcher(rig, *answers):
    """A fetcher over scripted answers; nothing runs in a thread."""
    script, station = Script(*answers), rig.station
    made = Fetcher(
        script, "bot:1", station.book, station.intake, station.server_clock,
        tell=station.tell, random=Random(1),
    )  # fmt: skip
    return made, script


def test_a_command_that_comes_again_is_told_again_and_not_done_again(rig):
    """Duplicated in one answer, in the next, after its end: the last word is said once more."""
    command = rig.command("reduce", coin="BTC", fraction="0.5")
    rig.deliver(command, command)
    rig.run()
    left = rig.sizes["BTC"]
    assert rig.states() == ["received", "received", "applying", "applied", "verified"]
    rig.deliver(command)
    rig.restart()
    rig.deliver(command)
    rig.run()
    assert rig.states()[-2:] == ["verified", "verified"]
    assert rig.last()["positions"] == rig.events()[-2]["positions"]
    assert rig.sizes["BTC"] == left


def test_what_comes_in_another_order_is_done(rig):
    """In one answer by seq; one that was passed over is taken when it comes after all."""
    rig.deliver(rig.command("snapshot", 5), rig.command("guidance", 2, text="calm"))
    rig.deliver(rig.command("reduce", 4, coin="BTC", fraction="0.5"))
    rig.run(2)
    assert [rig.states(f"c{n}")[-1] for n in (2, 4, 5)] == ["verified"] * 3
    received = [one.payload["command_id"] for one in rig.sink.kept if one.kind == "command"]
    assert received[:2] == ["c2", "c5"]


def test_what_a_restored_server_issues_again_is_refused(anywhere):
    """A number that the bot has seen under another id: refused as rewound, after a restart too."""
    rig = anywhere
    rig.deliver(rig.command("snapshot", 7))
    rig.run(2)
    rig.deliver(rig.command("flatten", 7, ident="other"))
    rig.restart()
    rig.deliver(rig.command("halt", 3, ident="yesterday", lasts=86_400))
    rig.deliver(rig.command("halt", 0, ident="unnumbered", lasts=86_400))
    rig.run(2)
    for ident in ("other", "unnumbered"):
        assert (rig.states(ident), rig.last(ident)["reason_code"]) == (["refused"], "rewound")
    assert rig.states("yesterday")[-1] == "verified", "3 was passed over, so it may be late"
    rig.deliver(rig.command("halt", 3, ident="again", lasts=86_400))
    assert rig.last("again")["reason_code"] == "rewound"
    assert set(rig.sizes) == {"BTC", "ETH"}


@pytest.mark.long
def test_the_file_of_seen_commands_is_bounded(rig):
    """Six hundred commands later the first is forgotten, and its number is still known."""
    for number in range(1, 601):
        rig.deliver(rig.command("snapshot", number))
        rig.station.step()
    assert (rig.folder / "commands.json").stat().st_size < 400_000
    rig.deliver(rig.command("snapshot", 1))
    assert rig.last()["reason_code"] == "rewound"


def test_an_expired_command_is_told_and_not_done(rig):
    """The bot was away for the whole life of the command; a halt of the same age is welcome."""
    late, halt = rig.command("flatten"), rig.command("halt", 2, lasts=86_400)
    rig.clock.advance(121)
    made, _ = fetcher(rig, answered(late, halt, at=rig.clock.now()))
    assert made.poll() == 0.0
    rig.run(2)
    assert (rig.states(), rig.last()["reason_code"]) == (["expired"], "command_expired")
    assert rig.states("c2")[-1] == "verified"
    assert set(rig.sizes) == {"BTC", "ETH"}
    rig.deliver(late)
    assert rig.states() == ["expired", "expired"], "said again, and nothing else"


@pytest.mark.parametrize("minutes", [-10, 10])
def test_clocks_that_differ_by_ten_minutes_leave_halt_alone(rig, minutes):
    """Told once; everything but halt is refused; when they agree again, commands are taken."""
    wrong = NOON + timedelta(minutes=minutes)
    commands = [rig.command(name, n) for n, name in enumerate(("flatten", "no_entries"), 1)]
    made, _ = fetcher(
        rig,
        answered(*commands, rig.command("halt", 3, lasts=86_400), at=wrong),
        answered(status=204, at=wrong),
        answered(rig.command("flatten", 4), at=NOON + timedelta(seconds=1)),
    )
    made.poll()
    rig.run(1)
    for ident in ("c1", "c2"):
        assert (rig.states(ident), rig.last(ident)["reason_code"]) == (["refused"], "clock_skew")
    assert rig.states("c3")[-1] == "verified"
    made.poll()
    rig.run(1)
    rig.clock.jump(-2)
    made.poll()
    rig.run(2)
    assert rig.states("c4")[-1] == "verified"
    told = [one.payload["message"] for one in rig.sink.kept if one.kind == "status"]
    assert sum("600 s" in one and "halt" in one for one in told) == 1
    assert sum("agree again" in one for one in told) == 1


def test_a_small_difference_is_corrected(rig):
    """Twenty seconds are told, and a command's time is the server's, not the bot's."""
    command = rig.command("flatten", lasts=10)
    made, _ = fetcher(rig, answered(command, at=NOON - timedelta(seconds=20)))
    rig.clock.advance(15)
    made.poll()
    rig.run(3)
    assert rig.states() == WHOLE, "by the server's clock it has 45 s left"


def test_a_hostile_server_can_only_take_risk_away(anywhere):
    """Resume, arming, limits, orders and unknown kinds: refused on record; nothing moves."""
    rig = anywhere
    rig.deliver(rig.command("halt", 1, lasts=3600))
    rig.run(2)
    before = rig.sizes
    wishes = ["resume", *sorted(LOCAL_ONLY), "sudo", "", "x" * 900]
    for number, name in enumerate(wishes, 2):
        args = {"latch": "c1"} if name == "resume" else {"coin": "BTC", "size": 10**9}
        rig.deliver(rig.command(name, number, **args))
    rig.run(2)
    codes = [rig.last(f"c{n}")["reason_code"] for n in range(2, len(wishes) + 2)]
    assert codes[0] == "resume_off"
    assert set(codes[1:]) == {"local_only", "unknown_command"}
    assert rig.sizes == before
    assert rig.latched == ["halted"]
    assert rig.trader.account.gate(False) is not None


@pytest.mark.parametrize(
    "given",
    [
        [], {}, [{}], [None], ["flatten"], [{"id": "a"}], [{"id": 7, "name": "flatten"}],
        [{"id": "a", "name": ["flatten"], "seq": 1}], [{"id": "a\n", "name": "halt", "seq": 1}],
        [{"id": "a", "name": "flatten", "seq": -1}],
        [{"id": "a", "name": "flatten", "seq": 10**40}],
        [{"id": "a", "name": "flatten", "seq": 1, "args": {"coin": "BTC" * 99}}],
        [{"id": "a", "name": "reduce", "seq": 1, "args": {"coin": "BTC", "fraction": "1e999"}}],
        [{"id": "a", "name": "flatten", "seq": 1, "expires_at": "tomorrow"}],
        [{"id": "a", "name": "flatten", "seq": 1}],
        [{"id": "a", "name": "halt", "seq": True, "by": "x" * 999}],
    ],
)  # fmt: skip
def test_what_is_no_command_does_nothing(rig, given):
    """Whatever the list holds: no position changes, no latch is set, nothing is raised."""
    before = rig.sizes
    rig.station.intake.delivered(given)
    rig.run(2)
    assert rig.sizes == before
    assert rig.latched == []
    assert set(rig.states("a")) <= {"refused", "expired"}


def test_resume_lifts_the_latch_that_was_seen_and_never_a_halt(tmp_path):
    """Only where the bot allows it, only no_entries, only the very one; after a halt never."""
    rig = Rig(tmp_path, allow_resume=True)
    rig.deliver(rig.command("no_entries", 1, lasts=3600))
    rig.run(2)
    rig.deliver(rig.command("resume", 2, latch="another"))
    rig.run(2)
    assert rig.last("c2")["reason_code"] == "resume_latch"
    rig.deliver(rig.command("resume", 3, latch="c1"))
    rig.run(2)
    assert rig.states("c3")[-1] == "verified"
    assert (rig.latched, rig.trader.kill.engaged) == ([], False)
    assert rig.trader.account.gate(False) is None
    rig.deliver(rig.command("halt", 4, lasts=3600), rig.command("no_entries", 5, lasts=3600))
    rig.run(2)
    rig.deliver(rig.command("resume", 6, latch="c5"))
    rig.run(2)
    assert rig.last("c6")["reason_code"] == "resume_halted"
    assert rig.latched == ["halted", "no_entries"]
    rig.station.commands.arm()
    assert (rig.latched, rig.trader.kill.engaged) == ([], False)


def test_a_kill_of_an_older_version_is_no_latch_that_resume_lifts(tmp_path):
    """Only the journal knows of it: at the start it becomes a halt, which stays from afar."""
    rig = Rig(tmp_path, allow_resume=True)
    rig.trader.kill = rig.trader.kill.engage(NOON, "kill switch: by hand")
    rig.station.start()
    assert rig.latched == ["halted"]
    rig.deliver(rig.command("no_entries", 1, lasts=3600))
    rig.run(2)
    rig.deliver(rig.command("resume", 2, latch="c1"))
    rig.run(2)
    assert rig.last("c2")["reason_code"] == "resume_halted"
    assert rig.trader.kill.engaged


def test_a_latch_outlives_the_process(rig):
    """After a restart entries are stopped before anything is asked, and people see by whom."""
    rig.deliver(rig.command("no_entries", lasts=3600))
    rig.run(2)
    rig.restart()
    assert rig.trader.kill.engaged
    (latch,) = rig.station.latches.held()
    assert (latch.by, latch.command_id) == ("ops (k1), key", "c1")
    rig.cycle.status("cycle completed", rig.clock.now())
    told = rig.trader.take()[-1].payload["latches"]
    assert told[0]["name"] == "no_entries"
    assert told[0]["by"] == "ops (k1), key"


def test_polls_go_on_behind_what_is_known(rig):
    """`after` is the highest number seen; 204 polls again at once; the bot's id is quoted."""
    made, script = fetcher(
        rig, answered(rig.command("snapshot", 4)), answered(status=204), answered(status=204)
    )
    assert [made.poll() for _ in range(3)] == [0.0] * 3
    assert script.asked[0] == "/api/llm-bot/bots/bot%3A1/commands?after=0&wait=25"
    assert script.asked[1].split("?")[1].startswith("after=4&")


@pytest.mark.parametrize(
    "bad",
    [
        ShippingError("Connection refused"), answered(status=500), answered(status=429),
        answered(body=b"<html>"), answered(body=b"{}"), answered(body=b'{"commands": {}}'),
        answered(body=b'{"commands": [' + b'"x",' * 300_000 + b'"x"]}'),
        answered(status=302),
    ],
)  # fmt: skip
def test_answers_that_are_none_are_tried_again_later_and_later(rig, bad):
    """Half a minute at most, with jitter; a good answer begins anew."""
    made, _ = fetcher(rig, *[bad] * 8, answered(status=204), bad)
    waits = [made.poll() for _ in range(8)]
    assert waits[0] <= 1
    assert waits[3] > waits[0]
    assert all(wait <= 30 for wait in waits)
    assert made.poll() == 0.0
    assert made.poll() <= 1
    assert rig.latched == []


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_server_without_control_is_asked_rarely(rig, status, caplog):
    """An old server, or a key that may not fetch: said once, asked every five minutes."""
    made, _ = fetcher(rig, *[answered(status=status, at=None)] * 3)
    assert [made.poll() for _ in range(3)] == [300.0] * 3
    assert sum(str(status) in one.getMessage() for one in caplog.records) == 1


def test_a_number_far_ahead_does_not_stop_what_follows(rig):
    """Even the highest number of a broken server costs neither memory nor the next command."""
    rig.deliver(rig.command("snapshot", 1 << 49))
    rig.deliver(rig.command("no_entries", (1 << 49) + 1))
    rig.run(2)
    assert rig.states(f"c{(1 << 49) + 1}")[-1] == "verified"
    assert (rig.folder / "commands.json").stat().st_size < 20_000
    assert D(rig.last(f"c{1 << 49}")["open_orders"]) == 4


def test_no_resume_lifts_a_kill_of_this_machine(tmp_path):
    """no_entries from afar, then a kill by hand: resume is refused, nothing is entered."""
    rig = Rig(tmp_path, allow_resume=True)
    latch = KillLatch(tmp_path)
    killer = KillObeyer(latch, rig.cycle)
    rig.deliver(rig.command("no_entries", 1, lasts=3600))
    rig.run(2)
    latch.engage(rig.clock.now(), "by hand")
    killer.obey_latch(rig.clock.now())
    rig.deliver(rig.command("resume", 2, latch="c1"))
    rig.run(2)
    assert rig.last("c2")["reason_code"] == "resume_halted"
    assert rig.trader.kill.engaged
    assert rig.trader.account.gate(False) is not None
