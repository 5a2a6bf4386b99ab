"""Markets: symbols, ticks, lots, tiers, funding rate."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from motherhaven.bot.market.instruments import Bar, MarketSpec, check_bar, default_spec
from motherhaven.bot.portfolio.margin import MarginTiers, hourly_funding_rate
from motherhaven.contract.coins import normalise_symbol
from motherhaven.contract.errors import MarketError

D = Decimal


@pytest.mark.parametrize(
    ("symbol", "coin"),
    [
        ("BTC", "BTC"),
        ("btc", "BTC"),
        ("BTC/USD:USD", "BTC"),
        ("BTC/USDC:USDC", "BTC"),
        ("BTC-PERP", "BTC"),
        (" eth ", "ETH"),
        ("kPEPE", "kPEPE"),
        ("kPEPE/USDC:USDC", "kPEPE"),
    ],
)
def test_symbols_are_normalised_once(symbol, coin):
    """Every spelling means the venue's short name."""
    assert normalise_symbol(symbol) == coin


@pytest.mark.parametrize("symbol", ["", "/USD", "B T C", "<b>", "X" * 25])
def test_what_is_no_symbol_is_refused(symbol):
    """Not guessed at."""
    with pytest.raises(MarketError):
        normalise_symbol(symbol)


@pytest.mark.parametrize(
    ("coin", "price", "down", "up"),
    [
        ("BTC", "50123.4", "50123", "50124"),
        ("BTC", "123456.7", "123456", "123457"),
        ("ETH", "3000.80002", "3000.8", "3000.9"),
        ("ETH", "300.0812345", "300.08", "300.09"),
        ("SOL", "99.99951", "99.999", "100"),
        ("SOL", "0.00012399", "0.0001", "0.0002"),
    ],
)
def test_prices_have_five_figures_and_few_decimals(coin, price, down, up):
    """At most 5 significant figures and 6 - szDecimals decimals; integers always legal."""
    spec = default_spec(coin)
    assert spec.round_price(D(price), up=False) == D(down)
    assert spec.round_price(D(price), up=True) == D(up)
    assert spec.is_legal_price(D(down))
    assert not spec.is_legal_price(D(price))


def test_a_fixed_tick_replaces_the_rule():
    """For venues that have one."""
    spec = MarketSpec("BTC", tick=D("0.25"))
    assert spec.round_price(D("10.3"), up=False) == D("10.25")
    assert spec.round_price(D("10.3"), up=True) == D("10.5")


def test_sizes_are_floored_never_rounded_up():
    """A size can only become smaller than what was asked."""
    assert default_spec("BTC").floor_size(D("0.123459")) == D("0.12345")
    assert default_spec("SOL").floor_size(D("0.009")) == 0


def test_tiers_are_continuous_where_they_meet():
    """The deduction makes maintenance the same from both sides of a boundary."""
    for coin, bound in (("BTC", 150_000_000), ("ETH", 100_000_000)):
        tiers = MarginTiers.of(default_spec(coin))
        below, at = tiers.maintenance(D(bound) - D("0.01")), tiers.maintenance(D(bound))
        assert D(0) < at - below < D("0.001")
    assert MarginTiers.of(default_spec("BTC")).max_leverage(D(150_000_000)) == 20


@pytest.mark.parametrize(
    ("premium", "rate"),
    [("0", "0.0000125"), ("0.0001", "0.0000125"), ("0.001", "0.0000625"), ("-0.002", "-0.0001875"),
     ("1", "0.04"), ("-1", "-0.04")],
)  # fmt: skip
def test_the_hourly_funding_rate(premium, rate):
    """F8 = P + clamp(0.0001 - P, ±0.0005), an eighth of it an hour, capped at 4 %."""
    assert hourly_funding_rate(D(premium)) == D(rate)


@pytest.mark.parametrize(
    "prices",
    [("5", "4", "3", "4"), ("5", "6", "5.5", "6"), ("0", "1", "0", "1"), ("NaN", "1", "1", "1")],
)
def test_bars_that_cannot_be_are_refused(prices):
    """Low above open, high below close, zero, NaN."""
    with pytest.raises(MarketError, match="bar of BTC"):
        check_bar(Bar("BTC", datetime(2026, 1, 1, tzinfo=UTC), *map(D, prices), volume=D(1)))


@pytest.mark.parametrize("signal", [1, -1])
@pytest.mark.parametrize("size", ["0.5", "900", "1500", "2500", "4000"])
@pytest.mark.parametrize("free", ["1000", "2000000", "30000000", "90000000"])
def test_at_the_liquidation_price_the_value_is_the_maintenance(signal, size, free):
    """In the tier that holds there, which is not always the one of the mark."""
    tiers = MarginTiers.of(default_spec("BTC"))
    amount, mark = signal * D(size), D(60_000)
    equity = D(free) + tiers.maintenance(abs(amount) * mark)
    price = tiers.liquidation(amount, mark, D(free))
    if price is None:
        assert equity - amount * mark >= 0
        return
    left = equity + amount * (price - mark)
    assert abs(left - tiers.maintenance(abs(amount) * price)) < D("1e-10") * abs(amount) * mark
