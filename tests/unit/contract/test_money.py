"""Money is exact, finite and has one text form."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motherhaven.contract.errors import InvalidMoney
from motherhaven.contract.money import plain, to_decimal

DECIMALS = st.decimals(
    allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=10
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.1, "0.1"),
        ("0.1234567890123456789012", "0.1234567890123456789012"),
        (12, "12"),
        ("1e3", "1000"),
        ("-0", "0"),
        (Decimal("50.00"), "50"),
        ("100", "100"),
        (-1e-6, "-0.000001"),
    ],
)
def test_one_text_form(value: object, expected: str) -> None:
    """Every way to write a number gives the same canonical text."""
    assert plain(to_decimal(value)) == expected


@pytest.mark.parametrize(
    "value",
    [
        "NaN", "inf", float("nan"), float("-inf"), True, None, "", "1_000", "1e99", 2**300,
        "9" * 61, f"{'1' * 31}.{'1' * 30}", "1e-31", "1e31", "1e-999999999", "0e-999999999",
        "-", ".", "+-1", "1-2", "1.2.3", "- 1",
    ],
)  # fmt: skip
def test_nonsense_is_refused_by_name(value: object) -> None:
    """What is no finite number in range is refused, and the field is named."""
    with pytest.raises(InvalidMoney, match="equity"):
        to_decimal(value, "equity")


@given(DECIMALS)
def test_text_and_back(value: Decimal) -> None:
    """The canonical text gives the same number back."""
    assert to_decimal(plain(value)) == value
