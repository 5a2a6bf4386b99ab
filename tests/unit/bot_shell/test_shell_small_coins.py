"""Coins far below a cent, and dear ones, trade and replay by steps of their own prices."""

from datetime import timedelta
from decimal import Decimal

import pytest
from shell_support import MINUTE, NOON, action, answer, entry, new_trader, of_kind, piece

from motherhaven.bot.decider.types import Answer
from motherhaven.bot.guard import parse_answer
from motherhaven.bot.guard.trial import judge_answer
from motherhaven.bot.market.feed import Quote
from motherhaven.bot.market.files import FileFeed
from motherhaven.bot.market.instruments import default_spec
from motherhaven.bot.portfolio.events import Liquidity, MarginMode
from motherhaven.bot.running.config import PAPER_SLIPPAGE

D = Decimal
PRICES = {
    "PEPE": "0.0000123",
    "SHIB": "0.00002143",
    "kPEPE": "0.0101234",
    "DOGE": "0.12345",
    "XRP": "2.2345",
    "AAVE": "187.31",
    "YFI": "5123.4",
    "WBTC": "97123",
    "BILLY": "0.000000001234",
}
COINS = sorted(PRICES)


def traded(coin, price, factor):
    """Buy at `price` with a stop 2 % below, let the price move by `factor`, close; the trader."""
    trader = new_trader(coins=(coin,), slippage=PAPER_SLIPPAGE)
    trader.on_slice(piece(NOON - MINUTE, **{coin: str(price)}))
    wish = entry(coin, stop_loss=float(price * D("0.98")), profit_target=float(price * D("1.5")))
    for asked, at in ((wish, price), (action(coin, "close"), price * factor)):
        if asked is not wish:
            trader.on_slice(piece(NOON, **{coin: (str(price), None, None, str(at))}))
        now = trader.now
        parsed = parse_answer(answer(asked))
        got = Answer(decisions=parsed.decisions, rejected=parsed.rejected)
        trader.judge(got, trader.context(now), now, "model", "cycle")
        trader.execute({coin: Quote(coin, at, at, at, now)}, now)
        if asked is wish:
            trader.held = trader.account.snapshot().positions.get(coin)
    return trader


@pytest.mark.parametrize("coin", COINS)
@pytest.mark.parametrize("factor", ["1.03", "0.99"])
def test_a_coin_of_any_price_is_bought_stopped_and_sold(coin, factor):
    """Size, stop distance, slippage and result are those of its price, not of two decimals."""
    price = D(PRICES[coin])
    trader = traded(coin, price, D(factor))
    held = trader.held
    assert held is not None, of_kind(trader.records, "execution")
    assert D(99) < held.margin <= 100
    assert D("1.00005") < held.entry / price < D("1.0005")
    assert abs(held.stop / price - D("0.98")) < D("0.0002")
    (closed,) = of_kind(trader.take(), "position_closed")
    assert abs(closed["gross_pnl"] - 200 * (D(factor) - 1)) < D("0.3")
    assert closed["gross_pnl"]
    assert closed["exit_price"] < price * D(factor)


@pytest.mark.parametrize("coin", COINS)
def test_steps_have_five_figures_and_lots_below_a_cent(coin):
    """A step is at most a ten-thousandth of the price, a lot is worth almost nothing."""
    price = D(PRICES[coin])
    spec = default_spec(coin, price=price)
    assert spec.price_step(price) <= price / 10_000
    assert spec.lot * price < D("0.01")
    assert spec.is_legal_price(spec.round_price(price, up=True))


@pytest.mark.parametrize("coin", COINS)
def test_a_replay_has_the_steps_of_its_bars(coin, tmp_path):
    """The file's first price says them."""
    price = D(PRICES[coin])
    rows = ["timestamp_ms,open,high,low,close,volume"]
    start = int((NOON - timedelta(hours=1)).timestamp() * 1000)
    rows += [
        f"{start + n * 60_000},{price:f},{price * D('1.01'):f},{price * D('0.99'):f},{price:f},5"
        for n in range(5)
    ]
    path = tmp_path / "bars.csv"
    path.write_text("\n".join(rows) + "\n")
    spec = FileFeed({coin: path}).specs[coin]
    assert spec.price_step(price) <= price / 10_000


def test_judge_sizes_a_small_coin_by_its_mark():
    """20 USD at 3x of kPEPE at 0.0101234; a name with a colon is refused in words."""
    state = {
        "equity": "10000", "day_start_equity": "10000", "now": "2026-11-29T08:00:00Z",
        "marks": {"kPEPE": "0.0101234", "xyz:TSLA": "250", "PEPE": "0.0000123"},
        "settings": {"MAX_POSITION_SIZE_USD": 50, "TRADING_ASSETS": "kPEPE,PEPE"},
    }  # fmt: skip
    asked = answer(
        entry("kPEPE", quantity_usd=20, leverage=3, stop_loss=0.009, profit_target=0.012),
        entry("PEPE", quantity_usd=20, leverage=3, stop_loss=0.000012, profit_target=0.000013),
        entry("xyz:TSLA", quantity_usd=20, stop_loss=240, profit_target=260),
    )
    rows = judge_answer(asked, state)["verdicts"]
    assert [row["allowed"] for row in rows] == [True, True, False]
    assert abs(D(rows[0]["size"]) * D("0.0101234") - 60) < D("0.001")
    assert abs(D(rows[1]["size"]) * D("0.0000123") - 60) < D("0.001")
    assert rows[2]["coin"] == "xyz:TSLA"
    assert "does not trade" in rows[2]["reason"]


@pytest.mark.parametrize("coin", COINS)
def test_a_position_of_odd_size_can_be_closed_whole(coin):
    """Whatever the lot is by now: an earlier run or another venue's rule may have been finer."""
    price = D(PRICES[coin])
    trader = new_trader(coins=(coin,))
    trader.on_slice(piece(NOON - MINUTE, **{coin: str(price)}))
    size = D(50) / price + D("0.123456789")
    engine = trader.account.venue.engine
    engine.book_fill(coin, size, price, Liquidity.TAKER, 1, MarginMode.CROSS)
    trader.account.take()
    parsed = parse_answer(answer(action(coin, "close")))
    got = Answer(decisions=parsed.decisions)
    trader.judge(got, trader.context(NOON), NOON, "model", "cycle")
    trader.execute({coin: Quote(coin, price, price, price, NOON)}, NOON)
    assert not trader.ledger.holdings, of_kind(trader.records, "execution")
