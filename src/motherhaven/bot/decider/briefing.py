"""What a model is told beyond prices and account: plans, costs, its day and its own results."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from motherhaven.bot.market.feed import Quote
from motherhaven.bot.market.instruments import FeeRates
from motherhaven.bot.portfolio.account import Position
from motherhaven.bot.portfolio.events import Trade
from motherhaven.contract.exact import exact, quotient
from motherhaven.contract.quick_init import quick_init

ZERO: Final = Decimal(0)


@quick_init
@dataclass(frozen=True, slots=True)
class Plan:
    """What was said when a position was opened or added to: why, and what would end the idea."""

    thesis: str = ""
    invalidation: str | None = None


@dataclass(slots=True)
class TradeTally:
    """All finished trades of an account. Money in USD, net of fees and funding; counts."""

    count: int = 0
    won: int = 0
    net_won: Decimal = ZERO
    net_lost: Decimal = ZERO
    fees: Decimal = ZERO
    funding: Decimal = ZERO

    def add(self, trade: Trade) -> None:
        """Count one more; a trade that broke even is none that was won."""
        with exact():
            self.count += 1
            net = trade.net
            if net > 0:
                self.won += 1
                self.net_won += net
            else:
                self.net_lost -= net
            self.fees += trade.fees
            self.funding += trade.funding

    @property
    def net(self) -> Decimal:
        """What all trades made together, in USD."""
        with exact():
            return self.net_won - self.net_lost

    @property
    def profit_factor(self) -> Decimal | None:
        """What was won for each dollar lost; None while nothing was lost."""
        return quotient(self.net_won, self.net_lost) if self.net_lost else None


@dataclass(frozen=True, slots=True)
class Briefing:
    """`marks` are the ledger's, `quotes` the venue's prices of now where the feed has them.

    `day_start` is the equity in USD with which the trading day began, None when not known.
    """

    fees: FeeRates = field(default_factory=FeeRates)
    marks: Mapping[str, Decimal] = field(default_factory=dict)
    quotes: Mapping[str, Quote] = field(default_factory=dict)
    plans: Mapping[str, Plan] = field(default_factory=dict)
    tally: TradeTally = field(default_factory=TradeTally)
    day_start: Decimal | None = None
    entries_today: int = 0


@dataclass(frozen=True, slots=True)
class Stakes:
    """What a position can lose to its stop and win to its target from its mark, in USD."""

    risk: Decimal | None
    reward: Decimal | None

    @property
    def ratio(self) -> Decimal | None:
        """Reward for each dollar of risk; None when one of them is not there or not above 0."""
        if self.risk is None or self.reward is None or self.risk <= 0 or self.reward <= 0:
            return None
        return quotient(self.reward, self.risk)


def stakes_of(position: Position) -> Stakes:
    """Risk and reward from the mark; a stop that gives back less than nothing is below 0."""
    with exact():
        risk = None if position.stop is None else (position.mark - position.stop) * position.size
        target = position.target
        reward = None if target is None else (target - position.mark) * position.size
    return Stakes(risk, reward)


def age_of(opened_at: datetime, now: datetime) -> str:
    """How long a position is open, e.g. 2d3h, 3h12m or 5m."""
    minutes = max(0, int((now - opened_at).total_seconds()) // 60)
    days, hours = minutes // 1440, minutes // 60 % 24
    if days:
        return f"{days}d{hours}h"
    return f"{hours}h{minutes % 60}m" if hours else f"{minutes}m"
