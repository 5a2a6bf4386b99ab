"""Exact arithmetic for the ledger: sums and products never round, quotients are explicit."""

from contextlib import AbstractContextManager
from decimal import (
    ROUND_DOWN,
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
    localcontext,
)
from typing import Final

PRECISION: Final = 400
"""Digits that sums and products may have; inputs are bounded far below that."""

_QUOTIENT_DIGITS: Final = 24
_QUOTIENT_DECIMALS: Final = Decimal(1).scaleb(-22)
_FEE_STEP: Final = Decimal("0.000001")
_EXACT: Final = Context(
    prec=PRECISION,
    rounding=ROUND_HALF_EVEN,
    Emin=-9999,
    Emax=9999,
    traps=[InvalidOperation, DivisionByZero, Overflow],
)
# For the hot path: one operation each, exact, without entering a context.
plus: Final = _EXACT.add
minus: Final = _EXACT.subtract
times: Final = _EXACT.multiply
fma: Final = _EXACT.fma
"""fma(a, b, c) = a * b + c."""

_DIVIDER: Final = Context(prec=_QUOTIENT_DIGITS, rounding=ROUND_HALF_EVEN)


def exact() -> AbstractContextManager[Context]:
    """A block in which sums and products are exact, whatever the caller's context is."""
    return localcontext(_EXACT)


def quotient(numerator: Decimal, denominator: Decimal) -> Decimal:
    """numerator / denominator to 24 significant digits and at most 22 decimals.

    Exact whenever the true quotient is that short. Call it inside `exact()`.
    """
    result = _DIVIDER.divide(numerator, denominator)
    if result.adjusted() >= 1:
        return result  # 24 digits from the tens on: at most 22 decimals
    exponent = result.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -22:
        return result.quantize(_QUOTIENT_DECIMALS)
    return result


def truncate_fee(amount: Decimal) -> Decimal:
    """A fee cut off (not rounded) after the sixth decimal, as the venue does."""
    return amount.quantize(_FEE_STEP, ROUND_DOWN)
