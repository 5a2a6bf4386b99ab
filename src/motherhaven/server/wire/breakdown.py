"""The answer of /breakdown: one bot's closed trades by coin, side, day, result and hold."""

import datetime as dt
from typing import Literal

from pydantic import BaseModel, ConfigDict

from motherhaven.contract.money import Money


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class TradeGroup(_Answer):
    """Closed trades together. coin, side: what they share, None for all. USD.

    net is after fees and funding; funding_usd is what was paid. best and worst are the
    largest win and loss, the means those of wins and of losses (negative).
    """

    coin: str | None
    side: Literal["long", "short"] | None
    n: int
    wins: int
    losses: int
    net: Money | None
    fees_usd: Money | None
    funding_usd: Money | None
    best: Money | None
    worst: Money | None
    mean_win: Money | None
    mean_loss: Money | None
    median_hold_seconds: float | None


class TradeDay(_Answer):
    """The trades that ended on a day of the zone asked for; net in USD."""

    day: dt.date
    n: int
    wins: int
    net: Money | None


class TradeBin(_Answer):
    """n trades whose value lies in [low, high); None is without a bound."""

    low: Money | None
    high: Money | None
    n: int


class Breakdown(_Answer):
    """One bot's newest closed trades, n of `closed`: those whose net result is known.

    groups: all, then by side, by coin, and by coin and side; of `coins` the most traded ones.
    days: oldest first, without
    those on which nothing ended. nets: bins of USD; holds: bins of seconds.
    """

    bot_id: str
    zone: str
    n: int
    closed: int
    coins: int
    groups: tuple[TradeGroup, ...]
    days: tuple[TradeDay, ...]
    nets: tuple[TradeBin, ...]
    holds: tuple[TradeBin, ...]
