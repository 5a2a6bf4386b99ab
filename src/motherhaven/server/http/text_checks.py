"""Text that no route takes: refused in one place, before any route or store sees it."""

import re
from typing import Final
from urllib.parse import unquote_to_bytes

from starlette.types import Scope

from motherhaven.server.wire.problems import Problem

MAX_QUERY_BYTES: Final = 16_384
MAX_PARAMETERS: Final = 64
MAX_VALUE_CHARS: Final = 4_000
"""The longest that any route takes (a list of ids); most take less."""

MAX_PATH_BYTES: Final = 2_048

_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\ufffe\uffff]")
_CONTROL_BYTE: Final = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_PLAIN: Final = re.compile(rb"[A-Za-z0-9._~/=&:,+-]*")


def odd_text(scope: Scope) -> Problem | None:
    """Why a request's path, query or headers hold text that no route takes; None: they do not.

    Control characters, NUL, half a surrogate pair, bytes that are not UTF-8, or too much.
    """
    for _, value in scope["headers"]:
        if _CONTROL_BYTE.search(value):
            return _refusal("a header", "a control character")
    raw = scope.get("raw_path") or scope["path"].encode("utf-8", "surrogatepass")
    why = _why_odd(raw, MAX_PATH_BYTES, MAX_PATH_BYTES)
    if why is not None:
        return _refusal("the path", why)
    if _CONTROL.search(scope["path"]):  # a router takes a line feed at its end for nothing
        return _refusal("the path", "a control character")
    return _odd_query(scope.get("query_string", b""))


def _odd_query(query: bytes) -> Problem | None:
    if len(query) > MAX_QUERY_BYTES:
        return _refusal("the query", f"more than {MAX_QUERY_BYTES} bytes")
    pairs = query.split(b"&", MAX_PARAMETERS)
    if len(pairs) > MAX_PARAMETERS:
        return _refusal("the query", f"more than {MAX_PARAMETERS} parameters")
    for pair in pairs:
        name, _, value = pair.partition(b"=")
        if _why_odd(name, 200, 100) is not None:
            return _refusal("a parameter's name", "odd or too long text")
        why = _why_odd(value, MAX_QUERY_BYTES, MAX_VALUE_CHARS)
        if why is not None:
            return _refusal(f"the parameter {name.decode('ascii', 'replace')[:40]!r}", why)
    return None


def _why_odd(raw: bytes, most_bytes: int, most_chars: int) -> str | None:
    if len(raw) > most_bytes:
        return f"more than {most_bytes} bytes"
    if len(raw) <= most_chars and _PLAIN.fullmatch(raw):
        return None
    try:
        text = unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError:
        return "bytes that are not UTF-8"
    if _CONTROL.search(text):
        return "a control character"
    return f"more than {most_chars} characters" if len(text) > most_chars else None


def _refusal(where: str, what: str) -> Problem:
    return Problem(
        400,
        "odd_text",
        f"{where} holds {what}",
        "send plain text in UTF-8, percent-encoded, without control characters",
    )
