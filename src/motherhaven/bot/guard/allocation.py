"""What each coin may hold once every order that was allowed so far is executed, or is not."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from motherhaven.bot.guard.types import OpenPosition, PendingEntry, RiskContext
from motherhaven.contract.exact import quotient

ZERO: Final = Decimal(0)


@dataclass(slots=True)
class _Coin:
    """Notional in USD if everything fills, its leverage then, and the most margin on the way."""

    notional: Decimal
    leverage: int
    most: Decimal


class Allocation:
    """The account as the orders of an answer may leave it.

    An order can fill, fill in part or fail, and each changes its coin's leverage or not:
    a coin counts with the most margin that it can have. A close frees nothing here; its
    room is there when it has been executed, for the next answer.
    """

    def __init__(self, context: RiskContext) -> None:
        self._coins: dict[str, _Coin] = {}
        self._held = context.positions
        self._marks = context.marks
        self._taker = context.taker
        self.entries = 0
        """Entries that wait or were allowed in this answer."""
        self.reserved = ZERO
        """Free margin in USD that they will take, entry fees included."""
        for coin, held in context.positions.items():
            if held.size:
                self._coins[coin] = _Coin(held.notional, held.leverage, held.margin)
        for waiting in context.pending:
            self.allow(waiting)

    def allow(self, entry: PendingEntry) -> None:
        """Count an entry that may be executed from now on."""
        self.entries += 1
        self.reserved += entry.margin * (1 + entry.leverage * self._taker)
        self.reserved += self.relevered(entry.coin, entry.leverage)
        coin = self._coins.setdefault(entry.coin, _Coin(ZERO, entry.leverage, ZERO))
        coin.notional += entry.margin * entry.leverage
        coin.leverage = entry.leverage
        coin.most = max(coin.most, quotient(coin.notional, Decimal(entry.leverage)))

    def notional(self, coin: str) -> Decimal:
        """What the coin may hold, in USD."""
        known = self._coins.get(coin)
        return ZERO if known is None else known.notional

    def others(self, coin: str) -> Decimal:
        """The most margin that all other coins can have, in USD."""
        return sum((one.most for name, one in self._coins.items() if name != coin), ZERO)

    def relevered(self, coin: str, leverage: int) -> Decimal:
        """What the coin's position takes of the free margin by a lower leverage, in USD."""
        held = self._held.get(coin)
        if held is None or not held.size:
            return ZERO
        before = self._coins[coin].leverage
        value = _value(held, self._marks, coin)
        more = quotient(value, Decimal(leverage)) - quotient(value, Decimal(before))
        return max(more, ZERO)

    @property
    def coins(self) -> Iterable[str]:
        """The coins with a position, now or after the entries."""
        return self._coins.keys()


def _value(held: OpenPosition, marks: Mapping[str, Decimal], coin: str) -> Decimal:
    """The position's value at our mark, at its entry where there is no mark."""
    mark = marks.get(coin)
    return held.notional if mark is None or not mark.is_finite() else abs(held.size) * mark
