"""From a model's raw text to JSON: one value, exact numbers, bad parts marked, not trusted."""

import json
import re
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from motherhaven.contract.errors import AnswerMalformed, AnswerTruncated, InvalidMoney
from motherhaven.contract.money import to_decimal

MAX_CHARACTERS: Final = 262_144
_FENCE: Final = re.compile(r"^[ \t]*```[A-Za-z]*[ \t]*$", re.MULTILINE)
_MAX_DIGITS: Final = 60


@dataclass(frozen=True, slots=True)
class Bad:
    """A value that is not acceptable JSON; it spoils the decision it stands in."""

    why: str


class Spoiled(dict[str, Any]):
    """An object with a duplicate key: which of the two was meant is not known."""

    why: str = ""
    repeated: frozenset[str] = frozenset()


def read_json(text: str) -> Any:
    """The one JSON value of an answer, bare or in one fenced block.

    Raises:
        AnswerTruncated: the text ends before the value does.
        AnswerMalformed: anything else but exactly one JSON value.
    """
    if len(text) > MAX_CHARACTERS:
        raise AnswerMalformed(
            f"the answer has {len(text)} characters; at most {MAX_CHARACTERS} are read"
        )
    body = _unfenced(text).strip()
    if not body:
        raise AnswerMalformed("the answer is empty; expected JSON with decisions")
    try:
        return json.loads(
            body,
            parse_float=_number,
            parse_int=_number,
            parse_constant=lambda name: Bad(f"{name} is not a number"),
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        if _cut_off(body, error):
            raise AnswerTruncated(
                f"the answer ends inside its JSON, at character {len(body)}"
            ) from None
        raise AnswerMalformed(f"not JSON: {error.msg} at character {error.pos}") from None
    except RecursionError:
        raise AnswerMalformed("the answer is nested too deeply") from None


def _unfenced(text: str) -> str:
    fences = list(_FENCE.finditer(text))
    if not fences:
        return text
    if len(fences) == 1:
        raise AnswerTruncated("the answer opens a fenced block and never closes it")
    if len(fences) > 2:
        raise AnswerMalformed("the answer has several fenced blocks; send exactly one")
    return text[fences[0].end() : fences[1].start()]


def _cut_off(body: str, error: json.JSONDecodeError) -> bool:
    if not body.startswith(("{", "[")):
        return False
    if error.msg.startswith("Unterminated string"):
        return True
    if error.pos >= len(body):
        return True
    tail = body[error.pos :]
    words = ("true", "false", "null", "NaN", "Infinity", "-Infinity", "-")
    return error.msg == "Expecting value" and any(word.startswith(tail) for word in words)


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
    times = Counter(key for key, _ in pairs)
    spoiled = Spoiled(result)
    spoiled.repeated = frozenset(key for key, count in times.items() if count > 1)
    twice = next(key for key, _ in pairs if times[key] > 1)
    spoiled.why = f"duplicate key {twice[:40]!r}"
    return spoiled
