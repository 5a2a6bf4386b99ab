"""Figures in whole numbers, and those that a reader derives, are those of each mark alone."""

from decimal import Decimal

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from motherhaven.bot.market.instruments import MarketSpec, Tier
from motherhaven.bot.market.timeline import _alike
from motherhaven.bot.portfolio.columns import figure_columns
from motherhaven.bot.portfolio.events import MarginMode
from motherhaven.bot.portfolio.holding import Holding
from motherhaven.bot.portfolio.margin import MarginTiers
from motherhaven.bot.portfolio.snapshot import figures
from motherhaven.bot.replay.whole_figures import profits, total, whole_profits, written_steps
from motherhaven.contract.bulk import encode, expand
from motherhaven.contract.columns import read_column, texts
from motherhaven.contract.exact import exact
from motherhaven.contract.jsonio import dumps, loads_own
from tests.property.test_columns_property import T0, holdings

NUMBERS = st.one_of(
    st.decimals("0.0001", "90000", places=4),
    st.decimals("0.01", "90000", places=2),
    st.integers(1, 90_000).map(Decimal),
    st.sampled_from([Decimal("1E+3"), Decimal("0.00"), Decimal("1E-9")]),
)

PRICES = NUMBERS.filter(lambda one: one > 0 and int(one.as_tuple().exponent) <= 0)


def as_text(numbers):
    """Each number as a record has it."""
    return [format(one, "f") for one in numbers]


@given(st.lists(NUMBERS, min_size=1, max_size=8))
@example([Decimal("1.50"), Decimal(2)])
def test_bars_in_steps_keep_every_text(column):
    """Fixed, shortest or mixed decimals: the record says what the file said."""
    (made,) = _alike(column)
    assert [Decimal(value).scaleb(-made.decimals) for value in made.values] == column
    found = written_steps(made)
    plain = all(int(one.as_tuple().exponent) <= 0 for one in column)
    short = all(format(one, "f") == format(one.normalize() + 0, "f") for one in column)
    fixed = len({int(one.as_tuple().exponent) for one in column}) == 1
    assert (found is not None) == (plain and (short or fixed))
    if found is not None:
        assert read_column(loads_own(dumps(found)), len(column), "c") == as_text(column)


@settings(max_examples=300, deadline=None)
@given(holdings(), st.decimals("-5000", "90000", places=6), st.data())
def test_whole_figures_are_the_decimals(held, wallet, data):
    """Of each position, their sum, and with what the account holds."""
    count = data.draw(st.integers(1, 5))
    marks = {coin: data.draw(st.lists(NUMBERS, min_size=count, max_size=count)) for coin in held}
    steps = {coin: _alike(column)[0] for coin, column in marks.items()}
    made = whole_profits(held, steps)
    with exact():
        wanted = figure_columns(wallet, held, marks)
    for (coin, holding), column in zip(held.items(), wanted.profits, strict=True):
        own = profits(holding, steps[coin])
        found = None if own is None else own.written()
        if found is not None:
            assert read_column(loads_own(dumps(found)), count, "c") == as_text(column)
        if steps[coin].fixed:  # nearly all markets: no text for want of a rule
            assert own is not None
    if made is None:
        return
    equity = total(made).plus(wallet)
    with exact():
        equities = [wallet + one for one in wanted.unrealized]
    for one, column in ((total(made), wanted.unrealized), (equity, equities)):
        found = None if one is None else one.written()
        if found is not None:
            assert read_column(loads_own(dumps(found)), count, "c") == as_text(column)


@st.composite
def only_positions(draw):
    """One cross position in a market of one to three tiers."""
    bounds = sorted(draw(st.sets(st.integers(1, 60_000), max_size=2)))
    tiers = tuple(Tier(Decimal(lower), 20 - 5 * n, None) for n, lower in enumerate([0, *bounds]))
    with exact():
        held = Holding(
            "C", "C", MarginTiers.of(MarketSpec("C", 2, 20, tiers)), draw(st.integers(1, 20)),
            MarginMode.CROSS, T0,
        )  # fmt: skip
        sign = draw(st.sampled_from([1, -1]))
        size = draw(st.decimals("0.01", "90", places=2))
        held.add(sign * size, draw(st.decimals("1", "2000", places=2)), Decimal("0.000123"))
    return held


@settings(max_examples=500, deadline=None)
@given(
    only_positions(),
    st.decimals("-5000", "90000", places=6),
    st.lists(st.decimals("0.01", "3000", places=2), min_size=1, max_size=6),
)
def test_a_reader_derives_what_each_mark_gives(held, wallet, marks):
    """Margin used, what is available, and the liquidation price, across tiers."""
    with exact():
        alone = [figures(wallet, {"C": held}, {"C": mark}) for mark in marks]
        free = alone[0].cross_value - alone[0].needed
        steady = held.tiers.steady(held.size, marks, free)
        equities = [wallet + one.unrealized for one in alone]
    assume(steady is not None)
    assert steady is not None
    record = encode(
        len(marks), {}, {"timestamp": ["t"] * len(marks), "equity_usd": texts(equities)}, {},
        {"positions": [(
            {"size": held.size, "leverage": Decimal(held.leverage)}, {"mark": texts(marks)},
        )]},
        {"tier": {"twice": steady.twice, "deduction": steady.deduction}},
    )  # fmt: skip
    for item, one in zip(expand(loads_own(dumps(record))), alone, strict=True):
        price = one.parts[0].liquidation
        known = None if price is None else format(price, "f")
        assert item["positions"][0].get("liquidation_price") == known
        assert item["used_usd"] == format(one.used, "f")
        assert item["available_usd"] == format(one.available, "f")


@settings(max_examples=100, deadline=None)
@given(holdings(), st.decimals("-5000", "90000", places=6), st.data())
def test_a_reader_adds_up_the_margin_of_all_positions(held, wallet, data):
    """Several cross positions, each at its own leverage."""
    for one in held.values():
        one.mode = MarginMode.CROSS
    count = data.draw(st.integers(1, 4))
    column = st.lists(PRICES, min_size=count, max_size=count)
    marks = {coin: data.draw(column) for coin in held}
    with exact():
        found = figure_columns(wallet, held, marks)
        equities = [wallet + one for one in found.unrealized]
    parts = [
        ({"size": one.size, "leverage": Decimal(one.leverage)}, {"mark": texts(marks[coin])})
        for coin, one in held.items()
    ]
    each = {"timestamp": ["t"] * count, "equity_usd": texts(equities)}
    record = encode(count, {}, each, {}, {"positions": parts}, {"tier": None})
    items = list(expand(loads_own(dumps(record))))
    assert [item["used_usd"] for item in items] == as_text(found.used)
    assert [item["available_usd"] for item in items] == as_text(found.available)
