"""Strict JSON in, canonical JSON out, with exact numbers both ways."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NoReturn

from pydantic_core import to_json

from motherhaven.contract.bounds import OutOfRange, bounded_decimal, bounded_integer
from motherhaven.contract.errors import InvalidJson

MAX_DEPTH: Final = 32
_MAX_DIGITS: Final = 60
_MAX_NUMBER_CHARS: Final = 120
_MAX_ZEROS: Final = 1_000
"""Zeros that writing a decimal without an exponent may take."""

MAX_KEYS: Final = 10_000
"""Keys of one object."""

MAX_CONTAINERS: Final = 50_000
"""Arrays and objects of one document: beyond, Python's own upkeep of them is not linear."""

SPARE: Final = 100
"""Room below both for what goes around a payload on its way."""

_PLAIN: Final = "-.0123456789"
_ESCAPE, _E, _I, _N = b"\\EIN"
_STEP: Final = 16_384
_OPENERS: Final = b"[{"
_NOT_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))


def loads(data: bytes, *, containers: int = MAX_CONTAINERS) -> Any:
    """Parse strict JSON: numbers exactly (Decimal, int), nothing beyond RFC 8259.

    Time and memory are linear in the length of `data`, whatever it holds: for answers of
    models and servers too. `containers` is how many arrays and objects there may be; give
    more only for files that the user chose, such as candles.

    Raises:
        InvalidJson: not UTF-8, not JSON, NaN or infinity, nested deeper than
            MAX_DEPTH, too many arrays and objects, more than MAX_KEYS keys in one, a
            duplicate key, a number beyond 60 digits or 10^±60, a lone
            surrogate or a NUL character.
    """
    check_depth(data, containers=containers)
    return _parse(data, _STRICT)


def loads_own(data: bytes) -> Any:
    """As `loads`, for what this program wrote itself: any number of keys, arrays and objects.

    Raises:
        InvalidJson: as loads, but for how many there are.
    """
    check_depth(data, containers=len(data))
    return _parse(data, _OWN)


def may_be_wide(data: bytes) -> bool:
    """Whether `data` may have more keys, arrays and objects than `loads` takes; never misses."""
    opened = data.count(b"[") + data.count(b"{")
    return data.count(b'":') > MAX_KEYS - SPARE or opened > MAX_CONTAINERS - SPARE


def loads_wire(data: bytes) -> Any:
    """As `loads`, for bodies of clients: a number beyond the wire's bounds is an OutOfRange.

    So that one such number spoils its own event only: `bounds.check_values` names it.

    Raises:
        InvalidJson: as loads, but for numbers.
    """
    check_depth(data)
    return _parse(data, _WIRE)


def _parse(data: bytes, decoder: json.JSONDecoder) -> Any:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidJson(f"not UTF-8 at byte {error.start}; send UTF-8 encoded JSON") from None
    if text.startswith("\ufeff"):
        raise InvalidJson("not JSON: it begins with a byte order mark (U+FEFF); leave that out")
    try:
        value = decoder.decode(text)
    except json.JSONDecodeError as error:
        raise InvalidJson(f"not JSON: {error.msg} at character {error.pos}") from None
    except RecursionError:
        raise InvalidJson(f"nested deeper than {MAX_DEPTH} levels; flatten it") from None
    if "\\u" in text:
        check_text(value)
    return value


def dumps(value: object, *, numbers: bool = False) -> bytes:
    """Canonical JSON: sorted keys, no spaces, UTF-8; decimals exact.

    Decimals become strings, or with `numbers=True` JSON numbers with all digits.

    Raises:
        InvalidJson: a float (money must be Decimal), a lone surrogate, a NUL
            character or a type that JSON does not have.
    """
    if not numbers:
        try:
            quickly = _quickly(_in_order(value))
        except (TypeError, ValueError, RecursionError):  # says nothing of what is wrong
            quickly = None
        if quickly is not None:
            return quickly
    try:
        text = _number_form(value) if numbers else _ENCODER.encode(value)
        data = text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidJson(
            f"a lone surrogate at character {error.start} cannot travel as UTF-8; "
            "replace it in the text"
        ) from None
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidJson(f"cannot be written as JSON: {error}") from None
    if b"\\u0000" in data and _has_nul(value):
        raise InvalidJson("a NUL character cannot be stored; remove it from the text")
    return data


