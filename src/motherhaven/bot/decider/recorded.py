"""Recorded answers decide again: what would have happened under another guard, limits or fees."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import apsw

from motherhaven.bot.decider.attempts import last_of
from motherhaven.bot.decider.types import Answer, Context
from motherhaven.bot.guard.parse import parse_answer
from motherhaven.bot.guard.types import Signal, TradeDecision
from motherhaven.contract import errors
from motherhaven.contract.bulk import expand, item_id
from motherhaven.contract.errors import ConfigError, ContractError, DeciderError
from motherhaven.contract.events.answer import folded
from motherhaven.contract.jsonio import dumps, loads_own
from motherhaven.contract.money import to_decimal
from motherhaven.contract.times import parse_time

NO_COIN: Final = "?"
_EXEMPT: Final = "buy-and-hold"
"""The one baseline whose entries need no stop; its journal says by whom they are."""


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """An answer as it is on record, and when its question was asked."""

    asked_at: datetime
    decider: str
    answer: Answer


class RecordedDecider:
    """Gives the answers of a journal in their order, each at the bar at which it was asked for.

    Prompts, raw text, tokens and latency are those of the record; cost is 0, for nobody is
    asked again.
    """

    def __init__(self, answers: Sequence[RecordedAnswer]) -> None:
        """`answers` in order of time.

        Raises:
            ConfigError: there are none.
        """
        if not answers:
            raise ConfigError("--decisions: the journal holds no decisions; name another one")
        self._answers = sorted(answers, key=lambda answer: answer.asked_at)
        self._times = [answer.asked_at for answer in self._answers]
        self._next = 0
        names = dict.fromkeys(answer.decider for answer in answers)
        self._name = f"recorded:{'+'.join(names)}"
        self._model = any(answer.answer.raw is not None for answer in answers)

    @property
    def name(self) -> str:
        """ "recorded:" and who answered then."""
        return self._name

    @property
    def is_model(self) -> bool:
        """Whether a model's raw answers are among them."""
        return self._model

    @property
    def times(self) -> Sequence[datetime]:
        """When the questions were asked, in order."""
        return self._times

    def ready(self, start: datetime, end: datetime) -> int:
        """How many questions were asked in [start, end); the next answers are those."""
        self._next = bisect_left(self._times, start)
        return bisect_left(self._times, end) - self._next

    async def decide(self, context: Context) -> Answer:
        """The next recorded answer; `ready` says how many there are at this moment."""
        answer = self._answers[self._next].answer
        self._next += 1
        return answer


def read_answers(path: Path) -> list[RecordedAnswer]:
    """All answers of a bot's journal, oldest first.

    Raises:
        ConfigError: the file is missing, or no journal of Motherhaven.
    """
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            rows = connection.execute(
                "SELECT event_id, kind, payload, time FROM events"
                " WHERE kind IN ('answer', 'decision', 'decisions') ORDER BY seq"
            )
            return list(_answers(_singly(rows)))
        finally:
            connection.close()
    except (apsw.Error, ContractError, KeyError, ValueError) as error:
        raise ConfigError(
            f"--decisions {path}: cannot be read as a journal ({error}); give the .db file of a "
            "bot or of a replay with --journal"
        ) from None


def _singly(rows: Iterable[tuple[str, str, str, str]]) -> list[tuple[str, str, str, str]]:
    """The rows with each decision by itself: those of a bulk record are of one coin."""
    found, sort = [], False
    for event_id, kind, text, time in rows:
        if kind != "decisions":
            found.append((event_id, kind, text, time))
            continue
        sort = True
        for number, item in enumerate(expand(loads_own(text.encode()))):
            moment = str(item["timestamp"])
            found.append((item_id(event_id, number), "decision", dumps(item).decode(), moment))
    return sorted(found, key=lambda row: row[3]) if sort else found


