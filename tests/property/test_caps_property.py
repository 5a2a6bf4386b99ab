"""Whatever an answer asks, no cap is exceeded by a cent once its orders are executed.

Random limits, books and answers go through the bot's own core: judged at one price,
executed at another, against the slippage formula or an order book, in several rounds.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from motherhaven.bot.core.setup import TraderSetup
from motherhaven.bot.decider.types import Answer
from motherhaven.bot.execution.slippage import Slippage
from motherhaven.bot.guard import (
    OpenPosition,
    RiskContext,
    Signal,
    TradeDecision,
    judge,
)
from motherhaven.bot.market.feed import Book, Quote, Slice
from motherhaven.bot.market.instruments import Bar, Level
from motherhaven.bot.running.venues import paper_trader
from motherhaven.contract.limits import RiskLimits
from tests.examples import examples

D = Decimal
T0 = datetime(2026, 1, 1, tzinfo=UTC)
CENTRE = {"BTC": D(50_000), "ETH": D(3_000), "SOL": D(150), "PEPE": D("0.0000123")}
COINS = tuple(CENTRE)
CENT = D("0.01")

LIMITS = st.builds(
    RiskLimits,
    max_position_size_usd=st.sampled_from([D(50), D(333), D(333)]),
    max_leverage=st.sampled_from([3, 10, 10]),
    daily_loss_limit_usd=st.just(D(100_000)),
    max_coin_margin_usd=st.sampled_from([None, D(40), D(800), D(800)]),
    max_total_margin_usd=st.sampled_from([None, D(60), D(110), D(170), D(260), D(320)]),
    max_open_positions=st.sampled_from([2, 4]),
    clamp_entries=st.booleans(),
)
ASKED = st.tuples(
    st.sampled_from(("BTC", "BTC", "ETH", "ETH", "SOL", "PEPE")),
    st.sampled_from([Signal.BUY] * 6 + [Signal.SELL, Signal.CLOSE]),
    st.sampled_from([D(10), D(12), D("19.99"), D(30), D(50), D("50.01"), D(300)]),
    st.sampled_from([1, 2, 5, 10]),
)
MOVES = st.lists(st.integers(-150, 150), min_size=len(COINS), max_size=len(COINS))
ROUND = st.tuples(
    st.lists(ASKED, min_size=2, max_size=4, unique_by=lambda one: one[0]), MOVES, st.booleans()
)


def decision(asked, mark):
    coin, signal, margin, leverage = asked
    if not signal.is_entry:
        return TradeDecision(coin, signal)
    stop = mark * (1 - signal.sign * D("0.04"))
    return TradeDecision(coin, signal, margin, leverage, D(1), stop_loss=stop)


def moved(moves):
    """Prices up to 1.5 % away from each coin's centre."""
    return {
        coin: CENTRE[coin] * (1 + D(move) / 10_000) for coin, move in zip(COINS, moves, strict=True)
    }


def book(price):
    """A thin book around `price`, whose best bid may stand above the mid that we know."""
    return Book(
        tuple(Level(price * (1 - D(n) / 1_000), 60 / price) for n in range(-1, 12)),
        tuple(Level(price * (1 + D(n) / 1_000), 60 / price) for n in range(2, 14)),
    )


def check(trader, limits):
    held = trader.account.snapshot().positions
    total = limits.max_total_margin_usd
    if total is None:
        total = limits.max_position_size_usd * limits.max_open_positions
    one = (
        limits.max_position_size_usd
        if limits.max_coin_margin_usd is None
        else limits.max_coin_margin_usd
    )
    assert len(held) <= limits.max_open_positions
    assert sum((p.margin for p in held.values()), D(0)) < total + CENT
    for position in held.values():
        assert position.margin < one + CENT
        assert position.leverage <= limits.max_leverage


@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(LIMITS, st.lists(ROUND, min_size=1, max_size=5), st.sampled_from([D(100), D(10_000)]))
def test_no_cap_is_exceeded_after_execution(limits, rounds, deposit):
    """Positions, margin by coin and in all, leverage: within their caps after every order."""
    play(limits, rounds, deposit)


@pytest.mark.parametrize("seeds", range(0, 800, 100))
def test_answers_that_change_leverage_keep_every_cap(seeds):
    """The same on accounts that are nearly full, where most answers change a leverage."""
    for seed in range(seeds, seeds + 100):
        random = Random(seed)
        limits = RiskLimits(
            max_position_size_usd=random.choice([D(50), D(333)]),
            max_leverage=10,
            daily_loss_limit_usd=D(100_000),
            max_coin_margin_usd=random.choice([None, D(800)]),
            max_total_margin_usd=random.choice([D(60), D(110), D(170), D(260), D(320)]),
            max_open_positions=random.choice([2, 4]),
            clamp_entries=random.random() < 0.5,
        )
        play(limits, [busy_round(random) for _ in range(random.randint(2, 5))], D(10_000))


def busy_round(random):
    """Entries in most coins, at margins and leverages that differ from before."""
    asked = [
        (
            coin,
            random.choice([Signal.BUY] * 6 + [Signal.CLOSE]),
            random.choice([D(10), D(12), D(30), D(50)]),
            random.choice([1, 2, 5, 10]),
        )
        for coin in random.sample(["BTC", "ETH", "SOL"], random.randint(2, 3))
    ]
    return asked, [random.randint(-150, 150) for _ in COINS], random.random() < 0.3


