"""One entry before the guard, with what the entries before it already took."""

from decimal import Decimal
from typing import Final

from motherhaven.bot.guard.allocation import Allocation
from motherhaven.bot.guard.types import OpenPosition, RiskContext, TradeDecision
from motherhaven.bot.market.instruments import MarketSpec, default_spec
from motherhaven.contract.exact import quotient
from motherhaven.contract.limits import RiskLimits
from motherhaven.contract.once import once

ZERO: Final = Decimal(0)


class EntryCheck:
    """An entry, the circumstances, the limits and the allocation: all that a rule may read."""

    def __init__(
        self,
        decision: TradeDecision,
        context: RiskContext,
        limits: RiskLimits,
        allocation: Allocation,
    ) -> None:
        """Nothing of these changes while the rules are asked."""
        self.decision = decision
        self.context = context
        self.limits = limits
        self.allocation = allocation
        self.held: OpenPosition | None = context.positions.get(decision.coin)
        """The coin's position, None when there is none."""

    @once
    def mark(self) -> Decimal:
        """Our own mark of the coin, in USD."""
        return self.context.marks[self.decision.coin]

    @once
    def spec(self) -> MarketSpec:
        """The market's rules."""
        coin = self.decision.coin
        return self.context.specs.get(coin) or default_spec(coin, price=self.mark)

    @once
    def stop(self) -> Decimal | None:
        """The stop as it would be placed, on the market's price grid."""
        return placed_price(self.decision, self.decision.stop_loss, self.spec, target=False)

    @once
    def target(self) -> Decimal | None:
        """The target as it would be placed."""
        return placed_price(self.decision, self.decision.profit_target, self.spec, target=True)

    @once
    def leverage_cap(self) -> int:
        """The lower of the user's and the market's maximum leverage."""
        return min(self.limits.max_leverage, self.spec.max_leverage)

    @once
    def leverage(self) -> int:
        """The decision's leverage, or with clamping at most the cap."""
        asked = self.decision.leverage
        return min(asked, self.leverage_cap) if self.limits.clamp_entries else asked

    @once
    def coin_margin(self) -> Decimal:
        """Margin that the coin has without this entry, at the entry's leverage.

        A coin has one leverage: what an entry at 1x adds to a position at 5x takes five
        times the old margin with it.
        """
        notional = self.allocation.notional(self.decision.coin)
        return quotient(notional, Decimal(self.leverage))

    @property
    def total_margin(self) -> Decimal:
        """Margin in all coins without this entry, whatever becomes of the entries before it."""
        return self.allocation.others(self.decision.coin) + self.coin_margin


def placed_price(
    decision: TradeDecision, price: Decimal | None, spec: MarketSpec, *, target: bool
) -> Decimal | None:
    """A trigger price moved to the grid, always towards the mark: never later than asked."""
    if price is None:
        return None
    long = decision.signal.sign > 0
    return spec.round_price(price, up=long != target)
