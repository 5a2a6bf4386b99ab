"""Strict JSON in, canonical JSON out, with exact numbers both ways."""

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NoReturn

from motherhaven.contract.errors import InvalidJson

MAX_DEPTH: Final = 32
_MAX_INT_DIGITS: Final = 60
_OPENERS: Final = b"[{"
_NOT_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
_STRING: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)


def loads(data: bytes) -> Any:
    """Parse strict JSON: numbers exactly (Decimal, int), nothing beyond RFC 8259.

    Raises:
        InvalidJson: not UTF-8, not JSON, NaN or infinity, nested deeper than
            MAX_DEPTH, a duplicate key, an integer beyond 60 digits, a lone
            surrogate or a NUL character.
    """
    _check_depth(data)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidJson(f"not UTF-8 at byte {error.start}; send UTF-8 encoded JSON") from None
    try:
        value = json.loads(
            text,
            parse_float=_parse_float,
            parse_int=_parse_int,
            parse_constant=_refuse_constant,
            object_pairs_hook=_unique,
        )
    except json.JSONDecodeError as error:
        raise InvalidJson(f"not JSON: {error.msg} at character {error.pos}") from None
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
    try:
        if numbers:
            text = _number_form(value)
        else:
            text = json.dumps(
                value,
                default=_default,
                sort_keys=True,
                ensure_ascii=False,
                allow_nan=False,
                separators=(",", ":"),
            )
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


def _check_depth(data: bytes) -> None:
    if data.count(b"[") + data.count(b"{") <= MAX_DEPTH:
        return
    depth = 0
    for byte in _STRING.sub(b"", data).translate(None, delete=_NOT_BRACKETS):
        depth += 1 if byte in _OPENERS else -1
        if depth > MAX_DEPTH:
            raise InvalidJson(f"nested deeper than {MAX_DEPTH} levels; flatten it")


def _parse_float(text: str) -> Decimal:
    return Decimal(text)


def _parse_int(text: str) -> int:
    if len(text) > _MAX_INT_DIGITS:
        raise InvalidJson(f"an integer of {len(text)} digits; send at most {_MAX_INT_DIGITS}")
    return int(text)


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidJson(f"{name} is not JSON; send null for an unknown number")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise InvalidJson(f"duplicate key {key[:60]!r}; send each key once")
            seen.add(key)
    return result


def _default(value: object) -> str:
    if isinstance(value, Decimal):
        return _digits(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _digits(value: Decimal) -> str:
    if not value.is_finite():
        raise ValueError(f"{value} is not finite; use None for an unknown number")
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
