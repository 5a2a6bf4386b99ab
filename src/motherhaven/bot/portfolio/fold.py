"""Equity a second time: a fold over recorded fills that shares nothing with the ledger.

Where the ledger keeps entries, realized and unrealized profit, the fold only counts
cash and coins: what was bought is paid for, what is held is worth its mark. Both must
agree to the last digit.
"""

from collections.abc import Iterable, Mapping
from decimal import Context, Decimal, localcontext
from typing import Final

from motherhaven.bot.portfolio.events import CashFlow, Fill, FundingPayment, LedgerRecord

_WIDE: Final = Context(prec=400)


class EquityFold:
    """Cash and coins, one record at a time. All amounts USD."""

    __slots__ = ("cash", "coins")

    def __init__(self) -> None:
        self.cash = Decimal(0)
        """What is there in USD without any coin."""
        self.coins: dict[str, Decimal] = {}
        """The signed size of each coin that is held."""

    def deposit(self, amount: Decimal) -> None:
        """Money in (positive) or out."""
        with localcontext(_WIDE):
            self.cash += amount

    def fill(self, fill: Fill) -> None:
        """Pay for what was bought, be paid for what was sold, less the fee.

        What the venue absorbed of a loss comes back as cash.
        """
        with localcontext(_WIDE):
            self.cash += fill.absorbed - fill.size * fill.price - fill.fee
            held = self.coins.get(fill.coin, Decimal(0)) + fill.size
        if held:
            self.coins[fill.coin] = held
        else:
            self.coins.pop(fill.coin, None)

    def funding(self, payment: FundingPayment) -> None:
        """Funding as received."""
        with localcontext(_WIDE):
            self.cash += payment.amount

    def take(self, record: LedgerRecord) -> None:
        """Any record; margin that moves inside the account changes nothing here."""
        if isinstance(record, Fill):
            self.fill(record)
        elif isinstance(record, FundingPayment):
            self.funding(record)
        elif isinstance(record, CashFlow):
            self.deposit(record.amount)

    @property
    def holds(self) -> bool:
        """Whether there is any coin, whose mark then matters."""
        return bool(self.coins)

    def equity(self, marks: Mapping[str, Decimal]) -> Decimal:
        """Cash plus every coin at its mark.

        Raises:
            KeyError: a held coin has no mark.
        """
        total = self.cash
        for coin, size in self.coins.items():
            total = _WIDE.fma(size, marks[coin], total)
        return total


def fold_equity(
    fills: Iterable[Fill],
    funding: Iterable[FundingPayment],
    deposits: Iterable[CashFlow | Decimal],
    marks: Mapping[str, Decimal],
) -> Decimal:
    """The equity in USD that the records alone give at `marks`."""
    fold = EquityFold()
    for deposit in deposits:
        fold.deposit(deposit.amount if isinstance(deposit, CashFlow) else deposit)
    for fill in fills:
        fold.fill(fill)
    for payment in funding:
        fold.funding(payment)
    return fold.equity(marks)
