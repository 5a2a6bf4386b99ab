"""The account and its positions as the port shows them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final

from motherhaven.bot.execution.orders import OpenOrder, OrderKind
from motherhaven.bot.market.instruments import MarketSpec
from motherhaven.bot.portfolio.account import AccountSnapshot, Position
from motherhaven.bot.portfolio.margin import MarginTiers, return_on_equity
from motherhaven.bot.venues.hyperliquid.account_state import AccountState, PositionState
from motherhaven.bot.venues.hyperliquid.following import Following, Opened
from motherhaven.contract.exact import exact

_ZERO: Final = Decimal(0)


def positions_of(
    state: AccountState,
    orders: Iterable[OpenOrder],
    specs: Mapping[str, MarketSpec],
    following: Following,
) -> dict[str, Position]:
    """Positions with their nearest stop and target.

    Their fees, funding and opening are those that were seen since the adapter was opened.
    """
    resting = list(orders)
    return {
        coin: _position(held, resting, specs.get(coin), following)
        for coin, held in state.positions.items()
    }


def _position(
    held: PositionState, orders: list[OpenOrder], spec: MarketSpec | None, following: Following
) -> Position:
    known = following.opened.get(held.coin) or Opened(f"hl-{held.coin}", following.since)
    stop, target = _exits(held, orders)
    with exact():
        value = abs(held.size) * held.mark
        maintenance = _ZERO if spec is None else MarginTiers.of(spec).maintenance(value)
        roe = return_on_equity(held.unrealized, held.size, held.entry, held.leverage)
    return Position(
        coin=held.coin,
        position_id=known.position_id,
        size=held.size,
        entry=held.entry,
        mark=held.mark,
        leverage=held.leverage,
        mode=held.mode,
        bucket=held.bucket,
        unrealized=held.unrealized,
        roe=roe,
        maintenance=maintenance,
        liquidation=held.liquidation,
        opened_at=known.at,
        fees=known.fees,
        funding=known.funding,
        stop=stop,
        target=target,
    )


def _exits(held: PositionState, orders: list[OpenOrder]) -> tuple[Decimal | None, Decimal | None]:
    """The nearest stop and target that close this position."""
    long = held.size > 0
    mine = [
        one
        for one in orders
        if one.coin == held.coin and one.reduce_only and (one.side.sign < 0) is long
    ]
    stops = [one.price for one in mine if one.kind is OrderKind.STOP and one.price]
    targets = [one.price for one in mine if one.kind is OrderKind.TARGET and one.price]
    stop = (max if long else min)(stops) if stops else None
    return stop, (min if long else max)(targets) if targets else None


def snapshot_of(
    state: AccountState, positions: Mapping[str, Position], following: Following, now: datetime
) -> AccountSnapshot:
    """The account. Realized, fees and funding are those since the adapter was opened.

    `deposits` is what remains: what the account was worth then, and what moved since.
    """
    totals = following.totals
    with exact():
        unrealized = state.unrealized
        wallet = state.equity - unrealized
        isolated = [one.maintenance for one in positions.values() if one.bucket is not None]
        return AccountSnapshot(
            equity=state.equity,
            wallet=wallet,
            deposits=wallet - totals.realized + totals.fees - totals.funding,
            realized=totals.realized,
            fees=totals.fees,
            funding=totals.funding,
            unrealized=unrealized,
            used=state.used,
            available=state.cross_value - state.used,
            maintenance=state.cross_maintenance + sum(isolated, _ZERO),
            cross_value=state.cross_value,
            positions=positions,
            time=now,
        )
