"""One bot's closed trades, divided; every figure comes from motherhaven.metrics. Pure."""

from collections.abc import Iterator, Sequence
from datetime import tzinfo
from decimal import Decimal
from typing import Final, Literal

from motherhaven.metrics import (
    ClosedTrade,
    Spread,
    by_day,
    group_figures,
    grouped,
    hold_bins,
    net_bins,
)
from motherhaven.server.figures.closed_trades import KeptTrade
from motherhaven.server.wire.breakdown import Breakdown, TradeBin, TradeDay, TradeGroup
from motherhaven.stores.amounts import shown

Side = Literal["long", "short"]
_Named = tuple[str, ClosedTrade]

MOST_COINS: Final = 60
"""Coins that are shown apart, those with the most trades first."""


def breakdown(
    bot_id: str, kept: Sequence[KeptTrade], closed: int, zone: tzinfo, zone_name: str
) -> Breakdown:
    """The breakdown of a bot's kept trades, of `closed` in all."""
    named = [(one.coin, one.trade) for one in kept if one.trade is not None]
    trades = [trade for _, trade in named]
    return Breakdown(
        bot_id=bot_id,
        zone=zone_name,
        n=len(trades),
        closed=closed,
        coins=len({coin for coin, _ in named}),
        groups=tuple(_groups(named)),
        days=tuple(
            TradeDay(day=one.day, n=one.n, wins=one.wins, net=shown(one.net))
            for one in by_day(trades, zone)
        ),
        nets=_bins(net_bins(trades)),
        holds=_bins(hold_bins(trades)),
    )


def _groups(named: Sequence[_Named]) -> Iterator[TradeGroup]:
    if not named:
        return
    yield _group(None, None, [trade for _, trade in named])
    sides: tuple[Side, Side] = ("long", "short")
    for side in sides:
        of_side = [trade for _, trade in named if trade.side == side]
        if of_side:
            yield _group(None, side, of_side)
    by_coin = {
        coin: [trade for _, trade in pairs]
        for coin, pairs in grouped(named, lambda pair: pair[0]).items()
    }
    most_traded = sorted(by_coin, key=lambda name: (-len(by_coin[name]), name))
    for coin in most_traded[:MOST_COINS]:
        yield _group(coin, None, by_coin[coin])
        for side in sides:
            of_side = [trade for trade in by_coin[coin] if trade.side == side]
            if of_side:
                yield _group(coin, side, of_side)


def _group(coin: str | None, side: Side | None, trades: Sequence[ClosedTrade]) -> TradeGroup:
    told = group_figures(trades)
    hold = told.median_hold
    return TradeGroup(
        coin=coin,
        side=side,
        n=told.n,
        wins=told.wins,
        losses=told.losses,
        net=shown(told.net),
        fees_usd=shown(told.fees),
        funding_usd=shown(-told.funding if told.funding else Decimal(0)),
        best=shown(told.best),
        worst=shown(told.worst),
        mean_win=shown(told.mean_win),
        mean_loss=shown(told.mean_loss),
        median_hold_seconds=None if hold is None else hold.total_seconds(),
    )


def _bins(bins: Sequence[Spread]) -> tuple[TradeBin, ...]:
    return tuple(TradeBin(low=one.low, high=one.high, n=one.n) for one in bins)
