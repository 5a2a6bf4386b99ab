"""Quotients have at most 24 digits and 22 decimals, digit for digit as they are defined."""

from decimal import Context, Decimal, getcontext, localcontext

from hypothesis import example, given
from hypothesis import strategies as st

from motherhaven.bot.market.instruments import MarketSpec
from motherhaven.contract.exact import exact, quotient

NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20)


@given(NUMBERS, NUMBERS.filter(bool))
@example(Decimal(1), Decimal(7))
@example(Decimal(0), Decimal("1e25"))
@example(Decimal("1e-30"), Decimal(3))
@example(Decimal("0.5"), Decimal("1e7"))
def test_a_quotient_is_what_its_definition_says(above: Decimal, below: Decimal) -> None:
    """Divided at 24 digits, then cut to 22 decimals where it has more, its exponent included."""
    plain = Context(prec=24).divide(above, below)
    exponent = plain.as_tuple().exponent
    assert isinstance(exponent, int)
    with localcontext(Context(prec=400)):
        if exponent < -22:
            plain = plain.quantize(Decimal("1e-22"))
    with exact():
        found = quotient(above, below)
    assert found.as_tuple() == plain.as_tuple()


@given(st.decimals("0.000001", 10**7, places=8), st.integers(0, 14), st.booleans())
def test_steps_are_powers_of_ten(price: Decimal, decimals: int, up: bool) -> None:
    """Price, lot and legality follow from the definition, without a table."""
    spec = MarketSpec("X", size_decimals=decimals, price_decimals=None)
    figures = min(price.adjusted() - 4, 0)
    assert spec.lot.as_tuple() == Decimal(1).scaleb(-decimals).as_tuple()
    assert spec.price_step(price).as_tuple() == Decimal(1).scaleb(figures).as_tuple()
    rounded = spec.round_price(price, up=up)
    assert spec.is_legal_price(rounded) is (rounded > 0)
    assert abs(rounded - price) < spec.price_step(price)


def test_a_block_leaves_the_context_as_it_was() -> None:
    """Also one inside another, and after an error."""
    before = getcontext()
    with exact():
        with exact():
            assert getcontext().prec == 400
        assert getcontext().prec == 400
        try:
            with exact():
                raise KeyError
        except KeyError:
            assert getcontext().prec == 400
    assert getcontext() is before
