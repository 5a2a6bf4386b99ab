"""What an adapter is given when a venue is opened."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from motherhaven.bot.execution.access import VenueAccess
from motherhaven.bot.execution.slippage import Slippage
from motherhaven.bot.market.instruments import FeeRates, MarketSpec


@dataclass(frozen=True, slots=True)
class VenueSetup:
    """What is known before a venue is asked anything. Money in USD.

    `now` is the market's time and `new_id` gives ids of positions. The rest is for venues
    that are simulated: the rules of the markets by coin, the first deposit, the fee rates
    and what takers pay beyond the mid (None: nothing). `access` is for venues that are not.
    """

    now: datetime
    new_id: Callable[[], str]
    specs: Mapping[str, MarketSpec] = field(default_factory=dict)
    deposit: Decimal = Decimal(10_000)
    fees: FeeRates = field(default_factory=FeeRates)
    slippage: Slippage | None = None
    access: VenueAccess | None = None
