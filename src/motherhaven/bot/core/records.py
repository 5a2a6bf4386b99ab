"""What a bot records, from its own objects to the payloads of contract.events. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from motherhaven.bot.decider.attempts import described
from motherhaven.bot.decider.types import Answer
from motherhaven.bot.execution.states import OrderRecord
from motherhaven.bot.guard.liquidation import idle_stop
from motherhaven.bot.guard.types import RejectedDecision, TradeDecision, Verdict
from motherhaven.bot.market.instruments import Bar
from motherhaven.bot.portfolio.account import AccountSnapshot, Position
from motherhaven.bot.portfolio.events import Fill, FundingPayment, Trade
from motherhaven.bot.portfolio.holding import Holding
from motherhaven.bot.portfolio.margin import initial_margin
from motherhaven.contract.bulk import RecordedKind
from motherhaven.contract.columns import texts
from motherhaven.contract.errors import MotherhavenError
from motherhaven.contract.events import account as account_event
from motherhaven.contract.events import answer as answer_event
from motherhaven.contract.events import decision as decision_event
from motherhaven.contract.events import market as market_event
from motherhaven.contract.events import order as order_event
from motherhaven.contract.events import position as position_event
from motherhaven.contract.events.base import Payload
from motherhaven.contract.exact import minus
from motherhaven.contract.quick_init import quick_inside

NO_COIN: Final = "?"
"""Stands for the coin of a decision that names none."""

_ONE: Final = Decimal(1)
_NOTHING: Final = Decimal(0)


@quick_inside
@dataclass(frozen=True, slots=True)
class Record:
    """One event to be kept: `time` is the market's clock, `event_id` None for a new one."""

    kind: RecordedKind
    payload: Payload
    time: datetime
    event_id: str | None = None


def answer(
    given: Answer, decider: str, cycle_id: str, asked_at: datetime, now: datetime
) -> Payload | None:
    """An answer as it was there at `now`; None where nothing was asked of anyone (a baseline)."""
    if given.model is None and given.raw is None and given.user_prompt is None:
        return None
    failure = given.failure
    return answer_event.encode(
        now,
        cycle_id=cycle_id,
        asked_at=asked_at,
        decider=decider,
        model_asked=given.model_asked,
        model=given.model,
        system_prompt=given.system_prompt,
        user_prompt=given.user_prompt,
        raw_response=given.raw,
        analysis=given.analysis,
        thinking=given.thinking,
        attempts=described(given.attempts),
        tokens_in=given.tokens_in,
        tokens_out=given.tokens_out,
        tokens_cached=given.tokens_cached,
        cost_usd=given.cost_usd,
        cost_basis=given.cost_basis,
        latency_ms=given.latency_ms,
        finish_reason=given.finish_reason,
        failure=None if failure is None else _told(failure),
    )


def decision(
    time: datetime,
    asked: TradeDecision,
    verdict: Verdict,
    mark: Decimal | None,
    shared: Mapping[str, Any],
) -> Payload:
    """A decision with the guard's verdict; `shared` is what it says of its answer."""
    entry = asked.signal.is_entry
    reason = joined([verdict.reason, *asked.notes]) if asked.notes else verdict.reason
    return decision_event.encode(
        time,
        coin=asked.coin,
        signal=asked.signal.value,
        quantity_usd=asked.quantity_usd,
        leverage=Decimal(asked.leverage),
        confidence=asked.confidence,
        justification=asked.justification,
        verdict=decision_event.encode_verdict(
            allowed=verdict.allowed,
            reason=reason,
            rule=verdict.rule,
            asked_usd=verdict.asked_usd if entry else None,
            allowed_usd=verdict.allowed_usd if entry else None,
        ),
        shared=shared,
        coin_analysis=asked.analysis,
        close_fraction=asked.close_fraction,
        adjusted_stop_loss=asked.adjusted_stop_loss,
        adjusted_profit_target=asked.adjusted_profit_target,
        stop_loss=asked.stop_loss,
        profit_target=asked.profit_target,
        invalidation_condition=asked.invalidation_condition,
        mark=mark,
        notes=asked.notes,
    )


