"""From the document that decides to its decisions, whatever shape the model gave it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from motherhaven.bot.guard.answer_json import Bad, Spoiled, same
from motherhaven.bot.guard.answer_names import CANONICAL, DECISIONS, WRAPPERS, fold, read_signal
from motherhaven.bot.guard.answer_text import read_document, states_decisions, wrong_tool
from motherhaven.bot.guard.faults import TOOL, AnswerFault, FaultCode

MAX_DECISIONS: Final = 50
_MAX_WRAPS: Final = 6
_ARGUMENTS: Final = ("arguments", "parameters", "input", "args")
_NAMES_A_DECISION: Final = frozenset({"coin", "signal", "side"})


@dataclass(frozen=True, slots=True)
class Item:
    """One decision as it stands in the document.

    `key` is the name that it is filed under, `call` the number of the tool call that
    holds it where there are several.
    """

    value: object
    key: str | None = None
    call: int | None = None


def decisions_of(document: object) -> list[Item]:
    """The decisions of a document: under "decisions", a list, one object, or keyed by coin.

    Raises:
        AnswerFault: it has no such shape, calls another tool, or is ambiguous.
    """
    items = _items(document, 0)
    if len(items) > MAX_DECISIONS:
        raise AnswerFault(
            FaultCode.TOO_MANY,
            f"more than {MAX_DECISIONS} decisions; at most {MAX_DECISIONS} are read",
        )
    return items


def _items(value: object, wraps: int) -> list[Item]:
    if wraps > _MAX_WRAPS:
        raise AnswerFault(FaultCode.TOO_DEEP, "the decisions are wrapped too often")
    if isinstance(value, str):
        return _items(_encoded(value), wraps + 1)
    if isinstance(value, list):
        return _of_list(value, wraps)
    if isinstance(value, Mapping):
        return _of_object(value, wraps)
    raise AnswerFault(
        FaultCode.WRONG_TYPE, f"decisions must be a list of objects, not {kind_of(value)}"
    )


def _encoded(text: str) -> Any:
    """A document that was encoded as text once more; plain text is none."""
    if not text.lstrip().startswith(("{", "[", '"')):
        raise AnswerFault(FaultCode.WRONG_TYPE, "decisions must be a list of objects, not text")
    return read_document(text, 1)


def _of_list(values: list[Any], wraps: int) -> list[Item]:
    found: list[Item] = []
    calls: list[object] = []
    for value in values:
        if not isinstance(value, Mapping) or not value or _is_decision(value):
            found.append(Item(value))
        elif (call := _call(value)) is None:
            found.extend(_of_object(value, wraps + 1))
        elif call not in calls:
            calls.append(call)
            found.extend(replace(item, call=len(calls)) for item in _items(call, wraps + 1))
        if len(found) > MAX_DECISIONS:
            break
    return found


def _of_object(value: Mapping[str, Any], wraps: int) -> list[Item]:
    if isinstance(value, Spoiled) and not _is_decision(value):
        raise AnswerFault(FaultCode.DUPLICATE_KEY, value.why)
    call = _call(value)
    if call is not None:
        return _items(call, wraps + 1)
    holders = [key for key in value if fold(key) in DECISIONS and _holds(key, value[key])]
    if holders:
        return _under(holders, value, wraps)
    if _is_decision(value):
        return [Item(value)]
    inner = _wrapped(value)
    if inner is not None:
        return _items(inner, wraps + 1)
    return _keyed(value, wraps) or [Item(value)]


def _wrapped(value: Mapping[str, Any]) -> object | None:
    """What the only wrapper of an object holds; texts and numbers beside it say nothing."""
    parts = [key for key, inner in value.items() if isinstance(inner, (Mapping, list))]
    if len(value) == 1 and not parts:
        parts = [key for key, inner in value.items() if isinstance(inner, str)]
    if len(parts) != 1 or fold(parts[0]) not in (*WRAPPERS, TOOL):
        return None
    inner: object = value[parts[0]]
    return inner


def _under(holders: list[str], value: Mapping[str, Any], wraps: int) -> list[Item]:
    """What stands under "decisions" or one of its other names."""
    if isinstance(value, Spoiled):
        raise AnswerFault(FaultCode.DUPLICATE_KEY, value.why)
    meant = value[holders[0]]
    others = [k for k, v in value.items() if k != holders[0] and _takes_back(k, v, meant)]
    if len(holders) > 1 or others or _is_decision(value):
        named = ", ".join(sorted({*holders, *others})[:5])
        raise AnswerFault(
            FaultCode.AMBIGUOUS,
            f"decisions stand in several places of one object ({named}); send them once, "
            "under decisions",
        )
    return _items(meant, wraps + 1)


def _takes_back(key: str, value: object, meant: object) -> bool:
    """Whether another key, such as "final_decisions", holds decisions that differ."""
    return (
        fold(key).endswith(("decision", "decisions"))
        and isinstance(value, (Mapping, list))
        and states_decisions(value)
        and not same(value, meant)
    )


def _holds(key: str, value: object) -> bool:
    """Whether a value is meant as the decisions; under another name it must look like them."""
    return key == "decisions" or isinstance(value, (list, Mapping))


def _call(value: Mapping[str, Any]) -> object | None:
    """The arguments of a tool call that was written as text; None when it is none.

    Raises:
        AnswerFault: it calls a tool that was not offered.
    """
    names = {fold(key): key for key in value}
    if len(value) == 1 and "tool_calls" in names:
        calls: object = value[names["tool_calls"]]
        return calls
    inner = value.get(names.get("function", ""))
    if isinstance(inner, Mapping):
        return _call(inner)
    given = [names[name] for name in _ARGUMENTS if name in names]
    said = [names[name] for name in ("name", "tool", "tool_name", "function") if name in names]
    if len(given) != 1 or len(said) != 1 or not isinstance(value[said[0]], str):
        return None
    if value[said[0]] != TOOL:
        raise wrong_tool(value[said[0]])
    arguments: object = value[given[0]]
    return arguments


def _is_decision(value: Mapping[str, Any]) -> bool:
    """Whether an object itself names a coin or an action, not only objects inside it."""
    return any(
        CANONICAL.get(fold(key)) in _NAMES_A_DECISION and not isinstance(inner, (Mapping, list))
        for key, inner in value.items()
    )


def _keyed(value: Mapping[str, Any], wraps: int) -> list[Item]:
    """Decisions by coin; texts and numbers beside them, such as a summary, say nothing."""
    found: list[Item] = []
    for key, inner in value.items():
        if CANONICAL.get(fold(key)) == "analysis":
            continue
        if isinstance(inner, str) and read_signal(inner) is not None:
            found.append(Item({"signal": inner}, key))
        elif isinstance(inner, Mapping):
            found.append(Item(_unwrapped(inner, wraps), key))
    if found and isinstance(value, Spoiled):
        raise AnswerFault(FaultCode.DUPLICATE_KEY, value.why)
    return found


def _unwrapped(value: Mapping[str, Any], wraps: int) -> Mapping[str, Any]:
    """One decision without the single key that wraps it."""
    while len(value) == 1 and wraps < _MAX_WRAPS and not isinstance(value, Spoiled):
        ((key, inner),) = value.items()
        if fold(key) not in WRAPPERS or not isinstance(inner, Mapping):
            break
        value, wraps = inner, wraps + 1
    return value


def analyses_of(document: object, wraps: int = 0) -> list[str]:
    """What an answer says of the whole account: the texts that stand beside its decisions."""
    if wraps > _MAX_WRAPS:
        return []
    if isinstance(document, str):
        try:
            return analyses_of(_encoded(document), wraps + 1)
        except AnswerFault:
            return []
    if isinstance(document, list):
        calls = [one for one in document if isinstance(one, Mapping) and not _is_decision(one)]
        return list(dict.fromkeys(text for one in calls for text in analyses_of(one, wraps + 1)))
    if not isinstance(document, Mapping) or _is_decision(document):
        return []
    return _analysis_beside(document, wraps)


def _analysis_beside(value: Mapping[str, Any], wraps: int) -> list[str]:
    try:
        call = _call(value)
    except AnswerFault:
        return []
    if call is not None:
        return analyses_of(call, wraps + 1)
    named = (inner for key, inner in value.items() if CANONICAL.get(fold(key)) == "analysis")
    found = [text if isinstance(text, str) else as_json(text) for text in named if text]
    inner = _wrapped(value)
    return found if inner is None else [*found, *analyses_of(inner, wraps + 1)]


def kind_of(value: object) -> str:
    """What a JSON value is, in words."""
    if isinstance(value, Bad):
        return value.why
    if isinstance(value, Mapping):
        return "an object"
    names = {type(None): "null", bool: "a boolean", str: "text", list: "a list"}
    return names.get(type(value), "a number")


def as_json(value: object) -> str:
    """A parsed value as JSON text again, numbers with all their digits."""
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: object) -> Any:
    return value.why if isinstance(value, Bad) else str(value)
