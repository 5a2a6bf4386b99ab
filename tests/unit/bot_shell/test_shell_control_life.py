"""A command's life at the bot: each state on record, verified by the venue, whatever goes wrong."""

from decimal import ROUND_UP

import pytest
from control_support import LOT, VENUES, WIRED, Bomb, D, Rig, arm_bomb
from remote_venue import Killed, RemoteVenue
from shell_support import NOON, entry
from test_shell_unknown_orders import decide, venue_inside

from motherhaven.bot.control.command_runner import GIVE_UP, VERIFY_WITHIN
from motherhaven.bot.execution.orders import OrderKind
from motherhaven.bot.market.instruments import Level
from motherhaven.testing.lossy_venue import LossyVenue

WHOLE = ["received", "applying", "applied", "verified"]


def half(size):
    """Half of a size, in whole lots that are never too few."""
    return (size / 2).quantize(LOT, ROUND_UP)


@pytest.fixture(params=VENUES.values(), ids=VENUES)
def rig(request, tmp_path):
    """A bot with two positions, at each kind of venue."""
    made = Rig(tmp_path, request.param)
    yield made
    made.close()


def test_flatten_ends_with_what_the_venue_shows(rig):
    """Four states in order; the last says when the venue was read, and that nothing is left."""
    rig.deliver(rig.command("flatten"))
    assert rig.states() == ["received"], "on record before anything is done"
    assert rig.latched == ["no_entries"]
    assert rig.sizes, "nothing was done yet"
    rig.run()
    assert rig.states() == WHOLE
    last = rig.last()
    assert (last["positions"], last["open_orders"]) == ({}, 0)
    assert last["snapshot_at"] >= rig.events()[2]["timestamp"]
    assert rig.sizes == {}
    assert [one["by"] for one in rig.events()] == ["ops (k1), key"] * 4


def test_flatten_of_one_coin_leaves_the_others_protected(rig):
    """ETH keeps its position and its stop; entries are latched all the same."""
    rig.deliver(rig.command("flatten", coin="BTC"))
    rig.run()
    assert rig.states() == WHOLE
    assert set(rig.sizes) == {"ETH"}
    assert {one.coin for one in rig.venue.open_orders()} == {"ETH"}
    (refused,) = decide(rig.trader, entry("BTC"))
    assert refused["execution_status"] != "executed"


@pytest.mark.parametrize("name", ["no_entries", "cancel_entries", "halt"])
def test_what_stops_entries_keeps_stops_and_lets_close(rig, name):
    """Latched before the acknowledgement, stops stay, no entry passes, a close does."""
    rig.deliver(rig.command(name, lasts=3600))
    assert rig.latched == ["halted" if name == "halt" else "no_entries"]
    rig.run()
    assert rig.states() == WHOLE
    assert set(rig.sizes) == {"BTC", "ETH"}
    assert sum(one.kind is OrderKind.STOP for one in rig.venue.open_orders()) == 2
    assert rig.trader.account.gate(False) is not None
    assert rig.trader.account.gate(True) is None
    (done,) = decide(rig.trader, {"coin": "BTC", "signal": "close", "justification": "because"})
    assert done["execution_status"] == "executed"


def test_reduce_leaves_the_part_that_was_asked_for(rig):
    """Half of BTC is closed; what was asked for is a size, so that again changes nothing."""
    before = rig.sizes["BTC"]
    rig.deliver(rig.command("reduce", coin="BTC", fraction="0.5"))
    rig.run()
    assert rig.states() == WHOLE
    assert rig.sizes["BTC"] == half(before)
    assert rig.latched == []
    rig.deliver(rig.command("reduce", 2, coin="BTC", fraction="0.0001"))
    rig.deliver(rig.command("reduce", 3, coin="SOL", fraction="1"))
    rig.run()
    assert rig.last("c2")["reason_code"] == "below_lot"
    assert rig.last("c3")["reason_code"] == "no_position"


def test_move_stop_tightens_and_never_loosens(rig):
    """The new stop rests before the old one goes; a wider one and one past the mark are refused."""
    rig.deliver(
        rig.command("move_stop", 1, coin="BTC", price="49500"),
        rig.command("move_stop", 2, coin="BTC", price="48000"),
        rig.command("move_stop", 3, coin="BTC", price="50000"),
        rig.command("move_stop", 4, coin="SOL", price="50000"),
    )
    rig.run()
    assert rig.states() == WHOLE
    stops = [one for one in rig.venue.open_orders("BTC") if one.kind is OrderKind.STOP]
    assert [one.price for one in stops] == [D(49_500)]
    codes = [rig.last(f"c{n}")["reason_code"] for n in (2, 3, 4)]
    assert codes == ["stop_loosens", "stop_price", "no_position"]


def test_snapshot_guidance_and_asking_again(rig):
    """What the venue holds is told; the words reach the decider; the next cycle begins at once."""
    rig.deliver(
        rig.command("snapshot", 1),
        rig.command("guidance", 2, text="less risk", hours="2"),
        rig.command("ask_again", 3),
    )
    rig.run(3)
    assert set(rig.last()["positions"]) == {"BTC", "ETH"}
    assert rig.last()["open_orders"] == 4
    assert (rig.cycle.guidance.text, rig.states("c2")[-1]) == ("less risk", "verified")
    assert (rig.asked, rig.states("c3")) == (1, ["received", "applying", "applied", "applied"])
    rig.cycle_at = rig.clock.now()
    rig.run(10)
    assert rig.states("c3")[-1] == "verified"


