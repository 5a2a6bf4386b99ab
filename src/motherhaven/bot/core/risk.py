"""What the guard is told: the account by our books, and what the venue itself says."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Protocol

from motherhaven.bot.core.setup import TraderSetup
from motherhaven.bot.core.venue_watch import VenueWatch
from motherhaven.bot.decider.types import Context
from motherhaven.bot.execution.account import VenueAccount
from motherhaven.bot.execution.exits import unknown_positions
from motherhaven.bot.execution.results import ApprovedOrder
from motherhaven.bot.guard.day import DayStart, KillSwitch
from motherhaven.bot.guard.types import OpenPosition, PendingEntry, RiskContext
from motherhaven.contract.errors import ExchangeError


class RiskSource(Protocol):
    """The state of a bot that its limits look at."""

    setup: TraderSetup
    account: VenueAccount
    day: DayStart | None
    last_entries: dict[str, datetime]
    entries_today: int
    kill: KillSwitch
    recording: bool
    armed: bool
    watch: VenueWatch


def risk_context(
    bot: RiskSource,
    waiting: Iterable[ApprovedOrder],
    context: Context,
    marks: Mapping[str, Decimal],
    now: datetime,
) -> RiskContext:
    """The circumstances of a judgement; `waiting` are orders that were allowed before."""
    books, orders, venue = bot.account.ledger, bot.account.orders, bot.account.venue
    return RiskContext(
        now=now,
        equity=books.equity(),
        day_start_equity=bot.day.equity if bot.day else None,
        marks=marks,
        positions={
            coin: OpenPosition(
                held.size,
                held.entry,
                held.leverage,
                *orders.exits(coin, long=held.size > 0),
                partial(books.liquidation, coin),
            )
            for coin, held in books.holdings.items()
        },
        specs=bot.setup.specs,
        available=books.available(),
        data_times={coin: series.end for coin, series in context.series_by_coin.items()},
        open_candles=context.open_candles(now),
        last_trades=bot.last_entries,
        trades_today=bot.entries_today,
        asked_at=context.now,
        unknown_positions=_unknown(bot.account),
        frozen=bot.watch.frozen,
        not_reconciled=bot.watch.blocked(now),
        pending=tuple(
            PendingEntry(order.coin, order.verdict.allowed_usd, order.verdict.leverage)
            for order in waiting
            if order.asked.signal.is_entry
        ),
        kill_switch=bot.kill.engaged,
        live=venue.capabilities.real_money,
        armed=bot.armed,
        recording=bot.recording,
        taker=bot.setup.fees.taker,
    )


def _unknown(account: VenueAccount) -> tuple[str, ...]:
    """Coins whose position at the venue is not the one that our fills add up to."""
    own = {coin: holding.size for coin, holding in account.ledger.holdings.items()}
    try:
        return unknown_positions(account.sizes(), own)
    except ExchangeError:
        return ("not known, for it does not answer",)
