"""What a cell, a row or a file of bars can have against it, and how that is told."""

from pathlib import Path

from motherhaven.contract.errors import MarketError


class BadCell(ValueError):
    """A cell that cannot be taken; its text is a clause with the fix, without the place."""


def bad_file(path: Path, fault: str) -> MarketError:
    """The error for a whole file."""
    return MarketError(f"{path}: {fault}")


def bad_row(path: Path, unit: str, number: int, fault: str) -> MarketError:
    """The error for one row; `unit` is "line", "row" or "entry"."""
    return MarketError(f"{path}: {unit} {number}: {fault}")
