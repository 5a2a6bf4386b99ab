"""Rules about size: leverage, and how much margin each limit leaves for an entry, in USD."""

from decimal import Decimal
from typing import Final

from motherhaven.bot.guard.entry_check import EntryCheck
from motherhaven.bot.guard.rule import MarginLimit, Rule, cents, margin_limit, rule, told, usd
from motherhaven.contract.exact import quotient
from motherhaven.contract.money import plain

ZERO: Final = Decimal(0)


@rule(
    advice="Tell the model the limit in its prompt, or raise MAX_LEVERAGE as far as the market "
    "allows.",
    prompt=lambda limits: (
        f"leverage a whole number from 1 to {limits.max_leverage}, and no more "
        "than the coin's max_leverage"
    ),
)
def max_leverage(entry: EntryCheck) -> str | None:
    """More leverage than the user or the market allows."""
    if entry.leverage > entry.leverage_cap:
        return f"leverage {entry.decision.leverage} is above the limit {entry.leverage_cap}"
    return None


RULES: Final[tuple[Rule, ...]] = (
    max_leverage,
)  # fmt: skip

quantity = told(
    "quantity",
    "An entry of no margin.",
    advice="Open the decision and read the raw answer: quantity_usd, the margin in USD, must be "
    "above 0.",
)


@margin_limit(
    advice="Lower the size that the prompt suggests, or raise MAX_POSITION_SIZE_USD.",
    prompt=lambda limits: f"at most {usd(limits.max_position_size_usd)} of margin in one entry",
)
def max_position_size(entry: EntryCheck) -> Decimal | None:
    """MAX_POSITION_SIZE_USD: the most margin of one entry."""
    return entry.limits.max_position_size_usd


@margin_limit(
    advice="Lower the size that the prompt suggests, or raise MAX_COIN_MARGIN_USD.",
    prompt=lambda limits: f"at most {usd(limits.coin_cap_usd)} of margin in one coin",
)
def max_coin_size(entry: EntryCheck) -> Decimal | None:
    """MAX_COIN_MARGIN_USD (or else MAX_POSITION_SIZE_USD) less the margin that the coin has."""
    return entry.limits.coin_cap_usd - entry.coin_margin


@margin_limit(
    advice="Close a position, or raise MAX_TOTAL_MARGIN_USD.",
    prompt=lambda limits: f"at most {usd(limits.total_cap_usd)} of margin in all coins together",
)
def max_total_size(entry: EntryCheck) -> Decimal | None:
    """MAX_TOTAL_MARGIN_USD (or else the position cap times the positions) less all margin."""
    return entry.limits.total_cap_usd - entry.total_margin


@margin_limit(
    advice="Lower the size that the prompt suggests, close a position, or pay in more.",
    prompt="never more margin than is available",
)
def free_margin(entry: EntryCheck) -> Decimal | None:
    """What the account has left after the entry's own fee and its change of leverage."""
    available = entry.context.available
    if available is None:
        open_margin = sum((p.margin for p in entry.context.positions.values()), ZERO)
        available = entry.context.equity - open_margin
    allocation = entry.allocation
    taken = allocation.reserved + allocation.relevered(entry.decision.coin, entry.leverage)
    return quotient(available - taken, 1 + entry.leverage * entry.context.taker)


MARGIN_LIMITS: Final[tuple[MarginLimit, ...]] = (
    max_position_size,
    max_coin_size,
    max_total_size,
    free_margin,
)

min_notional = told(
    "min_notional",
    "An order, or a part of a position to close, that the venue does not take: it is too small.",
    advice="Raise MAX_POSITION_SIZE_USD or the margin the model asks for; close the whole of a "
    "small position.",
    prompt="notional at least the coin's min_notional",
)


def entry_size(entry: EntryCheck, margin: Decimal) -> Decimal:
    """The unsigned size that `margin` USD buys at our own mark, floored to the lot."""
    return entry.spec.floor_size(quotient(margin * entry.leverage, entry.mark))


def below_minimum(entry: EntryCheck, size: Decimal) -> str | None:
    """Why the venue does not take an entry of `size`, None when it does."""
    least, notional = entry.spec.min_notional, size * entry.mark
    if notional < least:
        return (
            f"the order would be {cents(notional, least)} USD, below the venue's minimum of "
            f"{plain(least)} USD"
        )
    return None