def no_decision(
    time: datetime,
    coin: str,
    error: str,
    code: str,
    mark: Decimal | None,
    shared: Mapping[str, Any],
    *,
    signal: str = "hold",
    rule: str = "answer",
    justification: str = "held: there is no usable answer",
) -> Payload:
    """A hold because there was no usable answer; `error` says why, `code` its kind."""
    return decision_event.encode(
        time,
        coin=coin,
        signal=signal,
        quantity_usd=_NOTHING,
        leverage=_ONE,
        confidence=_NOTHING,
        justification=justification,
        verdict=decision_event.encode_verdict(allowed=False, rule=rule, reason=error),
        shared=shared,
        mark=mark,
        error=error,
        error_code=code,
    )


def unreadable(time: datetime, rejected: RejectedDecision, shared: Mapping[str, Any]) -> Payload:
    """One decision inside a readable answer that could not be taken."""
    return no_decision(
        time,
        rejected.coin or NO_COIN,
        rejected.reason,
        rejected.code or "answer_malformed",
        None,
        shared,
        signal=rejected.signal or "hold",
        rule="parse",
        justification="not traded: the decision cannot be read",
    )


def fill(done: Fill, decision_id: str | None) -> Payload:
    """One fill, with what a later run needs to rebuild the ledger from it."""
    return market_event.encode_fill(
        done.time,
        coin=done.coin,
        size=done.size,
        price=done.price,
        fee=done.fee,
        realized=done.realized,
        liquidity=done.liquidity.value,
        reason=done.reason.value,
        position_id=done.position_id,
        leverage=done.leverage,
        mode=done.mode.value,
        ledger_seq=done.seq,
        cloid=done.cloid,
        decision_id=decision_id,
        absorbed=done.absorbed,
        external_id=done.external_id,
    )


def order(one: OrderRecord, time: datetime, position_id: str | None = None) -> Payload:
    """An order of ours as it stands at `time`, and the position that it belongs to."""
    return order_event.encode(
        time,
        cloid=one.cloid,
        coin=one.coin,
        side=one.side.value,
        size=one.size,
        kind=one.kind.value,
        state=one.state.value,
        price=one.price,
        reduce_only=one.reduce_only,
        nonce=one.nonce,
        deadline=one.deadline,
        decision_id=one.decision_id,
        position_id=position_id,
        oid=one.oid,
        filled_size=one.filled or None,
        average_price=one.average,
        reason_code=one.reason_code,
        reason=one.reason,
    )


def funding(payment: FundingPayment) -> Payload:
    """One funding payment; on the wire a positive amount means that the account paid."""
    return market_event.encode_funding(
        payment.time,
        coin=payment.coin,
        amount=-payment.amount,
        rate=payment.rate,
        oracle=payment.oracle,
        position_id=payment.position_id,
        size=payment.size,
        ledger_seq=payment.seq,
    )


def terms(position: Position | Holding) -> Payload:
    """What an exit finds its entry by, beside coin and side; quantity_usd is margin."""
    margin = initial_margin(position.size, position.entry, position.leverage)
    return position_event.terms(margin, position.leverage, position.entry)


def last_terms(trade: Trade) -> Payload:
    """The terms of a finished trade of whose opening nothing is on record."""
    margin = initial_margin(trade.size, trade.entry, trade.leverage)
    return position_event.terms(margin, trade.leverage, trade.entry)


