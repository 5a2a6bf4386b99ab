"""Bots beside each other over the same span."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from motherhaven.contract.views import BotRow, DecisionRow
from motherhaven.metrics import EquityPoint, performance, trade_statistics
from motherhaven.server.agreeing import agreement, decisions_of
from motherhaven.server.bots import DEFAULT_INTERVAL_SECONDS
from motherhaven.server.closed_trades import ClosedTrades, KeptTrade
from motherhaven.server.configs import config_of, differing, warnings_of
from motherhaven.server.curves import DAWN, DUSK, bucket_for, floor_time
from motherhaven.server.histories import History, histories
from motherhaven.server.models_figures import AlignedReturn, CoinCell, CoinRow, Comparison
from motherhaven.stores.amounts import plus, shown
from motherhaven.stores.protocol import TIERS, Reader

_Lives = dict[str, tuple[datetime, datetime]]
_DAY = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class _Span:
    start: datetime
    end: datetime


async def compare(
    store: Reader, kept: ClosedTrades, ids: Sequence[str], span: timedelta | None
) -> Comparison:
    """The bots `ids` over the time in which all ran, or the last `span` of it."""
    known = {row.id: row for row in await store.bots()}
    rows = [known[name] for name in ids if name in known]
    lives = await _lives(store, rows)
    common = _common(lives, span) if len(lives) == len(rows) else None
    trades = {row.id: await kept.of(row) for row in rows}
    decided = {row.id: await _decided(store, row, common) for row in rows}
    configs = tuple(config_of(row, _model(decided[row.id])) for row in rows)
    warnings = [f"there is no bot {name}" for name in ids if name not in known]
    window = max((_interval(row) for row in rows), default=DEFAULT_INTERVAL_SECONDS)
    return Comparison(
        aligned_start=common.start if common else None,
        end=common.end if common else None,
        warnings=(*warnings, *warnings_of(rows, configs, lives)),
        configs=configs,
        differing=differing(configs),
        returns=await _returns(store, rows, lives, common) if common else (),
        coins=_matrix(trades, common) if common else (),
        agreement=agreement(decided if common else {}, window),
    )


async def _lives(store: Reader, rows: Sequence[BotRow]) -> _Lives:
    """The first and the last minute of each bot that has reported its account."""
    ends = {row.id: row.account.time for row in rows if row.account is not None}
    found: _Lives = {}
    for days in await store.equity(list(ends), start=DAWN, end=DUSK, bucket=TIERS[-1]):
        if days.points:
            day = days.points[0].time
            [fine] = await store.equity([days.bot_id], start=day, end=day + _DAY, bucket=TIERS[0])
            found[days.bot_id] = (fine.points[0].time, ends[days.bot_id])
    return found


def _common(lives: _Lives, span: timedelta | None) -> _Span | None:
    if not lives:
        return None
    start = max(first for first, _ in lives.values())
    end = min(last for _, last in lives.values())
    if span is not None:
        start = max(start, floor_time(end - span, TIERS[0]))
    return _Span(start, end) if start <= end else None


async def _returns(
    store: Reader, rows: Sequence[BotRow], lives: _Lives, common: _Span
) -> tuple[AlignedReturn, ...]:
    """Net of deposits, from each bot's first equity at the aligned start to the aligned end."""
    ids = [row.id for row in rows]
    bucket = bucket_for(common.end - common.start, len(rows))
    until = common.end + _MICROSECOND
    curves = await histories(store, ids, start=common.start, end=until, bucket=bucket)
    hour = common.start + timedelta(seconds=TIERS[2])
    fine = await histories(store, ids, start=common.start, end=hour, bucket=TIERS[0])
    return tuple(
        _return(name, fine[name], curves[name], is_own=lives[name][0] == common.start)
        for name in ids
    )


def _return(bot_id: str, fine: History, curve: History, *, is_own: bool) -> AlignedReturn:
    """The return of one bot; `is_own`: the span begins with it, so with its capital."""
    points = list(curve.points)
    first = fine.points[0].equity if fine.points else None
    if is_own and fine.capital:
        first = fine.capital
    if fine.begin is not None and first is not None and first != points[0].equity:
        points.insert(0, EquityPoint(fine.begin, first))
    flows = [flow for flow in curve.flows if points and flow.time >= points[0].time]
    growth = performance(points, flows).total_return
    return AlignedReturn(
        bot_id=bot_id,
        start_equity=points[0].equity if points else None,
        end_equity=points[-1].equity if points else None,
        return_fraction=growth.value,
        points_n=growth.n,
    )


def _matrix(trades: Mapping[str, Sequence[KeptTrade]], common: _Span) -> tuple[CoinRow, ...]:
    """Trades that began and ended within the span; the coin with the most of them first."""
    inside = {
        bot_id: [
            one for one in kept if common.start <= one.opened_at and one.closed_at <= common.end
        ]
        for bot_id, kept in trades.items()
    }
    counts: dict[str, int] = {}
    for kept in inside.values():
        for one in kept:
            counts[one.coin] = counts.get(one.coin, 0) + 1
    return tuple(
        CoinRow(coin=coin, cells=tuple(_cell(b, coin, kept) for b, kept in inside.items()))
        for coin in sorted(counts, key=lambda coin: (-counts[coin], coin))
    )


def _cell(bot_id: str, coin: str, kept: Sequence[KeptTrade]) -> CoinCell:
    trades = [one.trade for one in kept if one.coin == coin and one.trade is not None]
    told = trade_statistics(trades)
    net = None
    for trade in trades:
        net = plus(net, trade.net)
    return CoinCell(bot_id=bot_id, trades=told.n, win_rate=told.win_rate, net_pnl=shown(net))


async def _decided(store: Reader, row: BotRow, common: _Span | None) -> tuple[DecisionRow, ...]:
    if common is None:
        return ()
    return await decisions_of(store, row.id, common.start, common.end)


def _model(decided: Sequence[DecisionRow]) -> str | None:
    return next((row.model for row in decided if row.model is not None), None)


def _interval(row: BotRow) -> int:
    return (row.status.interval_seconds if row.status else None) or DEFAULT_INTERVAL_SECONDS
