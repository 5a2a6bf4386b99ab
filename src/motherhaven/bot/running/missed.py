"""Funding that fell due while the bot did not look: from the feed's history, else told as unknown.

Every hour is booked at its own time with the position of then, or named in a warning; an hour
of which the rate is not known is never counted as 0.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Final

from motherhaven.bot.core.funding import HOUR
from motherhaven.bot.core.trader import Trader
from motherhaven.bot.market.feed import Feed, FundingKept
from motherhaven.bot.market.funding import Rates
from motherhaven.bot.market.history import Sleep, all_rates
from motherhaven.contract.errors import MarketError
from motherhaven.contract.exact import exact, quotient

_BEFORE: Final = timedelta(days=1)
"""So much further back is asked for: from it the venue's own interval is seen."""
_AFTER: Final = timedelta(minutes=1)
"""Venues stamp a rate some milliseconds after its hour."""


@dataclass(frozen=True, slots=True)
class PastFunding:
    """Rates by coin and hour, and the hours of which none is known; `why` not, by coin."""

    rates: Mapping[str, Rates] = field(default_factory=dict)
    unknown: Mapping[str, Sequence[datetime]] = field(default_factory=dict)
    why: Mapping[str, str] = field(default_factory=dict)
    positions: Mapping[str, str] = field(default_factory=dict)
    """The position of each coin when it was asked for."""


async def learn_funding(
    trader: Trader, feed: Feed, since: datetime, until: datetime, sleep: Sleep = asyncio.sleep
) -> PastFunding:
    """Ask for the rates of (since, until] of all coins held, and have the trader use them.

    Nothing is asked where the venue books funding by itself: it tells what it booked.
    """
    if trader.account.stepped is None:
        return PastFunding()
    held = {coin: one.position_id for coin, one in trader.ledger.holdings.items()}
    hours = _full_hours(since, until)
    rates: dict[str, Rates] = {}
    unknown: dict[str, Sequence[datetime]] = {}
    why: dict[str, str] = {}
    for coin in held if hours else ():
        found: Rates = {}
        if feed.funding_kept is FundingKept.UNTOLD:
            why[coin] = f"{feed.name} keeps no history of it"
        elif feed.funding_kept is FundingKept.HISTORY:
            try:
                told = await all_rates(feed, coin, since - _BEFORE, until + _AFTER, sleep)
                found = _hourly(told, trader.funding_rates.get(coin))
                why[coin] = f"{feed.name} has no rates of it"
            except MarketError as error:
                why[coin] = str(error)
        rates[coin] = {hour: found[hour] for hour in hours if hour in found}
        if coin in why:
            unknown[coin] = [hour for hour in hours if hour not in found]
    past = PastFunding(rates, unknown, why, held)
    trader.funding_history = rates
    return past


def settle_funding(trader: Trader, past: PastFunding) -> list[str]:
    """Go on with the newest rates; what is not known, in sentences that the trader keeps too."""
    trader.funding_history = {}
    ended = {trade.position_id: trade.closed_at for trade in trader.log.trades}
    told = []
    for coin, hours in past.unknown.items():
        end = ended.get(past.positions[coin])
        open_then = [hour for hour in hours if end is None or hour <= end]
        if open_then:
            told.append(_sentence(coin, open_then, past.why[coin]))
    trader.notices.extend(told)
    return told


def _sentence(coin: str, hours: Sequence[datetime], why: str) -> str:
    span = f"{hours[0]:%Y-%m-%d %H:%M}"
    if len(hours) > 1:
        span += f" to {hours[-1]:%Y-%m-%d %H:%M}"
    return (
        f"funding of {coin} is unknown for {len(hours)} h ({span} UTC) and not in the account: "
        f"{why}"
    )


def _full_hours(since: datetime, until: datetime) -> list[datetime]:
    """The full hours in (since, until]."""
    hour = since.replace(minute=0, second=0, microsecond=0) + HOUR
    found = []
    while hour <= until:
        found.append(hour)
        hour += HOUR
    return found


def _hourly(told: Sequence[tuple[datetime, Decimal]], newest: Decimal | None) -> Rates:
    """The rate of each hour; one that is paid for several hours counts for each of them in part.

    `newest` is the hourly rate of the interval that is not over yet, where one is known.
    """
    hours = [(moment.replace(minute=0, second=0, microsecond=0), rate) for moment, rate in told]
    if not hours:
        return {}
    gaps = [after[0] - before[0] for before, after in pairwise(hours)]
    step = max(1, min(gaps, default=HOUR) // HOUR)
    found: dict[datetime, Decimal] = {}
    if step > 1 and newest is not None:
        found = {hours[-1][0] + n * HOUR: newest for n in range(1, step)}
    for moment, rate in hours:
        with exact():
            part = rate if step == 1 else quotient(rate, Decimal(step))
        found.update({moment - n * HOUR: part for n in range(step)})
    return found