def play(limits, rounds, deposit):
    """Judge and execute each round's answer, and hold the account against the caps."""
    slippage = Slippage(D("0.0001"), D("0.05"), D(200_000))
    setup = TraderSetup(COINS, limits, deposit=deposit, patience=timedelta(minutes=5))
    trader = paper_trader(setup, T0, iter(map(str, range(10**9))).__next__, slippage)
    now = T0
    for asked, moves, with_book in rounds:
        marks = {coin: series.last.close for coin, series in trader.series_by_coin.items()} or dict(
            CENTRE
        )
        bars = {c: Bar(c, now, p, p, p, p, D(1)) for c, p in marks.items()}
        now += timedelta(minutes=1)
        trader.on_slice(Slice(now, bars))
        context = trader.context(now)
        answer = Answer(decisions=tuple(decision(one, marks[one[0]]) for one in asked))
        before = {c: h.size for c, h in trader.ledger.holdings.items()}
        trader.judge(answer, context, now, "model", "cycle")
        prices = moved(moves)
        trader.books = {c: book(p) for c, p in prices.items()} if with_book else {}
        trader.execute({c: Quote(c, p, p, p, now) for c, p in prices.items()}, now)
        check(trader, limits)
        for coin in {one[0] for one in asked if one[1] is Signal.CLOSE} & set(before):
            left = trader.ledger.holdings.get(coin)
            # A book too thin for the whole close leaves a rest, which is a legal size.
            assert left is None or (with_book and abs(left.size) < abs(before[coin]))
            assert left is None or trader.ledger.spec(coin).is_legal_size(abs(left.size))


def stood(limits):
    """A trader with 40 USD of margin in BTC at 5x."""
    setup = TraderSetup(COINS, limits, patience=timedelta(minutes=5))
    trader = paper_trader(setup, T0, iter(map(str, range(10**9))).__next__)
    trade(trader, [("BTC", Signal.BUY, D(40), 5)])
    assert trader.account.snapshot().positions["BTC"].margin == 40
    return trader


def trade(trader, asked):
    now = trader.now + timedelta(minutes=1)
    bars = {c: Bar(c, trader.now, p, p, p, p, D(1)) for c, p in CENTRE.items()}
    trader.on_slice(Slice(now, bars))
    answer = Answer(decisions=tuple(decision(one, CENTRE[one[0]]) for one in asked))
    trader.judge(answer, trader.context(now), now, "model", "cycle")
    trader.execute({c: Quote(c, p, p, p, now) for c, p in CENTRE.items()}, now)


WIDE = RiskLimits(
    max_position_size_usd=D(300), max_total_margin_usd=D(240), max_open_positions=4,
    daily_loss_limit_usd=D(1_000),
)  # fmt: skip


def test_a_lower_leverage_takes_its_margin_before_the_next_entry_is_judged():
    """BTC from 5x to 1x needs 210 USD, so that ETH's 45 do not fit under 240."""
    trader = stood(WIDE)
    trade(trader, [("BTC", Signal.BUY, D(10), 1), ("ETH", Signal.BUY, D(45), 5)])
    held = trader.account.snapshot().positions
    assert held["BTC"].margin == 210
    assert "ETH" not in held
    check(trader, WIDE)


def test_a_close_and_a_higher_leverage_free_room_for_the_next_answer_only():
    """Neither may be counted before it was executed."""
    trader = stood(WIDE.changed(max_total_margin_usd=D(60)))
    trade(trader, [("ETH", Signal.BUY, D(30), 5), ("BTC", Signal.CLOSE, D(0), 1)])
    assert not trader.account.snapshot().positions
    trade(trader, [("ETH", Signal.BUY, D(30), 5)])
    assert list(trader.account.snapshot().positions) == ["ETH"]


def test_what_waits_from_an_earlier_answer_counts():
    """An entry that is allowed and not yet placed takes its room with it."""
    trader = stood(WIDE.changed(max_total_margin_usd=D(100)))
    now = trader.now
    for coin in ("ETH", "SOL"):
        answer = Answer(decisions=(decision((coin, Signal.BUY, D(45), 5), CENTRE[coin]),))
        trader.judge(answer, trader.context(now), now, "model", "cycle")
    assert trader.waiting_coins == ("ETH",)


def test_the_free_margin_that_a_lower_leverage_takes_is_gone_for_the_next_entry():
    """10,000 USD of BTC from 10x to 5x ties up 1,000 more: of 1,100 free, ETH finds no 80."""
    view = RiskContext(
        now=datetime(2026, 1, 2, tzinfo=UTC),
        equity=D(2_100),
        day_start_equity=D(2_100),
        marks={"BTC": D(50_000), "ETH": D(3_000)},
        positions={"BTC": OpenPosition(D("0.2"), D(50_000), 10)},
        available=D(1_100),
    )
    loose = RiskLimits(max_position_size_usd=D(9_000), max_coin_margin_usd=D(9_000))
    again = TradeDecision("BTC", Signal.BUY, D(40), 5, D(1), stop_loss=D(49_000))
    other = TradeDecision("ETH", Signal.BUY, D(80), 3, D(1), stop_loss=D(2_900))
    first, second = judge([again, other], view, loose)
    assert first.allowed, first.reason
    assert (second.allowed, second.rule) == (False, "free_margin")
    assert judge([other], view, loose)[0].allowed
