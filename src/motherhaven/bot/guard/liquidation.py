"""Whether a stop can act before the liquidation does: at entry, and where it stands."""

from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

from motherhaven.bot.market.instruments import MarketSpec
from motherhaven.bot.portfolio.account import Position
from motherhaven.bot.portfolio.margin import MarginTiers
from motherhaven.contract.exact import exact, quotient
from motherhaven.contract.money import plain

ZERO: Final = Decimal(0)


@lru_cache(maxsize=1024)
def _tiers(spec: MarketSpec) -> MarginTiers:
    with exact():
        return MarginTiers.of(spec)


def liquidation_alone(
    price: Decimal, sign: int, leverage: int, spec: MarketSpec, notional: Decimal
) -> Decimal | None:
    """Where a position entered at `price` would be liquidated with only its own margin.

    The careful reading: a cross account may carry more, but other positions can take
    that margin away. `sign` is +1 for a long; `notional` in USD chooses the margin tier.
    None when there is no such price.
    """
    # A short's value grows on its way to the liquidation, at most by its own margin.
    with exact():
        twice = _tiers(spec).inverse_rate(notional * 2 if sign < 0 else notional)
        # free margin per unit of notional: 1/leverage - 1/twice
        free = price * (twice - leverage)
        found = price - sign * quotient(free, leverage * (twice - sign))
    return found if found > 0 else None


def stop_is_idle(stop: Decimal | None, liquidation: Decimal | None, sign: int) -> bool:
    """Whether the liquidation comes first, so that the stop can never act."""
    if stop is None or liquidation is None:
        return False
    return (stop - liquidation) * sign <= 0


def idle_stop(position: Position) -> bool:
    """Whether the position's stop lies at or beyond its liquidation price as it stands."""
    return stop_is_idle(position.stop, position.liquidation, position.side.sign)


class StopPlace(NamedTuple):
    """Where the stop of a position lies, and its liquidation, in USD; `sign` is +1 for a long."""

    coin: str
    sign: int
    stop: Decimal
    liquidation: Decimal | None


def idle_stops(stops: Iterable[StopPlace]) -> list[str]:
    """A warning for each position whose stop can not act any more."""
    return [
        f"{one.coin}: the stop {plain(one.stop)} lies beyond the liquidation price "
        f"{one.liquidation:.6g}, so it cannot act; close the position or lower its leverage"
        for one in stops
        if stop_is_idle(one.stop, one.liquidation, one.sign)
    ]
