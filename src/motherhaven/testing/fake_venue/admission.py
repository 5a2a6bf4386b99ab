"""Which orders the venue takes, and its words for those that it does not."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from motherhaven.bot.market.instruments import MarketSpec
from motherhaven.bot.portfolio.events import MarginMode, Side
from motherhaven.bot.portfolio.margin import MarginTiers
from motherhaven.contract.exact import exact, quotient
from motherhaven.contract.money import plain
from motherhaven.testing.fake_venue.account import Account
from motherhaven.testing.fake_venue.actions import OrderRequest
from motherhaven.testing.fake_venue.market import Market

ZERO: Final = Decimal(0)
MOST_OPEN: Final = 1_000
_FARTHEST: Final = Decimal("0.95")


@dataclass(frozen=True, slots=True)
class Refusal:
    """The text of an error, and the status of the order where it is remembered as refused."""

    text: str
    status: str | None = None


NO_MATCH: Final = Refusal(
    "Order could not immediately match against any resting orders.", "iocCancelRejected"
)
NO_MARGIN: Final = Refusal("Insufficient margin to place order.", "perpMarginRejected")
INCREASES: Final = Refusal("Reduce only order would increase position.", "reduceOnlyRejected")
BAD_TRIGGER: Final = Refusal("Invalid TP/SL price.", "badTriggerPxRejected")
TOO_SMALL: Final = Refusal("Order must have minimum value of $10.", "minTradeNtlRejected")
TICK: Final = Refusal("Price must be divisible by tick size.", "tickRejected")
TOO_FAR: Final = Refusal(
    "Order price cannot be more than 95% away from the reference price", "oracleRejected"
)
TIER: Final = Refusal(
    "Order would cause position to exceed margin tier limit at current leverage",
    "perpMaxPositionRejected",
)
UPGRADED: Final = Refusal("Only post-only orders allowed immediately after network upgrade")
TOO_MANY: Final = Refusal("Too many open orders.", "tooManyOpenOrdersRejected")
DUPLICATE: Final = Refusal("Cloid is already used by an open order.")


def form_refusal(request: OrderRequest, spec: MarketSpec, *, whole: bool) -> Refusal | None:
    """What is wrong with the numbers themselves; `whole` is a size of 0 for the position."""
    if request.size <= 0 and not whole:
        return Refusal("Order has zero size.")
    if request.size and not spec.is_legal_size(request.size):
        return Refusal("Order has invalid size.")
    prices = [request.price] + ([request.trigger.price] if request.trigger else [])
    if min(prices) <= 0:
        return Refusal("Order has invalid price.")
    return None if all(spec.is_legal_price(price) for price in prices) else TICK


def trigger_refusal(request: OrderRequest, mark: Decimal) -> Refusal | None:
    """A trigger must lie on its side of the mark, and its limit beyond it in its direction."""
    trigger = request.trigger
    if trigger is None:
        return None
    sign = 1 if request.buy else -1
    if sign * (request.price - trigger.price) < 0:
        return BAD_TRIGGER
    above = (trigger.tpsl == "tp") != request.buy
    return None if trigger.price != mark and (trigger.price > mark) == above else BAD_TRIGGER


def reduction_refusal(request: OrderRequest, held: Decimal) -> Refusal | None:
    """A reduce-only order needs a position on the other side; a larger one is shrunk."""
    if request.reduce_only and (held == 0 or (held > 0) == request.buy):
        return INCREASES
    return None


def value_refusal(request: OrderRequest, spec: MarketSpec, held: Decimal) -> Refusal | None:
    """The minimum value by limit price, unless the order closes the whole position."""
    whole = request.reduce_only and held != 0 and request.size >= abs(held)
    with exact():
        small = request.size * request.price < spec.min_notional
    return TOO_SMALL if small and not whole else None


def distance_refusal(request: OrderRequest, market: Market, coin: str) -> Refusal | None:
    """A limit that is absurdly far from the mid."""
    mid = market.prices[coin].mid
    with exact():
        far = abs(request.price - mid) > _FARTHEST * mid
    return TOO_FAR if far else None


def tier_refusal(account: Account, request: OrderRequest, coin: str) -> Refusal | None:
    """The position that an entry makes must be allowed at the leverage that is set."""
    held = account.sizes.get(coin, ZERO)
    sign = 1 if request.buy else -1
    with exact():
        after = abs(held + sign * request.size)
        most = MarginTiers.of(account.market.specs[coin]).max_leverage(after * request.price)
    return TIER if account.leverage(coin).leverage > most and after > abs(held) else None


def affordable(account: Account, coin: str, side: Side, price: Decimal) -> Decimal:
    """The largest entry in coin, in whole lots, that the account's free margin carries."""
    snapshot = account.venue.account()
    held = account.sizes.get(coin, ZERO)
    setting = account.leverage(coin)
    with exact():
        free = snapshot.available
        opposite = held * side.sign < 0
        if opposite and setting.mode is MarginMode.CROSS:
            mark = account.market.prices[coin].mark
            free += quotient(abs(held) * mark, Decimal(setting.leverage))
        size = quotient(max(free, ZERO) * setting.leverage, price)
        if opposite:
            size += abs(held)
    return account.market.specs[coin].floor_size(size)


def post_only_refusal(account: Account, request: OrderRequest, coin: str) -> Refusal | None:
    """An order that may only rest must not match at once."""
    sign = 1 if request.buy else -1
    if request.tif != "Alo" or sign * (request.price - account.market.prices[coin].mid) < 0:
        return None
    bid, ask = (plain(price) for price in account.market.best(coin))
    text = f"Post only order would have immediately matched, bbo was {bid}@{ask}."
    return Refusal(text, "badAloPxRejected")
