"""The running loop: schedule, late wake-ups, failures, commands."""

import asyncio
import json
from datetime import timedelta
from decimal import Decimal

import pytest
from shell_support import (
    MINUTE,
    NOON,
    SleepyClock,
    action,
    answer,
    entry,
    new_cycle,
    new_trader,
    of_kind,
    piece,
)

from motherhaven.bot.market.feed import Book, FundingKept, Quote
from motherhaven.bot.market.instruments import Level
from motherhaven.bot.running.control import ControlClient, ControlServer
from motherhaven.bot.running.runner import Runner
from motherhaven.bot.running.sink import MemorySink
from motherhaven.contract.errors import ConfigError, MarketError
from motherhaven.contract.times import format_time
from motherhaven.testing.scripted_model import ScriptedModel
from tests.patience import within


class FlatFeed:
    """A market of one price, which can fail."""

    mark_every = None
    funding_kept = FundingKept.NONE
    warnings = ()
    name = "flat"
    simulated = True
    coins = ("BTC",)
    interval = MINUTE

    def __init__(self):
        self.specs = {}
        self.set_aside = {}
        self.fails = None
        self.price = Decimal(50000)
        self.low = None
        self.book = None

    async def closed(self, since, until):
        if self.fails:
            raise self.fails
        start = since.replace(second=0, microsecond=0)
        found = []
        while start + MINUTE <= until:
            if start + MINUTE > since:
                low = self.low or self.price
                found.append(piece(start, BTC=(self.price, self.price, low, self.price)))
            start += MINUTE
        return found

    async def quotes(self, now):
        return {"BTC": Quote("BTC", self.price, self.price, self.price, now)}

    async def books(self, coins):
        """As told; an exception is raised."""
        if isinstance(self.book, Exception):
            raise self.book
        return {} if self.book is None else dict.fromkeys(coins, self.book)

    async def close(self):
        """Nothing to close."""


def world(*said, minutes=5, feed=None, control=None, hook=None, said_by=None):
    """Let a bot run for some minutes; returns its sink, cycle and model."""

    async def live():
        stop = asyncio.Event()
        clock = SleepyClock(NOON + timedelta(seconds=10), stop, NOON + minutes * MINUTE)
        trader = new_trader(patience=timedelta(minutes=2))
        sink, model = MemorySink(), said_by or ScriptedModel(said)
        cycle = new_cycle(trader, model, sink)
        market = feed or FlatFeed()
        server = None if control is None else ControlServer(control, clock)
        if server is not None:
            server.enter("run-1")
        if hook is not None:
            hook(clock, market, cycle, server)
        runner = Runner(cycle, market, clock, server, sleep=clock.sleep)
        await within(runner.run(stop))
        return sink, cycle, model, clock

    return asyncio.run(live())


def test_cycles_come_on_a_fixed_grid():
    """Every minute, just after the bar has closed, whatever the start was."""
    sink, _, model, _ = world(answer(action()))
    asked = [context.now for context in model.asked]
    assert [moment.minute for moment in asked] == [1, 2, 3, 4]
    assert all(1 <= moment.second <= 2 for moment in asked)
    statuses = of_kind(sink.kept, "status")
    assert statuses[0]["message"] == "bot started"
    assert statuses[-1]["status"] == "stopped"
    assert {status["day_zone"] for status in statuses} == {"UTC"}
    assert statuses[1]["next_cycle_at"].startswith("2026-03-04T12:02:01")


def test_a_late_wake_up_leaves_the_decision_out_and_goes_on_by_schedule():
    """A laptop that slept for ten minutes makes no decision of ten minutes ago."""

    def sleep_long(clock, market, cycle, server):
        inner = clock.sleep

        async def sleep(seconds):
            if clock.now() > NOON + timedelta(seconds=125) and not sleep.slept:
                sleep.slept = True
                clock.advance(600)
            await inner(seconds)

        sleep.slept = False
        clock.sleep = sleep

    async def live():
        stop = asyncio.Event()
        clock = SleepyClock(NOON + timedelta(seconds=10), stop, NOON + 15 * MINUTE)
        sleep_long(clock, None, None, None)
        model, sink = ScriptedModel([answer(action())]), MemorySink()
        cycle = new_cycle(new_trader(patience=timedelta(minutes=2)), model, sink)
        await Runner(cycle, FlatFeed(), clock, sleep=clock.sleep).run(stop)
        return sink, model

    sink, model = asyncio.run(live())
    asked = [context.now.minute for context in model.asked]
    assert asked[:2] == [1, 2]
    assert 12 not in asked
    assert asked[2] == 13
    late = [s for s in of_kind(sink.kept, "status") if "late" in s["message"]]
    assert len(late) == 1
    assert late[0]["status"] == "error"


