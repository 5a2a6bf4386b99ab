"""Figures a column at a time are those of each mark alone, digit for digit."""

from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import example, given, settings
from hypothesis import strategies as st

from motherhaven.bot.market.instruments import MarketSpec, Tier
from motherhaven.bot.portfolio.columns import figure_columns, liquidation_columns
from motherhaven.bot.portfolio.events import MarginMode
from motherhaven.bot.portfolio.holding import Holding
from motherhaven.bot.portfolio.margin import MarginTiers
from motherhaven.bot.portfolio.snapshot import figures
from motherhaven.contract.exact import exact, quotient, quotients

T0 = datetime(2026, 1, 1, tzinfo=UTC)
PRICES = st.decimals("0.0001", "2000", places=4)
RATES = (None, Decimal("0.02"), Decimal("0.03"), Decimal("0.07"))


@st.composite
def holdings(draw: st.DrawFn) -> dict[str, Holding]:
    """One to three positions of either side and mode, in markets of one to three tiers."""
    found = {}
    for number in range(draw(st.integers(1, 3))):
        bounds = sorted(draw(st.sets(st.integers(1, 3_000), max_size=2)))
        rates = sorted(draw(st.sets(st.integers(0, 3), min_size=3, max_size=3)))
        tiers = tuple(
            Tier(Decimal(lower), 20 - 5 * n, RATES[rates[n]] if n else None)
            for n, lower in enumerate([0, *bounds])
        )
        coin = f"C{number}"
        mode = draw(st.sampled_from(MarginMode))
        with exact():
            held = Holding(
                coin, coin, MarginTiers.of(MarketSpec(coin, 2, 20, tiers)),
                draw(st.integers(1, 20)), mode, T0,
            )  # fmt: skip
            sign = draw(st.sampled_from([1, -1]))
            size = draw(st.decimals("0.01", "9", places=2))
            held.add(sign * size, draw(PRICES), Decimal("0.000123"))
        found[coin] = held
    return found


@settings(max_examples=300, deadline=None)
@given(holdings(), st.decimals("-5000", "90000", places=6), st.data())
def test_columns_say_what_each_mark_says(
    held: dict[str, Holding], wallet: Decimal, data: st.DataObject
) -> None:
    """Profits, margins and liquidation prices, also where a tier ends between two marks."""
    count = data.draw(st.integers(1, 6))
    column = st.lists(PRICES, min_size=count, max_size=count)
    marks = {coin: data.draw(column) for coin in held}
    with exact():
        found = figure_columns(wallet, held, marks)
        liquidations = liquidation_columns(wallet, held, marks)
        for number in range(count):
            alone = figures(wallet, held, {coin: marks[coin][number] for coin in held})
            assert str(found.unrealized[number]) == str(alone.unrealized)
            assert str(found.used[number]) == str(alone.used)
            assert str(found.available[number]) == str(alone.available)
            columns = zip(found.profits, liquidations, alone.parts, strict=True)
            for profits, prices, one in columns:
                assert str(profits[number]) == str(one.profit)
                assert str(prices[number]) == str(one.liquidation)


@given(
    st.lists(st.decimals(-(10**20), 10**20, allow_nan=False)),
    st.decimals(-(10**9), 10**9, allow_nan=False).filter(bool),
)
@example([Decimal(100), Decimal(1)], Decimal(7))
@example([Decimal(-100), Decimal(100)], Decimal(7))
def test_quotients_are_quotients(above: list[Decimal], below: Decimal) -> None:
    """A column of them, the exponents included."""
    with exact():
        found = [one.as_tuple() for one in quotients(above, below)]
        assert found == [quotient(one, below).as_tuple() for one in above]
