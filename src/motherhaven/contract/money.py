"""Exact decimals: parsing, bounds and the one text form used on every hop."""

from decimal import Context, Decimal, InvalidOperation
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from motherhaven.contract.errors import InvalidMoney

MAX_DIGITS: Final = 60
"""Inside; what travels has fewer (bounds.MAX_DIGITS), so that sums of it still fit."""

MAX_EXPONENT: Final = 30
ZERO: Final = Decimal(0)
_SHORT: Final = MAX_EXPONENT
_PLAIN: Final = "0123456789.-+"

EXACT: Final = Context(prec=50)
"""Context for quotients: at least 50 significant digits, never the caller's context."""


def to_decimal(value: object, what: str = "value") -> Decimal:
    """Return `value` as an exact, finite Decimal.

    Accepts Decimal, int, decimal text, and float (through its shortest repr, so
    that 0.1 becomes Decimal("0.1")). `what` names the field in the error.

    Raises:
        InvalidMoney: not a number, not finite, or outside the accepted range.
    """
    if type(value) is str and len(value) < MAX_EXPONENT and not value.strip(_PLAIN):
        try:  # quicker: there are thousands in a row
            return Decimal(value)
        except InvalidOperation:  # signs and points at odd places: told of below
            pass
    if type(value) is Decimal and not (text := str(value)).strip(_PLAIN) and len(text) < _SHORT:
        return value  # so short a text without an exponent is within any bound
    number = _parse(value, what)
    if not number.is_finite():
        raise InvalidMoney(f"{what}: {value!r} is not finite; send a finite decimal number")
    if isinstance(value, str) and len(value) < MAX_EXPONENT and "e" not in value.lower():
        return number  # so short a text without an exponent is within any bound
    _, digits_found, exponent = number.as_tuple()
    digits = len(digits_found)
    in_range = isinstance(exponent, int) and -MAX_EXPONENT <= exponent <= MAX_EXPONENT
    if digits > MAX_DIGITS or not in_range or number.adjusted() > MAX_EXPONENT:
        raise InvalidMoney(
            f"{what}: outside the accepted range "
            f"(at most {MAX_DIGITS} digits, exponent within ±{MAX_EXPONENT})"
        )
    return number


def _parse(value: object, what: str) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, bool):
        raise InvalidMoney(f"{what}: {value!r} is a boolean; send a decimal number")
    try:
        if isinstance(value, int):
            if value.bit_length() > 220:
                raise InvalidMoney(f"{what}: integer too large; send at most {MAX_DIGITS} digits")
            return Decimal(value)
        if isinstance(value, float):
            return Decimal(repr(value))
        if isinstance(value, str) and len(value) <= 2 * MAX_DIGITS and _is_plain(value):
            return Decimal(value)
    except InvalidOperation:
        pass
    shown = repr(value)[:60]
    raise InvalidMoney(f"{what}: {shown} is not a decimal number; send e.g. 12.5")


def _is_plain(text: str) -> bool:
    """Not one of the spellings that Decimal alone takes: 1_000, or digits of other scripts."""
    return text.isascii() and "_" not in text


def plain(value: Decimal) -> str:
    """The canonical text of a decimal: no exponent, no trailing zeros, no minus zero."""
    text = str(value)  # quicker than a format, and the same where there is no exponent
    if "E" in text:
        text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _validate(value: object) -> Decimal:
    try:
        return to_decimal(value)
    except InvalidMoney as error:
        raise ValueError(str(error)) from None


def _before_whole(value: object) -> object:
    """Refuse what is costly to make an integer of: 1e30000000 would take all memory."""
    if isinstance(value, str) and len(value) > 40:
        raise ValueError(f"a number of {len(value)} characters; send an integer within 64 bits")
    if isinstance(value, Decimal) and value.is_finite() and value.adjusted() > MAX_EXPONENT:
        raise ValueError(f"{value:.6e} is out of range; send an integer within 64 bits")
    return value


Whole = Annotated[int, BeforeValidator(_before_whole), Field(ge=-(1 << 63), le=(1 << 63) - 1)]
"""An integer field within 64 bits."""

Money = Annotated[
    Decimal,
    BeforeValidator(_validate),
    PlainSerializer(plain, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "decimal", "examples": ["-12.34"]}),
]
"""A Decimal field that travels as an exact decimal string in JSON."""
