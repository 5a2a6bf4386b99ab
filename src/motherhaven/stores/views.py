"""From kept rows to the read models of the contract; the same for every adapter."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, TypeVar

from motherhaven.contract.events import Event
from motherhaven.contract.ids import DEFAULT_BOT
from motherhaven.contract.views import (
    AccountRow,
    BotRow,
    BotStats,
    Candle,
    DecisionDetail,
    DecisionRow,
    DepositPoint,
    EquityPoint,
    EquitySeries,
    ErrorRow,
    EventPage,
    EventRow,
    Execution,
    FillRow,
    FundingRow,
    PositionRow,
    StatusRow,
)
from motherhaven.contract.wire import validate_payload
from motherhaven.stores.amounts import minus, plus, shown
from motherhaven.stores.cursors import page_cursor
from motherhaven.stores.keys import Key, held_moment, kept_moment, moment
from motherhaven.stores.records import Record
from motherhaven.stores.signals import Signal
from motherhaven.stores.states import (
    BotState,
    Bucket,
    CandleState,
    ErrorState,
    Marked,
    PositionState,
    Totals,
)
from motherhaven.stores.unreadable import UNREADABLE, UnreadableRows, reason

Shown = TypeVar("Shown")

_ROW: Final = (
    "coin", "signal", "quantity_usd", "leverage", "confidence", "justification", "profit_target",
    "stop_loss", "invalidation_condition", "decider", "model", "error", "verdict",
)  # fmt: skip
_DETAIL: Final = (
    *_ROW, "cycle_id", "trigger", "mark", "tokens_in", "tokens_out", "tokens_cached", "cost_usd",
    "latency_ms", "finish_reason",
)  # fmt: skip
_ACCOUNT: Final = (
    "balance_usd", "equity_usd", "unrealized_pnl", "realized_pnl", "total_pnl", "num_positions",
    "sharpe_ratio", "deposits_usd", "fees_usd", "funding_usd", "used_usd", "available_usd",
)  # fmt: skip
_FILL: Final = (
    "coin", "size", "price", "fee", "realized", "liquidity", "reason", "cloid", "decision_id",
    "book_price", "book_size", "shortfall_usd", "shortfall_bp",
)  # fmt: skip
_FUNDING: Final = ("coin", "amount", "rate", "oracle")
_MARK: Final = (
    "size", "mark", "unrealized_pnl", "stop_loss", "profit_target", "liquidation_price",
)  # fmt: skip
_STATUS: Final = (
    "status", "message", "error", "trades_today", "pnl_today", "decider", "market",
    "interval_seconds", "coins", "behind", "quarantined", "limits", "latches", "network", "armed",
    "shadow_usd", "shadow_bp", "shadow_compared", "shadow_fills", "protection",
    "tags",
)  # fmt: skip


def event_of(record: Record) -> Event:
    """The event as the live stream gives it: its payload without the long texts."""
    payload = json.loads(record.payload)
    return Event(
        event_id=record.event_id,
        bot_id=record.bot_id,
        bot_name=record.bot_name,
        mode=record.mode,
        epoch=record.epoch,
        seq=record.seq,
        kind=record.kind,
        time=kept_moment(record.time),
        recorded_at=kept_moment(record.recorded),
        received_at=kept_moment(record.received),
        payload=record.payload,
        body=validate_payload(record.kind, payload),
    )


def decision_row(
    record: Record, name: str | None, execution: Execution | None, key: Key
) -> DecisionRow:
    """A decision for lists; `key` is its place in them."""
    payload = json.loads(record.payload)
    return DecisionRow.model_validate(_decision(record, name, execution, payload, key, _ROW))


def decision_detail(
    record: Record,
    name: str | None,
    execution: Execution | None,
    key: Key,
    *,
    texts: Mapping[str, int],
    previous: str | None,
    following: str | None,
) -> DecisionDetail:
    """A decision with its chain; `previous` and `following` are its neighbours' ids."""
    payload = json.loads(record.payload)
    fields = _decision(record, name, execution, payload, key, _DETAIL)
    fields |= {"texts": dict(texts), "payload": payload, "previous": previous, "next": following}
    return DecisionDetail.model_validate(fields)


def _decision(
    record: Record,
    name: str | None,
    execution: Execution | None,
    payload: Mapping[str, Any],
    key: Key,
    names: tuple[str, ...],
) -> dict[str, Any]:
    fields: dict[str, Any] = {field: payload.get(field) for field in names}
    fields |= {
        "id": record.event_id,
        "cursor": page_cursor("decisions", key),
        "bot_id": record.bot_id,
        "bot_name": name,
        "mode": record.mode,
        "time": kept_moment(record.shown),
        "recorded_at": kept_moment(record.written),
        "received_at": kept_moment(record.received),
        "execution": execution,
    }
    return fields


