"""The venue's markets: rules, numbers and prices. Numbers hold for this list alone."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from motherhaven.bot.market.hyperliquid_rules import spec_of, tiers_of, universe_of
from motherhaven.bot.market.instruments import Level, MarketSpec, Prices, with_known_tiers
from motherhaven.bot.venues.hyperliquid.parse import (
    BadAnswer,
    is_ours,
    mapping,
    number,
    rows,
    text,
)
from motherhaven.contract.coins import is_scoped, scoped_refusal
from motherhaven.contract.errors import ExchangeError, MarketError
from motherhaven.contract.similar import closest

_WHAT: Final = "metaAndAssetCtxs"
_MOST: Final = 5_000


@dataclass(frozen=True, slots=True)
class Markets:
    """One answer: the rules of what is traded, the number of every market, and its prices."""

    specs: Mapping[str, MarketSpec]
    assets: Mapping[str, int]
    prices: Mapping[str, Prices]

    def spec(self, coin: str) -> MarketSpec:
        """The rules of a market.

        Raises:
            ExchangeError: there is no such market here.
        """
        known = self.specs.get(coin)
        if known is not None:
            return known
        if is_scoped(coin):
            raise ExchangeError(scoped_refusal(coin))
        if coin in self.assets:
            raise ExchangeError(f"Hyperliquid has delisted {coin}; take it out of TRADING_ASSETS")
        meant = closest(coin, self.specs)
        advice = f"did you mean {meant}?" if meant else "correct TRADING_ASSETS"
        raise ExchangeError(f"Hyperliquid has no market for {coin[:40]}; {advice}")


def read_markets(answer: Any, now: datetime) -> Markets:
    """`metaAndAssetCtxs`: markets by name; the delisted ones keep their number.

    Raises:
        BadAnswer: rules and prices are not of the same markets, or cannot be read.
    """
    both = rows(answer, _WHAT, 2)
    if len(both) != 2:
        raise BadAnswer(_WHAT, "it has not two parts")
    meta, contexts = mapping(both[0], _WHAT), rows(both[1], _WHAT, _MOST)
    listed = rows(meta.get("universe"), _WHAT, _MOST)
    if len(listed) != len(contexts):
        raise BadAnswer(_WHAT, f"{len(listed)} markets and {len(contexts)} prices")
    names = [text(mapping(item, _WHAT), "name", _WHAT) for item in listed]
    if len(set(names)) != len(names):
        raise BadAnswer(_WHAT, "a market is named twice")
    universe = universe_of(meta)
    assets = {name: index for index, name in enumerate(names) if is_ours(name)}
    specs: dict[str, MarketSpec] = {}
    prices: dict[str, Prices] = {}
    for name in assets:
        if universe[name].get("isDelisted"):
            continue
        try:
            spec = spec_of(name, universe)
        except MarketError as error:
            raise BadAnswer(_WHAT, str(error)) from None
        tiers = tiers_of(universe[name], meta)
        specs[name] = with_known_tiers(spec) if tiers is None else replace(spec, tiers=tiers)
        found = _prices(name, contexts[assets[name]], now)
        if found is not None:
            prices[name] = found
    return Markets(specs, assets, prices)


def _prices(coin: str, context: Any, now: datetime) -> Prices | None:
    item = mapping(context, _WHAT)
    if item.get("markPx") is None or item.get("oraclePx") is None:
        return None
    mark, oracle = number(item, "markPx", _WHAT), number(item, "oraclePx", _WHAT)
    mid = mark if item.get("midPx") is None else number(item, "midPx", _WHAT)
    if not (mark and oracle and mid):
        return None
    return Prices(coin, mark, mid, oracle, now)


def read_mids(answer: Any) -> dict[str, Decimal]:
    """`allMids`: the middle between bid and ask by coin, in USD, of markets that have one."""
    what = "allMids"
    found = mapping(answer, what)
    mids = {coin: number(found, coin, what) for coin in found if is_ours(coin)}
    return {coin: mid for coin, mid in mids.items() if mid}


def read_book(answer: Any) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
    """`l2Book`: bids and asks, best first; empty sides where there are none."""
    what = "l2Book"
    sides = rows(mapping(answer, what).get("levels"), what, 2)
    if len(sides) != 2:
        raise BadAnswer(what, "it has not two sides")
    bids, asks = (_side(rows(side, what, 1_000), what) for side in sides)
    if bids and asks and bids[0].price >= asks[0].price:
        raise BadAnswer(what, "it is crossed")
    return bids, asks


def _side(levels: list[Any], what: str) -> tuple[Level, ...]:
    items = [mapping(level, what) for level in levels]
    return tuple(Level(number(one, "px", what), number(one, "sz", what)) for one in items)
