"""Decisions through the guard to the paper account: the guide's `trading.executor`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from motherhaven.bot.core.records import NO_COIN, terms, unreadable
from motherhaven.bot.execution.account import AccountEvent
from motherhaven.bot.execution.engine import ExecutionEngine
from motherhaven.bot.execution.flatten import flatten
from motherhaven.bot.execution.results import ApprovedOrder
from motherhaven.bot.guard.day import DayStart, KillSwitch, roll_day
from motherhaven.bot.guard.faults import FaultCode
from motherhaven.bot.guard.judgement import judge
from motherhaven.bot.guard.parse import parse_answer
from motherhaven.bot.guard.types import (
    OpenPosition,
    RejectedDecision,
    RiskContext,
    TradeDecision,
    Verdict,
)
from motherhaven.bot.manual.account import AccountManager
from motherhaven.bot.portfolio.events import Trade
from motherhaven.contract.events import ExecutionStatus
from motherhaven.contract.events.base import stamp
from motherhaven.contract.events.decision import encode_verdict
from motherhaven.contract.events.position import side_name
from motherhaven.contract.jsonio import dumps

if TYPE_CHECKING:
    from motherhaven.recorder import TradingLogger


@dataclass(frozen=True, slots=True)
class ExecutionResult:
    """What became of one decision.

    `rule` names the guard's rule that refused it (None when allowed); `filled_usd` is
    margin in USD, `fill_price` USD, `realized_pnl` net of fees and funding for a close.
    """

    coin: str
    signal: str
    status: ExecutionStatus
    reason: str
    rule: str | None = None
    position_id: str | None = None
    filled_usd: Decimal | None = None
    fill_price: Decimal | None = None
    realized_pnl: Decimal | None = None


class TradeExecutor:
    """Judges decisions by the account's limits and trades what is allowed, on paper.

    With a `logger`, decisions and positions are put on record.
    """

    def __init__(self, account: AccountManager, logger: "TradingLogger | None" = None) -> None:
        self.account = account
        self.logger = logger
        self.kill = KillSwitch()
        self._execution = ExecutionEngine(account.at_venue)
        self._day: DayStart | None = None
        self._entries = 0
        self._told: dict[str, dict[str, Any]] = {}

    def execute(self, decisions: str | Mapping[str, Any] | Sequence[Any]) -> list[ExecutionResult]:
        """Judge and trade; one result per decision, in order.

        `decisions` is a model's raw answer as text, one decision as a dict (the keys of
        `TradingLogger.log_decision`), or a list of them. Never raises for a bad decision:
        what cannot be read is rejected, with the reason.

        Raises:
            InvalidJson: a dict holds something that JSON does not have.
        """
        text = decisions if isinstance(decisions, str) else _text(decisions)
        parsed = parse_answer(text, self.account.coins)
        if parsed.error is not None:
            return [ExecutionResult("?", "hold", "rejected", parsed.error, "answer")]
        verdicts = judge(parsed.decisions, self._view(), self.account.limits)
        placed = list(zip(parsed.indices, parsed.decisions, verdicts, strict=True))
        placed.sort(key=lambda one: one[1].signal.is_entry)  # exits first
        found = {index: self._one(asked, verdict) for index, asked, verdict in placed}
        for bad in parsed.rejected:
            found[bad.index] = self._unread(bad)
        return [found[index] for index in sorted(found)]

    def update_price(self, coin: str, price: Decimal | str | float) -> list[Trade]:
        """Let a price happen; returns the positions that it closed, which are on record then.

        Raises:
            MarketError, InvalidMoney: the price cannot be one.
        """
        return self._closed(self.account.update_price(coin, price))

    def close_all(self) -> list[Trade]:
        """Cancel everything and close every position at its last price."""
        return self._closed(flatten(self.account.at_venue, None, "flatten").events)

    def _one(self, asked: TradeDecision, verdict: Verdict) -> ExecutionResult:
        decision_id = self.account.ids.new()
        mark = self.account.at_venue.ledger.marks.get(asked.coin)
        if self.logger is not None:
            self.logger.log_decision(
                _decision(asked),
                event_id=decision_id,
                verdict=encode_verdict(
                    allowed=verdict.allowed, rule=verdict.rule, reason=verdict.reason
                ),
            )
        if not verdict.allowed or not verdict.size:
            status: ExecutionStatus = "skipped" if verdict.allowed else "rejected"
            return ExecutionResult(
                asked.coin, asked.signal.value, status, verdict.reason, verdict.rule
            )
        done = self._execution.trade(ApprovedOrder(decision_id, asked, verdict, mark))
        trades = self._closed(done.events)
        if asked.signal.is_entry and done.filled_usd is not None:
            self._entries += 1
            self._stands(asked.coin, decision_id)
        return ExecutionResult(
            asked.coin,
            asked.signal.value,
            done.status,
            done.error or verdict.reason,
            verdict.rule,
            done.position_id,
            done.filled_usd,
            done.fill_price,
            trades[-1].net if trades else None,
        )

    def _unread(self, bad: RejectedDecision) -> ExecutionResult:
        """A decision that cannot be taken, on record as in a running bot."""
        rule = "unknown_coin" if bad.code is FaultCode.UNKNOWN_COIN else "schema"
        if self.logger is not None:
            payload = unreadable(self.account.clock.now(), bad, {})
            verdict = encode_verdict(allowed=False, rule=rule, reason=bad.reason)
            self.logger.log_decision(payload | {"verdict": verdict})
        return ExecutionResult(
            bad.coin or NO_COIN, bad.signal or "hold", "rejected", bad.reason, rule
        )

    def _stands(self, coin: str, decision_id: str) -> None:
        """Put a position on record as it stands: a new one, or one that was added to."""
        held = self.account.positions.get(coin)
        if self.logger is None or held is None:
            return
        before, now = self._told.get(held.position_id), terms(held)
        if before == now:
            return
        self._told[held.position_id] = now
        more: dict[str, Any] = {"size": held.size, "stop_loss": held.stop}
        if before is not None:
            more |= {"replaces": before, "entry_time": stamp(held.opened_at)}
        self.logger.log_position_entry(
            held.position_id,
            coin,
            side_name(held.size),
            **now,
            decision_id=decision_id,
            profit_target=held.target,
            liquidation_price=held.liquidation,
            **more,
        )

    def _closed(self, events: list[AccountEvent]) -> list[Trade]:
        trades = self.account.closed(events)
        if self.logger is not None:
            for trade in trades:
                self._told.pop(trade.position_id, None)
                self.logger.log_position_exit(
                    trade.position_id,
                    trade.exit,
                    trade.net,
                    reason=trade.reason.value,
                    gross_pnl=trade.realized,
                    fees_usd=trade.fees,
                    funding_usd=trade.funding,
                )
        return trades

    def _view(self) -> RiskContext:
        account, now = self.account.snapshot(), self.account.clock.now()
        day = roll_day(self._day, now, account.equity, self.account.zone)
        if day is not self._day:
            self._day, self._entries = day, 0
        return RiskContext(
            now=now,
            equity=account.equity,
            day_start_equity=day.equity,
            marks=self.account.at_venue.ledger.marks,
            positions={
                coin: OpenPosition(held.size, held.entry, held.leverage)
                for coin, held in account.positions.items()
            },
            available=account.available,
            trades_today=self._entries,
            kill_switch=self.kill.engaged,
        )


def _text(decisions: Mapping[str, Any] | Sequence[Any]) -> str:
    items = [decisions] if isinstance(decisions, Mapping) else list(decisions)
    return dumps({"decisions": _exact(items)}, numbers=True).decode()


def _exact(value: Any) -> Any:
    """Floats by their shortest text, as the recorder takes them; NaN as what it is."""
    if isinstance(value, float):
        number = Decimal(repr(value))
        return number if number.is_finite() else repr(value)
    if isinstance(value, Mapping):
        return {str(key): _exact(item) for key, item in value.items()}
    return [_exact(item) for item in value] if isinstance(value, (list, tuple)) else value


def _decision(asked: TradeDecision) -> dict[str, Any]:
    return {
        "coin": asked.coin,
        "signal": asked.signal.value,
        "quantity_usd": asked.quantity_usd,
        "leverage": asked.leverage,
        "confidence": asked.confidence,
        "exit_plan": {
            "profit_target": asked.profit_target,
            "stop_loss": asked.stop_loss,
            "invalidation_condition": asked.invalidation_condition,
        },
        "justification": asked.justification,
    }
