"""Sums that keep every digit, and what happens beyond the range of Money."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motherhaven.contract.money import to_decimal
from motherhaven.stores.amounts import fall, minus, plus, shown

AMOUNTS = st.decimals(-(10**29), 10**29, allow_nan=False, allow_infinity=False, places=30)


@given(st.lists(AMOUNTS, max_size=30))
def test_sums_are_exact(amounts: list[Decimal]) -> None:
    """Adding and then taking away again leaves nothing, whatever the sizes."""
    total: Decimal | None = Decimal(0)
    for amount in amounts:
        total = plus(total, amount)
    assert total is not None
    for amount in amounts:
        total = minus(total, amount)
    assert total == 0


def test_unknown_is_not_zero() -> None:
    """None adds nothing, and nothing but None stays None."""
    assert plus(None, None) is None
    assert plus(None, Decimal(2)) == plus(Decimal(2), None) == Decimal(2)


@given(AMOUNTS, AMOUNTS)
def test_what_is_shown_fits_money(one: Decimal, two: Decimal) -> None:
    """Every sum can be served; it is exact whenever Money can carry it."""
    total = plus(one, two)
    assert total is not None
    told = shown(total)
    assert told is not None
    assert to_decimal(told) == told
    assert abs(told - total) <= abs(total) * Decimal("1e-27") + Decimal("1e-30")


@pytest.mark.parametrize(
    ("total", "told"),
    [("9e30", "9e30"), ("1e31", None), ("-5e40", None), ("0.1", "0.1"), (None, None)],
)
def test_beyond_all_reason_is_unknown(total: str | None, told: str | None) -> None:
    """What no rounding brings into range is None."""
    expected = None if told is None else Decimal(told)
    assert shown(None if total is None else Decimal(total)) == expected


@pytest.mark.parametrize(
    ("value", "peak", "fraction"),
    [("90", "100", "-0.1"), ("100", "100", "0"), ("0", "3", "-1"), ("-3", "3", "-2"),
     ("2", "3", "-0.333333333333")],
)  # fmt: skip
def test_a_fall_is_a_fraction_of_its_peak(value: str, peak: str, fraction: str) -> None:
    """0 at the peak, -1 when all is gone, to 12 places."""
    assert fall(Decimal(value), Decimal(peak)) == Decimal(fraction)
