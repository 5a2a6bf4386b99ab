"""Numbers on the wire: exact decimal text on the market's grid, or a refusal before sending.

The venue hashes its own reading of a number, so a trailing zero, an exponent or a minus zero
makes the signature somebody else's. Prices in USD, sizes unsigned and in coin.
"""

from decimal import Decimal
from typing import Final

from motherhaven.bot.market.instruments import MarketSpec
from motherhaven.bot.portfolio.events import Side
from motherhaven.bot.venues.hyperliquid.refusals import Refused
from motherhaven.contract.exact import exact
from motherhaven.contract.money import plain

SLIP: Final = Decimal("0.08")
"""How far past its trigger, or past the mid for an exit without a bound, an order may fill."""

_MOST: Final = 24


def size_text(size: Decimal, spec: MarketSpec) -> str:
    """A size that is a whole number of lots.

    Raises:
        Refused: it is 0, negative, or has more decimals than the market takes.
    """
    if not (_sane(size) and spec.is_legal_size(size)):
        raise Refused(
            f"{spec.coin}: the size {_shown(size)} is not a whole number of lots of {spec.lot:f} "
            "above 0; round it down to the lot",
            "venue_size",
        )
    return _bounded(size, spec)


def price_text(price: Decimal, spec: MarketSpec) -> str:
    """A price that lies on the market's grid.

    Raises:
        Refused: it is 0, negative, or has too many figures or decimals.
    """
    if not (_sane(price) and spec.is_legal_price(price)):
        raise Refused(
            f"{spec.coin}: the price {_shown(price)} is not on the grid (5 figures, at most "
            f"{6 - spec.size_decimals} decimals); round it to the tick",
            "venue_tick",
        )
    return _bounded(price, spec)


def bound(price: Decimal, side: Side, spec: MarketSpec) -> Decimal:
    """The worst price of a taker on the grid, never worse than `price`."""
    return _rounded(price, spec, up=side is Side.SELL)


def beyond(price: Decimal, side: Side, spec: MarketSpec) -> Decimal:
    """SLIP past `price` in the direction that an order of `side` fills in, rounded away.

    Raises:
        Refused: nothing above 0 is left.
    """
    with exact():
        worst = price * (1 + side.sign * SLIP)
    return _rounded(worst, spec, up=side is Side.BUY)


def _rounded(price: Decimal, spec: MarketSpec, *, up: bool) -> Decimal:
    legal = spec.round_price(price, up=up) if _sane(price) else Decimal(0)
    if legal <= 0:
        raise Refused(
            f"{spec.coin}: the price {_shown(price)} is 0 on the market's grid; give a higher one",
            "venue_tick",
        )
    return legal


def _bounded(value: Decimal, spec: MarketSpec) -> str:
    text = plain(value)
    if len(text) > _MOST or text == "0":
        raise Refused(f"{spec.coin}: {text[:_MOST]} is no number the venue takes", "venue_size")
    return text


def _shown(value: Decimal) -> str:
    return (
        f"{value:f}"[:_MOST]
        if value.is_finite() and _sane(abs(value) or Decimal(1))
        else "no such number"
    )


def _sane(value: Decimal) -> bool:
    """Above 0 and of a size that can be reckoned with."""
    return value.is_finite() and value > 0 and abs(value.adjusted()) < _MOST
