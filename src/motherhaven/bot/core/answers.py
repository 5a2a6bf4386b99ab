"""One answer on record: what was asked and answered once, then a decision for each coin."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal

from motherhaven.bot.core import records
from motherhaven.bot.core.event_log import EventLog
from motherhaven.bot.decider.types import Answer, Context
from motherhaven.bot.guard.types import RejectedDecision, TradeDecision, Verdict
from motherhaven.contract.events.base import Payload
from motherhaven.contract.events.decision import of_answer


class AnswerRecord:
    """Keeps an answer and its decisions in `log`, as of `now`, when the answer was there."""

    def __init__(
        self,
        log: EventLog,
        answer: Answer,
        context: Context,
        now: datetime,
        decider: str,
        cycle_id: str,
        marks: Mapping[str, Decimal] | None = None,
    ) -> None:
        """`marks` are those that the feed tells; without one the last bar's close is it."""
        told = marks or {}
        self.marks: Mapping[str, Decimal] = {
            coin: told.get(coin, series.last.close)
            for coin, series in context.series_by_coin.items()
        }
        """Our own mark of each coin, by which the guard judges."""
        self._log = log
        self._now = now
        self._missing = list(context.series_by_coin)
        self._count = 0
        kept = records.answer(answer, decider, cycle_id, context.now, now)
        self._answer_id = None if kept is None else log.keep("answer", kept, now)
        self._cycle_id, self._decider, self._model = cycle_id, decider, answer.model
        # A baseline's answer has no record of its own; that it costs nothing is said once.
        self._cost = answer.cost_usd if kept is None else None

    def decision(self, asked: TradeDecision, verdict: Verdict) -> str:
        """A decision with its verdict; returns its id."""
        return self._keep(
            asked.coin,
            lambda: records.decision(
                self._now, asked, verdict, self.marks.get(asked.coin), self._of_answer()
            ),
        )

    def unreadable(self, rejected: RejectedDecision) -> None:
        """A decision that could not be taken, and that nothing came of it."""
        payload = records.unreadable(self._now, rejected, self._of_answer())
        kept, code = self._keep(rejected.coin, payload), payload["error_code"]
        self._log.refused(
            kept,
            payload["coin"],
            payload["signal"],
            code,
            rejected.reason,
            self._now,
        )

    def hold_rest(self, reason: str, code: str) -> None:
        """A hold for every coin that the answer has no decision for."""
        for coin in list(self._missing):
            payload = records.no_decision(
                self._now, coin, reason, code, self.marks.get(coin), self._of_answer()
            )
            self._keep(coin, payload)

    def _of_answer(self) -> Payload:
        shared = of_answer(
            cycle_id=self._cycle_id,
            decider=self._decider,
            model=self._model,
            answer_id=self._answer_id,
        )
        if self._answer_id is not None:
            shared["answer_index"] = self._count
        elif self._cost is not None and self._count == 0:
            shared["cost_usd"] = self._cost
        return shared

    def _keep(self, coin: str | None, payload: Payload | Callable[[], Payload]) -> str:
        if coin in self._missing:
            self._missing.remove(coin)
        kept = self._log.keep("decision", payload, self._now)
        self._count += 1
        return kept
