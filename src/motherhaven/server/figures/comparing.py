"""Bots beside each other over the same span."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from motherhaven.contract.views import BotRow
from motherhaven.metrics import trade_statistics
from motherhaven.server.figures.agreeing import agreement, signals_of
from motherhaven.server.figures.aligned import (
    Aligned,
    Span,
    aligned_histories,
    aligned_metrics,
    aligned_return,
    daily_histories,
)
from motherhaven.server.figures.bot_metrics import open_positions
from motherhaven.server.figures.bots import DEFAULT_INTERVAL_SECONDS
from motherhaven.server.figures.closed_trades import ClosedTrades, KeptTrade
from motherhaven.server.figures.configs import config_of, differing, warnings_of
from motherhaven.server.figures.curves import DAWN, DUSK, floor_time
from motherhaven.server.figures.histories import History
from motherhaven.server.figures.isolated import of_each
from motherhaven.server.figures.stated import Confidences
from motherhaven.server.wire.figures import BotMetrics, CoinCell, CoinRow, Comparison
from motherhaven.stores.amounts import plus, shown
from motherhaven.stores.protocol import TIERS, Reader
from motherhaven.stores.signals import Signal

_Lives = dict[str, tuple[datetime, datetime]]
_DAY = timedelta(days=1)
_MOST_COINS = 100


async def compare(
    store: Reader,
    kept: ClosedTrades,
    confidences: Confidences,
    ids: Sequence[str],
    span: timedelta | None,
) -> tuple[Comparison, bool]:
    """The bots `ids` side by side, and whether all are there: one whose figures fail is left
    out, with a warning.
    """

    async def beside(some: Sequence[str]) -> dict[str, Comparison]:
        return dict.fromkeys(some, await _compare(store, kept, confidences, some, span))

    found, failed = await of_each(ids, beside)
    if not failed:
        alone = None if ids else await _compare(store, kept, confidences, ids, span)
        return alone or found[ids[0]], True
    left = await _compare(store, kept, confidences, [n for n in ids if n not in failed], span)
    told = tuple(f"the figures of {name} are unavailable: {why}" for name, why in failed.items())
    return left.model_copy(update={"warnings": (*told, *left.warnings)}), False


async def _compare(
    store: Reader,
    kept: ClosedTrades,
    confidences: Confidences,
    ids: Sequence[str],
    span: timedelta | None,
) -> Comparison:
    """The bots `ids` over the time in which all ran, or the last `span` of it."""
    known = {row.id: row for row in await store.bots(ids)}
    rows = [known[name] for name in ids if name in known]
    lives = await _lives(store, rows)
    common = _common(lives, span) if len(lives) == len(rows) else None
    trades = {row.id: await kept.of(row) for row in rows}
    decided = {row.id: await _decided(store, row, common) for row in rows}
    configs = tuple(config_of(row, _model(decided[row.id])) for row in rows)
    warnings = [f"there is no bot {name}" for name in ids if name not in known]
    curves = await aligned_histories(store, list(lives), lives, common) if common else {}
    figures = await _figures(store, rows, trades, confidences, curves, common) if common else ()
    window = max((_interval(row) for row in rows), default=DEFAULT_INTERVAL_SECONDS)
    return Comparison(
        aligned_start=common.start if common else None,
        end=common.end if common else None,
        warnings=(*warnings, *warnings_of(rows, configs, lives)),
        configs=configs,
        differing=differing(configs),
        returns=tuple(aligned_return(row.id, curves[row.id]) for row in rows) if common else (),
        figures=figures,
        coins=_matrix(trades, common) if common else (),
        agreement=agreement(decided if common else {}, window),
    )


async def _figures(
    store: Reader,
    rows: Sequence[BotRow],
    trades: Mapping[str, Sequence[KeptTrade]],
    confidences: Confidences,
    curves: Mapping[str, History],
    common: Span,
) -> tuple[BotMetrics, ...]:
    days = await daily_histories(store, [row.id for row in rows], common)
    found = []
    for row in rows:
        inside = [one for one in trades[row.id] if common.holds(one)]
        bot = Aligned(
            row=row,
            history=curves[row.id],
            days=days.get(row.id, History()),
            trades=inside,
            stated=await confidences.pairs(row.id, inside),
            open=await open_positions(store, row),
        )
        # Thousands of trades take a while: other requests and the streams go on meanwhile.
        found.append(await asyncio.to_thread(aligned_metrics, bot, common))
    return tuple(found)


async def _lives(store: Reader, rows: Sequence[BotRow]) -> _Lives:
    """The first and the last minute of each bot that has reported its account.

    By the first day, its first hour, and the first minute of that: a few buckets each.
    """
    ends = {row.id: row.account.time for row in rows if row.account is not None}
    found: _Lives = {}
    for days in await store.equity(list(ends), start=DAWN, end=DUSK, bucket=TIERS[-1]):
        if not days.points:
            continue
        first, width = days.points[0].time, _DAY
        for tier in (TIERS[2], TIERS[0]):
            [fine] = await store.equity([days.bot_id], start=first, end=first + width, bucket=tier)
            first, width = fine.points[0].time, timedelta(seconds=tier)
        found[days.bot_id] = (first, ends[days.bot_id])
    return found


def _common(lives: _Lives, span: timedelta | None) -> Span | None:
    if not lives:
        return None
    start = max(first for first, _ in lives.values())
    end = min(last for _, last in lives.values())
    if span is not None:
        start = max(start, floor_time(end - span, TIERS[0]))
    whole = frozenset(name for name, (first, _) in lives.items() if first == start)
    return Span(start, end, whole) if start <= end else None


def _matrix(trades: Mapping[str, Sequence[KeptTrade]], common: Span) -> tuple[CoinRow, ...]:
    """Trades that began and ended within the span, of the coins with the most of them."""
    inside = {bot_id: [one for one in kept if common.holds(one)] for bot_id, kept in trades.items()}
    counts: dict[str, int] = {}
    for kept in inside.values():
        for one in kept:
            counts[one.coin] = counts.get(one.coin, 0) + 1
    return tuple(
        CoinRow(coin=coin, cells=tuple(_cell(b, coin, kept) for b, kept in inside.items()))
        for coin in sorted(counts, key=lambda coin: (-counts[coin], coin))[:_MOST_COINS]
    )


def _cell(bot_id: str, coin: str, kept: Sequence[KeptTrade]) -> CoinCell:
    trades = [one.trade for one in kept if one.coin == coin and one.trade is not None]
    told = trade_statistics(trades)
    net = None
    for trade in trades:
        net = plus(net, trade.net)
    return CoinCell(bot_id=bot_id, trades=told.n, win_rate=told.win_rate, net_pnl=shown(net))


async def _decided(store: Reader, row: BotRow, common: Span | None) -> Sequence[Signal]:
    if common is None:
        return ()
    return await signals_of(store, row.id, common.start, common.end)


def _model(decided: Sequence[Signal]) -> str | None:
    return next((row.model for row in decided if row.model is not None), None)


def _interval(row: BotRow) -> int:
    return (row.status.interval_seconds if row.status else None) or DEFAULT_INTERVAL_SECONDS