def signal_of(record: Record) -> Signal:
    """A decision as comparisons count it."""
    payload = json.loads(record.payload)
    return Signal(
        id=record.event_id,
        time=kept_moment(record.shown),
        coin=str(payload["coin"]),
        signal=str(payload["signal"]),
        model=payload.get("model"),
    )


def event_row(record: Record, name: str | None, texts: Mapping[str, int]) -> EventRow:
    """An event of any kind; `texts` are the lengths of its long texts."""
    return EventRow(
        id=record.event_id,
        cursor=page_cursor("events", record.receipt),
        bot_id=record.bot_id,
        bot_name=name,
        mode=record.mode,
        kind=record.kind,
        time=kept_moment(record.shown),
        recorded_at=kept_moment(record.written),
        received_at=kept_moment(record.received),
        texts=dict(texts),
        payload=json.loads(record.payload),
    )


def event_page(
    records: Sequence[Record], limit: int, read: Callable[[Sequence[Record]], Iterable[EventRow]]
) -> EventPage:
    """A page of `limit` of the records, of which there is one more if the list goes on."""
    page = records[:limit]
    following = page_cursor("events", page[-1].receipt) if len(records) > limit else None
    return EventPage(items=tuple(read(page)), next=following)


def account_row(record: Record) -> AccountRow:
    """An account state."""
    payload = json.loads(record.payload)
    fields = {key: payload.get(key) for key in _ACCOUNT}
    return AccountRow(
        bot_id=record.bot_id,
        time=kept_moment(record.shown),
        recorded_at=kept_moment(record.written),
        received_at=kept_moment(record.received),
        **fields,
    )


def status_row(record: Record) -> StatusRow:
    """A heartbeat."""
    payload = json.loads(record.payload)
    fields = {key: payload.get(key) for key in _STATUS}
    following = payload.get("next_cycle_at")
    return StatusRow(
        bot_id=record.bot_id,
        time=kept_moment(record.shown),
        recorded_at=kept_moment(record.written),
        received_at=kept_moment(record.received),
        next_cycle_at=None if following is None else str(following),
        **fields,
    )


def bot_row(
    bot: BotState, status: Record | None, account: Record | None, unreadable: UnreadableRows
) -> BotRow:
    """A bot with its latest heartbeat, account and totals; what cannot be read is unknown."""

    def read(record: Record | None, row: Callable[[Record], Shown]) -> Shown | None:
        return (
            None
            if record is None
            else unreadable.maybe(bot.id, record.event_id, lambda: row(record))
        )

    latest = read(account, account_row)
    heard = read(status, status_row)
    return BotRow(
        id=bot.id,
        name=bot.name,
        mode=bot.mode,
        decider=bot.decider,
        market=bot.market,
        first_seen=kept_moment(bot.first_seen),
        last_seen=kept_moment(bot.last_seen),
        last_decision_at=None if bot.last_decision is None else kept_moment(bot.last_decision),
        status=heard,
        account=latest,
        stats=bot_stats(bot.totals, latest, unreadable.count(bot.id)),
    )


def _peak(totals: Totals, account: AccountRow | None) -> Decimal | None:
    """The highest equity, moved by what came in and went out since: as the newest is told."""
    now = None if account is None else account.deposits_usd
    if totals.peak is None or totals.first_deposits is None or now is None:
        return totals.peak
    return plus(totals.peak, minus(now, totals.first_deposits))


def bot_stats(totals: Totals, account: AccountRow | None, unreadable: int = 0) -> BotStats:
    """Totals as the page shows them.

    Fees and funding come from the fills if there are any, else from the account, else
    from the closed positions. realized_pnl is the sum over closed positions, net.
    """
    fees, funding = totals.fill_fees, totals.funding
    if account is not None:
        fees = account.fees_usd if fees is None else fees
        funding = account.funding_usd if funding is None else funding
    return BotStats(
        decisions=totals.decisions,
        entries=totals.entries,
        errors=totals.errors,
        rejected=totals.rejected,
        open_positions=totals.open_positions,
        closed_positions=totals.closed_positions,
        wins=totals.wins,
        realized_pnl=shown(totals.realized),
        fees_usd=shown(totals.closed_fees if fees is None else fees),
        funding_usd=shown(totals.closed_funding if funding is None else funding),
        model_cost_usd=shown(totals.model_cost),
        max_drawdown=shown(totals.max_drawdown),
        peak_equity=shown(_peak(totals, account)),
        first_equity=shown(totals.first_equity),
        alive_seconds=totals.alive / 1_000_000 if totals.first_status else None,
        first_status_at=kept_moment(totals.first_status) if totals.first_status else None,
        unreadable=unreadable,
    )


