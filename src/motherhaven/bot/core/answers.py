"""One answer on record: a decision for each coin, the shared texts once, with the first."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from motherhaven.bot.core import records
from motherhaven.bot.core.event_log import EventLog
from motherhaven.bot.decider.types import Answer, Context
from motherhaven.bot.guard.types import RejectedDecision, TradeDecision, Verdict


class AnswerRecord:
    """Keeps the decisions of one answer in `log`, as of `now`, when the answer was there."""

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
        self._shared = records.provenance(answer, decider, cycle_id, context.now)
        self._first = records.first_of(answer)

    def decision(self, asked: TradeDecision, verdict: Verdict) -> str:
        """A decision with its verdict; returns its id."""
        payload = records.decision(
            self._now, asked, verdict, self.marks.get(asked.coin), self._texts()
        )
        return self._keep(asked.coin, payload)

    def unreadable(self, rejected: RejectedDecision) -> None:
        """A decision that could not be taken, and that nothing came of it."""
        payload = records.unreadable(self._now, rejected, self._texts())
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
                self._now, coin, reason, code, self.marks.get(coin), self._texts()
            )
            self._keep(coin, payload)

    def _texts(self) -> records.Payload:
        return {**self._shared, **self._first}

    def _keep(self, coin: str | None, payload: records.Payload) -> str:
        decision_id = self._log.keep("decision", payload, self._now)
        if coin in self._missing:
            self._missing.remove(coin)
        self._first = {}
        self._shared.setdefault("answer_id", decision_id)
        return decision_id
