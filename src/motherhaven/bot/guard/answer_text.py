"""From a model's raw text to the one JSON document that decides.

Prose and closed thinking around the document are passed over, whatever they hold. Two
documents that differ, an unfinished one, or thinking that never ends decide nothing.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from motherhaven.bot.guard.answer_json import Unreadable, decode_at, same
from motherhaven.bot.guard.answer_names import FLAT, STATES, fold, read_signal
from motherhaven.bot.guard.faults import TOOL, AnswerFault, FaultCode

MAX_CHARACTERS: Final = 1_000_000
MAX_ENCODINGS: Final = 3
"""How often a document may be encoded as JSON text inside JSON text."""

_THOUGHTS: Final = (
    "think|thinking|thought|thoughts|thought_process|reasoning|reasoning_process|reflection|"
    "analysis|scratchpad|inner_monologue|antthinking|seed:think"
)
_CALLS: Final = (
    r"<function=|<invoke\s{1,8}name=\"|<tool_call>\s{0,8}|<\|tool_call_begin\|>\s{0,8}|"
    r"\[TOOL_CALLS\]\s{0,8}|<｜tool▁call▁begin｜>(?!function<)|<｜tool▁sep｜>\s{0,8}|"
    r"\bto=(?=functions\.)|\bdefault_api\."
)
"""What stands before the name of a tool in the markup of models; the name follows at once."""

_TOKEN: Final = re.compile(
    rf"<(?P<close>/)?(?P<tag>{_THOUGHTS})(?:\s[^<>]{{0,200}})?(?P<void>/)?>"
    r"|(?P<square>\[/?THINK\])"
    r"|(?P<kimi>◁/?think▷)"
    r"|<\|(?P<marker>begin_of_thought|end_of_thought)\|>"
    r"|(?P<final><\|channel\|>\s*final\b)"
    r"|<\|channel\|>\s*(?P<channel>analysis|commentary)\b(?:\s*to=(?P<addressee>[\w.\-]{1,64}))?"
    rf"|(?:{_CALLS})(?P<function>[A-Za-z_][\w.\-]{{0,63}})"
    r"|(?P<fence>`{3,}|~{3,})"
    r'|(?P<quoted>"(?=(?:\\{1,7}[nrt"]|\s){0,8}[\[{]))'
    r"|(?P<open>[\[{])"
    r"|(?P<end>\})",
    re.IGNORECASE,
)
_OBJECT: Final = re.compile(r'\{\s*["}]')
_OBJECTS: Final = re.compile(r"\[\s*\{|\{")
_LIST: Final = re.compile(r'\[\s*(?:[\[{"\]\d\-]|true|false|null)')
_NAMED: Final = re.compile(
    r"(?<![A-Za-z0-9])(?:decisions?|coin|symbol|ticker|signal|action|side)[\\\"'‘’“”]*\s{0,8}:",
    re.IGNORECASE,
)
_ANALYSIS: Final = "|channel|>analysis"
_CALLED: Final = re.compile(r"([A-Za-z_][\w.]{0,63})\(\s{0,8}\Z")
_WINDOW: Final = 2_000
_MAX_THOUGHTS: Final = 50
_MAX_ATTEMPTS: Final = 20_000
_ALONE: Final = re.compile(r"[ \t]*(?:\r?\n|$)")


def read_document(text: str, encodings: int = 0) -> Any:
    """The one JSON value of an answer that states decisions.

    Raises:
        AnswerFault: there is none, more than one that differ, or one that is unfinished,
            is not JSON or is nested too deeply; `code` says which.
    """
    if len(text) > MAX_CHARACTERS:
        raise AnswerFault(
            FaultCode.TOO_LONG,
            f"the answer has {len(text)} characters; at most {MAX_CHARACTERS} are read",
        )
    if not text.strip():
        raise AnswerFault(FaultCode.EMPTY, "the answer is empty; expected JSON with decisions")
    scan = _Scan(text, encodings)
    scan.run()
    return scan.result()


class _Scan:
    """One pass over the text; every character is decoded a bounded number of times."""

    def __init__(self, text: str, encodings: int) -> None:
        self.text = text
        self.length = len(text.rstrip())
        self.encodings = encodings
        self.effort = 4 * len(text) + 10_000
        self.attempts = 0
        self.forget()

    def forget(self) -> None:
        """All before this point was thinking."""
        self.stating: list[Any] = []
        self.other: list[Any] = []
        self.fault: AnswerFault | None = None
        self.hint: str | None = None
        self.thoughts: list[str] = []
        self.fences = 0
        self.braces = 0

    def run(self) -> None:
        """Pass over the whole text."""
        position = 0
        while (found := _TOKEN.search(self.text, position)) and not self._exhausted():
            position = self._take(found)

    def result(self) -> Any:
        """The document.

        Raises:
            AnswerFault: see `read_document`.
        """
        if self._exhausted():
            raise AnswerFault(
                FaultCode.NOT_JSON, "not JSON: too many brackets, quotes or documents to read"
            )
        if self.thoughts:
            raise AnswerFault(
                FaultCode.TRUNCATED,
                f"the answer opens <{self.thoughts[-1]}> and never closes it; what follows may be "
                "a draft",
            )
        if self.fault is not None:
            raise self.fault
        if self.fences % 2:
            raise AnswerFault(
                FaultCode.TRUNCATED, "the answer opens a fenced block and never closes it"
            )
        found = _different(self.stating) or _different(self.other)
        if len(found) > 1:
            raise AnswerFault(
                FaultCode.SEVERAL_DOCUMENTS,
                "the answer has two or more JSON documents that differ; send exactly one",
            )
        if not found:
            why = f": {self.hint}" if self.hint else ""
            raise AnswerFault(
                FaultCode.NOT_JSON, f"not JSON: the answer holds no JSON document{why}"
            )
        return found[0]

    def _take(self, found: re.Match[str]) -> int:
        """Deal with one token; the position at which to go on."""
        mark = None if found["void"] else self._thought(found)
        if mark is not None:
            name, closing = mark
            if closing:
                self._close(name)
                if found["addressee"] and not self.thoughts:
                    self._called(found["addressee"])
            elif len(self.thoughts) < _MAX_THOUGHTS:
                self.thoughts.append(name)
            else:
                self.fault = AnswerFault(FaultCode.TOO_DEEP, "thinking is nested too deeply")
            return found.end()
        if self.thoughts or self.fault is not None:
            return found.end()
        if found["function"]:
            self._called(found["function"])
        elif found["fence"]:
            self.fences += 1
        elif found["end"]:
            self.braces = max(0, self.braces - 1)
        elif found["quoted"]:
            return self._quoted(found.start())
        else:
            return self._open(found.start())
        return found.end()

    def _thought(self, found: re.Match[str]) -> tuple[str, bool] | None:
        """The name of a thinking mark and whether it closes; None for other tokens."""
        if found["tag"]:
            return found["tag"].lower(), bool(found["close"])
        if found["square"] or found["kimi"]:
            return "think", "/" in found.group()
        if found["marker"]:
            return "thought", found["marker"].lower().startswith("end")
        if found["final"]:
            return "", True
        if found["channel"]:
            return _ANALYSIS, found["channel"].lower() != "analysis"
        return None

    def _called(self, name: str) -> None:
        """A tool that is called in a model's own markup."""
        if name.removeprefix("functions.") != TOOL and self.fault is None:
            self.fault = wrong_tool(name)

    def _close(self, name: str) -> None:
        if name in self.thoughts:
            while self.thoughts.pop() != name:
                pass
        elif name == "" or (not self.thoughts and name != _ANALYSIS):
            self.forget()

    def _quoted(self, start: int) -> int:
        """JSON text that may hold a document encoded once more."""
        self.attempts += 1
        read = self._decode(start)
        if isinstance(read, Unreadable):
            return start + 1
        value, end = read
        if not isinstance(value, str) or not _NAMED.search(value):
            self.effort -= end - start
            return start + 1
        if self.encodings >= MAX_ENCODINGS:
            self.fault = AnswerFault(
                FaultCode.TOO_DEEP, f"the answer is encoded more than {MAX_ENCODINGS} times"
            )
            return end
        try:
            self.stating.append(read_document(value, self.encodings + 1))
        except AnswerFault as fault:
            self.fault = fault
        return end

    def _open(self, start: int) -> int:
        """A bracket: a document, or prose."""
        self.attempts += 1
        looks = (_OBJECT if self.text[start] == "{" else _LIST).match(self.text, start)
        read = self._decode(start) if looks else Unreadable(start, cut_off=start + 1 == self.length)
        if isinstance(read, Unreadable):
            return self._not_json(start, read)
        value, end = read
        if states_decisions(value) and (
            call := _CALLED.search(self.text[max(0, start - 80) : start])
        ):
            self._called(call[1].rpartition(".")[2])
        if self.braces and states_decisions(value):
            self.fault = AnswerFault(
                FaultCode.NOT_JSON, "the decisions stand inside braces that are not JSON"
            )
        elif states_decisions(value) or self._alone(start, end):
            self.stating.append(value)
        else:
            self.other.append(value)
        return end

    def _not_json(self, start: int, read: Unreadable) -> int:
        stop = self.text.find("}", read.position, read.position + _WINDOW)
        window = self.text[start : max(read.position, stop, start) + 1]
        if self.fault is not None:
            pass
        elif read.cut_off:
            self.fault = AnswerFault(
                FaultCode.TRUNCATED,
                f"the answer ends inside its JSON, at character {len(self.text)}",
            )
        elif _OBJECTS.match(self.text, start) and _NAMED.search(window):
            code, why = (read.code, read.why) if read.why else _unquoted(self.text, start)
            self.fault = AnswerFault(code, f"not JSON: {why}")
        elif self.text[start] == "{":
            self.braces += 1
            self.hint = self.hint or read.why or None
        return max(start + 1, read.position if self.fault else 0)

    def _decode(self, start: int) -> tuple[Any, int] | Unreadable:
        try:
            read = decode_at(self.text, start)
        except AnswerFault as fault:
            self.effort -= len(self.text) - start
            self.fault = fault
            return Unreadable(start)
        if isinstance(read, Unreadable):
            # An error also counts the lines before it: ten brackets' worth of attempts.
            self.attempts += 10
            self.effort -= read.cost
        return read

    def _exhausted(self) -> bool:
        """Whether so much was read in vain that no more is: no text is read again and again."""
        return self.effort < 0 or self.attempts > _MAX_ATTEMPTS

    def _alone(self, start: int, end: int) -> bool:
        """Whether an empty list or object stands on lines of its own: then it says something."""
        if end - start > 8 or not _ALONE.match(self.text, end):
            return False
        return not self.text[max(0, start - 80) : start].rpartition("\n")[2].strip()


def states_decisions(value: object) -> bool:
    """Whether a JSON value names a coin or an action anywhere, by any of their names."""
    todo = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, Mapping):
            if any(fold(key) in STATES for key in item):
                return True
            todo.extend(item.values())
        elif isinstance(item, list):
            todo.extend(item)
        elif isinstance(item, str) and read_signal(item) is not None and fold(item) != FLAT:
            return True
    return False


def wrong_tool(name: str) -> AnswerFault:
    """The fault of an answer through a tool that was not offered."""
    return AnswerFault(
        FaultCode.WRONG_TOOL,
        f"the answer calls the tool {name[:60]!r}, which was not offered; call {TOOL!r}",
    )


def _different(values: list[Any]) -> list[Any]:
    """The first value and, if there is one, the first that differs from it."""
    other = next((value for value in values[1:] if not same(value, values[0])), None)
    return values[:1] if other is None else [values[0], other]


def _unquoted(text: str, start: int) -> tuple[FaultCode, str]:
    after = text[start + 1 : start + 40].lstrip()[:1]
    if after and after in "'“”‘’":
        return FaultCode.QUOTES, "names and texts need plain double quotes"
    return FaultCode.NOT_JSON, f"a name without double quotes at character {start + 1}"
