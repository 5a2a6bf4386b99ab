"""What a value on the wire may be: numbers, names and texts, checked before they are converted.

Numbers have at most 38 significant digits and an exponent from -30 to +30, integers fit in
64 bits. That holds for every number of a body, in fields that nobody declared too, and for
text in fields that are read as numbers. Names and ids have at most MAX_NAME_CHARS
characters, other texts MAX_TEXT_CHARS; the LONG_TEXTS of an event travel in parts instead,
and have no bound of their own.
"""

from collections.abc import Mapping, Sequence
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Any, Final

from pydantic import BaseModel

from motherhaven.contract.errors import InvalidEvent
from motherhaven.contract.events import LONG_TEXTS

MAX_DIGITS: Final = 38
MAX_EXPONENT: Final = 30
MAX_INTEGER: Final = (1 << 63) - 1
MIN_INTEGER: Final = -(1 << 63)

MAX_NAME_CHARS: Final = 1_024
"""Characters of an id, of a name (coin: 64, bot_name: 100), and of any object's key."""

MAX_TEXT_CHARS: Final = 1 << 20
"""Characters of any other text but LONG_TEXTS: what a request of 1 MiB can bring."""

NAMES: Final = frozenset({
    "decision_id", "answer_id", "position_id", "cloid", "cycle_id", "trigger", "decider",
    "model", "market", "finish_reason", "rule", "day_zone", "coins", "next_cycle_at",
    "model_asked", "reason_code", "error_code", "command_id", "external_id", "oid",
    "timestamp", "entry_time", "exit_time", "time_replaced", "recorded_replaced",
})  # fmt: skip
"""Fields that hold an id or a name, wherever they stand."""

_PROSE: Final = frozenset({
    *LONG_TEXTS, "analysis", "thinking", "coin_analysis", "message", "error", "reason",
    "invalidation_condition", "execution_error",
})  # fmt: skip
"""Texts of no bound but the request's, which are never read as numbers."""

_SHOWN: Final = 40
_SURELY: Final = 30
"""A number of so few characters without an exponent is within the bounds."""

_EXACT: Final = Context(prec=MAX_DIGITS, traps=[Inexact, InvalidOperation])
_NUMBER_RULE: Final = (
    f"send at most {MAX_DIGITS} significant digits and an exponent from -{MAX_EXPONENT} "
    f"to +{MAX_EXPONENT}; integers within 64 bits"
)


class OutOfRange:
    """A JSON number beyond the bounds: kept as its text, never converted.

    It stands in the parsed value until `check_values`, which knows the field, refuses it.
    """

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text[:_SHOWN]

    def __repr__(self) -> str:
        return self.text


def bounded_integer(text: str) -> int | OutOfRange:
    """The integer of a JSON text; OutOfRange if it does not fit in 64 bits."""
    if len(text) <= 18:
        return int(text)
    number = int(text) if len(text) <= 20 else MAX_INTEGER + 1
    return number if MIN_INTEGER <= number <= MAX_INTEGER else OutOfRange(text)


def bounded_decimal(text: str) -> Decimal | OutOfRange:
    """The exact decimal of a JSON text; OutOfRange beyond the bounds, whatever its length."""
    if len(text) <= _SURELY and "e" not in text and "E" not in text:
        return Decimal(text)
    if len(text) > 2 * (MAX_DIGITS + MAX_EXPONENT):
        return OutOfRange(text)
    try:
        number = Decimal(text)
    except InvalidOperation:  # an exponent beyond what Decimal has
        return OutOfRange(text)
    return number if is_bounded(number) else OutOfRange(text)


def is_bounded(number: Decimal) -> bool:
    """Whether a decimal is finite and within the bounds; never converts it."""
    _, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int) or not -MAX_EXPONENT <= exponent <= MAX_EXPONENT:
        return False
    if number.adjusted() > MAX_EXPONENT:
        return False
    return len(digits) <= MAX_DIGITS or _has_few_digits(number)


