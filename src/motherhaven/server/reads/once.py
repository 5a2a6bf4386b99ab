"""One cause, one count: several records tell of the same refusal."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from motherhaven.contract.views import ErrorRow

_HELD: Final = "held: "
_SAME_CYCLE: Final = timedelta(minutes=1)


def once(rows: Sequence[ErrorRow]) -> list[ErrorRow]:
    """`rows` without those that tell again of what another one tells of; the order stays.

    One bad answer fails the decisions on all its coins, and the cycle says that it held for
    it; an order that the guard refused was never sent.
    """
    refused = {row.decision_id for row in rows if row.kind == "guard" and row.decision_id}
    answers: dict[str, list[ErrorRow]] = {}
    for row in rows:
        if row.kind == "answer":
            answers.setdefault(row.bot_id, []).append(row)
    seen: set[tuple[str, object, str]] = set()
    kept = []
    for row in rows:
        key = (row.bot_id, row.time, row.message)
        if row.kind == "answer" and key in seen:
            continue
        if row.kind == "order" and row.decision_id in refused:
            continue
        if row.kind == "cycle" and _told_by(row, answers.get(row.bot_id, [])):
            continue
        seen.add(key)
        kept.append(row)
    return kept


def _told_by(cycle: ErrorRow, answers: Sequence[ErrorRow]) -> bool:
    """Whether an answer of the same cycle is the reason for which it held."""
    if not cycle.message.startswith(_HELD):
        return False
    reason = cycle.message.removeprefix(_HELD)
    return any(
        abs(answer.time - cycle.time) <= _SAME_CYCLE
        and (answer.message in reason or reason in answer.message)
        for answer in answers
    )
