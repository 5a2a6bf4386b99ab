"""Errors in groups: one fingerprint for messages that differ in numbers, ids or the coin."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import Final

from motherhaven.contract.reasons import next_step
from motherhaven.contract.views import DecisionDetail, ErrorRow
from motherhaven.server.wire.details import ErrorGroup

_COIN: Final = re.compile(r"^[A-Za-z0-9][\w.:/@?-]{0,63}: ")
_QUOTED: Final = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`")
_ID: Final = re.compile(
    r"\b(?:0x[0-9a-fA-F]{6,}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
    r"|(?=[0-9a-fA-F]*\d)[0-9a-fA-F]{12,})\b"
)
_NUMBER: Final = re.compile(r"[-+−]?\d[\d.,:_]*(?:[eE][-+]?\d+)?")
_SPACE: Final = re.compile(r"\s+")
_WITH_COIN: Final = frozenset({"guard", "order"})
_COMPARED_CHARS: Final = 300
MOST_BOTS: Final = 100
"""So many ids of bots are listed with a group."""


def normalised(kind: str, message: str) -> str:
    """`message` without what changes from time to time: numbers, ids, quoted text, the coin."""
    text = message[: 4 * _COMPARED_CHARS]
    if kind in _WITH_COIN:
        text = _COIN.sub("", text, count=1)
    for pattern, mark in ((_ID, "<id>"), (_QUOTED, "<text>"), (_NUMBER, "<n>"), (_SPACE, " ")):
        text = pattern.sub(mark, text)
    return text.strip().lower()[:_COMPARED_CHARS]


def fingerprint(kind: str, message: str) -> str:
    """What the errors of one group have in common, as 16 hexadecimal digits."""
    return hashlib.sha256(f"{kind}|{normalised(kind, message)}".encode()).hexdigest()[:16]


def grouped(rows: Iterable[ErrorRow]) -> tuple[ErrorGroup, ...]:
    """`rows`, newest first, in groups, the one with the newest error first."""
    found: dict[str, list[ErrorRow]] = {}
    for row in rows:
        found.setdefault(fingerprint(row.kind, row.message), []).append(row)
    return tuple(_group(name, members) for name, members in found.items())


def _group(name: str, rows: Sequence[ErrorRow]) -> ErrorGroup:
    newest = rows[0]
    bots = tuple(dict.fromkeys(row.bot_id for row in rows))
    return ErrorGroup(
        fingerprint=name,
        kind=newest.kind,
        message=newest.message,
        count=len(rows),
        first=rows[-1].time,
        last=newest.time,
        bots=bots[:MOST_BOTS],
        bots_n=len(bots),
        last_id=newest.id,
        decision_id=newest.decision_id,
        code=newest.code,
        next_step=next_step(newest.kind, newest.message, newest.code),
    )


def with_code(group: ErrorGroup, decision: DecisionDetail) -> ErrorGroup:
    """The group with the code and the advice that its newest decision carries."""
    code = _code_of(group.kind, decision)
    if code is None:
        return group
    step = next_step(group.kind, group.message, code)
    return group.model_copy(update={"code": code, "next_step": step})


def _code_of(kind: str, decision: DecisionDetail) -> str | None:
    if kind == "order":
        return None if decision.execution is None else decision.execution.reason_code
    if kind == "guard" and decision.verdict is not None:
        return decision.verdict.rule
    code = decision.payload.get("error_code")
    return code if isinstance(code, str) else None
