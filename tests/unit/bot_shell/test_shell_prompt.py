"""The prompt holds what an expert needs, and every figure in it is the ledger's or the feed's."""

import asyncio
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest

from motherhaven.bot.core.setup import TraderSetup
from motherhaven.bot.decider.briefing import Plan, TradeTally, age_of, stakes_of
from motherhaven.bot.decider.prompts import system_prompt, user_prompt
from motherhaven.bot.decider.tokens import estimated_tokens
from motherhaven.bot.market.feed import Quote
from motherhaven.bot.market.instruments import Bar, FeeRates
from motherhaven.bot.market.simulated import SimulatedFeed
from motherhaven.bot.market.timeframes import Timeframe, label_of, timeframes
from motherhaven.bot.running.recover import fold, restore
from motherhaven.bot.running.sink import Kept
from motherhaven.bot.running.venues import paper_trader
from motherhaven.contract.jsonio import dumps, loads
from motherhaven.contract.limits import RiskLimits
from motherhaven.testing.scripted_model import ScriptedModel

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
COINS = ("BTC", "ETH")
LIMITS = RiskLimits(max_position_size_usd=Decimal(500), daily_loss_limit_usd=Decimal(100))


def entry(mark, **fields):
    """An answer that buys BTC."""
    decision = {
        "coin": "BTC", "signal": "buy_to_enter", "quantity_usd": 100, "leverage": 3,
        "confidence": 0.7, "stop_loss": float(mark) * 0.95, "profit_target": float(mark) * 1.1,
        "invalidation_condition": "an hour below </data> 60,000",
        "justification": "breakout <b>now</b>", **fields,
    }  # fmt: skip
    return json.dumps({"decisions": [decision, {"coin": "ETH", "signal": "hold"}]})


def ready(hours=24):
    """A core after so many hours of a simulated market."""
    feed, ids = SimulatedFeed(COINS, 1), count()
    setup = TraderSetup(COINS, LIMITS, feed.specs, detailed=True)
    trader = paper_trader(setup, NOW - timedelta(hours=hours), lambda: f"id-{next(ids)}")
    for piece in feed.slices(NOW - timedelta(hours=hours), NOW):
        trader.on_slice(piece)
    return trader, feed


@pytest.fixture(scope="module")
def prompted():
    """A core with a position, its prompt of 90 minutes later, and the quotes in it."""
    trader, feed = ready()
    context = trader.context(NOW)
    answer = asyncio.run(
        ScriptedModel([entry(context.series_by_coin["BTC"].last.close)]).decide(context)
    )
    trader.judge(answer, context, NOW, "scripted:model", "c1")
    trader.execute(feed.quotes_at(NOW), NOW)
    trader.take_kept = trader.take()
    later = NOW + timedelta(minutes=90)
    for piece in feed.slices(NOW, later):
        trader.on_slice(piece)
    quotes = feed.quotes_at(later)
    trader.quotes = {c: replace(q, open_interest=Decimal(1000)) for c, q in quotes.items()}
    trader.funding_rates = {"BTC": Decimal("0.0000125"), "ETH": Decimal("-0.00002")}
    return trader, user_prompt(trader.context(later)), later


def figure(text, name):
    """The figure that stands behind a name."""
    return Decimal(re.search(rf"\b{name}=([-+0-9.]+)", text)[1])


def test_an_open_position_is_told_with_its_idea_and_what_is_at_stake(prompted):
    """Notional, age, ROE, plan, risk and reward: those of the ledger."""
    trader, text, _ = prompted
    position = trader.account.snapshot().positions["BTC"]
    (line,) = [one for one in text.splitlines() if one.startswith("BTC long")]
    assert figure(line, "notional") == pytest.approx(
        position.size * position.mark, rel=Decimal("1e-5")
    )
    assert "age=1h30m" in line
    assert figure(line, "roe") == pytest.approx(position.roe * 100, rel=Decimal("1e-2"))
    risk = (position.mark - position.stop) * position.size
    reward = (position.target - position.mark) * position.size
    assert figure(line, "risk_to_stop_usd") == pytest.approx(risk, rel=Decimal("1e-3"))
    assert figure(line, "reward_risk") == pytest.approx(reward / risk, rel=Decimal("1e-2"))
    assert "thesis: breakout &lt;b&gt;now&lt;/b&gt;" in text
    assert "invalidated if: an hour below &lt;/data&gt; 60,000" in text
    assert text.count("<data") == text.count("</data>")


def test_the_day_and_what_is_left_of_its_loss(prompted):
    """PnL today and the rest of the daily limit add up to the limit, or the limit stands."""
    trader, text, _ = prompted
    pnl = trader.ledger.equity() - trader.day.equity
    line = next(one for one in text.splitlines() if one.startswith("today:"))
    assert figure(line, "pnl") == pytest.approx(pnl, rel=Decimal("1e-3"))
    assert figure(line, "loss_left") == pytest.approx(100 + pnl, rel=Decimal("1e-3"))
    assert "entries=1" in line


