"""Closed trades divided by day, result and hold: nothing lost, edges where they are said to be."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from motherhaven.metrics import ClosedTrade, by_day, group_figures, hold_bins, net_bins

START = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)


def trade(net: str, closed: datetime = START, hold: timedelta = timedelta(hours=1)) -> ClosedTrade:
    """A trade of 1 USD of fees and 0.5 of funding received that made `net` after both."""
    gross = Decimal(net) + 1 - Decimal("0.5")
    return ClosedTrade(
        "long", Decimal(100), gross, Decimal(1), Decimal("0.5"), closed - hold, closed
    )


def test_a_group_tells_its_largest_and_mean_wins_and_losses() -> None:
    """Wins and losses apart, a break-even neither, all net of fees and funding."""
    told = group_figures([trade("10"), trade("4"), trade("-6"), trade("0")])
    assert (told.n, told.wins, told.losses, told.net) == (4, 2, 1, Decimal(8))
    assert (told.best, told.worst) == (Decimal(10), Decimal(-6))
    assert (told.mean_win, told.mean_loss) == (Decimal(7), Decimal(-6))
    assert (told.fees, told.funding) == (Decimal(4), Decimal(2))


def test_a_group_without_a_loss_tells_none() -> None:
    """What there is none of is None, never 0."""
    told = group_figures([trade("3")])
    assert (told.worst, told.mean_loss) == (None, None)


def test_a_trade_belongs_to_the_day_of_the_zone_in_which_it_ended() -> None:
    """22:30 UTC is the next day in Kolkata, and the same one in UTC."""
    trades = [trade("5"), trade("-2", START + timedelta(hours=3))]
    assert [(one.day.day, one.net) for one in by_day(trades, UTC)] == [(1, 5), (2, -2)]
    assert [(one.day.day, one.n) for one in by_day(trades, ZoneInfo("Asia/Kolkata"))] == [(2, 2)]


def test_one_outlier_does_not_put_all_others_into_one_bin() -> None:
    """The width follows the middle of the results; the outlier lies in the open last bin."""
    trades = [trade(str(value)) for value in range(-20, 21)] + [trade("1000000")]
    bins = net_bins(trades)
    assert bins[-1].high is None
    assert bins[-1].n == 1 + sum(Decimal(value) >= (bins[-1].low or 0) for value in range(-20, 21))
    assert 8 <= len(bins) <= 14


@given(st.lists(st.decimals("-1e12", "1e12", places=6), max_size=60))
def test_every_result_is_in_one_bin_and_losses_apart_from_wins(nets: list[Decimal]) -> None:
    """The counts add up, the bins join, and 0 is an edge of them or lies outside."""
    bins = net_bins([trade(str(net)) for net in nets])
    assert sum(one.n for one in bins) == len(nets)
    for one, following in pairwise(bins):
        assert one.high == following.low
    for one in bins:
        if one.low is not None and one.high is not None:
            assert not one.low < 0 < one.high


def test_holds_are_counted_by_fixed_edges() -> None:
    """An hour is the beginning of a bin; empty bins at both ends are left out."""
    holds = (timedelta(minutes=2), timedelta(minutes=59), timedelta(hours=1))
    bins = hold_bins([trade("1", hold=hold) for hold in holds])
    assert [(one.low, one.high, one.n) for one in bins] == [
        (60, 300, 1), (300, 900, 0), (900, 3600, 1), (3600, 14400, 1),
    ]  # fmt: skip


def test_nothing_gives_nothing() -> None:
    """No trades, no bins and no days."""
    assert (net_bins([]), hold_bins([]), by_day([], UTC)) == ([], [], [])
