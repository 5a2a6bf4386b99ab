"""The door: what is not a finite number never reaches an indicator."""

from decimal import Decimal
from math import isfinite

from motherhaven.contract.errors import MarketError

Number = float | int | Decimal


def admit(value: Number, what: str) -> float:
    """`value` as a finite float.

    Raises:
        MarketError: NaN or infinite. One NaN would poison every later value, or worse,
            be turned into a plausible 0.
    """
    number = float(value)
    if not isfinite(number):
        raise MarketError(f"{what}: {value} is not a finite number; mend or drop the bar")
    return number


def period(value: int, what: str, least: int = 1) -> int:
    """`value` as a period of at least `least` bars.

    Raises:
        ValueError: it is smaller.
    """
    if value < least:
        raise ValueError(f"{what}: a period of {value} bars; use at least {least}")
    return value
