"""The margin ledger: cross and isolated, exact, changed by fills, marks and funding only.

Wallet = deposits + realized - fees + funding; equity = wallet + unrealized. Both hold to
the last digit because nothing that enters them is rounded.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final

from motherhaven.bot.market.instruments import FeeRates, MarketSpec, default_spec
from motherhaven.bot.portfolio import events
from motherhaven.bot.portfolio.account import AccountSnapshot, Position
from motherhaven.bot.portfolio.events import Fill, FillReason, FundingPayment, Liquidity, MarginMode
from motherhaven.bot.portfolio.holding import Exits, Holding
from motherhaven.bot.portfolio.margin import MarginTiers
from motherhaven.contract.errors import OrderRejected
from motherhaven.contract.exact import exact, fma, minus, quotient, truncate_fee

ZERO: Final = Decimal(0)


def _no_exits(_: Holding) -> Exits:
    return None, None


class Ledger:
    """The account of one bot. Every amount is USD, every size coin; all Decimal.

    `new_id` gives position ids. The caller decides whether a fill may happen; the
    ledger books it and refuses only what cannot be (size or price of 0, a leverage
    that is not a whole number, a change of margin mode under an open position).
    """

    __slots__ = (
        "_base", "_fees", "_new_id", "_specs", "_tiers",
        "deposits", "fees", "funding", "holdings", "marks", "realized", "seq", "version",
    )  # fmt: skip

    def __init__(
        self,
        fees: FeeRates,
        new_id: Callable[[], str],
        specs: Mapping[str, MarketSpec] | None = None,
    ) -> None:
        self._fees = fees
        self._new_id = new_id
        self._specs = dict(specs or {})
        self._tiers: dict[str, MarginTiers] = {}
        self.deposits = ZERO
        self.realized = ZERO
        self.fees = ZERO
        self.funding = ZERO
        self.holdings: dict[str, Holding] = {}
        self.marks: dict[str, Decimal] = {}
        self.seq = 0
        self.version = 0
        """Grows with everything that changes the account, except marks."""
        self._base: Decimal | None = None

    # --- what it is -----------------------------------------------------------------

    def spec(self, coin: str) -> MarketSpec:
        """The market rules of `coin`; without the venue's, those that suit its first price."""
        spec = self._specs.get(coin)
        if spec is None:
            spec = default_spec(coin, price=self.marks.get(coin))
            if coin in self.marks:
                self._specs[coin] = spec
        return spec

    @property
    def specs(self) -> Mapping[str, MarketSpec]:
        """The market rules that are known, by coin."""
        return self._specs

    def know(self, specs: Mapping[str, MarketSpec]) -> None:
        """Take a venue's rules of coins that were not known before."""
        self._specs.update(specs)
        self._tiers.clear()

    def tiers(self, coin: str) -> MarginTiers:
        """The margin tiers of `coin`."""
        tiers = self._tiers.get(coin)
        if tiers is None:
            with exact():
                tiers = self._tiers[coin] = MarginTiers.of(self.spec(coin))
        return tiers

    def fee(self, notional: Decimal, liquidity: Liquidity) -> Decimal:
        """The fee in USD on `notional`, truncated at six decimals."""
        rate = self._fees.taker if liquidity is Liquidity.TAKER else self._fees.maker
        with exact():
            return truncate_fee(notional * rate)

    def wallet(self) -> Decimal:
        """deposits + realized - fees + funding."""
        with exact():
            return self.deposits + self.realized - self.fees + self.funding

    def unrealized(self) -> Decimal:
        """The sum over all positions of size * mark - cost."""
        total = ZERO
        with exact():
            for coin, holding in self.holdings.items():
                total += holding.size * self.marks[coin] - holding.cost
        return total

    def base(self) -> Decimal:
        """The equity but for size * mark of each position: worked out once, marks change often."""
        if self._base is None:
            self._base = self.wallet()
            for holding in self.holdings.values():
                self._base = minus(self._base, holding.cost)
        return self._base

    def equity(self) -> Decimal:
        """wallet + unrealized."""
        total = self.base()
        for coin, holding in self.holdings.items():
            total = fma(holding.size, self.marks[coin], total)
        return total

    def cross_value(self) -> Decimal:
        """wallet - the isolated buckets + the unrealized of cross positions."""
        with exact():
            return self._cross_value()

    def used(self) -> Decimal:
        """Initial margin of the cross positions at their marks."""
        with exact():
            return sum(
                (
                    quotient(abs(h.size) * self.marks[c], Decimal(h.leverage))
                    for c, h in self.holdings.items()
                    if not h.isolated
                ),
                ZERO,
            )

    def available(self) -> Decimal:
        """cross_value - used: what new positions may take."""
        return minus(self.cross_value(), self.used())

    def maintenance(self, mode: MarginMode | None = None) -> Decimal:
        """Maintenance margin of all positions, or of those in one margin mode."""
        with exact():
            return self._maintenance(mode)

    def liquidation(self, coin: str) -> Decimal | None:
        """The liquidation price of the position in `coin`; None when there is none."""
        holding = self.holdings.get(coin)
        if holding is None:
            return None
        mark = self.marks[coin]
        with exact():
            if holding.isolated:
                free = holding.bucket + holding.unrealized(mark) - holding.maintenance(mark)
            else:
                free = self._cross_value() - self._maintenance(MarginMode.CROSS)
            return holding.tiers.liquidation(holding.size, mark, free)

    def snapshot(
        self, time: datetime, exits: Callable[[Holding], Exits] = _no_exits
    ) -> AccountSnapshot:
        """Everything at once, frozen; `exits` gives each position's nearest stop and target."""
        with exact():
            wallet = self.deposits + self.realized - self.fees + self.funding
            unrealized = used = needed = cross_needed = ZERO
            cross_value = wallet
            parts: list[tuple[Holding, Decimal, Decimal, Decimal]] = []
            for coin, holding in self.holdings.items():
                mark = self.marks[coin]
                profit, margin = holding.unrealized(mark), holding.maintenance(mark)
                unrealized += profit
                needed += margin
                if holding.mode is MarginMode.ISOLATED:
                    cross_value -= holding.bucket
                else:
                    cross_value += profit
                    cross_needed += margin
                    used += quotient(abs(holding.size) * mark, Decimal(holding.leverage))
                parts.append((holding, mark, profit, margin))
            free = cross_value - cross_needed
            positions: dict[str, Position] = {}
            for holding, mark, profit, margin in parts:
                own = holding.bucket + profit - margin if holding.isolated else free
                liquidation = holding.tiers.liquidation(holding.size, mark, own)
                positions[holding.coin] = holding.snapshot(
                    mark, liquidation, profit, margin, exits(holding)
                )
            return AccountSnapshot(
                wallet + unrealized, wallet, self.deposits, self.realized, self.fees, self.funding,
                unrealized, used, cross_value - used, needed, cross_value, positions, time,
            )  # fmt: skip

    # --- what changes it ------------------------------------------------------------

    def deposit(self, amount: Decimal) -> None:
        """Book money in (positive) or out (negative)."""
        self._changed()
        with exact():
            self.deposits += amount

    def mark(self, coin: str, price: Decimal) -> None:
        """Set the coin's mark."""
        self.marks[coin] = price

    def fill(
        self,
        coin: str,
        size: Decimal,
        price: Decimal,
        *,
        time: datetime,
        reason: FillReason,
        liquidity: Liquidity = Liquidity.TAKER,
        leverage: int | None = None,
        mode: MarginMode | None = None,
        cloid: str | None = None,
    ) -> list[Fill | events.Trade]:
        """Book an execution of the signed `size` and return its fills and ended trades.

        A flip becomes two fills at the same price, whose fees add up to the fee of the
        whole. `leverage` and `mode` default to those of the open position, else 1, cross.

        Raises:
            OrderRejected: size, price or leverage of 0 or below, or a change of mode
                under an open position.
        """
        holding = self.holdings.get(coin)
        if leverage is None:
            leverage = holding.leverage if holding else 1
        if mode is None:
            mode = holding.mode if holding else MarginMode.CROSS
        self._check(coin, size, price, leverage, mode)
        with exact():
            total_fee = self.fee(abs(size) * price, liquidity)
            closing = ZERO
            if holding is not None and (holding.size > 0) != (size > 0):
                closing = -holding.size if abs(size) > abs(holding.size) else size
            parts = [(closing, total_fee)]
            if closing != size:
                closing_fee = self.fee(abs(closing) * price, liquidity)
                parts = [(closing, closing_fee), (size - closing, total_fee - closing_fee)]
            out: list[Fill | events.Trade] = []
            for part, fee in parts:
                if part:
                    self.seq += 1
                    reduces = part is closing and reason is FillReason.ENTRY
                    fill = Fill(
                        self.seq, coin, part, price, fee, liquidity, ZERO,
                        FillReason.CLOSE if reduces else reason,
                        "", time, cloid, leverage, mode,
                    )  # fmt: skip
                    out.extend(self._book(fill))
        return out

    def apply_funding(
        self, coin: str, rate: Decimal, oracle: Decimal, time: datetime
    ) -> FundingPayment | None:
        """Book one funding: received = -size * oracle * rate. None without a position."""
        holding = self.holdings.get(coin)
        if holding is None:
            return None
        with exact():
            amount = -(holding.size * oracle * rate)
        self.seq += 1
        payment = FundingPayment(
            self.seq, coin, amount, rate, oracle, holding.size, holding.position_id, time
        )
        self._book_funding(payment)
        return payment

    def replay(
        self,
        fills: Iterable[Fill],
        payments: Iterable[FundingPayment] = (),
    ) -> list[events.Trade]:
        """Rebuild the state from recorded fills and funding, in order of `seq`.

        Returns the trades that they make up. Fees and position ids are taken from the
        records; marks are then those of the last fills, until a mark or a bar says otherwise.
        """
        records: list[Fill | FundingPayment] = [*fills, *payments]
        trades: list[events.Trade] = []
        for record in sorted(records, key=lambda record: record.seq):
            self.seq = record.seq
            if isinstance(record, Fill):
                trades += [done for done in self._book(record) if isinstance(done, events.Trade)]
            else:
                self._book_funding(record)
        return trades

    def set_leverage(self, coin: str, leverage: int) -> None:
        """Change the leverage of an open cross position.

        Raises:
            OrderRejected: the position is isolated (its bucket is fixed) or the margin
                does not suffice.
        """
        holding = self.holdings.get(coin)
        if holding is None or holding.leverage == leverage:
            return
        if holding.isolated:
            raise OrderRejected(f"{coin}: close the isolated position before changing leverage")
        before, holding.leverage = holding.leverage, leverage
        if leverage < before and self.available() < 0:
            holding.leverage = before
            raise OrderRejected(f"{coin}: insufficient margin for leverage {leverage}; free some")

    # --- inside ---------------------------------------------------------------------

    def _changed(self) -> None:
        self.version += 1
        self._base = None

    def _cross_value(self) -> Decimal:
        total = self.deposits + self.realized - self.fees + self.funding
        for coin, holding in self.holdings.items():
            if holding.mode is MarginMode.ISOLATED:
                total -= holding.bucket
            else:
                total += holding.size * self.marks[coin] - holding.cost
        return total

    def _maintenance(self, mode: MarginMode | None) -> Decimal:
        total = ZERO
        for coin, holding in self.holdings.items():
            if mode is None or holding.mode is mode:
                total += holding.maintenance(self.marks[coin])
        return total

    def _check(
        self, coin: str, size: Decimal, price: Decimal, leverage: int, mode: MarginMode
    ) -> None:
        holding = self.holdings.get(coin)
        if not size or price <= 0:
            raise OrderRejected(f"{coin}: a fill needs a size and a price above 0")
        if leverage < 1:
            raise OrderRejected(f"{coin}: leverage {leverage} must be a whole number from 1 on")
        if holding is not None and mode is not holding.mode:
            raise OrderRejected(
                f"{coin}: the open position is {holding.mode}; close it before using {mode}"
            )

    def _book(self, fill: Fill) -> list[Fill | events.Trade]:
        """Apply a fill that opens, adds or reduces (never both); return it completed."""
        self._changed()
        with exact():
            holding = self.holdings.get(fill.coin)
            reduces = holding is not None and (holding.size > 0) != (fill.size > 0)
            self.marks[fill.coin] = fill.price
            self.fees += fill.fee
            if holding is None or not reduces:
                return [self._open(holding, fill)]
            realized, absorbed = holding.reduce(fill.size, fill.price, fill.fee)
            self.realized += realized
            done = _completed(fill, holding.position_id, realized, absorbed, holding)
            if holding.size:
                return [done]
            del self.holdings[fill.coin]
            side = events.Side.BUY if fill.size < 0 else events.Side.SELL
            return [done, holding.trade(side, fill.time, fill.reason)]

    def _open(self, holding: Holding | None, fill: Fill) -> Fill:
        if holding is None:
            holding = Holding(
                fill.coin,
                fill.position_id or self._new_id(),
                self.tiers(fill.coin),
                fill.leverage,
                fill.mode,
                fill.time,
            )
            self.holdings[fill.coin] = holding
        holding.leverage = fill.leverage
        holding.add(fill.size, fill.price, fill.fee)
        return _completed(fill, holding.position_id, ZERO, ZERO, holding)

    def _book_funding(self, payment: FundingPayment) -> None:
        self._changed()
        with exact():
            self.funding += payment.amount
            holding = self.holdings[payment.coin]
            holding.funding += payment.amount
            if holding.isolated:
                holding.bucket += payment.amount


def _completed(
    fill: Fill, position_id: str, realized: Decimal, absorbed: Decimal, holding: Holding
) -> Fill:
    return Fill(
        fill.seq, fill.coin, fill.size, fill.price, fill.fee, fill.liquidity, realized,
        fill.reason, position_id, fill.time, fill.cloid, holding.leverage, holding.mode, absorbed,
    )  # fmt: skip
