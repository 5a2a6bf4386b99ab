"""Payloads of everything that a bot records, by the models of contract.events. Pure.

Times are given as UTC text, money as Decimal; a field that is not known is left out.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from motherhaven.bot.decider.attempts import described
from motherhaven.bot.decider.types import Answer
from motherhaven.bot.guard.liquidation import idle_stop
from motherhaven.bot.guard.types import RejectedDecision, TradeDecision, Verdict
from motherhaven.bot.market.instruments import Bar
from motherhaven.bot.portfolio.account import AccountSnapshot, Position
from motherhaven.bot.portfolio.events import Fill, FundingPayment, Trade
from motherhaven.bot.portfolio.margin import initial_margin
from motherhaven.contract.events import BotState, ExecutionStatus, Kind, SideName
from motherhaven.contract.exact import exact
from motherhaven.contract.times import format_time

Payload = dict[str, Any]

# A cycle's records share two or three moments; writing one out costs more than finding it.
stamp: Final[Callable[[datetime], str]] = lru_cache(maxsize=64)(format_time)

NO_COIN: Final = "?"
"""Stands for the coin of a decision that names none."""


@dataclass(frozen=True, slots=True)
class Record:
    """One event to be kept: `time` is the market's clock, `event_id` None for a new one."""

    kind: Kind
    payload: Payload
    time: datetime
    event_id: str | None = None


def _lean(payload: Payload) -> Payload:
    return {key: value for key, value in payload.items() if value is not None}


def provenance(answer: Answer, decider: str, cycle_id: str, asked_at: datetime) -> Payload:
    """What all decisions of one answer share: who answered, to what and when, and what came."""
    return _lean(
        {
            "cycle_id": cycle_id,
            "trigger": "schedule",
            "asked_at": stamp(asked_at),
            "decider": decider,
            "model": answer.model,
            "system_prompt": answer.system_prompt,
            "user_prompt": answer.user_prompt,
            "raw_response": answer.raw,
            "attempts": described(answer.attempts),
            "latency_ms": answer.latency_ms,
            "finish_reason": answer.finish_reason,
        }
    )


def first_of(answer: Answer) -> Payload:
    """What stands with the first decision of an answer only: its reasons, tokens and cost."""
    return _lean(
        {
            "analysis": answer.analysis,
            "thinking": answer.thinking,
            "tokens_in": answer.tokens_in,
            "tokens_out": answer.tokens_out,
            "tokens_cached": answer.tokens_cached,
            "cost_usd": answer.cost_usd,
            "cost_basis": answer.cost_basis,
        }
    )


def decision(
    time: datetime,
    asked: TradeDecision,
    verdict: Verdict,
    mark: Decimal | None,
    shared: Mapping[str, Any],
) -> Payload:
    """A decision with the guard's verdict."""
    payload: Payload = {
        "timestamp": stamp(time),
        "coin": asked.coin,
        "signal": asked.signal.value,
        "quantity_usd": asked.quantity_usd,
        "leverage": Decimal(asked.leverage),
        "confidence": asked.confidence,
        "justification": asked.justification,
        **shared,
    }
    if asked.analysis:
        payload["coin_analysis"] = asked.analysis
    for name in ("close_fraction", "adjusted_stop_loss", "adjusted_profit_target"):
        if getattr(asked, name) is not None:
            payload[name] = getattr(asked, name)
    if asked.stop_loss is not None:
        payload["stop_loss"] = asked.stop_loss
    if asked.profit_target is not None:
        payload["profit_target"] = asked.profit_target
    if asked.invalidation_condition:
        payload["invalidation_condition"] = asked.invalidation_condition
    if mark is not None:
        payload["mark"] = mark
    reason = verdict.reason
    if asked.notes:
        payload["notes"] = list(asked.notes)
        reason = texts([reason, *asked.notes])
    judged: Payload = {"allowed": verdict.allowed, "reason": reason}
    if verdict.rule is not None:
        judged["rule"] = verdict.rule
    if asked.signal.is_entry:
        judged["asked_usd"] = verdict.asked_usd
        judged["allowed_usd"] = verdict.allowed_usd
    payload["verdict"] = judged
    return payload


