"""Hourly funding: which hours are due, and what each open position pays or receives."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from motherhaven.bot.execution.account import AccountEvent, VenueAccount
from motherhaven.bot.market.bar_series import NEVER
from motherhaven.bot.market.funding import Rates

HOUR: Final = timedelta(hours=1)


def book_funding(
    account: VenueAccount,
    rates: dict[str, Decimal],
    history: Mapping[str, Rates],
    before: datetime,
    now: datetime,
) -> Iterator[list[AccountEvent]]:
    """Let hourly funding happen for every full hour that has begun since `before`.

    Nothing where the venue does that by itself. Rates of the past are those of `history`, where
    it knows the coin, and then go on in `rates`; else the newest known rate holds. Paid on the
    oracle, on the mark where none is told. No hour counts twice, though a run be killed and
    begun again.
    """
    if account.stepped is None:
        return
    ledger = account.ledger
    hour = before.replace(minute=0, second=0, microsecond=0) + HOUR
    while hour <= now:
        for coin, known in history.items():
            if hour in known:
                rates[coin] = known[hour]
        for coin in tuple(ledger.holdings):
            past = history.get(coin)
            rate = rates.get(coin) if past is None else past.get(hour)
            if rate is not None and hour > ledger.funded.get(coin, NEVER):
                oracle = account.venue.prices((coin,))[coin].oracle
                yield account.funding(coin, rate, oracle, hour)
        hour += HOUR
