"""Sums of money that never lose a digit."""

from decimal import Context, Decimal
from typing import Final

from motherhaven.contract.errors import InvalidMoney
from motherhaven.contract.money import EXACT, MAX_DIGITS, MAX_EXPONENT, to_decimal

_WIDE: Final = Context(prec=200)
_SHOWN: Final = Context(prec=MAX_DIGITS)
_TINY: Final = Decimal(1).scaleb(-MAX_EXPONENT)
_FRACTION: Final = Decimal("1e-12")


def plus(total: Decimal | None, amount: Decimal | None) -> Decimal | None:
    """`total` + `amount`, exactly; None adds nothing, and None + None stays unknown."""
    if total is None or amount is None:
        return amount if total is None else total
    return _WIDE.add(total, amount)


def minus(value: Decimal, amount: Decimal) -> Decimal:
    """`value` - `amount`, exactly."""
    return _WIDE.subtract(value, amount)


def fall(value: Decimal, peak: Decimal) -> Decimal:
    """The fraction by which `value` lies from `peak` (above 0), to 12 places: -0.024… or 0."""
    quotient = EXACT.divide(_WIDE.subtract(value, peak), peak)
    return quotient.quantize(_FRACTION, context=_WIDE)


def shown(total: Decimal | None) -> Decimal | None:
    """`total` as a Money field can carry it: all digits, or beyond 60 of them rounded.

    None where no rounding brings it into Money's range; no real account gets there.
    """
    if total is None:
        return None
    try:
        return to_decimal(total)
    except InvalidMoney:
        pass
    rounded = _SHOWN.plus(total)
    if rounded.adjusted() - MAX_DIGITS + 1 < -MAX_EXPONENT:
        rounded = total.quantize(_TINY, context=_WIDE)
    try:
        return to_decimal(_SHOWN.plus(rounded))
    except InvalidMoney:
        return None
