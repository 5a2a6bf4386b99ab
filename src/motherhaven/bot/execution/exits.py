"""From an allowed verdict to orders, and the checks that keep every position protected."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from motherhaven.bot.execution.orders import OpenOrder, OrderIntent, OrderKind
from motherhaven.bot.execution.port import Held
from motherhaven.bot.execution.states import OrderRecord
from motherhaven.bot.guard.entry_check import placed_price
from motherhaven.bot.guard.types import TradeDecision, Verdict
from motherhaven.bot.market.instruments import MarketSpec
from motherhaven.bot.portfolio.account import LeverageSetting, Position
from motherhaven.bot.portfolio.events import MarginMode, Side
from motherhaven.contract.exact import quotient, times
from motherhaven.contract.ids import client_order_id

ZERO: Final = Decimal(0)
# Names of the module are looked up far more quickly than members of an enumeration.
_BUY: Final = Side.BUY
_SELL: Final = Side.SELL
_MARKET: Final = OrderKind.MARKET
_STOP: Final = OrderKind.STOP
_TARGET: Final = OrderKind.TARGET


def entry_orders(
    decision: TradeDecision,
    verdict: Verdict,
    decision_id: str,
    spec: MarketSpec,
    mark: Decimal,
    *,
    mode: MarginMode = MarginMode.CROSS,
    max_slip: Decimal = Decimal("0.05"),
    fill_price: Decimal | None = None,
) -> list[OrderIntent]:
    """The entry with its stop and target, to be placed together (NORMAL_TPSL).

    The size comes from the verdict, never from the decision; `fill_price`, where the
    price it would fill at is known, cuts it once more, so that a market that moved since
    the judgement does not carry it past the allowed margin. The entry is an IOC limit at
    most `max_slip` (a fraction) worse than our mark; stop and target are rounded to the
    tick towards the mark, as the guard judged them.
    """
    long = decision.signal.sign > 0
    side, away = (_BUY, _SELL) if long else (_SELL, _BUY)
    bound = spec.round_price(mark * (1 + side.sign * max_slip), up=not long)
    orders = [
        OrderIntent(
            decision.coin,
            side,
            verdict.size if fill_price is None else size_within(verdict, fill_price, spec),
            _MARKET,
            bound,
            leverage=verdict.leverage,
            mode=mode,
            cloid=client_order_id(decision_id, decision.coin, "entry"),
        )
    ]
    stop = placed_price(decision, decision.stop_loss, spec, target=False)
    target = placed_price(decision, decision.profit_target, spec, target=True)
    for kind, price in ((_STOP, stop), (_TARGET, target)):
        if price is not None:
            orders.append(_trigger(decision.coin, away, kind, price, decision_id))
    return orders


def size_within(verdict: Verdict, price: Decimal, spec: MarketSpec) -> Decimal:
    """The verdict's size, or less: what its allowed margin carries at `price`."""
    carried = quotient(times(verdict.allowed_usd, Decimal(verdict.leverage)), price)
    return spec.floor_size(min(verdict.size, carried))


def _trigger(
    coin: str, side: Side, kind: OrderKind, price: Decimal, decision_id: str
) -> OrderIntent:
    """A stop or target for the whole position, whatever its size is by then."""
    cloid = client_order_id(decision_id, coin, kind.value)
    return OrderIntent(coin, side, ZERO, kind, price, reduce_only=True, cloid=cloid)


def close_order(coin: str, position_size: Decimal, decision_id: str) -> OrderIntent:
    """Close the (signed) size at the market, whole or a part: reduce-only, so never more."""
    return OrderIntent(
        coin,
        _SELL if position_size > 0 else _BUY,
        abs(position_size),
        reduce_only=True,
        cloid=client_order_id(decision_id, coin, "close"),
    )


def unprotected(
    positions: Mapping[str, Held], orders: Iterable[OpenOrder], exempt: frozenset[str]
) -> list[str]:
    """Coins whose position has no resting stop for its whole size: close them.

    `exempt` names the coins that the buy-and-hold baseline holds openly without one.
    """
    covered: dict[str, Decimal] = {}
    whole: set[str] = set()
    for order in orders:
        if order.kind is not _STOP:
            continue
        held = positions.get(order.coin)
        if held is None or (order.side is _BUY) == (held.size > 0):
            continue
        if order.size == 0:
            whole.add(order.coin)
        covered[order.coin] = covered.get(order.coin, ZERO) + order.size
    return [
        coin
        for coin, held in positions.items()
        if coin not in exempt and coin not in whole and covered.get(coin, ZERO) < abs(held.size)
    ]


@dataclass(frozen=True, slots=True)
class StopReplacement:
    """First `place`, and only when that is accepted, `cancel` the old ones of its kind."""

    place: OrderIntent
    cancel: tuple[str, ...]


def replace_stop(
    position: Position,
    price: Decimal,
    decision_id: str,
    spec: MarketSpec,
    orders: Sequence[OpenOrder],
) -> StopReplacement:
    """A stop is replaced new-first, so that there is no moment without one."""
    long = position.size > 0
    away = Side.SELL if long else Side.BUY
    placed = spec.round_price(price, up=long)
    intent = _trigger(position.coin, away, OrderKind.STOP, placed, decision_id)
    old = tuple(o.cloid for o in orders if o.coin == position.coin and o.kind is OrderKind.STOP)
    return StopReplacement(intent, old)


def replace_exits(
    position: Position,
    stop: Decimal | None,
    target: Decimal | None,
    decision_id: str,
    orders: Sequence[OpenOrder | OrderRecord],
) -> list[StopReplacement]:
    """Stop and target at prices that the guard allowed, each new-first; None stays."""
    away = Side.SELL if position.size > 0 else Side.BUY
    found = []
    for kind, price in ((OrderKind.STOP, stop), (OrderKind.TARGET, target)):
        if price is not None:
            intent = _trigger(position.coin, away, kind, price, decision_id)
            old = tuple(o.cloid for o in orders if o.coin == position.coin and o.kind is kind)
            found.append(StopReplacement(intent, old))
    return found


def leverage_mismatch(asked: LeverageSetting, read_back: LeverageSetting) -> str | None:
    """Why an entry must not be sent: the exchange has another leverage or mode than asked."""
    if asked == read_back:
        return None
    return (
        f"{asked.coin}: asked for {asked.leverage}x {asked.mode}, the exchange has "
        f"{read_back.leverage}x {read_back.mode}"
    )


def unknown_positions(
    on_exchange: Mapping[str, Decimal], own: Mapping[str, Decimal]
) -> tuple[str, ...]:
    """Coins whose position on the exchange is not the one that the bot has on record.

    Both are signed sizes by coin; `own` is what the bot's own fills add up to.
    """
    if on_exchange == own:
        return ()
    coins = on_exchange.keys() | own.keys()
    return tuple(sorted(c for c in coins if own.get(c, ZERO) != on_exchange.get(c, ZERO)))
