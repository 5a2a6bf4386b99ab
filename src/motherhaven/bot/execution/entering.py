"""What stands before an entry is sent: its orders, and why it may not be sent after all."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from motherhaven.bot.execution.account import VenueAccount
from motherhaven.bot.execution.exits import entry_orders, leverage_mismatch
from motherhaven.bot.execution.orders import OrderIntent, OrderKind
from motherhaven.bot.execution.protection import BUFFER
from motherhaven.bot.execution.results import ApprovedOrder, ExecutionResult
from motherhaven.bot.guard.liquidation import liquidation_alone, stop_is_idle
from motherhaven.bot.market.instruments import MarketSpec
from motherhaven.bot.portfolio.account import LeverageSetting
from motherhaven.bot.portfolio.events import MarginMode, Side
from motherhaven.contract.errors import ExchangeError
from motherhaven.contract.quick_init import quick_inside

MAX_SLIP: Final = Decimal("0.02")
"""How much worse than our mark an entry may fill, as a fraction; past it nothing fills."""

_STOP: Final = OrderKind.STOP
_TARGET: Final = OrderKind.TARGET
PROTECTIVE: Final = (_STOP, _TARGET)


@quick_inside
@dataclass(frozen=True, slots=True)
class Prepared:
    """An entry that may be sent: its orders, the entry first, and what it replaces."""

    intents: Sequence[OrderIntent]
    exits: tuple[Decimal | None, Decimal | None]
    """Stop and target in USD, None where there is none."""
    leverage_before: int | None
    older: tuple[str, ...]
    """Stops and targets of ours that the new ones take the place of, by cloid."""


def _exits_of(intents: Sequence[OrderIntent]) -> tuple[Decimal | None, Decimal | None]:
    stop = target = None
    for one in intents:
        if one.kind is _STOP:
            stop = one.price
        elif one.kind is _TARGET:
            target = one.price
    return stop, target


def prepare(
    account: VenueAccount, order: ApprovedOrder, mode: MarginMode
) -> Prepared | ExecutionResult:
    """The orders of an entry, or why there are none."""
    coin, capabilities = order.asked.coin, account.venue.capabilities
    blocked = account.orders.blocks(coin)
    if blocked is not None:
        return ExecutionResult("skipped", error=blocked, code="order_unknown")
    if order.mark is None:
        error = "there is no mark of our own to bound the price by"
        return ExecutionResult("rejected", error=error, code="no_mark")
    if order.asked.requires_stop and not capabilities.native_stops:
        error = f"{account.venue.name} holds no stops, so a position there cannot be protected"
        return ExecutionResult("rejected", error=error, code="no_stops")
    if mode is MarginMode.ISOLATED and not capabilities.isolated:
        error = f"{account.venue.name} has no isolated margin; choose cross"
        return ExecutionResult("rejected", error=error, code="no_isolated")
    held, spec = account.ledger.holdings.get(coin), account.spec(coin)
    fill_price = _fill_price(account, order, spec)
    intents = entry_orders(
        order.asked,
        order.verdict,
        order.decision_id,
        spec,
        order.mark,
        mode=mode,
        max_slip=MAX_SLIP,
        fill_price=fill_price,
    )
    if not intents[0].size:
        error = "the price has moved: the margin buys less than a lot"
        return ExecutionResult("rejected", error=error, code="below_lot")
    exits = _exits_of(intents)
    idle = _idle_stop(account, order, intents[0], exits[0], spec)
    if idle is not None:
        return ExecutionResult("rejected", error=idle, code="idle_stop")
    older = tuple([one.cloid for one in account.orders.resting(coin) if one.kind in PROTECTIVE])
    return Prepared(intents, exits, None if held is None else held.leverage, older)


def leverage_refusal(account: VenueAccount, order: ApprovedOrder, mode: MarginMode) -> str | None:
    """Set the entry's leverage and margin mode; why it must not be sent, None if it may."""
    asked = LeverageSetting(order.asked.coin, order.verdict.leverage, mode)
    try:
        return leverage_mismatch(
            asked, account.set_leverage(order.asked.coin, asked.leverage, mode)
        )
    except ExchangeError as error:
        return str(error)


def _fill_price(account: VenueAccount, order: ApprovedOrder, spec: MarketSpec) -> Decimal | None:
    """The highest price at which the entry could fill: what bounds its margin.

    A buyer pays more the larger the order. A seller gets less, so the mid bounds the
    margin of a short, or the best bid of a book that stands above it.
    """
    venue, coin = account.venue, order.asked.coin
    known = venue.prices([coin]).get(coin)
    if known is None:
        return None
    mid = known.mid
    if order.asked.signal.sign < 0:
        return max(mid, venue.taker_price(coin, Side.SELL, spec.lot))
    return venue.taker_price(coin, Side.BUY, order.verdict.size)


def _idle_stop(
    account: VenueAccount,
    order: ApprovedOrder,
    entry: OrderIntent,
    stop: Decimal | None,
    spec: MarketSpec,
) -> str | None:
    """Why the stop could not act at the price that the entry would fill at; None if it can."""
    coin = order.asked.coin
    if stop is None or coin not in account.ledger.marks:
        return None
    leverage = order.verdict.leverage
    held = account.ledger.holdings.get(coin)
    price = account.venue.taker_price(coin, entry.side, entry.size)
    size = entry.size + (abs(held.size) if held is not None else Decimal(0))
    sign = entry.side.sign
    liquidation = liquidation_alone(price, sign, leverage, spec, size * price)
    # Where the venue goes on alone, a stop nearer than that is read back as none.
    near = BUFFER * price if account.stepped is None else Decimal(0)
    if liquidation is None or not stop_is_idle(stop, liquidation + sign * near, sign):
        return None
    return (
        f"the price has moved: filled at {price} the stop {stop} would lie beyond, or too near "
        f"to, the liquidation price {liquidation:.6g} at {leverage}x"
    )
