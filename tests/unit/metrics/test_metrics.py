"""Metrics: the reference figures, the oracle, and what must stay unknown."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import isclose

import empyrical
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motherhaven.metrics import (
    ClosedTrade,
    EquityPoint,
    Flow,
    cagr,
    calibration,
    calmar,
    daily_closes,
    daily_returns,
    max_drawdown,
    performance,
    sharpe,
    sortino,
    total_return,
    trade_statistics,
)

D = Decimal
T0 = datetime(2026, 1, 1, 12, tzinfo=UTC)
REFERENCE = [10000, 10120, 10050, 10210, 10180, 10400, 10290, 10150, 10330, 10500, 10480]


def daily(values, start=T0):
    """One point a day."""
    return [EquityPoint(start + timedelta(days=i), D(str(v))) for i, v in enumerate(values)]


def test_the_reference_figures():
    """Sharpe, Sortino, CAGR, Calmar and drawdown of the published series."""
    points = daily(REFERENCE)
    returns = daily_returns(daily_closes(points))
    fall = max_drawdown(points)
    assert len(returns) == 10
    assert round(sharpe(returns), 6) == 6.892472
    assert round(sortino(returns), 6) == 15.275845
    assert round(cagr(returns), 6) == 4.535882
    assert round(calmar(returns, fall.depth), 6) == 188.692687
    assert round(fall.depth, 7) == -0.0240385
    assert (fall.peak_at.day, fall.trough_at.day, fall.recovered_at.day) == (6, 8, 10)
    assert (fall.duration, fall.n) == (timedelta(days=4), 11)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(-0.09, 0.1), min_size=2, max_size=80))
def test_the_oracle_agrees(returns):
    """empyrical gives the same ratios wherever it gives a number at all."""
    array = np.array(returns)
    pairs = (
        (sharpe(returns), empyrical.sharpe_ratio(array, annualization=365)),
        (sortino(returns), empyrical.sortino_ratio(array, annualization=365)),
        (cagr(returns), empyrical.annual_return(array, annualization=365)),
        (total_return(returns), empyrical.cum_returns_final(array)),
    )
    for ours, theirs in pairs:
        if ours is not None and abs(ours) < 1e6:
            assert isclose(ours, theirs, rel_tol=1e-6, abs_tol=1e-9)
    values = [1.0]
    for r in returns:
        values.append(values[-1] * (1 + r))
    depth = max_drawdown(daily(values)).depth
    assert isclose(depth, empyrical.max_drawdown(array), rel_tol=1e-6, abs_tol=1e-9)


@pytest.mark.parametrize("returns", [[], [0.01], [0.0, 0.0], [0.01, 0.01, 0.01]])
def test_unknown_is_none_not_zero_nor_infinity(returns):
    """Fewer than two returns, or no variance."""
    assert sharpe(returns) is None
    assert sortino(returns) is None


def test_a_lost_account_has_no_growth():
    """Nothing is annualized from -100 %, and no drawdown gives no Calmar."""
    assert cagr([0.1, -1.0]) is None
    assert calmar([0.01, 0.02], 0.0) is None
    assert calmar([0.01, 0.02], None) is None
    ruined = daily_closes(daily([100, 0, 50]))
    assert daily_returns(ruined) == [-1.0]


def test_annualized_figures_are_hidden_below_thirty_days():
    """With 29 returns None beside n = 29; with 30 a number."""
    wave = [1000 + 10 * (i % 3) + i for i in range(31)]
    short, full = performance(daily(wave[:30])), performance(daily(wave))
    for name in ("sharpe", "sortino", "cagr", "calmar"):
        assert getattr(short, name).value is None
        assert getattr(short, name).n == 29
        assert getattr(full, name).value is not None
        assert getattr(full, name).n == 30
    assert short.total_return.value == pytest.approx(wave[29] / 1000 - 1)
    assert short.total_return.n == 30


def test_days_close_in_utc_and_missing_days_stand_still():
    """Many samples a day give one close; a day away keeps the equity, it does not vanish."""
    points = [
        EquityPoint(T0, D(100)),
        EquityPoint(T0.replace(hour=23, minute=59), D(110)),
        EquityPoint((T0 + timedelta(days=3)).replace(hour=0), D(121)),
    ]
    closes = daily_closes(points)
    assert [close.equity for close in closes] == [110, 110, 110, 121]
    assert daily_returns(closes) == pytest.approx([0, 0, 0.1])
    assert daily_closes([]) == []


def test_deposits_are_neither_gain_nor_loss():
    """Returns and drawdown with a deposit and a withdrawal are those without."""
    plain = daily([100, 110, 99, 120])
    moved = [
        EquityPoint(T0, D(100)),
        EquityPoint(T0 + timedelta(days=1), D(110)),
        EquityPoint(T0 + timedelta(days=2), D(198)),
        EquityPoint(T0 + timedelta(days=3), D(240)),
    ]
    flows = [Flow(T0, D(100)), Flow(T0 + timedelta(days=1, hours=1), D(110))]
    assert max_drawdown(moved, flows).depth == pytest.approx(max_drawdown(plain).depth)
    assert performance(moved, flows).total_return.value == pytest.approx(0.2)
    returns = daily_returns(daily_closes(moved, flows))
    assert returns[0] == pytest.approx(0.1)
    assert returns[1] == pytest.approx((198 - 110) / 110 - 1)
    assert max_drawdown(moved).depth == pytest.approx(0.0)


def test_a_drawdown_that_lasts():
    """Not recovered: no date, and the duration runs to the last point."""
    fall = max_drawdown(daily([100, 120, 60, 119]))
    assert (fall.depth, fall.recovered_at) == (-0.5, None)
    assert fall.duration == fall.longest == timedelta(days=2)
    rising = max_drawdown(daily([1, 2, 3]))
    assert (rising.depth, rising.duration, rising.longest) == (0.0, timedelta(0), timedelta(0))
    assert max_drawdown([]) is None


def test_the_longest_time_below_a_peak_may_be_another_than_the_deepest():
    """A shallow, long one beside a deep, short one."""
    fall = max_drawdown(daily([100, 99, 99, 99, 101, 50, 102]))
    assert (fall.depth, fall.duration) == (pytest.approx(50 / 101 - 1), timedelta(days=2))
    assert fall.longest == timedelta(days=4)


def trade(side, gross, hours, start=0, notional=1000, fees=1, funding=0):
    """A finished trade."""
    opened = T0 + timedelta(hours=start)
    return ClosedTrade(
        side, D(notional), D(gross), D(fees), D(funding), opened, opened + timedelta(hours=hours)
    )


def test_trade_statistics_are_net():
    """Fees and funding decide what is a win; a break-even counts in the denominator."""
    trades = [
        trade("long", 21, 2),
        trade("long", 1, 4, start=1),
        trade("short", "-9", 1, start=8, funding=0, notional=500),
        trade("short", "0.5", 3, start=9, notional=500),
    ]
    stats = trade_statistics(trades, T0, T0 + timedelta(hours=20), D(2000))
    assert (stats.n, stats.wins, stats.losses, stats.break_evens) == (4, 1, 2, 1)
    assert stats.win_rate == 0.25
    assert stats.net == D("9.5")
    assert stats.expectancy == D("2.375")
    assert stats.profit_factor == pytest.approx(20 / 10.5)
    assert stats.median_hold == timedelta(hours=2.5)
    assert stats.exposure == pytest.approx((5 + 4) / 20)
    assert stats.turnover == pytest.approx(2 * 3000 / 2000)
    assert stats.fee_share == pytest.approx(4 / 31.5)
    assert stats.long_time_share == pytest.approx(6 / 10)
    assert stats.long_notional_share == pytest.approx(2 / 3)


def test_no_trades_know_nothing():
    """Every ratio None, every count 0; no losses give no profit factor."""
    empty = trade_statistics([])
    assert (empty.n, empty.net) == (0, 0)
    for name in ("win_rate", "profit_factor", "expectancy", "median_hold", "exposure",
                 "turnover", "fee_share", "long_time_share", "long_notional_share"):  # fmt: skip
        assert getattr(empty, name) is None
    assert trade_statistics([trade("long", 5, 1)]).profit_factor is None
    assert performance([]).sharpe.n == 0


def test_calibration_bins_and_brier():
    """Confident and right is 0, a coin at one half is 0.25; 1.0 falls into the last bin."""
    result = calibration([(1.0, True), (0.95, True), (0.5, True), (0.5, False)], bins=10)
    assert result.n == 4
    assert result.bins[9].n == 2
    assert result.bins[9].win_rate == 1.0
    assert result.bins[5].win_rate == 0.5
    assert result.bins[0].win_rate is None
    assert result.brier == pytest.approx((0 + 0.0025 + 0.25 + 0.25) / 4)
    assert calibration([]).brier is None
    with pytest.raises(ValueError, match="between 0 and 1"):
        calibration([(1.2, True)])