def test_a_cycle_that_never_comes_is_told_as_failed(rig):
    """After five minutes the question to the decider has failed; nothing is applied for ever."""
    rig.deliver(rig.command("ask_again"))
    rig.run(GIVE_UP.total_seconds() + 30, step=5)
    assert (rig.states()[-1], rig.last()["reason_code"]) == ("failed", "not_verified")


@pytest.mark.parametrize(
    ("make", "steps"),
    [
        *(pytest.param(VENUES[one], 1, id=one) for one in VENUES if one != WIRED),
        pytest.param(VENUES[WIRED], 5, id=WIRED),
        pytest.param(VENUES[WIRED], 1, id=f"{WIRED}, each step", marks=pytest.mark.soak),
    ],
)
@pytest.mark.parametrize("name", ["flatten", "halt", "reduce"])
def test_a_kill_between_any_two_steps_loses_and_doubles_nothing(
    tmp_path, monkeypatch, name, make, steps
):
    """The process ends at writes and around orders; the next one reaches the goal."""
    args = {"coin": "BTC", "fraction": "0.5"} if name == "reduce" else {}
    points = 0
    for at in range(1, 200, steps):
        with monkeypatch.context() as patch:
            rig = Rig(tmp_path / str(at), make)
            before, bomb = rig.sizes, Bomb(at)
            command = rig.command(name, lasts=3600, **args)
            arm_bomb(patch, rig, bomb)
            try:
                rig.deliver(command)
                rig.run(5)
            except Killed:
                points += 1
            else:
                rig.close()
                break
            bomb.at = None
            rig.restart()
            if rig.station.book.seq < 1:
                rig.deliver(command)  # the server goes on behind what the bot says it has
            rig.run(40, until="verified")
            assert rig.states()[-1] == "verified", (at, rig.events())
            wanted = {"flatten": {}, "halt": before}.get(name)
            if wanted is None:
                wanted = before | {"BTC": half(before["BTC"])}
            assert rig.sizes == wanted, (at, rig.sizes)
            order = [WHOLE.index(state) for state in rig.states() if state in WHOLE]
            assert order == sorted(order), (at, rig.states())
            if name != "reduce":
                assert rig.latched == ["halted" if name == "halt" else "no_entries"]
            rig.close()
    assert points >= 12 // steps, "the bomb found no steps to stand between"


def test_a_partial_fill_is_told_and_gone_on_with(tmp_path):
    """A thin book closes a part: what is left is told, its stop stays, the rest follows."""
    rig = Rig(tmp_path, lambda: RemoteVenue(venue_inside()))
    thin = [Level(D(50_000), D("0.001"))]
    rig.venue.inside.on_book("BTC", thin, [Level(D(50_000), D(1))])
    rig.deliver(rig.command("flatten"))
    rig.run(0.5)
    assert rig.last()["left"] == {"positions": {"BTC": "0.003"}}
    assert {one.coin for one in rig.venue.open_orders()} == {"BTC"}, "its exits rest on"
    rig.venue.inside.on_book("BTC", [Level(D(50_000), D(1))], [Level(D(50_000), D(1))])
    rig.run()
    assert rig.states()[-1] == "verified"
    assert rig.sizes == {}


@pytest.mark.parametrize("fault", ["request", "reply"])
def test_a_close_whose_answer_is_lost_is_seen_by_the_venue(tmp_path, fault):
    """Lost on the way or on the way back: flat in the end, and never more than flat."""
    faults = iter([None, None, fault, fault] + [None] * 50)
    rig = Rig(tmp_path, lambda: RemoteVenue(LossyVenue(venue_inside(), faults.__next__)))
    rig.deliver(rig.command("flatten"))
    rig.run(40)
    assert rig.states()[-1] == "verified"
    assert rig.sizes == {}


def test_a_venue_that_is_away_is_told_tried_again_and_told_again(tmp_path):
    """Not verified is said after a minute and each minute; stops stay; it ends when it is flat."""
    rig = Rig(tmp_path, lambda: RemoteVenue(venue_inside()))
    rig.venue.silent = 10**6
    rig.deliver(rig.command("flatten"))
    rig.run(10)
    told = rig.last()
    assert (told["state"], told["reason_code"]) in {
        ("applying", "exchange"),
        ("applied", "exchange"),
    }
    rig.run(2 * VERIFY_WITHIN.total_seconds() + 20, step=1)
    late = [one for one in rig.events() if "not verified since" in str(one.get("reason"))]
    assert len(late) == 2
    assert len(rig.events()) < 12, "it does not tell every try"
    assert len(rig.venue.inside.open_orders()) == 4
    rig.venue.silent = 0
    rig.run(10)
    assert rig.states()[-1] == "verified"