def no_decision(
    time: datetime,
    coin: str,
    error: str,
    code: str,
    mark: Decimal | None,
    shared: Mapping[str, Any],
) -> Payload:
    """A hold because there was no usable answer; `error` says why, `code` its kind."""
    payload: Payload = {
        "timestamp": stamp(time),
        "coin": coin,
        "signal": "hold",
        "quantity_usd": Decimal(0),
        "leverage": Decimal(1),
        "confidence": Decimal(0),
        "justification": "held: there is no usable answer",
        "error": error,
        "error_code": code,
        "verdict": {"allowed": False, "rule": "answer", "reason": error},
        **shared,
    }
    if mark is not None:
        payload["mark"] = mark
    return payload


def unreadable(time: datetime, rejected: RejectedDecision, shared: Mapping[str, Any]) -> Payload:
    """One decision inside a readable answer that could not be taken."""
    coin = rejected.coin or NO_COIN
    code = rejected.code or "answer_malformed"
    payload = no_decision(time, coin, rejected.reason, code, None, shared)
    payload["signal"] = rejected.signal or "hold"
    payload["justification"] = "not traded: the decision cannot be read"
    payload["verdict"] = {"allowed": False, "rule": "parse", "reason": rejected.reason}
    return payload


def execution(
    time: datetime,
    decision_id: str,
    coin: str,
    status: ExecutionStatus,
    *,
    error: str | None = None,
    code: str | None = None,
    cloid: str | None = None,
    position_id: str | None = None,
    filled_usd: Decimal | None = None,
    fill_price: Decimal | None = None,
    leverage_before: int | None = None,
    leverage: int | None = None,
    **moved: Decimal,
) -> Payload:
    """What became of a decision at the exchange; `filled_usd` is margin.

    `code` says by contract.reasons why it was not done as asked; `leverage_before` and
    `leverage` where the order changed an open position's; `moved` says where its exits are
    and were: stop_loss, stop_loss_before, profit_target, ….
    """
    return _lean(
        {
            "timestamp": stamp(time),
            "decision_id": decision_id,
            "coin": coin,
            "execution_status": status,
            "execution_error": error,
            "reason_code": code,
            "cloid": cloid,
            "position_id": position_id,
            "filled_usd": filled_usd,
            "fill_price": fill_price,
            "leverage_before": leverage_before,
            "leverage": leverage,
            **moved,
        }
    )


def fill(done: Fill, decision_id: str | None) -> Payload:
    """One fill, with what a later run needs to rebuild the ledger from it."""
    payload: Payload = {
        "timestamp": stamp(done.time),
        "coin": done.coin,
        "size": done.size,
        "price": done.price,
        "fee": done.fee,
        "realized": done.realized,
        "liquidity": done.liquidity.value,
        "reason": done.reason.value,
        "position_id": done.position_id,
        "leverage": done.leverage,
        "mode": done.mode.value,
        "ledger_seq": done.seq,
    }
    if done.cloid is not None:
        payload["cloid"] = done.cloid
    if decision_id is not None:
        payload["decision_id"] = decision_id
    if done.absorbed:
        payload["absorbed"] = done.absorbed
    return payload


def funding(payment: FundingPayment) -> Payload:
    """One funding payment; on the wire a positive amount means that the account paid."""
    return {
        "timestamp": stamp(payment.time),
        "coin": payment.coin,
        "amount": -payment.amount,
        "rate": payment.rate,
        "oracle": payment.oracle,
        "position_id": payment.position_id,
        "size": payment.size,
        "ledger_seq": payment.seq,
    }


def terms(position: Position) -> Payload:
    """What an exit finds its entry by, beside coin and side; quantity_usd is margin."""
    return {
        "quantity_usd": initial_margin(position.size, position.entry, position.leverage),
        "leverage": Decimal(position.leverage),
        "entry_price": position.entry,
    }


