"""What an account is: its parts, and what follows from them at the marks. Changed by the ledger."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from motherhaven.bot.market.instruments import FeeRates, MarketSpec, default_spec
from motherhaven.bot.portfolio.account import AccountSnapshot
from motherhaven.bot.portfolio.columns import (
    FigureColumns,
    figure_columns,
    liquidation_columns,
)
from motherhaven.bot.portfolio.events import Liquidity, MarginMode
from motherhaven.bot.portfolio.holding import Exits, Holding
from motherhaven.bot.portfolio.margin import MarginTiers, Steady
from motherhaven.bot.portfolio.snapshot import Totals, take_snapshot
from motherhaven.bot.portfolio.transfers import KEPT
from motherhaven.contract.exact import (
    exact,
    fma,
    minus,
    plus,
    quotient,
    times,
    truncate_fee,
)

ZERO: Final = Decimal(0)


# Names of the module are looked up far more quickly than members of an enumeration.
_TAKER: Final = Liquidity.TAKER
_ISOLATED: Final = MarginMode.ISOLATED


def _no_exits(_: Holding) -> Exits:
    return None, None


class AccountBooks:
    """The parts of an account and all questions about it. USD and coin, all Decimal."""

    __slots__ = (
        "_base", "_cross_base", "_fees", "_new_id", "_specs", "_tiers",
        "deposits", "fees", "funded", "funding", "holdings", "known_flows", "marks", "realized",
        "seq", "version",
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
        self.funded: dict[str, datetime] = {}
        """When each coin was last funded."""
        self.known_flows: set[str] = set()
        """The external ids of all cash flows."""
        self.seq = 0
        self.version = 0
        """Grows with everything that changes the account, except marks."""
        self._base: Decimal | None = None
        self._cross_base: Decimal | None = None

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
        rate = self._fees.taker if liquidity is _TAKER else self._fees.maker
        return truncate_fee(times(notional, rate))

    def wallet(self) -> Decimal:
        """deposits + realized - fees + funding."""
        return plus(minus(plus(self.deposits, self.realized), self.fees), self.funding)

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
        total = self._cross_base
        if total is None:
            total = self.base()
            for holding in self.holdings.values():
                if holding.mode is _ISOLATED:
                    total = minus(plus(total, holding.cost), holding.bucket)
            self._cross_base = total
        for coin, holding in self.holdings.items():
            if holding.mode is not _ISOLATED:
                total = fma(holding.size, self.marks[coin], total)
        return total

    def used(self) -> Decimal:
        """Initial margin of the cross positions at their marks."""
        total = ZERO
        for coin, held in self.holdings.items():
            if held.mode is not _ISOLATED:
                value = times(held.size.copy_abs(), self.marks[coin])
                total = plus(total, quotient(value, Decimal(held.leverage)))
        return total

    def available(self) -> Decimal:
        """cross_value - used: what new positions may take."""
        return minus(self.cross_value(), self.used())

    def withdrawable(self) -> Decimal:
        """What may be taken out: above the initial margin and a tenth of the cross notional."""
        with exact():
            value = sum(
                (abs(h.size) * self.marks[c] for c, h in self.holdings.items() if not h.isolated),
                ZERO,
            )
            return max(self.cross_value() - max(self.used(), value / KEPT), ZERO)

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
                free = self.cross_value() - self._maintenance(MarginMode.CROSS)
            return holding.tiers.liquidation(holding.size, mark, free)

    def snapshot(
        self, time: datetime, exits: Callable[[Holding], Exits] = _no_exits
    ) -> AccountSnapshot:
        """Everything at once, frozen; `exits` gives each position's nearest stop and target."""
        totals = Totals(self.deposits, self.realized, self.fees, self.funding)
        return take_snapshot(totals, self.holdings, self.marks, time, exits)

    def figures(self, marks: Mapping[str, Sequence[Decimal]]) -> FigureColumns:
        """What follows from marks in a row, equally many for each coin that is held."""
        with exact():
            return figure_columns(self.wallet(), self.holdings, marks)

    def steady_tier(self, coin: str, marks: Sequence[Decimal]) -> Steady | None:
        """The tier of the only position, where its liquidation price follows from each mark.

        None where others are held, it is isolated, or a tier's end is near. `marks` begin
        with the one that stands.
        """
        holding = self.holdings[coin]
        if len(self.holdings) > 1 or holding.isolated:
            return None
        with exact():
            free = self.cross_value() - self._maintenance(None)
            return holding.tiers.steady(holding.size, marks, free)

    def liquidations(self, marks: Mapping[str, Sequence[Decimal]]) -> list[list[Decimal | None]]:
        """Each position's liquidation price in USD at such marks, None where there is none."""
        with exact():
            return liquidation_columns(self.wallet(), self.holdings, marks)

    def _maintenance(self, mode: MarginMode | None) -> Decimal:
        total = ZERO
        for coin, holding in self.holdings.items():
            if mode is None or holding.mode is mode:
                total += holding.maintenance(self.marks[coin])
        return total
