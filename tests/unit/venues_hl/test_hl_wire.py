"""Numbers leave as exact text on the market's grid, or not at all."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motherhaven.bot.market.instruments import MarketSpec
from motherhaven.bot.portfolio.events import Side
from motherhaven.bot.venues.hyperliquid import wire
from motherhaven.bot.venues.hyperliquid.refusals import Refused

BTC = MarketSpec("BTC", 5, 40)
DOGE = MarketSpec("DOGE", 0, 10)


@pytest.mark.parametrize(
    ("value", "spec", "text"),
    [
        ("0.01000", BTC, "0.01"),
        ("1E+1", BTC, "10"),
        ("0.00001", BTC, "0.00001"),
        ("5E+4", DOGE, "50000"),
        ("100", DOGE, "100"),
    ],
)
def test_a_size_has_no_exponent_and_no_trailing_zero(value, spec, text):
    """Whatever form the decimal came in."""
    assert wire.size_text(Decimal(value), spec) == text


@pytest.mark.parametrize(
    ("value", "spec"),
    [("0", BTC), ("-0", BTC), ("-1", BTC), ("0.000001", BTC), ("0.5", DOGE), ("NaN", BTC)],
)
def test_a_size_off_the_lot_is_refused(value, spec):
    """Zero, negative, more decimals than szDecimals: nothing is rounded up."""
    with pytest.raises(Refused) as told:
        wire.size_text(Decimal(value), spec)
    assert told.value.code == "venue_size"


@pytest.mark.parametrize(
    ("value", "spec", "text"),
    [
        ("50000.0", BTC, "50000"),
        ("123456", BTC, "123456"),
        ("1234.5", BTC, "1234.5"),
        ("0.081230", DOGE, "0.08123"),
        ("5E+4", BTC, "50000"),
    ],
)
def test_a_price_of_five_figures_or_a_whole_number_is_legal(value, spec, text):
    """Integers are legal with any number of figures."""
    assert wire.price_text(Decimal(value), spec) == text


@pytest.mark.parametrize(
    ("value", "spec"),
    [("1234.56", BTC), ("1.23", BTC), ("0.0812345", DOGE), ("0", BTC), ("-0", BTC), ("-5", BTC)],
)
def test_a_price_off_the_grid_is_refused(value, spec):
    """Six figures, too many decimals for the market's lot, zero and below."""
    with pytest.raises(Refused) as told:
        wire.price_text(Decimal(value), spec)
    assert told.value.code == "venue_tick"


def test_a_bound_is_never_made_worse():
    """A buyer's is rounded down, a seller's up."""
    assert wire.bound(Decimal("50000.7"), Side.BUY, BTC) == 50_000
    assert wire.bound(Decimal("50000.7"), Side.SELL, BTC) == 50_001


def test_a_stop_may_fill_well_past_its_trigger():
    """5 to 10 % beyond in the closing direction, rounded away from the trigger."""
    trigger = Decimal("1234.5")
    sell, buy = wire.beyond(trigger, Side.SELL, BTC), wire.beyond(trigger, Side.BUY, BTC)
    assert Decimal("0.90") * trigger <= sell <= Decimal("0.95") * trigger
    assert Decimal("1.05") * trigger <= buy <= Decimal("1.10") * trigger
    assert sell <= trigger * (1 - wire.SLIP)
    assert buy >= trigger * (1 + wire.SLIP)


def test_a_price_that_rounds_to_nothing_is_refused():
    """No order is ever sent at 0."""
    for price in ("0.0000001", "0", "-1", "NaN", "Infinity"):
        with pytest.raises(Refused):
            wire.bound(Decimal(price), Side.BUY, BTC)


@given(st.decimals("0.0001", "200000", places=6), st.sampled_from(list(Side)), st.integers(0, 5))
def test_what_is_rounded_here_is_legal_on_the_wire(price, side, decimals):
    """Every bound and every stop's limit passes the same check as an order's price."""
    spec = MarketSpec("X", decimals, 10)
    for made in (wire.bound, wire.beyond):
        try:
            legal = made(price, side, spec)
        except Refused:
            continue
        text = wire.price_text(legal, spec)
        assert "e" not in text.lower()
        assert not (("." in text) and text.endswith("0"))
        assert Decimal(text) == legal > 0
