"""The account as the venue has it: `clearinghouseState` and the leverage of a market."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from motherhaven.bot.portfolio.account import LeverageSetting
from motherhaven.bot.portfolio.events import MarginMode, Side
from motherhaven.bot.venues.hyperliquid.parse import (
    BadAnswer,
    is_ours,
    mapping,
    number,
    optional,
    rows,
    text,
    time_of,
    whole,
)
from motherhaven.contract.exact import exact, quotient

_WHAT: Final = "clearinghouseState"
_ASSET: Final = "activeAssetData"
_MOST_LEVERAGE: Final = 1_000


@dataclass(frozen=True, slots=True)
class PositionState:
    """One position. `size` is signed, in coin; money in USD; `bucket` None for cross."""

    coin: str
    size: Decimal
    entry: Decimal
    mark: Decimal
    unrealized: Decimal
    leverage: int
    mode: MarginMode
    bucket: Decimal | None
    liquidation: Decimal | None


@dataclass(frozen=True, slots=True)
class AccountState:
    """The account, in USD. `equity` is that of perpetuals: all of it only in some modes."""

    equity: Decimal
    cross_value: Decimal
    used: Decimal
    cross_maintenance: Decimal
    positions: Mapping[str, PositionState]
    time: datetime

    @property
    def unrealized(self) -> Decimal:
        """Of all positions."""
        with exact():
            return sum((one.unrealized for one in self.positions.values()), Decimal(0))


@dataclass(frozen=True, slots=True)
class AssetData:
    """What may be traded in a market now: sizes unsigned, in coin."""

    setting: LeverageSetting
    most_buy: Decimal
    most_sell: Decimal

    def most(self, side: Side) -> Decimal:
        """The largest order of that side that the margin carries."""
        return self.most_buy if side is Side.BUY else self.most_sell


def read_account(answer: Any) -> AccountState:
    """`clearinghouseState` of the main exchange.

    Raises:
        BadAnswer: a number is missing or impossible.
    """
    state = mapping(answer, _WHAT)
    total = mapping(state.get("marginSummary"), _WHAT)
    cross = mapping(state.get("crossMarginSummary"), _WHAT)
    held: dict[str, PositionState] = {}
    for item in rows(state.get("assetPositions"), _WHAT, 5_000):
        one = mapping(mapping(item, _WHAT).get("position"), _WHAT)
        coin = text(one, "coin", _WHAT)
        if coin in held or not is_ours(coin):
            raise BadAnswer(_WHAT, f"the position in {coin[:40]} is told twice or not of here")
        found = _position(coin, one)
        if found is not None:
            held[coin] = found
    return AccountState(
        equity=number(total, "accountValue", _WHAT, signed=True),
        cross_value=number(cross, "accountValue", _WHAT, signed=True),
        used=number(cross, "totalMarginUsed", _WHAT, signed=True),
        cross_maintenance=number(state, "crossMaintenanceMarginUsed", _WHAT, signed=True),
        positions=held,
        time=time_of(state, "time", _WHAT),
    )


def _position(coin: str, one: Mapping[str, Any]) -> PositionState | None:
    size = number(one, "szi", _WHAT, signed=True)
    if not size:
        return None
    entry, value = number(one, "entryPx", _WHAT), number(one, "positionValue", _WHAT)
    lever = mapping(one.get("leverage"), _WHAT)
    mode = _mode(lever, _WHAT)
    with exact():
        mark = quotient(value, abs(size))
        bucket = None
        if mode is MarginMode.ISOLATED:
            # rawUsd is what the position owes or has in USD: with its value it is its equity.
            bucket = number(lever, "rawUsd", _WHAT, signed=True) + size * entry
    if not entry or not mark:
        raise BadAnswer(_WHAT, f"the position in {coin} has no entry or no value")
    return PositionState(
        coin, size, entry, mark, number(one, "unrealizedPnl", _WHAT, signed=True),
        whole(lever, "value", _WHAT, _MOST_LEVERAGE) or 1, mode, bucket,
        optional(one, "liquidationPx", _WHAT),
    )  # fmt: skip


def read_asset(answer: Any, coin: str) -> AssetData:
    """`activeAssetData`: leverage, mode and what may be traded of one market.

    Raises:
        BadAnswer: it is of another market, or cannot be read.
    """
    found = mapping(answer, _ASSET)
    if text(found, "coin", _ASSET) != coin:
        raise BadAnswer(_ASSET, f"it is not that of {coin}")
    lever = mapping(found.get("leverage"), _ASSET)
    sizes = rows(found.get("maxTradeSzs"), _ASSET, 2)
    if len(sizes) != 2:
        raise BadAnswer(_ASSET, "maxTradeSzs has not two sizes")
    buy, sell = (number({"size": size}, "size", _ASSET) for size in sizes)
    leverage = whole(lever, "value", _ASSET, _MOST_LEVERAGE)
    return AssetData(LeverageSetting(coin, leverage, _mode(lever, _ASSET)), buy, sell)


def _mode(lever: Mapping[str, Any], what: str) -> MarginMode:
    mode = lever.get("type")
    if mode == "cross":
        return MarginMode.CROSS
    if mode == "isolated":
        return MarginMode.ISOLATED
    raise BadAnswer(what, f"the margin mode {mode!r:.40} is not known")
