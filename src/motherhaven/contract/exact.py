"""Exact arithmetic for the ledger: sums and products never round, quotients are explicit."""

from collections.abc import Sequence
from decimal import (
    ROUND_DOWN,
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
    getcontext,
    setcontext,
)
from itertools import repeat
from typing import Final

PRECISION: Final = 400
"""Digits that sums and products may have; inputs are bounded far below that."""

_QUOTIENT_DIGITS: Final = 24
_DECIMALS: Final = 22
_QUOTIENT_DECIMALS: Final = Decimal(1).scaleb(-_DECIMALS)
_TEN: Final = Decimal(10)
_FEE_STEP: Final = Decimal("0.000001")
EXACT: Final = Context(
    prec=PRECISION,
    rounding=ROUND_HALF_EVEN,
    Emin=-9999,
    Emax=9999,
    traps=[InvalidOperation, DivisionByZero, Overflow],
)
"""The context of `exact()`, for single operations that take one; nothing may change it."""

# For the hot path: one operation each, exact, without entering a context.
plus: Final = EXACT.add
minus: Final = EXACT.subtract
times: Final = EXACT.multiply
remainder: Final = EXACT.remainder
fma: Final = EXACT.fma
"""fma(a, b, c) = a * b + c."""

_DIVIDER: Final = Context(prec=_QUOTIENT_DIGITS, rounding=ROUND_HALF_EVEN)


class exact:  # it is written as a function: with exact():
    """A block in which sums and products are exact, whatever the caller's context is.

    As localcontext, but for the copy of the context, which costs more than what is worked out
    in most blocks: nothing may be changed on it.
    """

    __slots__ = ("_before",)

    def __enter__(self) -> None:
        before = self._before = getcontext()
        if before is not EXACT:
            setcontext(EXACT)

    def __exit__(self, _kind: object, _error: object, _trace: object) -> None:
        if self._before is not EXACT:
            setcontext(self._before)


def quotient(numerator: Decimal, denominator: Decimal) -> Decimal:
    """numerator / denominator to 24 significant digits and at most 22 decimals.

    Exact whenever the true quotient is that short, whatever the caller's context is.
    """
    result = _DIVIDER.divide(numerator, denominator)
    if result.adjusted() >= 1:
        return result  # 24 digits from the tens on: at most 22 decimals
    text = str(result)  # its decimals are told far more quickly by it than by as_tuple
    point = text.find(".")
    if "E" in text:  # a number so small, or 0
        exponent = result.as_tuple().exponent
        decimals = -exponent if isinstance(exponent, int) else 0
    else:
        decimals = len(text) - 1 - point if point >= 0 else 0
    if decimals <= _DECIMALS:
        return result
    return result.quantize(_QUOTIENT_DECIMALS, ROUND_HALF_EVEN, EXACT)


def quotients(numerators: Sequence[Decimal], denominator: Decimal) -> list[Decimal]:
    """`quotient` of each of `numerators`, at once where none can have too many decimals."""
    found = list(map(_DIVIDER.divide, numerators, repeat(denominator)))
    # As in `quotient`: from the tens on there are at most 22 decimals.
    if not found or min(found) >= _TEN or max(found) <= -_TEN:
        return found
    return list(map(quotient, numerators, repeat(denominator)))


def truncate_fee(amount: Decimal) -> Decimal:
    """A fee cut off (not rounded) after the sixth decimal, as the venue does."""
    return amount.quantize(_FEE_STEP, ROUND_DOWN, EXACT)