def test_a_market_failure_is_a_failed_cycle_on_record_and_heals():
    """No decision on no data; the error is in the status; then it goes on."""
    feed = FlatFeed()

    def break_it(clock, market, cycle, server):
        inner = market.closed

        async def closed(since, until):
            if NOON + 2 * MINUTE <= until < NOON + 4 * MINUTE:
                raise MarketError("venue is down")
            return await inner(since, until)

        market.closed = closed

    sink, _, model, _ = world(answer(action()), minutes=6, feed=feed, hook=break_it)
    errors = [s for s in of_kind(sink.kept, "status") if s["status"] == "error"]
    assert len(errors) == 2
    assert "venue is down" in errors[0]["error"]
    assert [context.now.minute for context in model.asked] == [1, 4, 5]


def test_an_unexpected_fault_is_recorded_and_does_not_end_the_bot():
    """Even a bug in a decider costs one cycle."""

    class Broken(ScriptedModel):
        async def decide(self, context):
            if not self.asked:
                self.asked.append(context)
                raise ZeroDivisionError("a bug")
            return await super().decide(context)

    sink, _, model, _ = world(said_by=Broken([answer(action())]))
    errors = [s for s in of_kind(sink.kept, "status") if s["status"] == "error"]
    assert "ZeroDivisionError" in errors[0]["error"]
    assert len(model.asked) == 4


def test_bars_are_acted_on_between_decisions():
    """A stop is struck in the minute in which the bar closes."""
    feed = FlatFeed()

    def crash(clock, market, cycle, server):
        inner = market.closed

        async def closed(since, until):
            market.low = Decimal(48000) if until > NOON + 2 * MINUTE else None
            return await inner(since, until)

        market.closed = closed

    sink, cycle, _, _ = world(answer(entry()), answer(action()), feed=feed, hook=crash)
    (closed,) = of_kind(sink.kept, "position_closed")
    assert closed["reason"] == "stop"
    assert not cycle.trader.ledger.holdings


def test_missed_bars_are_acted_on_after_a_restart():
    """Stops work for the time in which nobody watched."""
    feed = FlatFeed()
    feed.low = Decimal(48000)

    async def live():
        stop = asyncio.Event()
        clock = SleepyClock(NOON + timedelta(minutes=30), stop, NOON + timedelta(minutes=31))
        trader, sink = new_trader(), MemorySink()
        trader.on_slice(piece(NOON - MINUTE, BTC="50000"))
        cycle = new_cycle(trader, ScriptedModel([answer(entry()), answer(action())]), sink)

        async def quotes():
            return {"BTC": Quote("BTC", feed.price, feed.price, feed.price, NOON)}

        await cycle.run(lambda: NOON, quotes, None)
        assert trader.ledger.holdings
        await Runner(cycle, feed, clock, sleep=clock.sleep).run(stop, since=NOON)
        return sink

    sink = asyncio.run(live())
    (closed,) = of_kind(sink.kept, "position_closed")
    assert closed["exit_time"].startswith("2026-03-04T12:01")


def test_stop_ends_a_waiting_model_at_once():
    """A stop command while the model thinks: no trade, a stopped status, the loop ends."""

    class Slow(ScriptedModel):
        async def decide(self, context):
            self.asked.append(context)
            self.clock.stop.set()
            await asyncio.Event().wait()

    slow = Slow([answer(entry())])

    def give_clock(clock, market, cycle, server):
        slow.clock = clock

    sink, _, _, _ = world(said_by=slow, hook=give_clock, minutes=60)
    assert len(slow.asked) == 1
    assert not of_kind(sink.kept, "fill")
    assert of_kind(sink.kept, "status")[-1]["status"] == "stopped"


