"""What a venue would not let a client do: facts that scenarios and tests make happen."""

from datetime import datetime
from decimal import Decimal
from typing import Final

from motherhaven.bot.execution.orders import OrderIntent, OrderKind, OrderState
from motherhaven.bot.portfolio.events import FillReason, Liquidity, MarginMode, Side
from motherhaven.bot.portfolio.ledger import Ledger
from motherhaven.bot.venues.simulated.executor import Executor
from motherhaven.bot.venues.simulated.matching import Matcher
from motherhaven.bot.venues.simulated.resting import Registry

ZERO: Final = Decimal(0)


class FactVerbs:
    """Fills, exits and liquidations as facts."""

    now: datetime
    ledger: Ledger
    _executor: Executor
    _matcher: Matcher
    _registry: Registry

    def book_fill(
        self,
        coin: str,
        size: Decimal,
        price: Decimal,
        liquidity: Liquidity,
        leverage: int | None,
        mode: MarginMode | None,
    ) -> None:
        """Book a signed fill as a fact, whatever the margin says.

        Raises:
            OrderRejected: it cannot be (see `Ledger.fill`).
        """
        reason = FillReason.ENTRY
        self._executor.book(
            coin, size, price, liquidity, reason, self.now, leverage=leverage, mode=mode
        )

    def protect(self, coin: str, kind: OrderKind, price: Decimal | None) -> None:
        """Replace the coin's stops or targets by one for the whole position; None removes."""
        orders = self._registry.of(coin)
        for order in tuple(orders.shelf(kind)) if orders else ():
            self._registry.end(order, OrderState.CANCELED, "replaced")
        if price is not None:
            side = Side.SELL if self.ledger.holdings[coin].size > 0 else Side.BUY
            intent = OrderIntent(coin, side, ZERO, kind, price, reduce_only=True)
            self._registry.rest(self._registry.admit(intent, self.now))

    def override_liquidation(self, coin: str, price: Decimal | None) -> None:
        """Put a liquidation price in place of the computed one while the position lasts."""
        self._matcher.forget(coin)
        if price is None:
            self._executor.overrides.pop(coin, None)
        else:
            self._executor.overrides[coin] = price

    def liquidation(self, coin: str) -> Decimal | None:
        """The liquidation price that holds for the coin's position."""
        return self._executor.overrides.get(coin) or self.ledger.liquidation(coin)

    def liquidate(self, coin: str, price: Decimal) -> None:
        """Liquidate the coin's position at `price`."""
        self._executor.liquidate(coin, price, self.now)
