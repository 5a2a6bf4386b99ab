"""Text that others wrote, made safe for where it is shown: terminals and logs, and chats.

A name, a message or a reason may hold anything. Nothing of it may move a cursor, begin a
line, turn the direction of writing, call people or become a link.
"""

import re
import unicodedata
from typing import Final, Literal

ChatKind = Literal["discord", "plain"]
"""Discord takes a backslash before its marks; every other chat is given none of its own."""

CHAT_CHARS: Final = 1_500
"""Longer messages are cut: Discord refuses more than 2,000."""

_BREAK: Final = "\u200b"
_JOINERS: Final = frozenset("\u200c\u200d")
"""Invisible, but within words of some scripts and within emoji."""

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_PLAIN: Final = re.compile(r"[ -~]*")
_SPACES: Final = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")
_CALLS: Final = re.compile(r"[@\uff20\ufe6b#](?=\S)|<(?=\S)|\](?=\()|!(?=\[)|:(?=//)")
_DOT: Final = re.compile(r"(?<=\w)\.(?=[^\W\d_])")
_SCHEME: Final = re.compile(r"(?i)(mailto|tel|javascript|data|tg|slack|discord):(?=\S)")
_MARKS: Final = re.compile(r"([\\`*_~|>\[\]()-])")


def for_terminal(text: object, *, lines: bool = False) -> str:
    """`text` for a terminal or a line of a log: what cannot be seen is written out.

    Control characters (ESC, newlines, C1), marks that turn the direction of writing and
    halves of surrogate pairs become \\uXXXX, as JSON has them. With `lines` the newlines,
    and only they, are left: for text that has lines of its own.
    """
    words = str(text)
    if _PLAIN.fullmatch(words):
        return words
    return "".join(
        char
        if (lines and char == "\n") or char in _JOINERS or unicodedata.category(char) not in _UNSEEN
        else _written(char)
        for char in words
    )


def for_chat(text: object, kind: ChatKind = "plain") -> str:
    """`text` as one line of a chat message: it calls nobody, links nowhere, formats nothing."""
    words = for_terminal(_SPACES.sub(" ", str(text)))
    if len(words) > CHAT_CHARS:
        words = words[: CHAT_CHARS - 1] + "\u2026"
    words = _CALLS.sub(lambda found: found[0] + _BREAK, words)
    words = _DOT.sub("." + _BREAK, words)
    words = _SCHEME.sub(lambda found: f"{found[1]}:{_BREAK}", words)
    return _MARKS.sub(r"\\\1", words) if kind == "discord" else words


def _written(char: str) -> str:
    data = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{data[at : at + 2].hex()}" for at in range(0, len(data), 2))