def test_commands_pause_resume_kill_and_stop(tmp_path):
    """Each is done once, journaled with its id, and answered in the published state."""

    def command(clock, market, cycle, server):
        ids = iter("abcdefgh")
        desk = ControlClient(tmp_path, clock, lambda: next(ids), sleep=lambda _: None)
        waits = [(1, "pause"), (3, "resume"), (5, "kill"), (6, "stop")]
        inner = clock.sleep

        async def sleep(seconds):
            await inner(seconds)
            if waits and clock.now() >= NOON + waits[0][0] * MINUTE + timedelta(seconds=30):
                verb = waits.pop(0)[1]
                with pytest.raises(ConfigError, match="did not answer"):
                    desk_send(desk, clock, verb)

        def desk_send(desk, clock, verb):
            monotonic = clock.monotonic
            clock.monotonic = lambda: monotonic() + next(ticks)
            try:
                desk.send(verb, {"flatten": True})
            finally:
                clock.monotonic = monotonic

        ticks = iter(range(0, 10_000, 11))
        clock.sleep = sleep

    async def live():
        stop = asyncio.Event()
        clock = SleepyClock(NOON + timedelta(seconds=10), stop, NOON + timedelta(minutes=30))
        server = ControlServer(tmp_path, clock)
        server.enter("run-1")
        model, sink = ScriptedModel([answer(entry()), answer(action())]), MemorySink()
        cycle = new_cycle(new_trader(patience=timedelta(minutes=2)), model, sink)
        command(clock, None, cycle, server)
        await Runner(cycle, FlatFeed(), clock, server, sleep=clock.sleep).run(stop)
        server.leave()
        return sink, model, cycle, clock

    sink, model, cycle, clock = asyncio.run(live())
    assert [context.now.minute for context in model.asked] == [1, 4, 5, 6]
    messages = " | ".join(s["message"] for s in of_kind(sink.kept, "status"))
    for told in ("command pause (a)", "command resume (b)", "command kill (c)"):
        assert messages.count(told) == 1
    assert clock.now() < NOON + 8 * MINUTE
    assert of_kind(sink.kept, "position_closed")
    assert cycle.trader.kill.engaged


def test_guidance_and_kill_reach_a_running_bot_as_words(tmp_path):
    """The decider hears the guidance while it holds; a kill keeps positions unless told."""
    waits = [
        (1, "guide", {"text": "prefer shorts", "hours": 0.04}),
        (2, "kill", {"flatten": False}),
        (5, "arm", {}),
    ]

    def put(clock, market, cycle, server):
        inner = clock.sleep

        async def sleep(seconds):
            await inner(seconds)
            if waits and clock.now() >= NOON + waits[0][0] * MINUTE + timedelta(seconds=30):
                number, verb, arguments = waits.pop(0)
                body = {"id": f"c{number}", "verb": verb, "run": "run-1", "arguments": arguments,
                        "at": format_time(clock.now())}  # fmt: skip
                (tmp_path / "commands" / f"{number}.json").write_text(json.dumps(body))

        clock.sleep = sleep

    said = [answer(entry())] * 8
    sink, cycle, model, _ = world(*said, minutes=8, control=tmp_path, hook=put)
    wishes = [context.guidance for context in model.asked]
    assert wishes[:5] == [None, "prefer shorts", "prefer shorts", None, None]
    rules = [d["verdict"].get("rule") for d in of_kind(sink.kept, "decision")]
    assert rules[2:5] == ["kill_switch"] * 3
    assert rules[5] != "kill_switch"
    assert not of_kind(sink.kept, "position_closed")
    told = " | ".join(status["message"] for status in of_kind(sink.kept, "status"))
    for words in ("the guidance holds until", "has expired", "no entries; stops", "re-armed"):
        assert words in told
    assert cycle.guidance is None


def test_a_live_market_s_book_is_walked_and_its_absence_is_no_reason_not_to_trade():
    """A thin book fills in part, and says so; without a book the formula does."""
    thin = Book((Level(Decimal(49_990), Decimal(1)),), (Level(Decimal(50_010), Decimal("0.001")),))
    for book, status in ((thin, "partial"), (MarketError("no book"), "executed")):
        feed = FlatFeed()
        feed.book = book
        sink, cycle, _, _ = world(answer(entry()), answer(action()), minutes=3, feed=feed)
        first = of_kind(sink.kept, "execution")[0]
        assert first["execution_status"] == status
        held = cycle.trader.account.snapshot().positions["BTC"]
        assert held.stop == 49000
        assert (held.size == Decimal("0.001")) is (status == "partial")


class LamedFeed(FlatFeed):
    """ETH is set aside from the third minute to the fifth."""

    coins = ("BTC", "ETH")

    async def closed(self, since, until):
        minute = until.minute
        self.set_aside = {"ETH": "its candles are NaN"} if 3 <= minute < 5 else {}
        return await super().closed(since, until)


def test_a_coin_that_is_set_aside_is_told_and_stops_nothing():
    """A status when it goes, a warning in each while it is away, one when it is back."""
    sink, _, model, _ = world(answer(action()), minutes=8, feed=LamedFeed())
    statuses = of_kind(sink.kept, "status")
    told = [s["message"] for s in statuses if s["message"].startswith("coins ")]
    assert [text.partition(";")[0] for text in told] == ["coins set aside: ETH", "coins back: ETH"]
    warned = [s for s in statuses if s.get("warnings")]
    assert len(warned) >= 2
    assert all("ETH is set aside: its candles are NaN" in s["warnings"] for s in warned)
    assert len(model.asked) == 7
    assert {s["status"] for s in statuses} == {"running", "stopped"}
    assert "warnings" not in statuses[-1]
