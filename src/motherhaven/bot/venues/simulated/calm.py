"""How far a coin's price may go before anything can happen: what keeps most bars cheap.

Nothing is decided here. A bar inside its coin's band reaches no order and no liquidation;
any other bar is looked at exactly, and may turn out to reach nothing either.
"""

from decimal import Decimal
from typing import Final, NamedTuple

from motherhaven.bot.portfolio.events import MarginMode
from motherhaven.bot.portfolio.ledger import Ledger
from motherhaven.bot.venues.simulated.resting import CoinOrders

_LOWEST: Final = Decimal(-1)
_HIGHEST: Final = Decimal("Infinity")
_ROOM: Final = 1.01
_CENT: Final = 0.01


class Band(NamedTuple):
    """Prices in USD strictly between which nothing happens, at one `version` of the account."""

    low: Decimal
    high: Decimal
    version: int


NOWHERE: Final = Band(_HIGHEST, _LOWEST, -1)
"""No bar lies in it, and it is of no version."""


def band(ledger: Ledger, orders: CoinOrders | None, coin: str, version: int) -> Band:
    """The coin's band as its orders and the account stand; NOWHERE where there is none."""
    holding = ledger.holdings.get(coin)
    if orders is not None and (orders.pending or orders.limits):
        return NOWHERE
    if holding is None:
        return Band(_LOWEST, _HIGHEST, version)
    if not _stands_alone(ledger, coin):
        return NOWHERE
    safe = Decimal(safe_price(ledger, coin))
    stops = [order.price for order in orders.stops] if orders else []
    targets = [order.price for order in orders.targets] if orders else []
    if holding.size > 0:
        return Band(max([safe, *stops]), min([_HIGHEST, *targets]), version)
    return Band(max([_LOWEST, *targets]), min([safe, *stops]), version)


def safe_price(ledger: Ledger, coin: str) -> float:
    """A price that the coin's position certainly outlives, the others at their marks, in USD.

    A long outlives every price above it, a short every price below. Worked out in floats
    with room for their error, at the worst maintenance rate of all tiers.
    """
    holding = ledger.holdings[coin]
    size = float(holding.size)
    needed = 0.0
    if holding.mode is MarginMode.ISOLATED:
        value = float(holding.bucket)
    else:
        value = float(ledger.wallet())
        for name, other in ledger.holdings.items():
            if name != coin:
                if other.mode is MarginMode.ISOLATED:
                    value -= float(other.bucket)
                    continue
                held = float(other.size) * float(ledger.marks[name])
                value += held - float(other.cost)
                needed += abs(held) * other.tiers.worst_rate
    free = value - float(holding.cost) - _ROOM * needed - _CENT
    # free + size * price > room * |size| * price * rate, solved for the price
    rate = _ROOM * holding.tiers.worst_rate
    return -free / (size - abs(size) * rate)


def far_from_liquidation(ledger: Ledger, coin: str, price: Decimal) -> bool:
    """Whether the coin's position certainly outlives `price`; False means "work it out"."""
    safe = safe_price(ledger, coin)
    return float(price) > safe if ledger.holdings[coin].size > 0 else float(price) < safe


def _stands_alone(ledger: Ledger, coin: str) -> bool:
    """Whether no other coin's mark enters this position's margin."""
    return ledger.holdings[coin].mode is MarginMode.ISOLATED or all(
        other.mode is MarginMode.ISOLATED for name, other in ledger.holdings.items() if name != coin
    )
