"""The ranges of settings, in words: what a value may be, and what was probably meant."""

from decimal import Decimal
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field

from motherhaven.contract.coins import is_scoped, normalise_symbol, scoped_refusal
from motherhaven.contract.errors import ConfigError, InvalidMoney, MarketError
from motherhaven.contract.money import Money, plain, to_decimal
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


Usd = Annotated[Money, AfterValidator(positive_usd)]
"""A field for an amount of money above 0, in USD."""

PriceUsd = Annotated[Money, AfterValidator(price_usd)]
"""A field for a price of 0 or above, in USD."""

Fraction = Annotated[Money, AfterValidator(fraction)]
"""A field for a fraction from 0 to 1."""

Part = Annotated[Money, AfterValidator(part)]
"""A field for a fraction above 0, at most 1."""


def whole(least: int, most: int) -> tuple[object, BeforeValidator]:
    """What a field for a whole number from `least` to `most` carries: its schema, its check."""

    def read(value: object) -> int:
        try:
            number = to_decimal(value)
        except InvalidMoney as error:
            raise ValueError(str(error)) from None
        if number != number.to_integral_value():
            raise ValueError(f"{plain(number)} is not a whole number; write e.g. {least + 1}")
        if not least <= number <= most:
            raise ValueError(f"{plain(number)} must lie between {least} and {most}")
        return int(number)

    return Field(ge=least, le=most), BeforeValidator(read)
