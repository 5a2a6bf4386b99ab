"""A shadow's shortfall in the trade view: the sum over the fills that were compared."""

from datetime import UTC, datetime
from decimal import Decimal

from motherhaven.contract.views import FillRow
from motherhaven.server.figures.trade_sums import _shortfall

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
D = Decimal


def fill(size, price, **more):
    """A fill of a shadow."""
    return FillRow(
        id="f", time=NOON, coin="BTC", size=D(size), price=D(price), fee=D(0), realized=D(0),
        liquidity="taker", reason="entry", **more,
    )  # fmt: skip


def test_only_what_the_book_had_counts():
    """USD add up exactly; basis points are of what the books would have filled."""
    some = [
        fill("0.01", "50000", book_size=D("0.01"), shortfall_usd=D("0.5")),
        fill("-0.01", "50000", book_size=D("0.004"), shortfall_usd=D("-0.1")),
        fill("0.01", "50000"),
    ]
    assert _shortfall(some) == {"shortfall_usd": D("0.4"), "shortfall_bp": D("5.7143")}
    assert _shortfall(some[2:]) == {}
