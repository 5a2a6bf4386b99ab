"""The ranges of settings, in words: what a value may be, and what was probably meant."""

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from motherhaven.contract.coins import is_scoped, normalise_symbol, scoped_refusal
from motherhaven.contract.errors import ConfigError, MarketError
from motherhaven.contract.money import plain
from motherhaven.contract.zones import find_zone

MOST_USD: Final = Decimal("1e12")
MAX_COINS: Final = 10
ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)


def positive_usd(value: Decimal) -> Decimal:
    """An amount of money: above 0.

    Raises:
        ValueError: it is not; the message says what to write.
    """
    if value <= 0:
        raise ValueError(f"{plain(value)} must be above 0, in USD; write e.g. 50")
    if value > MOST_USD:
        raise ValueError("must be at most 1e12 USD")
    return value


def price_usd(value: Decimal) -> Decimal:
    """A price: 0 or above.

    Raises:
        ValueError: it is not.
    """
    if value < 0:
        raise ValueError(f"{plain(value)} must be 0 or above, in USD")
    return value if value == 0 else positive_usd(value)


def fraction(value: Decimal) -> Decimal:
    """A fraction from 0 to 1.

    Raises:
        ValueError: it is not; a percentage is named as what was probably meant.
    """
    if ONE < value <= 100:
        meant = f"{value / 100:.2f}" if value == value.to_integral_value() else plain(value / 100)
        raise ValueError(f"{plain(value)} is not a fraction 0\u20131; did you mean {meant}?")
    if not ZERO <= value <= ONE:
        raise ValueError(f"{plain(value)} is not a fraction 0\u20131; write e.g. 0.70")
    return value


def part(value: Decimal) -> Decimal:
    """A fraction above 0, at most 1.

    Raises:
        ValueError: it is not.
    """
    if value == 0:
        raise ValueError("0 would refuse every entry; write a fraction above 0, e.g. 0.5")
    return fraction(value)


def coin_list(parts: list[str]) -> tuple[str, ...]:
    """Names of coins for trading, each once, in the venue's spelling where it is known.

    Raises:
        ValueError: a name is no coin, cannot be traded here, or comes twice.
    """
    coins: list[str] = []
    for text in parts:
        try:
            coin = normalise_symbol(text)
        except MarketError as error:
            raise ValueError(str(error)) from None
        if is_scoped(coin):
            raise ValueError(scoped_refusal(coin))
        if coin.casefold() in (known.casefold() for known in coins):
            raise ValueError(f"{coin} comes twice; name each coin once")
        coins.append(coin)
    if len(coins) > MAX_COINS:
        raise ValueError(f"{len(coins)} coins; name at most {MAX_COINS}")
    return tuple(coins)


def time_zone(value: str) -> str:
    """The name of a time zone.

    Raises:
        ValueError: there is none of that name.
    """
    try:
        return find_zone(value).key
    except ConfigError as error:
        raise ValueError(str(error)) from None


RANGES: Final[dict[str, Callable[[Decimal], Decimal]]] = {
    "paper_deposit_usd": positive_usd,
    "max_position_size_usd": positive_usd,
    "daily_loss_limit_usd": positive_usd,
    "max_coin_margin_usd": positive_usd,
    "max_total_margin_usd": positive_usd,
    "model_daily_cost_usd": positive_usd,
    "model_price_in": price_usd,
    "model_price_out": price_usd,
    "min_confidence": fraction,
    "stop_liquidation_buffer": fraction,
    "price_band": part,
}
"""The range of each setting that is an amount or a fraction."""