def position_row(
    state: PositionState, name: str | None, marked: Marked | None, *, closed: bool = False
) -> PositionRow:
    """A position; `closed` says that its cursor is for the list by exit time."""
    cursor = page_cursor("positions", state.entry)
    if closed and state.exit is not None:
        cursor = page_cursor("closed", state.exit)
    row = PositionRow(
        id=state.id,
        cursor=cursor,
        bot_id=state.bot_id,
        bot_name=name,
        mode=state.mode,
        coin=state.coin,
        side=state.side,
        status="open" if state.exit is None else "closed",
        quantity_usd=state.quantity,
        leverage=state.leverage,
        size=state.size,
        entry_price=state.entry_price,
        entry_time=kept_moment(state.entered),
        exit_price=state.exit_price,
        exit_time=None if state.exited is None else kept_moment(state.exited),
        realized_pnl=state.realized,
        gross_pnl=state.gross,
        fees_usd=state.fees,
        funding_usd=state.funding,
        reason=state.reason,
        entry_decision_id=state.entry_decision_id,
        exit_decision_id=state.exit_decision_id,
        stop_loss=state.stop_loss,
        profit_target=state.profit_target,
        liquidation_price=state.liquidation_price,
    )
    return row if marked is None or state.exit is not None else _with_mark(row, marked)


def _with_mark(row: PositionRow, marked: Marked) -> PositionRow:
    """The open row as the account last reported it; what the report left out stays."""
    mark = marked.mark
    told: dict[str, Any] = {
        name: getattr(mark, name) for name in _MARK if name in mark.model_fields_set
    }
    told["mark_time"] = kept_moment(marked.time)
    return row.model_copy(update=told)


def fill_row(record: Record) -> FillRow:
    """A fill of a position."""
    payload = json.loads(record.payload)
    fields = {key: payload.get(key) for key in _FILL}
    return FillRow(id=record.event_id, time=kept_moment(record.shown), **fields)


def funding_row(record: Record) -> FundingRow:
    """A funding payment of a position."""
    payload = json.loads(record.payload)
    fields = {key: payload.get(key) for key in _FUNDING}
    return FundingRow(id=record.event_id, time=kept_moment(record.shown), **fields)


def candle_row(start: int, candle: CandleState) -> Candle:
    """A candle; `start` in microseconds."""
    return Candle(
        time=kept_moment(start),
        interval_seconds=candle.interval,
        open=candle.open,
        high=candle.high,
        low=candle.low,
        close=candle.close,
        volume=candle.volume,
    )


def error_row(state: ErrorState, name: str | None) -> ErrorRow:
    """Something that went wrong; one that cannot be read is shown as such, never left out."""
    try:
        return _error_row(state, name)
    except UNREADABLE as error:
        why = f"an error of the kind {str(state.kind)[:40]!r} is kept, but cannot be read: "
        told = state._replace(kind="ingest", message=why + reason(error), decision_id=None)
        told = told._replace(code="unreadable")
        return _error_row(told, name, time=held_moment(state.key.time))


def _error_row(state: ErrorState, name: str | None, time: datetime | None = None) -> ErrorRow:
    return ErrorRow(
        id=f"{state.event_id}:{state.kind}",
        cursor=page_cursor("errors", state.key),
        bot_id=state.bot_id or DEFAULT_BOT,
        bot_name=name,
        time=time or kept_moment(state.at),
        kind=state.kind,
        message=state.message,
        decision_id=state.decision_id,
        code=state.code,
    )


def equity_point(tier: int, number: int, bucket: Bucket) -> EquityPoint:
    """One bucket of the curve; its time is where the bucket begins."""
    return EquityPoint(bucket_time(tier, number), bucket.last, bucket.low, bucket.high)


@lru_cache(maxsize=8_192)  # the curves of all bots have the same times
def bucket_time(tier: int, number: int) -> datetime:
    """Where the bucket `number` of a tier begins."""
    width = tier or 60  # deposits are kept by the minute
    return moment(number * width * 1_000_000)


def deposit_points(curves: Iterable[EquitySeries]) -> dict[str, list[DepositPoint]]:
    """The changes of deposits, from what DEPOSITS_TIER holds of each bot."""
    return {
        curve.bot_id: [
            DepositPoint(time=point.time, deposits_usd=point.equity) for point in curve.points
        ]
        for curve in curves
    }
