"""The projections: what one event changes in bots, feeds, executions, equity and errors.

Pure: every adapter runs these same functions inside its own commit, so that stores
agree by construction. Positions are in `stores.positions`.
"""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from motherhaven.contract.events import (
    AccountReported,
    AnswerGiven,
    CandlesRecorded,
    CommandHandled,
    DecisionExecuted,
    DecisionMade,
    FillRecorded,
    FundingPaid,
    Kind,
    PositionClosed,
    PositionOpened,
    StatusReported,
)
from motherhaven.contract.money import ZERO
from motherhaven.contract.views import Execution
from motherhaven.stores.amounts import fall, minus, plus
from motherhaven.stores.keys import Key, Pointer, micros, moment
from motherhaven.stores.positions import close_position, open_position
from motherhaven.stores.protocol import DEPOSITS_TIER, TIERS
from motherhaven.stores.records import Record
from motherhaven.stores.states import (
    ERROR_KINDS,
    BotState,
    Bucket,
    CandleState,
    DecisionState,
    ErrorKind,
    ErrorState,
    Executed,
    Marked,
    PostingState,
    Totals,
    Work,
)

MESSAGE_CHARS: Final = 2_000
"""Longer error messages are cut in the list; the event keeps the whole."""

HEARTBEAT_SECONDS: Final = 180
"""Heartbeats are due this often when a bot does not tell."""

_FAILED: Final = ("rejected", "unknown")


def project(record: Record, body: Any, work: Work) -> Record:
    """Change the projections in `work` as `record`, whose payload is `body`, says.

    Returns the record with its place in the lists.
    """
    bot = _seen(record, work, told=_is_the_server_s(body))
    placed = replace(record, order=_order(record, bot))
    _HANDLERS[record.kind](placed, body, bot, work)
    return placed


def _order(record: Record, bot: BotState) -> int:
    """When it happened, but always after what came before it of the same bot and kind.

    So bots stand beside each other by time, and within a bot the order is that of receipt,
    though a clock was ahead (it counts as the receipt) or is behind.
    """
    last = bot.orders.get(record.kind)
    order = record.shown if last is None else max(record.shown, last + 1)
    bot.orders[record.kind] = order
    return order


def _is_the_server_s(body: Any) -> bool:
    """Whether the server tells it of a bot, which is no sign of life."""
    return isinstance(body, CommandHandled) and body.source == "server"


def _seen(record: Record, work: Work, *, told: bool) -> BotState:
    bot = work.bot(record.bot_id)
    if bot is None:
        seen = record.received
        bot = BotState(record.bot_id, record.bot_name, record.mode, seen, seen, Totals())
        work.add_bot(bot)
        return bot
    if told:
        return bot
    if record.bot_name is not None:
        bot.name = record.bot_name
    if record.mode != "unknown":
        bot.mode = record.mode
    bot.first_seen = min(bot.first_seen, record.received)
    bot.last_seen = max(bot.last_seen, record.received)
    return bot


def _decision(record: Record, body: DecisionMade, bot: BotState, work: Work) -> None:
    totals = bot.totals
    totals.decisions += 1
    totals.model_cost = plus(totals.model_cost, body.cost_usd)
    bot.last_decision = record.written
    bot.decider = bot.decider or body.decider
    verdict = body.verdict
    allowed = None if verdict is None else verdict.allowed
    work.add_decision(DecisionState(record.bot_id, record.key, body.coin, body.signal, allowed))
    if body.error is not None:  # then the guard had nothing to judge
        totals.errors += 1
        _error(record, "answer", body.error, record.event_id, work, body.error_code)
    elif verdict is not None and not verdict.allowed:
        totals.rejected += 1
        reason = verdict.reason or verdict.rule or "refused by the guard"
        _error(record, "guard", f"{body.coin}: {reason}", record.event_id, work, verdict.rule)


def _execution(record: Record, body: DecisionExecuted, bot: BotState, work: Work) -> None:
    known = work.execution(record.bot_id, body.decision_id)
    if record.pointer.supersedes(known and known.at):
        execution = Execution(
            time=moment(record.shown),
            status=body.execution_status,
            error=body.execution_error,
            reason_code=body.reason_code,
            cloid=body.cloid,
            position_id=body.position_id,
            filled_usd=body.filled_usd,
            fill_price=body.fill_price,
            latency_ms=body.latency_ms,
        )
        work.put_execution(record.bot_id, body.decision_id, Executed(record.pointer, execution))
    refused = body.execution_status == "rejected" and work.has_error(bot.id, body.decision_id)
    if body.execution_status in _FAILED and not refused:
        bot.totals.errors += 1
        reason = body.execution_error or f"order {body.execution_status}"
        _error(record, "order", f"{body.coin}: {reason}", body.decision_id, work, body.reason_code)


