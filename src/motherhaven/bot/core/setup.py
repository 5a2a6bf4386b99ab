"""What a trader is made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from motherhaven.bot.market.instruments import FeeRates, MarketSpec
from motherhaven.bot.portfolio.events import MarginMode
from motherhaven.contract.limits import RiskLimits


@dataclass(frozen=True, slots=True)
class TraderSetup:
    """What a trader is made from. Money in USD.

    `patience` is how old a coin's newest bar may be and the coin still be decided on;
    `detailed` keeps every indicator, for prompts; `candles` puts the bars on record;
    `brief` puts nothing on record, where nobody will read it: what a report is made from is kept.
    `margin_mode` is that of entries.
    """

    coins: tuple[str, ...]
    limits: RiskLimits
    specs: Mapping[str, MarketSpec] = field(default_factory=dict)
    deposit: Decimal = Decimal(10_000)
    fees: FeeRates = field(default_factory=FeeRates)
    zone: str = "UTC"
    patience: timedelta = timedelta(0)
    detailed: bool = False
    candles: bool = True
    brief: bool = False
    margin_mode: MarginMode = MarginMode.CROSS
