"""JSON values inside a model's text: exact numbers, bad parts marked and never trusted."""

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from motherhaven.bot.guard.faults import AnswerFault, FaultCode
from motherhaven.contract.errors import InvalidMoney
from motherhaven.contract.money import to_decimal

MAX_DEPTH: Final = 32
_MAX_DIGITS: Final = 60
_STRING: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_BRACKET: Final = re.compile(r"[\[\]{}]")
_SPELLED: Final = re.compile(r"[+.$€£%~≈<>_]|\d|[A-Za-z]?x\b|-\s*\.|USD")
_UNFINISHED: Final = ("true", "false", "null", "NaN", "Infinity", "-Infinity", "-")


@dataclass(frozen=True, slots=True)
class Bad:
    """A value that is not an acceptable number; it spoils the decision that needs it."""

    why: str


class Spoiled(dict[str, Any]):
    """An object with keys that came twice: which value was meant is not known."""

    twice: frozenset[str] = frozenset()
    differing: frozenset[str] = frozenset()
    """Those of them whose values are not all the same."""

    @property
    def why(self) -> str:
        """The first such key, in words."""
        return f"duplicate key {min(self.twice)[:40]!r}; send each key once"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why no value could be read: where reading stopped, and whether the text ended there.

    `cost` is how many characters were read in vain.
    """

    position: int
    cost: int = 0
    cut_off: bool = False
    code: FaultCode = FaultCode.NOT_JSON
    why: str = ""


def decode_at(text: str, start: int) -> tuple[Any, int] | Unreadable:
    """The JSON value that begins at `start` and the position behind it.

    Raises:
        AnswerFault: the value is nested deeper than MAX_DEPTH.
    """
    try:
        value, end = _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        cut = _cut_off(text, error)
        unterminated = error.msg.startswith("Unterminated string")
        cost = (len(text) if unterminated else error.pos) - start
        code, why = _named(text, error)
        return Unreadable(error.pos, cost, cut, code, f"{why} at character {error.pos}")
    except RecursionError:
        raise _too_deep() from None
    _check_depth(text, start, end)
    return value, int(end)


def _named(text: str, error: json.JSONDecodeError) -> tuple[FaultCode, str]:
    """The fault by what stands where reading stopped: what models most often get wrong."""
    here = text[error.pos : error.pos + 2]
    before = text[max(0, error.pos - 40) : error.pos].rstrip()[-1:]
    if here in ("//", "/*") or here[:1] == "#":
        return FaultCode.COMMENT, "a comment"
    if before == "," and here[:1] in ("}", "]"):
        return FaultCode.TRAILING_COMMA, "a comma before the closing bracket"
    if here[:1] == "," and error.msg.startswith("Illegal trailing comma"):
        return FaultCode.TRAILING_COMMA, "a comma before the closing bracket"
    if here[:1] and here[0] in "'“”‘’":
        return FaultCode.QUOTES, "names and texts need plain double quotes; another quote"
    if before == "," and here[:1].isdigit():
        return FaultCode.NUMBER_SPELLING, "a number with a thousands separator"
    if here[:1] and here[0] < " ":
        return FaultCode.NOT_JSON, r"a line break or tab inside a text; write \n or \t"
    if _SPELLED.match(text, error.pos):
        return FaultCode.NUMBER_SPELLING, "a number that is not spelled plainly"
    return FaultCode.NOT_JSON, error.msg


def _check_depth(text: str, start: int, end: int) -> None:
    if text.count("[", start, end) + text.count("{", start, end) <= MAX_DEPTH:
        return
    depth = 0
    for bracket in _BRACKET.findall(_STRING.sub("", text[start:end])):
        depth += 1 if bracket in "[{" else -1
        if depth > MAX_DEPTH:
            raise _too_deep()


def _too_deep() -> AnswerFault:
    return AnswerFault(
        FaultCode.TOO_DEEP, f"the answer is nested too deeply; at most {MAX_DEPTH} levels are read"
    )


def _cut_off(text: str, error: json.JSONDecodeError) -> bool:
    """Whether the value failed because the text ended inside it."""
    if error.msg.startswith("Unterminated string") or error.pos >= len(text.rstrip()):
        return True
    if "escape" in error.msg:
        return len(text) - error.pos <= 6
    tail = text[error.pos : error.pos + 12].strip()
    if error.pos + 12 < len(text):
        return False
    if error.msg == "Expecting value":
        return any(word.startswith(tail) for word in _UNFINISHED)
    return tail in (".", "e", "E", "e-", "e+", "E-", "E+")


def _number(text: str) -> Decimal | Bad:
    if len(text) > _MAX_DIGITS:
        return Bad(f"a number of {len(text)} characters")
    try:
        return to_decimal(text)
    except InvalidMoney as error:
        return Bad(str(error))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) == len(pairs):
        return result
    first: dict[str, Any] = {}
    twice: set[str] = set()
    differing: set[str] = set()
    for key, value in pairs:
        if key not in first:
            first[key] = value
            continue
        twice.add(key)
        if not same(first[key], value):
            differing.add(key)
    spoiled = Spoiled(result)
    spoiled.twice, spoiled.differing = frozenset(twice), frozenset(differing)
    return spoiled


def same(one: object, other: object) -> bool:
    """Equality that keeps true and 1 apart, and objects with duplicate keys from all others."""
    if isinstance(one, Spoiled) or isinstance(other, Spoiled):
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other


_DECODER: Final = json.JSONDecoder(
    parse_float=_number,
    parse_int=_number,
    parse_constant=lambda name: Bad(f"{name} is not a number"),
    object_pairs_hook=_object,
)