def opened(
    position: Position,
    decision_id: str | None,
    fee: Decimal | None,
    replaces: Payload | None = None,
) -> Payload:
    """A position as it stands: at its opening, or after a change.

    `fee` is that of the fill behind it, `replaces` the terms of the record before.
    """
    return position_event.encode_opened(
        coin=position.coin,
        size=position.size,
        found_by=terms(position),
        entry_time=position.opened_at,
        position_id=position.position_id,
        decision_id=decision_id,
        fee_usd=fee,
        margin_mode=position.mode.value,
        stop_loss=position.stop,
        profit_target=position.target,
        liquidation_price=position.liquidation,
        replaces=replaces,
        stop_beyond_liquidation=bool(idle_stop(position)),
    )


def closed(trade: Trade, decision_id: str | None, told: Payload | None = None) -> Payload:
    """A position at its end; realized_pnl is net of fees and funding.

    `told` has the terms of its newest opening record, which an exit is found by.
    """
    return position_event.encode_closed(
        coin=trade.coin,
        side="long" if trade.side.sign > 0 else "short",
        found_by=told or last_terms(trade),
        entry_time=trade.opened_at,
        exit_price=trade.exit,
        exit_time=trade.closed_at,
        realized_pnl=trade.net,
        position_id=trade.position_id,
        decision_id=decision_id,
        reason=trade.reason.value,
        gross_pnl=trade.realized,
        fees_usd=trade.fees,
        funding_usd=trade.funding,
    )


def account(shot: AccountSnapshot, time: datetime, market_time: datetime, **known: Any) -> Payload:
    """The account with its positions at their marks; realized_pnl is net on the wire.

    `known`: cycle_id, day, day_start_equity and entries_today, as `encode` takes them.
    """
    return account_event.encode(
        time,
        balance_usd=shot.wallet,
        equity_usd=shot.equity,
        unrealized_pnl=shot.unrealized,
        realized_pnl=minus(shot.wallet, shot.deposits),
        total_pnl=minus(shot.equity, shot.deposits),
        deposits_usd=shot.deposits,
        fees_usd=shot.fees,
        funding_usd=shot.funding,
        used_usd=shot.used,
        available_usd=shot.available,
        positions=[_mark(position) for position in shot.positions.values()],
        market_time=market_time,
        **known,
    )


def candles(time: datetime, bars: Sequence[Bar]) -> Payload:
    """Closed candles of one coin, oldest first, all of one interval."""
    first = bars[0]
    volumes = [bar.volume for bar in bars]
    known = [volume for volume in volumes if volume is not None]
    return market_event.encode_candles(
        time,
        coin=first.coin,
        interval_seconds=int(first.interval.total_seconds()),
        starts=_starts(bars),
        prices=[
            texts([bar.open for bar in bars]),
            texts([bar.high for bar in bars]),
            texts([bar.low for bar in bars]),
            texts([bar.close for bar in bars]),
        ],
        volumes=texts(known) if len(known) == len(volumes) else volumes,
    )


def _starts(bars: Sequence[Bar]) -> Sequence[int]:
    """When each bar begins, in milliseconds of Unix time."""
    first, last, step = bars[0], bars[-1], bars[0].interval
    if last.start - first.start == (len(bars) - 1) * step:  # in a row: nothing is missing
        begin, every = round(first.start.timestamp() * 1000), round(step.total_seconds() * 1000)
        return range(begin, begin + len(bars) * every, every)
    return [round(bar.start.timestamp() * 1000) for bar in bars]


def _told(failure: MotherhavenError) -> tuple[str, str]:
    """An error's text with its class, and its code."""
    return f"{type(failure).__name__}: {failure}", failure.code


def joined(items: Iterable[str]) -> str:
    """Several reasons as one line."""
    return "; ".join(items)


def _mark(position: Position) -> Payload:
    return account_event.encode_mark(
        position_id=position.position_id,
        coin=position.coin,
        size=position.size,
        entry_price=position.entry,
        mark=position.mark,
        leverage=position.leverage,
        unrealized_pnl=position.unrealized,
        liquidation_price=position.liquidation,
        stop_loss=position.stop,
        profit_target=position.target,
        stop_beyond_liquidation=bool(idle_stop(position)),
    )
