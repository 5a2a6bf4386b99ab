"""Rules about size: how much margin each limit leaves for an entry, in USD."""

from decimal import Decimal
from typing import Final

from motherhaven.bot.guard.entry_check import EntryCheck
from motherhaven.bot.market.instruments import FeeRates
from motherhaven.contract.exact import quotient

ZERO: Final = Decimal(0)
_TAKER: Final = FeeRates().taker


def max_leverage(case: EntryCheck) -> str | None:
    """More leverage than the user or the market allows."""
    if case.leverage > case.leverage_cap:
        return f"leverage {case.decision.leverage} is above the limit {case.leverage_cap}"
    return None


def position_room(case: EntryCheck) -> Decimal | None:
    """max_position_size_usd: the most margin of one entry."""
    return case.limits.max_position_size_usd


def coin_room(case: EntryCheck) -> Decimal | None:
    """max_coin_usd (or else max_position_size_usd) less the margin that the coin has."""
    limit = case.limits.max_coin_usd
    return (case.limits.max_position_size_usd if limit is None else limit) - case.coin_margin


def total_room(case: EntryCheck) -> Decimal | None:
    """max_total_usd (or else position cap times positions) less the margin in all coins."""
    limits = case.limits
    limit = limits.max_total_usd
    if limit is None:
        limit = limits.max_position_size_usd * limits.max_positions
    return limit - case.total_margin


def free_margin(case: EntryCheck) -> Decimal | None:
    """What the account has left after the entry's own fee and its change of leverage."""
    available = case.view.available
    if available is None:
        open_margin = sum((p.margin for p in case.view.positions.values()), ZERO)
        available = case.view.equity - open_margin
    allocation = case.allocation
    taken = allocation.reserved + allocation.relevered(case.decision.coin, case.leverage)
    return quotient(available - taken, 1 + case.leverage * _TAKER)


def entry_size(case: EntryCheck, margin: Decimal) -> Decimal:
    """The unsigned size that `margin` USD buys at our own mark, floored to the lot."""
    return case.spec.floor_size(quotient(margin * case.leverage, case.mark))


def min_notional(case: EntryCheck, size: Decimal) -> str | None:
    """The venue does not take orders this small."""
    if size * case.mark < case.spec.min_notional:
        return f"the order would be below the venue's minimum of {case.spec.min_notional} USD"
    return None
