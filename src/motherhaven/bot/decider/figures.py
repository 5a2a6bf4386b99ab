"""Figures and foreign text as a prompt shows them."""

from decimal import Decimal
from typing import Final

FIGURES: Final = 6


def significant(value: Decimal | float | None, figures: int = FIGURES) -> str:
    """`value` with `figures` significant digits and no exponent, "n/a" for None.

    Small coins keep their digits: 0.00001234567 becomes 0.0000123457.
    """
    if value is None:
        return "n/a"
    text = format(Decimal(format(value, f".{figures}g")), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(fraction: Decimal | None, figures: int = 3) -> str:
    """A fraction in percent with its sign: 0.0125 becomes +1.25%."""
    if fraction is None:
        return "n/a"
    sign = "+" if fraction > 0 else ""
    return f"{sign}{significant(fraction * 100, figures)}%"


def escape(text: str) -> str:
    """Text that cannot close or open an envelope's tag."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def clipped(text: str, most: int) -> str:
    """Foreign text on one line, at most `most` characters of it, escaped."""
    line = " ".join(text.split())
    return escape(line if len(line) <= most else f"{line[:most]}…")