def _account(record: Record, body: AccountReported, bot: BotState, work: Work) -> None:
    pointer, key, equity = record.pointer, record.receipt, body.equity_usd
    bot.account = pointer
    _drawdown(bot.totals, equity, body.deposits_usd)
    seconds = record.shown // 1_000_000
    for tier in TIERS:
        bucket = work.bucket(record.bot_id, tier, seconds // tier)
        if bucket is None:
            first = Bucket(key, equity, equity, equity)
            work.add_bucket(record.bot_id, tier, seconds // tier, first)
        else:
            _into(bucket, key, equity)
    if body.deposits_usd is not None:
        _deposits(record, body.deposits_usd, work)
    for mark in body.positions or ():
        work.put_mark(record.bot_id, mark.position_id, Marked(pointer, record.shown, mark))


def _deposits(record: Record, amount: Decimal, work: Work) -> None:
    """Keep the deposits where they change; most reports only look at the latest."""
    bot_id, key, minute = record.bot_id, record.receipt, record.shown // 60_000_000
    latest = work.bucket(bot_id, DEPOSITS_TIER, 0)
    if latest is None:
        work.add_bucket(bot_id, DEPOSITS_TIER, 0, Bucket(key, amount, amount, amount))
    elif key < latest.at or amount == latest.last:
        return
    else:
        latest.at, latest.last, latest.low, latest.high = key, amount, amount, amount
    work.add_bucket(bot_id, DEPOSITS_TIER, minute, Bucket(key, amount, amount, amount))


def _into(bucket: Bucket, key: Key, equity: Decimal) -> None:
    if key >= bucket.at:
        bucket.at, bucket.last = key, equity
    bucket.low = min(bucket.low, equity)
    bucket.high = max(bucket.high, equity)


def _drawdown(totals: Totals, equity: Decimal, deposits: Decimal | None) -> None:
    """The running peak and deepest fall, in the order of receipt."""
    if deposits is not None:
        if totals.first_deposits is None:
            totals.first_deposits = deposits
        equity = minus(equity, minus(deposits, totals.first_deposits))
    if totals.first_equity is None:
        totals.first_equity = equity
    totals.peak = equity if totals.peak is None else max(totals.peak, equity)
    fallen = fall(equity, totals.peak) if totals.peak > 0 else ZERO
    totals.max_drawdown = min(totals.max_drawdown or ZERO, fallen)


def _opened(record: Record, body: PositionOpened, bot: BotState, work: Work) -> None:
    open_position(record, body, bot.totals, work)


def _closed(record: Record, body: PositionClosed, bot: BotState, work: Work) -> None:
    close_position(record, body, bot.totals, work)


def _fill(record: Record, body: FillRecorded, bot: BotState, work: Work) -> None:
    bot.totals.fill_fees = plus(bot.totals.fill_fees, body.fee)
    _post(record, body.position_id, work)


def _funding(record: Record, body: FundingPaid, bot: BotState, work: Work) -> None:
    bot.totals.funding = minus(bot.totals.funding or ZERO, body.amount)
    _post(record, body.position_id, work)


def _post(record: Record, position_id: str | None, work: Work) -> None:
    if position_id is not None:
        work.add_posting(PostingState(record.bot_id, position_id, record.kind, record.receipt))


def _answer(record: Record, body: AnswerGiven, bot: BotState, work: Work) -> None:
    bot.totals.model_cost = plus(bot.totals.model_cost, body.cost_usd)
    bot.decider = bot.decider or body.decider
    _list(record, body, bot, work)


def _list(record: Record, body: object, bot: BotState, work: Work) -> None:
    """Enter an event in the bot's list of its kind."""
    work.add_posting(PostingState(record.bot_id, record.kind, record.kind, record.receipt))


def _candles(record: Record, body: CandlesRecorded, bot: BotState, work: Work) -> None:
    for start, first, high, low, last, volume in body.candles:
        place = (record.bot_id, body.coin, micros(start))
        known = work.candle(*place)
        if record.pointer.supersedes(known and known.at):
            candle = CandleState(
                record.pointer, body.interval_seconds, first, high, low, last, volume
            )
            work.put_candle(*place, candle)


def _status(record: Record, body: StatusReported, bot: BotState, work: Work) -> None:
    _alive(bot.totals, record, bot.status, body.interval_seconds or HEARTBEAT_SECONDS)
    bot.status = record.pointer
    bot.decider = body.decider or bot.decider
    bot.market = body.market or bot.market
    if body.status == "error" or body.error is not None:
        bot.totals.errors += 1
        told = body.error or body.message or "the cycle failed"
        _error(record, "cycle", told, None, work, body.error_code)


def _alive(totals: Totals, record: Record, last: Pointer | None, interval: int) -> None:
    """A heartbeat vouches for the time since the last one, two intervals at most."""
    if totals.first_status == 0 or last is None:
        totals.first_status = totals.first_status or record.written
        return
    gap = record.written - last.recorded
    totals.alive += max(0, min(gap, 2 * interval * 1_000_000))


def _error(
    record: Record,
    kind: ErrorKind,
    message: str,
    decision_id: str | None,
    work: Work,
    code: str | None,
) -> None:
    number = record.n * len(ERROR_KINDS) + ERROR_KINDS.index(kind)
    if len(message) > MESSAGE_CHARS:
        message = message[: MESSAGE_CHARS - 1] + "…"
    key = record.key._replace(n=number)
    bot_id, event_id = record.bot_id, record.event_id
    work.add_error(
        ErrorState(key, record.shown, event_id, bot_id, kind, message, decision_id, code)
    )


_HANDLERS: Final[dict[Kind, Callable[[Record, Any, BotState, Work], None]]] = {
    "decision": _decision,
    "execution": _execution,
    "account": _account,
    "position_opened": _opened,
    "position_closed": _closed,
    "fill": _fill,
    "funding": _funding,
    "status": _status,
    "candles": _candles,
    "answer": _answer,
    "order": _list,
    "cash_flow": _list,
    "protection": _list,
    "command": _list,
}
