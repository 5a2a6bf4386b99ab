"""What an account says at many marks in a row, as columns of a bulk record.

In whole numbers where they are such columns, else as the text of each figure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import repeat
from typing import Final, NamedTuple

from motherhaven.bot.core.trader import Trader
from motherhaven.bot.guard.liquidation import stop_is_idle
from motherhaven.bot.market.timeline import Steps
from motherhaven.bot.portfolio.holding import Holding
from motherhaven.bot.replay.whole_figures import total, whole_profits, written_steps
from motherhaven.contract.bulk import Derived, Tier
from motherhaven.contract.columns import Column, texts
from motherhaven.contract.exact import minus, plus

Columns = dict[str, Column]

_NEAR: Final = Decimal("0.000001")
"""USD by which rounding moves no price."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Each coin's marks in a row, as decimals and as the whole numbers of its bars."""

    prices: Mapping[str, Sequence[Decimal]]
    steps: Mapping[str, Steps]

    def column(self, coin: str) -> Column:
        """A coin's marks as a column of a record."""
        found = written_steps(self.steps[coin])
        return texts(self.prices[coin]) if found is None else found

    def piece(self, first: int, end: int) -> "Marks":
        """Those from number `first` until before `end`."""
        chosen = slice(first, end)
        return Marks(
            {coin: column[chosen] for coin, column in self.prices.items()},
            {coin: column.piece(chosen) for coin, column in self.steps.items()},
        )


class AccountColumns(NamedTuple):
    """What differs in an account, and in each of its positions; `derived` follows from them."""

    figures: Columns
    positions: list[Columns]
    derived: Derived | None


def account_columns(trader: Trader, marks: Marks) -> AccountColumns | None:
    """The columns; None where a field is there only now and then.

    Something is held, and the account stands at the first of the marks.
    """
    return _in_whole_numbers(trader, marks) or _in_text(trader, marks)


def _with_prices(trader: Trader, marks: Marks) -> list[Columns] | None:
    """Mark and liquidation price of each position; None where one is there only now and then."""
    ledger, columns = trader.ledger, list[Columns]()
    found = ledger.liquidations(marks.prices)
    for (coin, holding), prices in zip(ledger.holdings.items(), found, strict=True):
        column: Columns = {"mark": marks.column(coin)}
        known = [price for price in prices if price is not None]
        if known:
            if len(known) < len(prices) or not _same_stop(trader, holding, min(known), max(known)):
                return None
            column["liquidation_price"] = texts(known)
        columns.append(column)
    return columns


def _same_stop(trader: Trader, holding: Holding, least: Decimal, most: Decimal) -> bool:
    """Whether the stop can act at either of two liquidation prices, or at neither."""
    sign = 1 if holding.size > 0 else -1
    stop = trader.account.orders.exits(holding.coin, long=sign > 0)[0]
    return stop_is_idle(stop, least, sign) == stop_is_idle(stop, most, sign)


def _with_tier(trader: Trader, marks: Marks) -> tuple[list[Columns], Tier | None] | None:
    """As `_with_prices`, but for the price of an only position, which follows from its tier."""
    coin, holding = next(iter(trader.ledger.holdings.items()))
    steady = trader.ledger.steady_tier(coin, marks.prices[coin])
    if steady is not None:
        price = steady.price
        if price is None or _same_stop(trader, holding, minus(price, _NEAR), plus(price, _NEAR)):
            tier: Tier = {"deduction": steady.deduction, "twice": steady.twice}
            return [{"mark": marks.column(coin)}], tier
    columns = _with_prices(trader, marks)
    return None if columns is None else (columns, None)


def _in_whole_numbers(trader: Trader, marks: Marks) -> AccountColumns | None:
    ledger = trader.ledger
    profits = whole_profits(ledger.holdings, marks.steps)
    if profits is None or any(one.isolated for one in ledger.holdings.values()):
        return None
    unrealized = total(profits)
    equity = unrealized.plus(ledger.wallet())
    gain = None if equity is None else equity.plus(ledger.deposits.copy_negate())
    if equity is None or gain is None:
        return None
    own = [one.written() for one in profits]
    figures = {
        "equity_usd": equity.written(),
        "unrealized_pnl": unrealized.written(),
        "total_pnl": gain.written(),
    }
    known: Columns = {name: one for name, one in figures.items() if one is not None}
    mine = [one for one in own if one is not None]
    if len(known) < len(figures) or len(mine) < len(own):
        return None
    found = _with_tier(trader, marks)
    if found is None:
        return None
    for column, profit in zip(found[0], mine, strict=True):
        column["unrealized_pnl"] = profit
    return AccountColumns(known, found[0], {"tier": found[1]})


def _in_text(trader: Trader, marks: Marks) -> AccountColumns | None:
    ledger, positions = trader.ledger, _with_prices(trader, marks)
    if positions is None:
        return None
    found = ledger.figures(marks.prices)
    equities = list(map(plus, repeat(ledger.wallet()), found.unrealized))
    for column, profits in zip(positions, found.profits, strict=True):
        column["unrealized_pnl"] = texts(profits)
    figures: Columns = {
        "equity_usd": texts(equities),
        "unrealized_pnl": texts(found.unrealized),
        "total_pnl": texts(map(minus, equities, repeat(ledger.deposits))),
        "used_usd": texts(found.used),
        "available_usd": texts(found.available),
    }
    return AccountColumns(figures, positions, None)