def fit(number: Decimal) -> Decimal:
    """`number` rounded, half to even, to as many digits and decimals as may travel.

    What a bot computed exactly may have more. Magnitudes beyond the bounds stay as they are.
    """
    if is_bounded(number) or not number.is_finite():
        return number
    rounded = Context(prec=MAX_DIGITS).plus(number)
    exponent = rounded.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -MAX_EXPONENT:
        step = Decimal(1).scaleb(-MAX_EXPONENT)
        rounded = rounded.quantize(step, context=Context(prec=2 * MAX_DIGITS))
    return rounded


def check_values(payload: Mapping[str, Any], where: str) -> bool:
    """Check every value of a parsed payload, at any depth, before anything converts it.

    Returns whether some text may be read as a number of too many digits: then what the
    validated payload made of it is to be checked too, by `check_body`.

    Raises:
        InvalidEvent: names the field (`where` is the prefix, e.g. "decision") and its bound.
    """
    is_open = False
    for key, value in payload.items():
        kind = type(value)
        if kind is str:
            if len(value) > MAX_DIGITS and key not in _PROSE:
                is_open = True
                if len(value) > MAX_NAME_CHARS:
                    _check_text(key, value, f"{where}: {key[:_SHOWN]}")
        elif kind is Decimal:
            if not is_bounded(value):
                _check_value(key, value, f"{where}: {key[:_SHOWN]}")
        elif kind is not bool and value is not None:
            is_open = is_open or kind is not int
            _check_value(key, value, f"{where}: {key[:_SHOWN]}")
        if len(key) > MAX_NAME_CHARS:
            raise _long_key(where, key)
    return is_open


def check_body(body: BaseModel, where: str) -> None:
    """Check the decimals that a validated payload read from text (integers are Whole).

    Raises:
        InvalidEvent: names the field and its bound.
    """
    for name, value in vars(body).items():
        kind = type(value)
        if kind is Decimal:
            if not _has_few_digits(value):
                raise _number(f"{where}: {name}", str(value))
        elif isinstance(value, BaseModel):
            check_body(value, f"{where}: {name}")
        elif kind is tuple:
            _check_items(value, f"{where}: {name}")


def _check_items(items: Sequence[Any], where: str) -> None:
    for index, item in enumerate(items):
        if isinstance(item, BaseModel):
            check_body(item, f"{where}.{index}")
        elif isinstance(item, tuple):
            _check_items(item, f"{where}.{index}")
        elif isinstance(item, Decimal) and not _has_few_digits(item):
            raise _number(f"{where}.{index}", str(item))


def _check_value(key: str, value: object, where: str) -> None:
    if isinstance(value, OutOfRange):
        raise _number(where, value.text)
    if isinstance(value, int):
        if not MIN_INTEGER <= value <= MAX_INTEGER:
            raise _number(where, f"an integer of {value.bit_length()} bits")
    elif isinstance(value, Decimal):
        if not is_bounded(value):
            raise _number(where, f"{value:.6e}" if value.is_finite() else str(value))
    elif isinstance(value, str):
        _check_text(key, value, where)
    elif isinstance(value, Mapping):
        for name, item in value.items():
            if not isinstance(name, str) or len(name) > MAX_NAME_CHARS:
                raise _long_key(where, str(name))
            _check_value(name, item, f"{where}.{name[:_SHOWN]}")
    elif isinstance(value, Sequence):
        _check_sequence(key, value, where)


def _check_sequence(key: str, items: Sequence[Any], where: str) -> None:
    for index, item in enumerate(items):
        if type(item) is not str or len(item) > MAX_NAME_CHARS:
            _check_value(key, item, f"{where}.{index}")


def _check_text(key: str, text: str, where: str) -> None:
    limit = MAX_NAME_CHARS if key in NAMES else MAX_TEXT_CHARS
    if len(text) > limit:
        raise InvalidEvent(f"{where}: a text of {len(text)} characters; send at most {limit}")


def _has_few_digits(number: Decimal) -> bool:
    try:
        _EXACT.plus(number)
    except (Inexact, InvalidOperation):
        return False
    return True


def _number(where: str, shown: str) -> InvalidEvent:
    return InvalidEvent(f"{where}: {shown[:_SHOWN]} is outside the accepted range; {_NUMBER_RULE}")


def _long_key(where: str, key: str) -> InvalidEvent:
    return InvalidEvent(
        f"{where}: the name of a field has {len(key)} characters; send at most {MAX_NAME_CHARS}"
    )
