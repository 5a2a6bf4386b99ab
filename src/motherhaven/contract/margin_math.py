"""Two equations of margin that the books and the readers of a record share.

They are those of Hyperliquid's documentation; `twice` is 1 / the maintenance rate of a tier:
twice its maximum leverage as a rule.
"""

from decimal import Decimal

from motherhaven.contract.exact import minus, quotient, times


def maintenance(notional: Decimal, twice: Decimal, deduction: Decimal) -> Decimal:
    """Maintenance margin in USD: notional * rate - deduction."""
    return minus(quotient(notional, twice), deduction)


def liquidation(size: Decimal, mark: Decimal, free: Decimal, twice: Decimal) -> Decimal:
    """mark - side * free / |size| / (1 - rate * side) in USD; at or below 0 there is none.

    `size` is signed, in coin; `free` is what the account or the bucket has beyond maintenance
    at `mark`, by the rule of the tier with this `twice`.
    """
    side = 1 if size > 0 else -1
    return minus(mark, quotient(times(free, twice), times(size, minus(twice, Decimal(side)))))
