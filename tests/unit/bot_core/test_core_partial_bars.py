"""Bars around a trade: what of them happened after it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from motherhaven.bot.core.partial_bars import PartialBars
from motherhaven.bot.market.feed import Quote
from motherhaven.bot.market.instruments import Bar

D = Decimal
START = datetime(2026, 1, 1, tzinfo=UTC)
BAR = Bar("BTC", START, D(100), D(130), D(80), D(90), D(1))


@pytest.mark.parametrize(
    ("second", "cuts", "left"),
    [
        (0, False, BAR),
        (20, True, replace(BAR, open=D(95), high=D(95), low=D(90))),
        (60, True, replace(BAR, open=D(95), high=D(95), low=D(95), close=D(95))),
        (-1, False, BAR),
    ],
)
def test_a_bar_counts_in_part_only_if_the_trade_came_after_its_start(second, cuts, left):
    """At the very start of a bar a trade leaves it whole: as replays trade, at the open."""
    time = START + timedelta(seconds=second)
    partial = PartialBars()
    partial.traded(Quote("BTC", D(95), D(95), D(95), time))
    assert partial.cuts(BAR.start) is cuts
    assert partial.since_trade(BAR) == left
    assert (partial.since_trade(BAR) is BAR) is not (second == 60)


def test_without_a_trade_every_bar_is_whole():
    """And one of another coin is whatever was traded."""
    partial = PartialBars()
    assert not partial.cuts(START)
    partial.traded(Quote("ETH", D(95), D(95), D(95), START + timedelta(seconds=20)))
    assert partial.since_trade(BAR) is BAR