def test_a_close_that_the_venue_refuses_is_told_with_its_words(tmp_path):
    """The gate of an account that nobody armed: what it says stands in the acknowledgement."""
    rig = Rig(tmp_path, lambda: RemoteVenue(venue_inside()))
    rig.trader.account.gate = lambda reduces: "live trading is not armed"
    rig.deliver(rig.command("flatten"))
    rig.run(5)
    told = rig.last()
    assert (told["state"], set(told["left"]["positions"])) == ("applied", {"BTC", "ETH"})
    assert "live trading is not armed" in told["reason"]


def test_a_stronger_command_takes_over_what_was_left(tmp_path):
    """A halt during a flatten: one end, by the halt, which is verified only when all is flat."""
    rig = Rig(tmp_path, lambda: RemoteVenue(venue_inside()))
    rig.deliver(rig.command("no_entries", 1), rig.command("flatten", 2, coin="BTC"))
    rig.venue.silent = 6
    rig.run(1)
    rig.deliver(rig.command("halt", 3, lasts=3600))
    rig.run(60)
    assert (rig.states("c1")[-1], rig.states("c2")[-1]) == ("superseded", "superseded")
    assert (rig.last("c1")["superseded_by"], rig.last("c2")["superseded_by"]) == ("c2", "c3")
    assert rig.states("c3")[-1] == "verified"
    assert set(rig.sizes) == {"ETH"}
    assert rig.latched == ["halted", "no_entries"]


def test_two_operators_with_one_wish(tmp_path):
    """The second is linked to the first; a weaker one that comes later changes nothing."""
    rig = Rig(tmp_path, lambda: RemoteVenue(venue_inside()))
    rig.venue.silent = 6
    rig.deliver(rig.command("flatten", 1))
    rig.run(1)
    rig.deliver(rig.command("flatten", 2), rig.command("no_entries", 3))
    rig.run(60)
    assert (rig.states("c2"), rig.last("c2")["superseded_by"]) == (["received", "superseded"], "c1")
    assert rig.states("c1")[-1] == rig.states("c3")[-1] == "verified"
    assert rig.sizes == {}


def test_the_kill_needs_no_records_figures_or_decider(tmp_path, monkeypatch):
    """With all that tells of the account broken, and the journal full, it is flat all the same."""
    rig = Rig(tmp_path)

    def broken(*_, **__):
        raise AttributeError("'NoneType' object has no attribute 'equity'")

    for name in ("report_account", "report_status", "drop_entries", "note", "context"):
        monkeypatch.setattr(rig.trader, name, broken)
    monkeypatch.setattr(rig.cycle, "status", broken)
    rig.sink.full = True
    rig.deliver(rig.command("halt", 1, lasts=3600), rig.command("flatten", 2))
    rig.run(10)
    assert rig.sizes == {}
    assert rig.latched == ["halted", "no_entries"]
    assert rig.events("c1") == [], "the journal took nothing"
    rig.sink.full = False
    rig.run(1)
    assert rig.states("c2") == WHOLE, "and is told everything when it takes records again"


def test_a_disk_that_takes_nothing_stops_entries_all_the_same(tmp_path, monkeypatch):
    """Latched in memory, closed, and refused is only what would not reduce."""
    rig = Rig(tmp_path)

    def full(path, data):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("motherhaven.bot.control.durable.write", full)
        rig.sink.full = True
        rig.deliver(rig.command("guidance", 1, text="x"), rig.command("flatten", 2))
        rig.run(5)
        assert rig.sizes == {}
        assert rig.trader.account.gate(False) is not None
        assert rig.cycle.guidance is None
    rig.sink.full = False
    rig.run(2)
    assert rig.latched == ["no_entries"]
    assert rig.last("c1")["reason_code"] == "not_recorded"
    assert rig.states("c2") == WHOLE


def test_a_damaged_file_of_commands_is_set_aside_and_the_latches_hold(tmp_path):
    """Its content is told; entries stay stopped by files of their own, even empty ones."""
    rig = Rig(tmp_path)
    rig.deliver(rig.command("halt", lasts=3600))
    rig.run(2)
    (tmp_path / "commands.json").write_text('{"seq": 1, "commands": [{}]}')
    (tmp_path / "halted.latch").write_bytes(b"\x00")
    rig.restart()
    assert "halted" in (rig.trader.account.gate(False) or "")
    assert rig.trader.kill.engaged
    rig.station.step()
    told = [one.payload["message"] for one in rig.trader.take() if one.kind == "status"]
    assert any("set aside" in one for one in told)
    assert (tmp_path / "commands.damaged").exists()


def test_an_entry_that_is_being_sent_meets_the_latch(tmp_path):
    """The file of another process counts at the next order, not at the next cycle."""
    rig = Rig(tmp_path, positions=())
    (tmp_path / "no_entries.latch").write_text("{}")
    (refused,) = decide(rig.trader, entry("BTC"), now=NOON)
    assert (refused["execution_status"], refused["reason_code"]) == ("rejected", "gate_closed")
    (tmp_path / "no_entries.latch").unlink()
    (done,) = decide(rig.trader, entry("BTC"), now=NOON)
    assert done["execution_status"] == "executed"
