"""Steps over columns of bars: exact, and equal to a look at every bar."""

import asyncio
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from motherhaven.bot.decider import baseline
from motherhaven.bot.decider.foresight import ABOVE, BELOW, COLD, Averages
from motherhaven.bot.market.bar_series import BarSeries
from motherhaven.bot.market.files import FileFeed
from motherhaven.bot.market.instruments import Bar, default_spec
from motherhaven.bot.market.timeline import Columns, steps_until
from motherhaven.bot.portfolio.events import Fill, FillReason, Liquidity
from motherhaven.bot.replay.audit import EquityAudit, Track
from motherhaven.bot.replay.engine import Replay
from motherhaven.bot.replay.stride import Strides
from motherhaven.bot.running.sink import MemorySink
from motherhaven.testing.clock import FakeClock
from tests.replaykit import CASES, Case, told

START = datetime(2026, 2, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
D = Decimal


def walk(seed, count, holes=()):
    """Bars of a random walk with prices of mixed decimals; `holes` are minutes left out."""
    chance, price, bars = random.Random(seed), D(100), []
    for minute in range(count):
        close = price + D(chance.randrange(-300, 301)).scaleb(-chance.choice((0, 1, 2, 5, 7)))
        close = max(close, D("0.5"))
        low = min(price, close) - D(chance.randrange(3)).scaleb(-3)
        high = max(price, close) + D(chance.randrange(3)).scaleb(-1)
        if minute not in holes:
            bars.append(Bar("X", START + minute * MINUTE, price, high, low, close, D(1)))
        price = close
    return tuple(bars)


@pytest.mark.parametrize("seed", range(40))
def test_the_first_bar_outside_is_the_one_that_a_look_at_each_finds(seed):
    """Whole numbers find what decimals find, bounds finer than any price included."""
    chance, bars = random.Random(seed), walk(seed, 200)
    columns = Columns.of(bars)
    for _ in range(50):
        first = chance.randrange(200)
        stop = chance.randrange(first, 201)
        bar = bars[chance.randrange(200)]
        low = chance.choice((D(-1), bar.low, bar.low - D("1e-12"), D(float(bar.low) * 0.99)))
        high = chance.choice((D("Infinity"), bar.high, bar.high + D("1e-12"), D(-1)))
        plain = next(
            (n for n in range(first, stop) if not (low < bars[n].low and bars[n].high < high)), stop
        )
        assert columns.first_outside(first, stop, low, high) == plain


@pytest.mark.parametrize("seed", range(6))
def test_averages_of_columns_are_those_of_a_tape(seed):
    """The same floats after every bar, anew after every hole."""
    chance = random.Random(seed)
    bars = walk(seed, 900, holes={chance.randrange(900) for _ in range(seed)})
    columns = Columns.of(bars)
    averages = Averages.of(columns.numbers, columns.begins)
    series = BarSeries("X", default_spec("BTC"), detailed=False)
    for number, bar in enumerate(bars):
        series.push(bar)
        fast, slow = series.averages
        cold = fast is None or slow is None
        assert (averages.fast[number], averages.slow[number]) == (fast, slow)
        side = COLD if cold else ABOVE if fast > slow else BELOW
        assert averages.sides[number : number + 1] == side
    assert {COLD[0]} < set(averages.sides)


@pytest.mark.parametrize("detailed", [False, True])
def test_a_tape_that_follows_many_bars_is_as_one_that_took_each(detailed):
    """Averages, bars and indicators are the same, whatever the pieces are."""
    bars = walk(3, 2400)
    columns = Columns.of(bars)
    averages = Averages.of(columns.numbers, columns.begins)
    one = BarSeries("X", default_spec("BTC"), detailed=detailed)
    many = BarSeries("X", default_spec("BTC"), detailed=detailed)
    chance, at = random.Random(1), 0
    while at < len(bars):
        end = min(len(bars), at + chance.choice((1, 2, 30, 200, 1800)))
        for bar in bars[at:end]:
            one.push(bar)
        many.follow(bars, at, end, averages.fast[end - 1], averages.slow[end - 1])
        assert many.end == one.end
        assert many.last == one.last
        if chance.random() < 0.7:
            assert many.indicators() == one.indicators()
            assert many.bars == one.bars
        at = end


@pytest.mark.long
@pytest.mark.parametrize("case", [*CASES[::4], Case(31, "random"), Case(40, "ema-cross")])
def test_stepping_changes_no_figure(tmp_path, monkeypatch, case):
    """The same run with every bar looked at and every decision asked for."""
    files = case.market(tmp_path)
    config = case.config(files, brief=True)

    def run():
        replay = Replay(config, baseline(case.decider), MemorySink(), FakeClock(START))
        report = asyncio.run(replay.run())
        return told(report), replay._trader.log.booked

    stepped = run()
    monkeypatch.setattr(type(config), "plain", property(lambda _: False))
    assert run() == stepped


def test_few_bars_are_looked_at_singly(tmp_path, monkeypatch):
    """The steps are long: else the run would be right, and slow."""
    case = replace(CASES[0], seed=3)
    config = case.config(case.market(tmp_path), brief=True)
    seen, steps = [], []
    real_go, real_happen = Strides.go, Replay._happen
    monkeypatch.setattr(
        Strides, "go", lambda self, index, due: steps.append(real_go(self, index, due)) or steps[-1]
    )
    monkeypatch.setattr(
        Replay, "_happen", lambda self, current: seen.append(current) or real_happen(self, current)
    )
    sink = MemorySink()
    report = asyncio.run(Replay(config, baseline("ema-cross"), sink, FakeClock(START)).run())
    assert report.entries > 0
    assert len(seen) < report.bars / 10
    # Before the first decision, at holes and where an exit is struck: not around each order.
    assert len(seen) < 8 + report.entries + report.exits
    assert sum(step.asked for step in steps) > 10 * len(steps)


def test_a_difference_within_a_step_is_found():
    """Cash or coins that are not the fold's show at the bar where they weigh most."""
    marks = [D(10), D(40), D(20)]
    times = [START + n * MINUTE for n in range(3)]
    fill = Fill(1, "X", D(2), D(10), D(0), Liquidity.TAKER, D(0), FillReason.ENTRY, "P", START)
    right = EquityAudit(D(100))
    right.span(times, 0, 3, 1, D(80), [Track("X", D(2), marks)])
    assert right.identity_error([fill]) == 0
    assert [point.equity for point in right.curve] == [100, 160, 120]
    assert right.max_drawdown == D("-0.25")
    cash, size, lost = EquityAudit(D(100)), EquityAudit(D(100)), EquityAudit(D(100))
    cash.span(times, 0, 3, 1, D("80.01"), [Track("X", D(2), marks)])
    assert cash.identity_error([fill]) == D("0.01")
    size.span(times, 0, 3, 1, D(80), [Track("X", D("2.5"), marks)])
    assert size.identity_error([fill]) == 20
    lost.span(times, 0, 3, 1, D(80), [])
    assert lost.identity_error([fill]) > 0


@pytest.mark.parametrize("seed", range(40))
def test_whole_numbers_find_the_extremes_of_a_span(seed):
    """One position over many bars: drawdown, curve and fold are those of a look at each bar."""
    chance, columns = random.Random(seed), Columns.of(walk(seed, 300))
    ends = columns.ends
    assert [D(one).scaleb(-ends.decimals) for one in ends.values] == columns.closes
    spans, singly = EquityAudit(D(1000)), EquityAudit(D(1000))
    times, first = [START + n * MINUTE for n in range(300)], 0
    while first < 300:
        end = min(300, first + chance.choice((1, 2, 30, 100)))
        size = D(chance.randrange(-500, 500)) / 100 or D(1)
        base = D(1000) - size * columns.closes[first]
        shift = chance.choice((0, 7))  # a coin whose columns begin later, or earlier
        track = Track("X", size, columns.closes, ends.values, -shift)
        spans.span([START] * shift + times, first + shift, end + shift, first, base, [track])
        for time, mark in zip(times[first:end], columns.closes[first:end], strict=True):
            singly.sample(time, first, base, [("X", size, mark)])
        if chance.random() < 0.2:
            spans.flow(D(50))
            singly.flow(D(50))
        assert spans.max_drawdown == singly.max_drawdown
        first = end
    assert spans.curve == singly.curve
    assert list(spans.curve) == list(singly.curve)
    assert spans.curve[10:12] == [spans.curve[10], spans.curve[11]]
    assert spans.curve != EquityAudit(D(1000)).curve


def test_steps_until_a_moment_are_rounded_up():
    """A moment between two bars is reached by the later one; what is past, at once."""
    for seconds, steps in ((-90, 0), (0, 0), (1, 1), (60, 1), (61, 2), (180, 3)):
        assert steps_until(START, START + timedelta(seconds=seconds), MINUTE) == steps


@pytest.mark.parametrize("coins", [1, 3])
def test_slices_by_number_are_those_of_the_feed(tmp_path, coins):
    """And between two moments, both for one coin and for several with holes."""
    case = next(c for c in CASES if len(c.market(tmp_path)) == coins)
    feed = FileFeed(case.market(tmp_path))
    timeline, every = feed.timeline, list(feed.slices())
    assert [timeline[index] for index in range(len(timeline))] == every
    assert timeline.times == [piece.time for piece in every]
    since, until = every[3].time, every[40].time
    assert asyncio.run(feed.closed(since, until)) == every[4:41]
    for index, piece in enumerate(every):
        stretch = timeline.stretch(index)
        assert (stretch is None) == bool(piece.gaps or len(piece.bars) < coins)
        for coin, offset in stretch.offsets.items() if stretch else ():
            assert timeline.columns[coin].bars[index + offset] is piece.bars[coin]
