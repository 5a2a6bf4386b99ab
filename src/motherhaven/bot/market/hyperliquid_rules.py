"""The rules of Hyperliquid's markets, read from its `meta`: sizes, leverage, margin tiers."""

from collections.abc import Mapping
from typing import Any, Final

from motherhaven.bot.market.instruments import MarketSpec, Tier
from motherhaven.contract.errors import InvalidMoney, MarketError
from motherhaven.contract.money import to_decimal
from motherhaven.contract.similar import closest

Universe = Mapping[str, Mapping[str, Any]]
"""The venue's markets by name."""
_MOST_TIERS: Final = 50
_SINGLE: Final = 50
"""A margin table with a number below this is one tier of that leverage, and is not listed."""


def universe_of(meta: Mapping[str, Any]) -> Universe:
    """The venue's markets by name."""
    return {
        item["name"]: item
        for item in meta["universe"]
        if isinstance(item, Mapping) and isinstance(item.get("name"), str)
    }


def unlisted(coin: str, universe: Mapping[str, Any]) -> str:
    """Why a coin is not traded here."""
    meant = closest(coin, universe)
    advice = f"did you mean {meant}?" if meant else "correct TRADING_ASSETS"
    return f"Hyperliquid has no market for {coin}; {advice}"


def spec_of(coin: str, universe: Universe) -> MarketSpec:
    """The venue's rules of a coin.

    Raises:
        MarketError: it has no such market, has delisted it, or its rules cannot be read.
    """
    item = universe.get(coin)
    if item is None:
        raise MarketError(unlisted(coin, universe))
    if item.get("isDelisted"):
        raise MarketError(f"Hyperliquid has delisted {coin}; take it out of TRADING_ASSETS")
    decimals, leverage = item.get("szDecimals"), item.get("maxLeverage")
    if not (isinstance(decimals, int) and 0 <= decimals <= 6):
        raise MarketError(f"the venue's data: szDecimals of {coin} is {decimals!r:.40}")
    if not (isinstance(leverage, int) and 1 <= leverage <= 1000):
        raise MarketError(f"the venue's data: maxLeverage of {coin} is {leverage!r:.40}")
    return MarketSpec(coin, size_decimals=decimals, max_leverage=leverage)


def tiers_of(item: Mapping[str, Any], meta: Mapping[str, Any]) -> tuple[Tier, ...] | None:
    """The margin tiers of a market, lowest first; None where they are not told or not true."""
    number = item.get("marginTableId")
    tables = meta.get("marginTables")
    if not isinstance(number, int) or isinstance(number, bool):
        return None
    for entry in tables if isinstance(tables, list) else ():
        if isinstance(entry, list) and len(entry) == 2 and entry[0] == number:
            return _tiers(item, entry[1])
    if 1 <= number < _SINGLE and number == item.get("maxLeverage"):
        return (Tier(to_decimal(0), number),)
    return None


def _tiers(item: Mapping[str, Any], table: object) -> tuple[Tier, ...] | None:
    rows = table.get("marginTiers") if isinstance(table, Mapping) else None
    found: list[Tier] = []
    for row in rows if isinstance(rows, list) and len(rows) <= _MOST_TIERS else ():
        most = row.get("maxLeverage") if isinstance(row, Mapping) else None
        if not isinstance(most, int) or not 1 <= most <= 1000:
            return None
        try:
            lower = to_decimal(row.get("lowerBound"), "lowerBound")
        except InvalidMoney:
            return None
        falls = bool(found) and (lower <= found[-1].lower or most >= found[-1].max_leverage)
        if falls or (not found and (lower != 0 or most != item.get("maxLeverage"))):
            return None
        found.append(Tier(lower, most))
    return tuple(found) or None
