"""Indicators against the reference series, TA-Lib and talipp, and NaN at the door."""

from decimal import Decimal
from math import isclose, isnan, nan, sin

import numpy as np
import pytest
import talib
from hypothesis import given, settings
from hypothesis import strategies as st
from talipp import indicators as talipp

from motherhaven.bot.indicators import Atr, Bollinger, Ema, Macd, Rsi
from motherhaven.contract.errors import MarketError

CLOSE = [round(100 + 5 * sin(i / 3) + 0.3 * i + ((7 * i) % 5 - 2) * 0.4, 2) for i in range(45)]
HIGH = [round(close + 0.5 + (i % 3) * 0.2, 2) for i, close in enumerate(CLOSE)]
LOW = [round(close - 0.5 - (i % 4) * 0.15, 2) for i, close in enumerate(CLOSE)]
SERIES = st.lists(st.floats(0.01, 1e5), min_size=40, max_size=120)


def feed(indicator, *columns):
    """All outputs of an indicator over columns."""
    return [indicator.update(*row) for row in zip(*columns, strict=True)]


def same(ours, theirs, scale):
    """Equal where both know, None where the oracle has NaN."""
    assert len(ours) == len(theirs)
    for mine, oracle in zip(ours, theirs, strict=True):
        assert (mine is None) == (oracle is None or isnan(oracle))
        if mine is not None:
            assert isclose(mine, oracle, rel_tol=1e-7, abs_tol=1e-9 * scale)


def test_the_reference_series():
    """The published figures, to their last digit."""
    ema, rsi, atr = feed(Ema(10), CLOSE), feed(Rsi(14), CLOSE), feed(Atr(14), HIGH, LOW, CLOSE)
    assert ema[8] is None
    assert (round(ema[9], 6), round(ema[44], 6)) == (104.345, 114.366615)
    assert rsi[13] is None
    assert (round(rsi[14], 6), round(rsi[44], 6)) == (51.184287, 73.365184)
    assert atr[13] is None
    assert (round(atr[14], 6), round(atr[44], 6)) == (2.107143, 2.143705)
    macd = feed(Macd(), CLOSE)[44]
    assert [round(value, 6) for value in macd] == [3.21603, 2.295122, 0.920908]
    bands = feed(Bollinger(), CLOSE)[44]
    assert [round(value, 6) for value in bands] == [119.632352, 110.602, 101.571648]


@settings(max_examples=60, deadline=None)
@given(SERIES, st.integers(2, 30))
def test_ema_and_rsi_agree_with_ta_lib(closes, n):
    """On any series and period, from the first value on."""
    array = np.array(closes)
    same(feed(Ema(n), closes), talib.EMA(array, n), max(closes))
    rsi, oracle = feed(Rsi(n), closes), talib.RSI(array, n)
    for mine, theirs in zip(rsi, oracle, strict=True):
        assert (mine is None) == isnan(theirs)
        if mine is not None:
            assert isclose(mine, theirs, abs_tol=1e-6)


@settings(max_examples=60, deadline=None)
@given(SERIES, st.integers(2, 30), st.floats(0, 5))
def test_atr_agrees_with_ta_lib(closes, n, width):
    """With bar 0 skipped."""
    highs, lows = [c + width for c in closes], [c - width / 2 for c in closes]
    oracle = talib.ATR(np.array(highs), np.array(lows), np.array(closes), n)
    same(feed(Atr(n), highs, lows, closes), oracle, max(closes))


@settings(max_examples=60, deadline=None)
@given(SERIES)
def test_macd_and_bands_agree_with_ta_lib(closes):
    """The fast EMA seeded late; population deviation."""
    array = np.array(closes)
    macd = feed(Macd(), closes)
    for index, oracle in enumerate(talib.MACD(array)):
        ours = [value[index] if value else None for value in macd]
        # TA-Lib hides the line until the signal is known, as ours does.
        same(ours, oracle, max(closes))
    bands = feed(Bollinger(20, 2), closes)
    for index, oracle in enumerate(talib.BBANDS(array, 20, 2, 2)):
        ours = [value[index] if value else None for value in bands]
        for mine, theirs in zip(ours, oracle, strict=True):
            assert (mine is None) == isnan(theirs)
            if mine is not None:
                # TA-Lib's running variance loses digits; 1e-4 of the level is its own noise.
                assert isclose(mine, theirs, abs_tol=1e-4 * max(closes) + 1e-6)


def test_streaming_agrees_with_talipp():
    """A second oracle, which streams as ours does."""
    same(feed(Ema(10), CLOSE), list(talipp.EMA(10, CLOSE)), 100)
    same(feed(Rsi(14), CLOSE), list(talipp.RSI(14, CLOSE)), 100)
    bands = [value and value.middle for value in feed(Bollinger(20, 2), CLOSE)]
    oracle = [value and value.cb for value in talipp.BB(20, 2, CLOSE)]
    same(bands, oracle, 100)


def test_atr_can_count_the_first_bar_as_tradingview_does():
    """The first bar's own range then counts, and the first value comes one bar earlier."""
    counted = feed(Atr(14, count_first=True), HIGH, LOW, CLOSE)
    assert counted[12] is None
    ranges = [HIGH[0] - LOW[0]] + [
        max(HIGH[i], CLOSE[i - 1]) - min(LOW[i], CLOSE[i - 1]) for i in range(1, 14)
    ]
    assert isclose(counted[13], sum(ranges) / 14)


@pytest.mark.parametrize("bad", [nan, float("inf"), Decimal("NaN")])
@pytest.mark.parametrize(
    ("indicator", "width"), [(Ema(3), 1), (Rsi(3), 1), (Macd(), 1), (Bollinger(3), 1), (Atr(3), 3)]
)
def test_nan_is_refused_at_the_door(indicator, width, bad):
    """It raises, and the state before it is untouched: the next bars give sane values."""
    with pytest.raises(MarketError, match="not a finite number"):
        indicator.update(*[bad] * width)
    for price in range(1, 60):
        value = indicator.update(*[price] * width)
    assert value is not None
    assert "nan" not in str(value)


def test_no_look_ahead():
    """What comes later changes nothing that was given before."""
    for make in (lambda: Ema(5), lambda: Rsi(5), lambda: Macd(3, 6, 3), lambda: Bollinger(5)):
        assert feed(make(), CLOSE)[:30] == feed(make(), CLOSE[:30])


@pytest.mark.parametrize(
    "make", [lambda: Ema(0), lambda: Rsi(1), lambda: Macd(26, 12), lambda: Bollinger(1)]
)
def test_periods_that_make_no_sense_are_refused(make):
    """At construction, not at the first bar."""
    with pytest.raises(ValueError, match=r"period|shorter"):
        make()
