"""The account as it stands: frozen snapshots in Decimal USD."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from motherhaven.bot.portfolio.events import MarginMode, Side
from motherhaven.contract.quick_init import quick_init, quick_inside


@quick_init
@dataclass(frozen=True, slots=True)
class Position:
    """An open position. `size` is signed, in coin; `mark` is the last one known.

    `bucket` is the isolated margin in USD (None for cross); `liquidation` None when
    there is no such price; `roe` a fraction (0.2 = 20 %); `stop` and `target` the
    nearest resting triggers. `fees` and `funding` are those of this position so far.
    """

    coin: str
    position_id: str
    size: Decimal
    entry: Decimal
    mark: Decimal
    leverage: int
    mode: MarginMode
    bucket: Decimal | None
    unrealized: Decimal
    roe: Decimal
    maintenance: Decimal
    liquidation: Decimal | None
    opened_at: datetime
    fees: Decimal
    funding: Decimal
    stop: Decimal | None = None
    target: Decimal | None = None

    @property
    def side(self) -> Side:
        """BUY for a long, SELL for a short."""
        return Side.BUY if self.size > 0 else Side.SELL

    @property
    def margin(self) -> Decimal:
        """What the position was opened with: |size| * entry / leverage, in USD."""
        return abs(self.size) * self.entry / self.leverage


@quick_init
@dataclass(frozen=True, slots=True)
class AccountSnapshot:
    """The whole account, in USD.

    wallet = deposits + realized - fees + funding; equity = wallet + unrealized.
    `realized` is gross; `funding` as received. `used`, `available` and
    `cross_value` concern the cross positions, as on the venue; `maintenance` all.
    """

    equity: Decimal
    wallet: Decimal
    deposits: Decimal
    realized: Decimal
    fees: Decimal
    funding: Decimal
    unrealized: Decimal
    used: Decimal
    available: Decimal
    maintenance: Decimal
    cross_value: Decimal
    positions: Mapping[str, Position]
    time: datetime


@quick_inside
@dataclass(frozen=True, slots=True)
class LeverageSetting:
    """Leverage and margin mode of a coin as the exchange has them: read back, not assumed."""

    coin: str
    leverage: int
    mode: MarginMode
