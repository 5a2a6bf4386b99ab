"""Hourly funding: which hours are due, and what each open position pays or receives."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from motherhaven.bot.market.bar_series import NEVER
from motherhaven.bot.market.funding import Rates
from motherhaven.bot.portfolio.events import FundingPayment
from motherhaven.bot.venues.simulated.engine import PaperEngine

HOUR: Final = timedelta(hours=1)


def book_funding(
    engine: PaperEngine,
    rates: dict[str, Decimal],
    history: Mapping[str, Rates],
    before: datetime,
    now: datetime,
) -> Iterator[FundingPayment]:
    """Book hourly funding for every full hour that has begun since `before`.

    Rates of the past are those of `history`, where it knows the coin, and then go on in
    `rates`; else the newest known rate holds. Paid on the oracle, on the mark where none is
    told. No hour counts twice, though a run be killed and begun again.
    """
    ledger = engine.ledger
    hour = before.replace(minute=0, second=0, microsecond=0) + HOUR
    while hour <= now:
        for coin, known in history.items():
            if hour in known:
                rates[coin] = known[hour]
        for coin in tuple(ledger.holdings):
            past = history.get(coin)
            rate = rates.get(coin) if past is None else past.get(hour)
            if rate is not None and hour > ledger.funded.get(coin, NEVER):
                payment = engine.on_funding(coin, rate, engine.oracle(coin), hour)
                if payment is not None:
                    yield payment
        hour += HOUR
