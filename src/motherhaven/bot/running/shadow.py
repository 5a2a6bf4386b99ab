"""Shadow trading: beside each paper fill, what the real order book would have given then.

The paper account fills by its own formula; the book is read at the moment of the order and
walked for the same size, no worse than the order's own limit. Nothing is ever sent.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from motherhaven.bot.core.records import Record
from motherhaven.bot.execution.account import VenueAccount
from motherhaven.bot.execution.orders import OrderKind
from motherhaven.bot.execution.slippage import walk_book
from motherhaven.bot.market.feed import Book
from motherhaven.bot.portfolio.events import Side
from motherhaven.contract.exact import exact, quotient

ZERO: Final = Decimal(0)
BP: Final = Decimal(10_000)
_PLACES: Final = Decimal("0.0001")


@dataclass(slots=True)
class ShadowSum:
    """What the book would have cost more than paper, over all fills that were compared.

    `shortfall` and `notional` in USD, of what the book had; below 0 it would have cost less.
    """

    shortfall: Decimal = ZERO
    notional: Decimal = ZERO
    compared: int = 0
    fills: int = 0

    @property
    def bp(self) -> Decimal | None:
        """The shortfall in basis points of the notional; None before anything was compared."""
        return quotient(self.shortfall * BP, self.notional) if self.notional else None

    def add(self, payload: Mapping[str, Any]) -> None:
        """Count one fill as it is on record."""
        self.fills += 1
        price, size = payload.get("book_price"), payload.get("book_size")
        if price is None or not size:
            return
        with exact():
            self.compared += 1
            self.shortfall += Decimal(payload["shortfall_usd"])
            self.notional += Decimal(size) * Decimal(payload["price"])

    def shown(self) -> dict[str, Any]:
        """As a status tells it; nothing before the first fill."""
        if not self.fills:
            return {}
        bp = self.bp
        return {
            "shadow_usd": self.shortfall,
            "shadow_bp": None if bp is None else bp.quantize(_PLACES),
            "shadow_compared": self.compared,
            "shadow_fills": self.fills,
        }


class Shadow:
    """Compares the fills of one paper account with the books of its market."""

    def __init__(self, account: VenueAccount, before: Iterable[Mapping[str, Any]] = ()) -> None:
        """`before` are the fills that are on record already."""
        self.sum = ShadowSum()
        self._account = account
        self._books: dict[str, tuple[Book, datetime]] = {}
        for payload in before:
            self.sum.add(payload)

    def look(self, books: Mapping[str, Book], now: datetime) -> None:
        """The books as they stand now: the orders that follow are compared with them."""
        self._books = {coin: (book, now) for coin, book in books.items()}

    def wanted(self, records: Iterable[Record]) -> tuple[str, ...]:
        """Coins that were filled without a book at hand: a stop, a target, a liquidation."""
        found = [one.payload["coin"] for one in records if self._open(one)]
        return tuple(dict.fromkeys(coin for coin in found if coin not in self._books))

    def amend(self, records: Iterable[Record]) -> None:
        """Put beside each new fill what the book would have given; the books are used up."""
        for one in records:
            if self._open(one):
                known = self._books.get(one.payload["coin"])
                if known is not None:
                    one.payload.update(self._compared(one.payload, *known))
                self.sum.add(one.payload)
        self._books = {}

    def _open(self, one: Record) -> bool:
        return one.kind == "fill" and "book_size" not in one.payload

    def _compared(self, fill: Mapping[str, Any], book: Book, at: datetime) -> dict[str, Any]:
        side = Side.BUY if fill["size"] > 0 else Side.SELL
        levels = book.asks if side is Side.BUY else book.bids
        order = self._account.orders.find(fill.get("cloid") or "")
        limit = order.price if order is not None and order.kind is OrderKind.MARKET else None
        spec = self._account.spec(fill["coin"])
        walk = walk_book(levels, side, abs(fill["size"]), limit, spec)
        told = {"book_size": walk.filled, "book_time": at.isoformat()}
        if walk.average is None:
            return told
        with exact():
            worse = side.sign * (walk.average - fill["price"])
            share = quotient(worse * BP, fill["price"]).quantize(_PLACES)
            return {
                **told,
                "book_price": walk.average,
                "shortfall_usd": worse * walk.filled,
                "shortfall_bp": share,
            }