def dumps_ordered(value: object) -> bytes:
    """As `dumps`, in half the time, for what has its keys in order at every level already.

    For payloads of `contract.events`: texts, whole numbers, bools, None and Decimals, and lists
    and objects of these. Nothing looks whether that is so.

    Raises:
        InvalidJson: as `dumps`.
    """
    try:
        quickly = _quickly(value)
    except (TypeError, ValueError):
        quickly = None
    return dumps(value) if quickly is None else quickly


def dumps_columns(value: object) -> bytes:
    """As `dumps_ordered`, where most of the value is lists of texts and whole numbers.

    Its keys are in order, and no Decimal in it has more than a hundred digits.

    Raises:
        InvalidJson: as `dumps`.
    """
    try:
        data: bytes = to_json(value)
    except (TypeError, ValueError):  # says nothing of what is wrong
        return dumps(value)
    odd = _may_differ(data) or (_ESCAPE in data and b"\\u0000" in data)
    return dumps(value) if odd else data


def check_text(value: object) -> None:
    """Refuse lone surrogates and NUL characters anywhere in a parsed value.

    Raises:
        InvalidJson: one was found.
    """
    if isinstance(value, str):
        if "\x00" in value:
            raise InvalidJson("a NUL character cannot be stored; remove it from the text")
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise InvalidJson("a lone surrogate cannot be stored; replace it in the text") from None
    elif isinstance(value, Mapping):
        for key, item in value.items():
            check_text(key)
            check_text(item)
    elif isinstance(value, Sequence):
        for item in value:
            check_text(item)


def check_depth(data: bytes, limit: int = MAX_DEPTH, *, containers: int = MAX_CONTAINERS) -> None:
    """Refuse JSON that is nested deeper than `limit`, or in too many pieces, before parsing.

    Linear in its length. Brackets within strings do not count. Of what is not JSON the
    depth may be wrong: its parser refuses it.

    Raises:
        InvalidJson: it is nested too deeply, or has more than `containers` arrays and objects.
    """
    if data.count(b"[") + data.count(b"{") <= limit:
        return
    if b"\\" in data:
        data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    # Now each quote opens or closes a string, so every second piece is outside of strings.
    depth, within, opened = 0, 0, 0
    for start in range(0, len(data), _STEP):
        pieces = data[start : start + _STEP].split(b'"')
        brackets = b"".join(pieces[within::2]).translate(None, delete=_NOT_BRACKETS)
        opened += brackets.count(b"[") + brackets.count(b"{")
        if opened > containers:
            raise InvalidJson(f"more than {containers} arrays and objects; send fewer")
        for byte in brackets:
            depth += 1 if byte in _OPENERS else -1
            if depth > limit:
                raise InvalidJson(f"nested deeper than {limit} levels; flatten it")
        within = (within + len(pieces) - 1) % 2


def _parse_float(text: str) -> Decimal:
    if len(text) <= _MAX_NUMBER_CHARS:
        try:
            number = Decimal(text)
        except InvalidOperation:  # an exponent beyond what Decimal has
            pass
        else:
            exponent = number.as_tuple().exponent
            if max(abs(number.adjusted()), abs(int(exponent))) <= _MAX_DIGITS:
                return number
    raise _too_long(text)


def _parse_int(text: str) -> int:
    if len(text) > _MAX_DIGITS:
        raise _too_long(text)
    return int(text)


def _too_long(text: str) -> InvalidJson:
    return InvalidJson(
        f"the number {text[:40]}{'…' if len(text) > 40 else ''} is out of range; send at most "
        f"{_MAX_DIGITS} digits, and nothing beyond 10^±{_MAX_DIGITS}"
    )


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidJson(f"{name} is not JSON; send null for an unknown number")


def _unique(pairs: list[tuple[str, Any]], most: float) -> dict[str, Any]:
    if len(pairs) > most:
        raise InvalidJson(f"an object of {len(pairs)} keys; send at most {most}")
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise InvalidJson(f"duplicate key {key[:60]!r}; send each key once")
            seen.add(key)
    return result