def _answers(rows: Iterable[tuple[str, str, str, str]]) -> Iterator[RecordedAnswer]:
    # Decisions without a cycle came one by one, each with its own answer.
    for _, group in groupby(_decisions(rows), key=lambda row: row[0].get("cycle_id") or row[2]):
        found = list(group)
        yield _answer([payload for payload, _, _ in found], found[0][1])


def _decisions(
    rows: Iterable[tuple[str, str, str, str]],
) -> Iterator[tuple[dict[str, Any], datetime, int]]:
    """Decisions with their answers in them, times and numbers, in the journal's order."""
    answers: dict[str, dict[str, Any]] = {}
    for number, (event_id, kind, text, time) in enumerate(rows):
        payload = loads_own(text.encode())
        if kind == "answer":
            answers = {event_id: payload}  # its decisions follow it
        else:
            given = answers.get(payload.get("answer_id", ""))
            whole = payload if given is None else folded(payload, given)
            yield whole, datetime.fromisoformat(time), number


def _answer(rows: Sequence[Mapping[str, Any]], time: datetime) -> RecordedAnswer:
    first = rows[0]
    decider = str(first.get("decider") or "?")
    raw = first.get("raw_response")
    failure = _failure(rows)
    latency = first.get("latency_ms")
    known: dict[str, Any] = {
        "failure": failure,
        "raw": raw,
        "system_prompt": first.get("system_prompt"),
        "user_prompt": first.get("user_prompt"),
        "model": first.get("model"),
        "tokens_in": first.get("tokens_in"),
        "tokens_out": first.get("tokens_out"),
        "tokens_cached": first.get("tokens_cached"),
        "cost_usd": Decimal(0),
        "latency_ms": latency,
        "finish_reason": first.get("finish_reason"),
    }
    if failure is not None:
        answer = Answer(**known)
    elif raw is not None:
        # Every coin of the market has a row, so that spelling is matched as it was then.
        coins = {str(row["coin"]) for row in rows} - {NO_COIN}
        parsed = parse_answer(last_of(raw, first.get("attempts")), coins)
        if parsed.error is not None:
            known["failure"] = errors.AnswerMalformed(parsed.error)
        answer = Answer(parsed.decisions, parsed.rejected, **known)
    else:
        decisions = (_decision(row, decider) for row in rows if row.get("error") is None)
        answer = Answer(tuple(decisions), **known)
    asked = first.get("asked_at")
    if asked is None:
        return RecordedAnswer(time - timedelta(milliseconds=int(latency or 0)), decider, answer)
    return RecordedAnswer(parse_time(asked, time), decider, answer)


def _failure(rows: Sequence[Mapping[str, Any]]) -> DeciderError | None:
    """The failure that all rows of an answer tell of, by the name that they tell."""
    told = {str(row.get("error") or "") for row in rows}
    if len(told) != 1:
        return None
    name, _, text = told.pop().partition(": ")
    kind = getattr(errors, name, None)
    if isinstance(kind, type) and issubclass(kind, DeciderError):
        return kind(text)
    return None


def _decision(row: Mapping[str, Any], decider: str) -> TradeDecision:
    def price(name: str) -> Decimal | None:
        return None if row.get(name) is None else to_decimal(row[name], name)

    return TradeDecision(
        coin=str(row["coin"]),
        signal=Signal(row["signal"]),
        quantity_usd=to_decimal(row.get("quantity_usd") or 0, "quantity_usd"),
        leverage=int(to_decimal(row.get("leverage") or 1, "leverage")),
        confidence=to_decimal(row.get("confidence") or 0, "confidence"),
        stop_loss=price("stop_loss"),
        profit_target=price("profit_target"),
        invalidation_condition=row.get("invalidation_condition"),
        justification=str(row.get("justification") or ""),
        requires_stop=decider != _EXEMPT,
        close_fraction=price("close_fraction"),
        adjusted_stop_loss=price("adjusted_stop_loss"),
        adjusted_profit_target=price("adjusted_profit_target"),
    )
