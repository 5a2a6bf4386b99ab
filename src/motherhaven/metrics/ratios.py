"""Ratios over daily returns (fractions), annualized with 365 days.

Each returns None, not 0 or infinity, for fewer than two returns or where a denominator
vanishes. Whether a figure over few days should be shown is `performance`'s concern.
"""

from collections.abc import Sequence
from math import fsum, isfinite, prod, sqrt
from typing import Final

DAYS: Final = 365
_NOISE: Final = 1e-12
"""A deviation below this (relative to the mean) is rounding, not variance."""


def sharpe(returns: Sequence[float]) -> float | None:
    """mean / standard deviation (ddof 1) * √365."""
    n = len(returns)
    if n < 2:
        return None
    mean = fsum(returns) / n
    deviation = sqrt(fsum((r - mean) ** 2 for r in returns) / (n - 1))
    if deviation <= _NOISE * max(1.0, abs(mean)):
        return None
    return mean / deviation * sqrt(DAYS)


def sortino(returns: Sequence[float]) -> float | None:
    """mean / downside deviation * √365; the downside's mean square is over all n."""
    n = len(returns)
    if n < 2:
        return None
    downside = sqrt(fsum(min(r, 0.0) ** 2 for r in returns) / n)
    if downside <= _NOISE:
        return None
    return fsum(returns) / n / downside * sqrt(DAYS)


def total_return(returns: Sequence[float]) -> float | None:
    """The compounded return over the whole series; None for an empty one."""
    return prod(1.0 + r for r in returns) - 1.0 if returns else None


def cagr(returns: Sequence[float]) -> float | None:
    """(1 + R) ^ (365 / days) - 1; None when everything, or more, was lost."""
    total = total_return(returns)
    if total is None or len(returns) < 2 or total <= -1.0:
        return None
    try:
        grown = (1.0 + total) ** (DAYS / len(returns)) - 1.0
    except OverflowError:
        return None
    return grown if isfinite(grown) else None


def calmar(returns: Sequence[float], drawdown: float | None) -> float | None:
    """CAGR / |max drawdown|; None without a drawdown."""
    growth = cagr(returns)
    if growth is None or not drawdown:
        return None
    return growth / abs(drawdown)