def test_the_market_is_told_with_funding_interest_and_labelled_timeframes(prompted):
    """The ledger's mark, the sign of the funding in words, indicators of each timeframe."""
    trader, text, _ = prompted
    btc, eth = re.findall(r'<data kind="market">\n(.*?)\n</data>', text, re.DOTALL)
    assert figure(btc, "mark") == pytest.approx(trader.ledger.marks["BTC"], rel=Decimal("1e-7"))
    assert "funding=+0.00125% an hour (longs pay shorts)" in btc
    assert "funding=-0.002% an hour (shorts pay longs)" in eth
    quote = trader.quotes["BTC"]
    assert figure(btc, "open_interest_usd") == pytest.approx(1000 * quote.mark, rel=Decimal("1e-3"))
    for label in ("1m", "15m", "1h", "4h"):
        assert f"{label} indicators: " in btc
        assert f"{label} bars, oldest first" in btc
    hourly = btc.partition("1h bars, oldest first")[2].partition("4h bars")[0]
    assert all(row[3:].startswith(tuple(f"{h:02}:00 " for h in range(24)))
               for row in hourly.splitlines()[1:])  # fmt: skip


def test_what_is_not_known_says_so():
    """A fresh bot on a feed without funding: n/a, never a made-up 0."""
    trader, _ = ready(hours=1)
    text = user_prompt(trader.context(NOW))
    assert "funding=n/a" in text
    assert "open_interest" not in text
    assert "no finished trades yet" in text
    assert "rsi14=n/a" in text


def test_costs_and_signs_are_explained():
    """The rates are those that the account pays."""
    text = system_prompt(LIMITS, 180, fees=FeeRates(Decimal("0.0005"), Decimal("0.0001")))
    for told in ("0.05 % of the notional", "0.01 %: about 0.1 % there and back",
                 "longs pay shorts", "risk_to_stop_usd", "analysis"):  # fmt: skip
        assert told in text


def test_the_idea_of_a_position_survives_a_restart(prompted):
    """From the journal's own records, through JSON."""
    trader, _, _ = prompted
    kept = [
        Kept(r.kind, loads(dumps(r.payload)), r.time, r.event_id or "") for r in trader.take_kept
    ]
    fresh = paper_trader(trader.setup, NOW, trader.new_id)
    restore(fresh, fold(kept))
    assert fresh.log.plans == {"BTC": Plan("breakout <b>now</b>", "an hour below </data> 60,000")}
    assert fresh.context(NOW).brief().plans == fresh.log.plans


def bars(n, start=NOW, step=MINUTE):
    """Rising bars of one minute."""
    return [
        Bar("BTC", start + k * step, Decimal(100 + k), Decimal(110 + k), Decimal(90 + k),
            Decimal(101 + k), Decimal(1))
        for k in range(n)
    ]  # fmt: skip


def test_longer_bars_lie_on_the_clocks_grid_and_are_whole():
    """Begun in the middle: the first cut bar is left out, sums and extremes are exact."""
    frame = Timeframe("15m", timedelta(minutes=15))
    for one in bars(60, NOW + 7 * MINUTE):
        frame.push(one)
    assert [one.start.minute for one in frame.bars] == [15, 30, 45]
    first = frame.bars[0]
    assert (first.open, first.close, first.high, first.low, first.volume) == (108, 123, 132, 98, 15)


def test_a_hole_leaves_out_the_bar_that_lacks_a_part_and_restarts():
    """No longer bar pretends to be whole."""
    frame = Timeframe("15m", timedelta(minutes=15))
    series = bars(120)
    for one in series[:40] + series[41:]:
        frame.push(one)
    assert [one.start for one in frame.bars] == [NOW + k * MINUTE for k in (45, 60, 75, 90, 105)]


@pytest.mark.parametrize(
    ("minutes", "labels"),
    [(1, ["15m", "1h", "4h"]), (5, ["15m", "1h", "4h"]), (15, ["1h", "4h"]), (7, []), (240, [])],
)
def test_timeframes_that_bars_make_up(minutes, labels):
    """Only those that the bars divide."""
    assert [one.label for one in timeframes(timedelta(minutes=minutes))] == labels


def test_small_words():
    """Ages, labels, the tally and stakes at their edges."""
    ages = [age_of(NOW - timedelta(minutes=m), NOW) for m in (0, 59, 61, 1500, -5)]
    assert ages == ["0m", "59m", "1h1m", "1d1h", "0m"]
    assert [label_of(timedelta(seconds=s)) for s in (30, 60, 3600)] == ["30s", "1m", "1h"]
    assert TradeTally().profit_factor is None


def test_risk_of_a_stop_beyond_the_mark_has_no_ratio(prompted):
    """A stop in profit gives nothing to divide by."""
    trader, _, _ = prompted
    position = trader.account.snapshot().positions["BTC"]
    moved = replace(position, stop=position.mark + 1)
    assert stakes_of(moved).risk < 0
    assert stakes_of(moved).ratio is None
    assert stakes_of(replace(position, stop=None)).ratio is None


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 0), ("hold", 1), ("buy to enter", 3), ("67123.5", 4), ("a 1", 3), ("\n\n", 1), ("é", 1)],
)
def test_tokens_are_estimated(text, tokens):
    """Words, numbers by three digits with their space, signs, lines."""
    assert estimated_tokens(text) == tokens


def test_a_quote_without_open_interest():
    """Old feeds need not know it."""
    assert Quote("BTC", Decimal(1), Decimal(1), Decimal(1), NOW).open_interest is None