def _decoder(
    parse_float: Callable[[str], Decimal | OutOfRange],
    parse_int: Callable[[str], int | OutOfRange],
    keys: float = MAX_KEYS,
) -> json.JSONDecoder:
    """A parser that is made once: making one takes as long as to parse a small event."""
    return json.JSONDecoder(
        parse_float=parse_float,
        parse_int=parse_int,
        parse_constant=_refuse_constant,
        object_pairs_hook=lambda pairs: _unique(pairs, keys),
    )


_STRICT: Final = _decoder(_parse_float, _parse_int)
_OWN: Final = _decoder(_parse_float, _parse_int, keys=math.inf)
_WIRE: Final = _decoder(bounded_decimal, bounded_integer)


def _default(value: object) -> str:
    if isinstance(value, Decimal):
        text = str(value)
        # Nearly all: "E" is an exponent; NaN and infinity have an "N" or an "I".
        if len(text) < _MAX_ZEROS and not ("E" in text or "N" in text or "I" in text):
            return text
        return _digits(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


_SIMPLE: Final = frozenset({str, int, bool, type(None)})
_ROWS: Final = frozenset({list, tuple})
_TEXT: Final = frozenset({str})
_FLAT: Final = _SIMPLE | {Decimal}

_ENCODER: Final = json.JSONEncoder(
    default=_default,
    sort_keys=True,
    ensure_ascii=False,
    allow_nan=False,
    separators=(",", ":"),
)


def _quickly(value: object) -> bytes | None:
    """What `_ENCODER` makes of a value in order, in a third of the time; None if it may differ."""
    data: bytes = to_json(value)
    if _ESCAPE in data and b"\\u0000" in data:
        return None
    if len(data) >= _MAX_ZEROS:  # long texts: to search them takes longer than to ask each number
        return data if _are_plain(value) else None
    return None if _may_differ(data) else data


def _may_differ(data: bytes) -> bool:
    """Whether there may be Decimals that JSON has in another form.

    Those with an exponent ("E+3", "E-9") and those that are not finite.
    """
    if _E in data and (b"E+" in data or b"E-" in data):
        return True
    return (_N in data and b"NaN" in data) or (_I in data and b"Infinity" in data)


def _are_plain(value: object) -> bool:
    """Whether the text of each Decimal in `value` is what JSON has for it."""
    if isinstance(value, Decimal):
        text = str(value)
        return len(text) < _MAX_ZEROS and not ("E" in text or "N" in text or "I" in text)
    if isinstance(value, dict):
        return all(map(_are_plain, value.values()))
    return not isinstance(value, list | tuple) or all(map(_are_plain, value))


def _in_order(value: Any) -> object:
    """`value` with sorted keys.

    Raises:
        TypeError: something in it is not plainly of a type that JSON or Decimal has.
    """
    kind = type(value)
    if kind is dict:
        "".join(value)  # a TypeError where a key is no text
        keys = sorted(value)
        made = value if keys == list(value) else {key: value[key] for key in keys}
        if _FLAT.issuperset(map(type, made.values())):
            return made
        return {key: one if type(one) in _FLAT else _in_order(one) for key, one in made.items()}
    if kind in _ROWS:
        return value if _FLAT.issuperset(map(type, value)) else [_in_order(one) for one in value]
    if kind in _FLAT:
        return value
    raise TypeError(f"{kind.__name__} is not plain")


def _digits(value: Decimal) -> str:
    text = str(value)
    if len(text) < _MAX_ZEROS and not text.strip(_PLAIN):
        return text  # nearly all: finite, and written without an exponent already
    if not value.is_finite():
        raise ValueError(f"{value} is not finite; use None for an unknown number")
    if max(abs(value.adjusted()), abs(int(value.as_tuple().exponent))) > _MAX_ZEROS:
        raise ValueError(f"{value:.6e} is out of range; send at most {_MAX_DIGITS} digits")
    return format(value, "f")


def _number_form(value: object) -> str:
    if isinstance(value, Decimal):
        return _digits(value)
    if isinstance(value, Mapping):
        items = sorted(value.items())
        inner = ",".join(f"{json.dumps(k, ensure_ascii=False)}:{_number_form(v)}" for k, v in items)
        return "{" + inner + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(_number_form(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _has_nul(value: object) -> bool:
    try:
        check_text(value)
    except InvalidJson:
        return True
    return False
