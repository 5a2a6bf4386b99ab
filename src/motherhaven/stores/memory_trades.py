"""The part of the memory store that answers about positions and what belongs to them."""

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Literal

from motherhaven.contract import views
from motherhaven.contract.errors import NotFound
from motherhaven.stores import memory_query as query
from motherhaven.stores import records
from motherhaven.stores.cursors import page_cursor, read_page_cursor
from motherhaven.stores.keys import held
from motherhaven.stores.memory_work import Tables
from motherhaven.stores.states import PositionState
from motherhaven.stores.unreadable import UnreadableRows, one
from motherhaven.stores.views import fill_row, funding_row, position_row


class MemoryTrades(ABC):
    """Positions, fills, funding payments and candles of the tables in `_tables`."""

    _tables: Tables
    unreadable: UnreadableRows

    @abstractmethod
    def _usable(self) -> AbstractContextManager[None]:
        """Hold the lock; StoreUnavailable when closed."""

    @abstractmethod
    def _name(self, bot_id: str) -> str | None:
        """The name of a bot."""

    async def positions(
        self,
        *,
        status: Literal["open", "closed", "all"],
        bot_id: str | None,
        before: str | None,
        limit: int,
    ) -> views.PositionPage:
        """A page, newest first by receipt of the entry (open, all) or exit (closed)."""
        closed = status == "closed"
        start = read_page_cursor("closed" if closed else "positions", before)
        with self._usable():
            keyed = [
                (state.exit if closed and state.exit is not None else state.entry, state)
                for state in self._tables.positions.values()
                if bot_id in (None, state.bot_id)
                and status in ("all", "open" if state.exit is None else "closed")
            ]
            keyed = [pair for pair in keyed if start is None or pair[0] < start]
            keyed.sort(key=lambda pair: pair[0], reverse=True)
            page = keyed[: held(limit)]
            items = tuple(
                self.unreadable.each(
                    (state for _, state in page),
                    query.position_name,
                    lambda state: self._position_row(state, closed=closed),
                )
            )
        after = page_cursor("closed" if closed else "positions", page[-1][0]) if page else None
        return views.PositionPage(items=items, next=after if len(keyed) > len(page) else None)

    def _position_row(self, state: PositionState, *, closed: bool = False) -> views.PositionRow:
        marked = self._tables.marks.get((state.bot_id, state.ref or state.id))
        return position_row(state, self._name(state.bot_id), marked, closed=closed)

    async def position(self, bot_id: str, position_id: str) -> views.PositionRow:
        """One position."""
        with self._usable():
            state = self._tables.positions.get((bot_id, position_id))
            if state is None:
                raise NotFound(f"bot {bot_id} has no position {position_id}")
            return one(f"position {position_id}", lambda: self._position_row(state))

    async def opened_by(self, bot_id: str, decision_id: str) -> views.PositionRow | None:
        """The position whose entry names this decision."""
        with self._usable():
            state = query.opened_by(self._tables, bot_id, decision_id)
            if state is None:
                return None
            return one(f"position {state.id}", lambda: self._position_row(state))

    async def fills(self, bot_id: str, position_id: str) -> list[views.FillRow]:
        """The fills of a position, oldest first."""
        with self._usable():
            found = query.postings(self._tables, bot_id, position_id, "fill")
        return self.unreadable.each(found, records.named, fill_row)

    async def fundings(self, bot_id: str, position_id: str) -> list[views.FundingRow]:
        """The funding payments of a position, oldest first."""
        with self._usable():
            found = query.postings(self._tables, bot_id, position_id, "funding")
        return self.unreadable.each(found, records.named, funding_row)

    async def candles(
        self, bot_id: str, coin: str, *, start: datetime, end: datetime, limit: int
    ) -> list[views.Candle]:
        """The bot's candles that begin in [start, end), oldest first."""
        with self._usable():
            return query.candles(self._tables, bot_id, coin, start, end, held(limit))