def opened(
    position: Position,
    decision_id: str | None,
    fee: Decimal | None,
    replaces: Payload | None = None,
) -> Payload:
    """A position as it stands: at its opening, or after a change.

    `fee` is that of the fill behind it, `replaces` the terms of the record before.
    """
    return _lean(
        {
            "coin": position.coin,
            "side": side_name(position.size),
            **terms(position),
            "entry_time": stamp(position.opened_at),
            "status": "open",
            "position_id": position.position_id,
            "decision_id": decision_id,
            "size": position.size,
            "fee_usd": fee,
            "margin_mode": position.mode.value,
            "stop_loss": position.stop,
            "profit_target": position.target,
            "liquidation_price": position.liquidation,
            "replaces": replaces,
            "stop_beyond_liquidation": True if idle_stop(position) else None,
        }
    )


def closed(trade: Trade, decision_id: str | None, told: Payload | None = None) -> Payload:
    """A position at its end; realized_pnl is net of fees and funding.

    `told` has the terms of its newest opening record, which an exit is found by.
    """
    found_by = told or {
        "quantity_usd": initial_margin(trade.size, trade.entry, trade.leverage),
        "leverage": Decimal(trade.leverage),
        "entry_price": trade.entry,
    }
    return _lean(
        {
            "coin": trade.coin,
            "side": "long" if trade.side.sign > 0 else "short",
            **found_by,
            "entry_time": stamp(trade.opened_at),
            "exit_price": trade.exit,
            "exit_time": stamp(trade.closed_at),
            "realized_pnl": trade.net,
            "status": "closed",
            "position_id": trade.position_id,
            "decision_id": decision_id,
            "reason": trade.reason.value,
            "gross_pnl": trade.realized,
            "fees_usd": trade.fees,
            "funding_usd": trade.funding,
        }
    )


def account(
    shot: AccountSnapshot, time: datetime, cycle_id: str | None, extras: Mapping[str, Any]
) -> Payload:
    """The account with its positions at their marks; realized_pnl is net on the wire."""
    with exact():
        net = shot.wallet - shot.deposits
        total = shot.equity - shot.deposits
    return {
        "timestamp": stamp(time),
        "balance_usd": shot.wallet,
        "equity_usd": shot.equity,
        "unrealized_pnl": shot.unrealized,
        "realized_pnl": net,
        "total_pnl": total,
        "num_positions": len(shot.positions),
        "deposits_usd": shot.deposits,
        "fees_usd": shot.fees,
        "funding_usd": shot.funding,
        "used_usd": shot.used,
        "available_usd": shot.available,
        "positions": [_mark(position) for position in shot.positions.values()],
        **({} if cycle_id is None else {"cycle_id": cycle_id}),
        **extras,
    }


def candles(time: datetime, bars: Sequence[Bar]) -> Payload:
    """Closed candles of one coin, oldest first, all of one interval; starts in Unix ms."""
    first = bars[0]
    return {
        "timestamp": stamp(time),
        "coin": first.coin,
        "interval_seconds": int(first.interval.total_seconds()),
        "candles": [
            [round(bar.start.timestamp() * 1000), bar.open, bar.high, bar.low, bar.close,
             bar.volume]
            for bar in bars
        ],
    }  # fmt: skip


def status(time: datetime, state: BotState, message: str, extras: Mapping[str, Any]) -> Payload:
    """A heartbeat or a change of state."""
    return _lean({"timestamp": stamp(time), "status": state, "message": message, **extras})


def side_name(size: Decimal) -> SideName:
    """The wire's word for the direction of a signed size."""
    return "long" if size > 0 else "short"


def texts(items: Iterable[str]) -> str:
    """Several reasons as one line."""
    return "; ".join(items)


def _mark(position: Position) -> Payload:
    return _lean(
        {
            "position_id": position.position_id,
            "coin": position.coin,
            "size": position.size,
            "entry_price": position.entry,
            "mark": position.mark,
            "leverage": Decimal(position.leverage),
            "unrealized_pnl": position.unrealized,
            "liquidation_price": position.liquidation,
            "stop_loss": position.stop,
            "profit_target": position.target,
            "stop_beyond_liquidation": True if idle_stop(position) else None,
        }
    )
