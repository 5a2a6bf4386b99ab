"""One open position inside the ledger: mutable, lean, changed only by the ledger."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from motherhaven.bot.portfolio.account import Position
from motherhaven.bot.portfolio.events import FillReason, MarginMode, Side, Trade
from motherhaven.bot.portfolio.margin import MarginTiers, return_on_equity
from motherhaven.contract.exact import quotient

ZERO: Final = Decimal(0)

Exits = tuple[Decimal | None, Decimal | None]
"""The nearest resting stop and target."""


# Names of the module are looked up far more quickly than members of an enumeration.
_ISOLATED: Final = MarginMode.ISOLATED


@dataclass(slots=True)
class Holding:
    """A position with its cost kept exactly beside its entry.

    `cost` is the signed sum of what the open size was bought for, so that unrealized =
    size * mark - cost never rounds, though `entry` is a quotient. The totals serve the
    Trade that remains when the position is closed.
    """

    coin: str
    position_id: str
    tiers: MarginTiers
    leverage: int
    mode: MarginMode
    opened_at: datetime
    size: Decimal = ZERO
    entry: Decimal = ZERO
    cost: Decimal = ZERO
    bucket: Decimal = ZERO
    realized: Decimal = ZERO
    fees: Decimal = ZERO
    funding: Decimal = ZERO
    entered: Decimal = ZERO
    entered_value: Decimal = ZERO
    exited_value: Decimal = ZERO

    @property
    def isolated(self) -> bool:
        """Whether the position has a bucket of its own."""
        return self.mode is _ISOLATED

    def unrealized(self, mark: Decimal) -> Decimal:
        """size * mark - cost, in USD."""
        return self.size * mark - self.cost

    def maintenance(self, mark: Decimal) -> Decimal:
        """Maintenance margin at `mark`, in USD."""
        return self.tiers.maintenance(abs(self.size) * mark)

    def add(self, size: Decimal, price: Decimal, fee: Decimal) -> None:
        """Open or enlarge: size-weighted entry, bucket grows by notional / leverage - fee."""
        value = size * price
        first = not self.size
        self.size += size
        self.cost += value
        self.entry = price if first else quotient(self.cost, self.size)
        self.fees += fee
        self.entered += abs(size)
        self.entered_value += abs(value)
        if self.mode is _ISOLATED:
            self.bucket += quotient(abs(value), Decimal(self.leverage)) - fee

    def reduce(self, size: Decimal, price: Decimal, fee: Decimal) -> tuple[Decimal, Decimal]:
        """Reduce by the signed `size`, entry unchanged; return (realized, absorbed).

        An isolated position loses at most the bucket's share, exit fee included; the
        rest of the loss is absorbed by the venue.
        """
        left = self.size + size
        released = -size * self.entry if left else self.cost
        realized = -size * price - released
        absorbed = ZERO
        if self.mode is _ISOLATED:
            kept = quotient(self.bucket * left, self.size) if left else ZERO
            share = self.bucket - kept
            absorbed = max(fee - share - realized, ZERO)
            self.bucket = kept
        self.size = left
        self.cost -= released
        self.realized += realized + absorbed
        self.fees += fee
        self.exited_value += abs(size) * price
        return realized + absorbed, absorbed

    def snapshot(
        self,
        mark: Decimal,
        liquidation: Decimal | None,
        unrealized: Decimal,
        maintenance: Decimal,
        exits: Exits,
    ) -> Position:
        """The frozen public form; profit and maintenance are those at `mark`."""
        roe = return_on_equity(unrealized, self.size, self.entry, self.leverage)
        bucket = self.bucket if self.mode is _ISOLATED else None
        return Position(
            self.coin, self.position_id, self.size, self.entry, mark, self.leverage, self.mode,
            bucket, unrealized, roe, maintenance, liquidation, self.opened_at, self.fees,
            self.funding, *exits,
        )  # fmt: skip

    def trade(self, side: Side, closed_at: datetime, reason: FillReason) -> Trade:
        """What remains of the position once it is closed."""
        return Trade(
            position_id=self.position_id,
            coin=self.coin,
            side=side,
            size=self.entered,
            entry=quotient(self.entered_value, self.entered),
            exit=quotient(self.exited_value, self.entered),
            leverage=self.leverage,
            mode=self.mode,
            realized=self.realized,
            fees=self.fees,
            funding=self.funding,
            opened_at=self.opened_at,
            closed_at=closed_at,
            reason=reason,
        )
