"""Order matching against bars and marks, pessimistic wherever the path is not known.

A bar's path is O-L-H-C for a long and O-H-L-C for a short. On each leg the nearest
order comes first; at one price a stop comes before a liquidation, and both before a
limit or a target. What the open has already gone through fills at the open.
"""

from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from motherhaven.bot.execution.orders import OrderState
from motherhaven.bot.market.instruments import Bar
from motherhaven.bot.portfolio.events import FillReason, Liquidity, Side
from motherhaven.bot.portfolio.ledger import Ledger
from motherhaven.bot.venues.simulated.calm import NOWHERE, Band, band, far_from_liquidation
from motherhaven.bot.venues.simulated.executor import Executor
from motherhaven.bot.venues.simulated.resting import CoinOrders, Order, Registry

ZERO: Final = Decimal(0)
_STOP, _LIQUIDATION, _LIMIT, _TARGET = range(4)


class _Hit(NamedTuple):
    """An order that a leg reaches; sorts by how early it is reached. Prices times direction."""

    reached: Decimal
    trigger: Decimal
    rank: int
    order: Order | None


class Matcher:
    """Finds what a bar or a mark reaches, in order, and has it executed."""

    def __init__(self, ledger: Ledger, registry: Registry, executor: Executor) -> None:
        self._ledger = ledger
        self._registry = registry
        self._executor = executor
        self._calm: dict[str, Band] = {}

    # --- bars -----------------------------------------------------------------------

    def bar(self, bar: Bar) -> None:
        """Let one closed bar happen: pending orders, exits, limits, then its close as mark."""
        if not self.passes(bar):
            self._look(bar)
            self._ledger.marks[bar.coin] = bar.close

    def passes(self, bar: Bar) -> bool:
        """Let a closed bar happen that reaches nothing; False, and nothing done, if it may."""
        calm = self.calm(bar.coin)
        if calm.low < bar.low and bar.high < calm.high:
            self._ledger.marks[bar.coin] = bar.close
            return True
        return False

    def calm(self, coin: str) -> Band:
        """The prices between which nothing happens in `coin`, as the account stands now."""
        version = self._ledger.version + self._registry.version
        found = self._calm.get(coin)
        if found is None or found.version != version:
            found = self._calm[coin] = self._band(coin, version)
        return found

    def forget(self, coin: str) -> None:
        """Something else than the account and its orders has changed for `coin`."""
        self._calm.pop(coin, None)

    def _band(self, coin: str, version: int) -> Band:
        if coin in self._executor.overrides:
            return NOWHERE
        return band(self._ledger, self._registry.of(coin), coin, version)

    def _look(self, bar: Bar) -> None:
        """A bar that may reach something."""
        coin = bar.coin
        orders = self._registry.of(coin)
        if orders is not None and orders.pending:
            self._open_pending(orders, bar)
        if (coin in self._ledger.holdings or (orders and orders.limits)) and not (
            self._quiet(bar, orders)
        ):
            self._walk(bar, orders or CoinOrders())

    def _quiet(self, bar: Bar, orders: CoinOrders | None) -> bool:
        """Whether the bar cannot reach anything, worked out exactly where it is close."""
        holding = self._ledger.holdings.get(bar.coin)
        if holding is None or (orders is not None and orders.limits):
            return False
        low, high = bar.low, bar.high
        long = holding.size > 0
        liquidation = None
        if bar.coin in self._executor.overrides or not far_from_liquidation(
            self._ledger, bar.coin, low if long else high
        ):
            liquidation = self._liquidation(bar.coin)
        if long:
            if liquidation is not None and low <= liquidation:
                return False
            return orders is None or not (
                any(low <= stop.price for stop in orders.stops)
                or any(high >= target.price for target in orders.targets)
            )
        if liquidation is not None and high >= liquidation:
            return False
        return orders is None or not (
            any(high >= stop.price for stop in orders.stops)
            or any(low <= target.price for target in orders.targets)
        )

    def _open_pending(self, orders: CoinOrders, bar: Bar) -> None:
        self._ledger.marks[bar.coin] = bar.open
        for order in tuple(orders.pending):
            if order.state is OrderState.OPEN:
                self._executor.take(order, bar.open, bar.start)

    def _walk(self, bar: Bar, orders: CoinOrders) -> None:
        holding = self._ledger.holdings.get(bar.coin)
        long = holding.size > 0 if holding else orders.limits[0].intent.side is Side.BUY
        adverse = -1 if long else 1
        self._leg(bar.coin, orders, bar.open, bar.open, adverse, bar.start)
        self._leg(bar.coin, orders, bar.open, bar.open, -adverse, bar.start)
        for order in orders.limits:
            order.fresh = False
        first, second = (bar.low, bar.high) if long else (bar.high, bar.low)
        self._leg(bar.coin, orders, bar.open, first, adverse, bar.end)
        self._leg(bar.coin, orders, first, second, -adverse, bar.end)
        self._leg(bar.coin, orders, second, bar.close, adverse, bar.end)

    # --- marks ----------------------------------------------------------------------

    def mark(self, coin: str, mark: Decimal, time: datetime, mid: Decimal | None = None) -> None:
        """Let a polled mark happen: what it went through fills at it, targets at their price.

        Where the `mid` is another price, the mark triggers and the mid is what fills.
        """
        self._ledger.marks[coin] = mark
        if mid is None or mid == mark:
            calm = self.calm(coin)
            if calm.low < mark < calm.high:
                return
        orders = self._registry.of(coin)
        holding = self._ledger.holdings.get(coin)
        if holding is None and (orders is None or not orders.limits):
            return
        orders = orders or CoinOrders()
        for direction in (-1, 1):
            if mid is None or mid == mark:
                self._leg(coin, orders, mark, mark, direction, time, gap=False)
            else:
                self._trigger(coin, orders, mark, mid, direction, time)
        if mid is not None and mid != mark:
            self._reach_limits(coin, orders, mid, time)
        self._ledger.marks[coin] = mark

    def _trigger(
        self,
        coin: str,
        orders: CoinOrders,
        mark: Decimal,
        mid: Decimal,
        direction: int,
        time: datetime,
    ) -> None:
        """What the mark has reached trades at the mid, a target never better than its price."""
        exits = CoinOrders(stops=orders.stops, targets=orders.targets)
        at = mark * direction
        while hit := self._next(coin, exits, at, at, direction):
            self._strike(coin, hit, mid, min(hit.trigger, mid * direction) * direction, time)

    def _reach_limits(self, coin: str, orders: CoinOrders, mid: Decimal, time: datetime) -> None:
        """A limit is an order in the book: the mid reaches it."""
        for order in tuple(orders.limits):
            reached = order.intent.side.sign * (order.price - mid) >= 0
            if reached and order.state is OrderState.OPEN:
                hit = _Hit(mid, order.price, _LIMIT, order)
                self._strike(coin, hit, mid, order.price, time)

    def _liquidation(self, coin: str) -> Decimal | None:
        return self._executor.overrides.get(coin) or self._ledger.liquidation(coin)

    # --- one leg --------------------------------------------------------------------

    def _leg(
        self,
        coin: str,
        orders: CoinOrders,
        start: Decimal,
        end: Decimal,
        direction: int,
        time: datetime,
        gap: bool = True,
    ) -> None:
        """Move from start to end; `gap` lets passive orders at a point fill at that point."""
        at = start
        goal = end * direction
        while hit := self._next(coin, orders, at * direction, goal, direction):
            reached, trigger = hit.reached * direction, hit.trigger * direction
            at = reached
            passive = reached if gap and start == end else trigger
            self._strike(coin, hit, reached, passive, time)

    def _next(
        self, coin: str, orders: CoinOrders, at: Decimal, end: Decimal, direction: int
    ) -> _Hit | None:
        """The first order on the way, None when there is none. Prices times direction."""
        hits: list[_Hit] = []
        holding = self._ledger.holdings.get(coin)
        if holding is not None:
            side = 1 if holding.size > 0 else -1
            if side != direction:
                for order in orders.stops:
                    hits.append(_hit(order.price * direction, at, _STOP, order))
                liquidation = self._liquidation(coin)
                if liquidation is not None:
                    hits.append(_hit(liquidation * direction, at, _LIQUIDATION, None))
            else:
                for order in orders.targets:
                    hits.append(_hit(order.price * direction, at, _TARGET, order))
        for order in orders.limits:
            if order.intent.side.sign != direction:
                hits.append(_hit(order.price * direction, at, _LIMIT, order))
        reachable = [hit for hit in hits if hit.trigger <= end]
        return min(reachable, key=lambda hit: hit[:3]) if reachable else None

    def _strike(
        self, coin: str, hit: _Hit, reached: Decimal, passive: Decimal, time: datetime
    ) -> None:
        order = hit.order
        if order is None:
            self._executor.liquidate(coin, reached, time)
        elif hit.rank == _STOP:
            self._executor.trigger(order, reached, Liquidity.TAKER, FillReason.STOP, time)
        elif hit.rank == _TARGET:
            self._executor.trigger(order, passive, Liquidity.MAKER, FillReason.TARGET, time)
        elif order.fresh:
            self._executor.take(order, reached, time)
        else:
            self._executor.execute(
                order, order.intent.size - order.filled, passive, Liquidity.MAKER, time
            )


def _hit(trigger: Decimal, at: Decimal, rank: int, order: Order | None) -> _Hit:
    return _Hit(max(trigger, at), trigger, rank, order)
