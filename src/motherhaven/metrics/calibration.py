"""Calibration: does a decider win as often as its confidence says?"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import fsum


@dataclass(frozen=True, slots=True)
class Bin:
    """Decisions whose confidence lies in [low, high) — the last bin includes 1."""

    low: float
    high: float
    n: int
    mean_confidence: float | None
    win_rate: float | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """Bins over 0 to 1, the Brier score (0 is perfect, 0.25 a coin) and n."""

    bins: tuple[Bin, ...]
    brier: float | None
    n: int


def calibration(outcomes: Iterable[tuple[float, bool]], bins: int = 10) -> Calibration:
    """Calibration over (confidence, won) pairs; a trade is won when its net is above 0.

    Raises:
        ValueError: a confidence outside 0 to 1, or fewer than one bin.
    """
    if bins < 1:
        raise ValueError(f"{bins} bins; use at least 1")
    rows = list(outcomes)
    shelves: list[list[tuple[float, bool]]] = [[] for _ in range(bins)]
    for confidence, won in rows:
        if not 0.0 <= confidence <= 1.0:
            raise ValueError(f"confidence {confidence} must lie between 0 and 1")
        shelves[min(int(confidence * bins), bins - 1)].append((confidence, won))
    brier = fsum((c - won) ** 2 for c, won in rows) / len(rows) if rows else None
    return Calibration(
        tuple(_bin(i, bins, shelf) for i, shelf in enumerate(shelves)), brier, len(rows)
    )


def _bin(index: int, bins: int, shelf: list[tuple[float, bool]]) -> Bin:
    n = len(shelf)
    return Bin(
        index / bins,
        (index + 1) / bins,
        n,
        fsum(c for c, _ in shelf) / n if n else None,
        sum(won for _, won in shelf) / n if n else None,
    )
