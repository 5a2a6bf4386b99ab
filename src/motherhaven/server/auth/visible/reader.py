"""What a request may see: all bots, or with a key that is bound to one, that bot alone.

Every read goes through `VisibleReader`, so a new route is held within it without a line of its
own. What belongs to another bot does not exist.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal, TypeVar

from motherhaven.contract.errors import InvalidCursor, NotFound
from motherhaven.contract.events import Kind
from motherhaven.contract.views import (
    AccountRow,
    BotRow,
    Candle,
    DecisionDetail,
    DecisionPage,
    DecisionRow,
    DepositPoint,
    EquitySeries,
    ErrorRow,
    EventPage,
    EventRow,
    FillRow,
    FundingRow,
    PositionPage,
    PositionRow,
    StatusRow,
    TextSlice,
)
from motherhaven.server.auth.visible.cursor_seal import CursorSeal
from motherhaven.server.auth.visible.shared_view import shared_view
from motherhaven.server.auth.visible.viewer import check_visible, heard_before, only_bot
from motherhaven.stores.cursors import is_reached
from motherhaven.stores.protocol import DecisionFilter, Reader
from motherhaven.stores.records import no_event
from motherhaven.stores.signals import Signal

R = TypeVar("R", DecisionRow, DecisionDetail, PositionRow, ErrorRow, EventRow)
P = TypeVar("P", DecisionPage, PositionPage, EventPage)


def _held(bot_id: str | None) -> str | None:
    """The bot to ask for: where none was named, the only one that may be seen."""
    if bot_id is not None:
        check_visible((bot_id,))
    return bot_id or only_bot()


class VisibleReader:
    """The reading half of a store, held to what the request may see."""

    def __init__(self, store: Reader, seal: CursorSeal) -> None:
        self._store = store
        self._seal = seal

    async def read_cursor(self) -> str:
        """See Lists.read_cursor; it is not for the caller, who gets the shown_cursor of it."""
        return await self._store.read_cursor()

    def shown_cursor(self, cursor: str) -> str:
        """The cursor of an answer as this request may see it.

        Sealed ones cannot be compared: where all that the caller has heard is in the answer,
        it gets the id back that it said to have heard.
        """
        if only_bot() is None:
            return cursor
        heard = heard_before()
        place = None if heard is None else self._seal.open(heard)
        if heard is not None and place is not None and is_reached(place, cursor):
            return heard
        return self._seal.seal(cursor)

    def _opened(self, before: str | None) -> str | None:
        """The store's cursor behind one that this request was given.

        Raises:
            InvalidCursor: it was not given to a caller of this kind by this store.
        """
        if before is None or only_bot() is None:
            return before
        cursor = self._seal.open(before)
        if cursor is None:
            raise InvalidCursor(
                f"before: {before[:60]!r} is not a cursor of this list; send the `next` of its "
                "last page, or leave it out to start at the newest"
            )
        return cursor

    def _shown(self, cursor: str) -> str:
        return cursor if only_bot() is None else self._seal.seal(cursor)

    def _row(self, row: R) -> R:
        """A row as this request may see it: its cursor tells nothing of other bots."""
        if only_bot() is None:
            return row
        return row.model_copy(update={"cursor": self._shown(row.cursor)})

    def _page(self, page: P) -> P:
        if only_bot() is None:
            return page
        items = tuple(self._row(row) for row in page.items)
        following = None if page.next is None else self._shown(page.next)
        return page.model_copy(update={"items": items, "next": following})

    async def bots(
        self,
        ids: Sequence[str] | None = None,
        *,
        after: str | None = None,
        limit: int | None = None,
    ) -> list[BotRow]:
        """See Reader.bots; with an only bot it is that one, or none."""
        mine = only_bot()
        if mine is None:
            rows = await self._store.bots(ids, after=after, limit=limit)
        else:
            is_asked = after is None and mine in (ids or [mine])
            rows = await self._store.bots([mine]) if is_asked else []
        return [shared_view(row) for row in rows]

    async def decisions(
        self, where: DecisionFilter, *, before: str | None, limit: int
    ) -> DecisionPage:
        """See Reader.decisions."""
        held = replace(where, bot_id=_held(where.bot_id))
        opened = self._opened(before)
        page = self._page(await self._store.decisions(held, before=opened, limit=limit))
        return page.model_copy(update={"items": tuple(map(shared_view, page.items))})

    async def decision(self, decision_id: str) -> DecisionDetail:
        """See Reader.decision."""
        await self._check_decision(decision_id)
        return shared_view(self._row(await self._store.decision(decision_id)))

    async def text(self, event_id: str, field: str, *, offset: int, limit: int) -> TextSlice:
        """See Reader.text; the texts that routes ask for are those of decisions."""
        await self._check_decision(event_id)
        return await self._store.text(event_id, field, offset=offset, limit=limit)

    async def _check_decision(self, decision_id: str) -> None:
        """Answer for another bot's decision, or any other event, as for none at all."""
        mine = only_bot()
        if mine is None:
            return
        try:
            found = await self._store.decision(decision_id)
        except NotFound:
            raise no_event(decision_id) from None
        if found.bot_id != mine:
            raise no_event(decision_id)

    async def event(self, event_id: str) -> EventRow:
        """See Reader.event; another bot's event does not exist."""
        mine = only_bot()
        found = await self._store.event(event_id)
        if mine is not None and found.bot_id != mine:
            raise no_event(event_id)
        return self._row(found)

    async def events(self, bot_id: str, kind: Kind, *, before: str | None, limit: int) -> EventPage:
        """See Reader.events."""
        check_visible((bot_id,))
        opened = self._opened(before)
        return self._page(await self._store.events(bot_id, kind, before=opened, limit=limit))

    async def positions(
        self,
        *,
        status: Literal["open", "closed", "all"],
        bot_id: str | None,
        before: str | None,
        limit: int,
    ) -> PositionPage:
        """See Reader.positions."""
        page = await self._store.positions(
            status=status, bot_id=_held(bot_id), before=self._opened(before), limit=limit
        )
        return self._page(page)

    async def position(self, bot_id: str, position_id: str) -> PositionRow:
        """See Reader.position."""
        check_visible((bot_id,))
        return self._row(await self._store.position(bot_id, position_id))

    async def opened_by(self, bot_id: str, decision_id: str) -> PositionRow | None:
        """See Reader.opened_by."""
        check_visible((bot_id,))
        row = await self._store.opened_by(bot_id, decision_id)
        return None if row is None else self._row(row)

    async def fills(self, bot_id: str, position_id: str) -> list[FillRow]:
        """See Reader.fills."""
        check_visible((bot_id,))
        return await self._store.fills(bot_id, position_id)

    async def fundings(self, bot_id: str, position_id: str) -> list[FundingRow]:
        """See Reader.fundings."""
        check_visible((bot_id,))
        return await self._store.fundings(bot_id, position_id)

    async def candles(
        self, bot_id: str, coin: str, *, start: datetime, end: datetime, limit: int
    ) -> list[Candle]:
        """See Reader.candles."""
        check_visible((bot_id,))
        return await self._store.candles(bot_id, coin, start=start, end=end, limit=limit)

    async def accounts(self, bot_id: str | None, *, limit: int) -> list[AccountRow]:
        """See Reader.accounts."""
        return await self._store.accounts(_held(bot_id), limit=limit)

    async def statuses(self, bot_id: str | None, *, limit: int) -> list[StatusRow]:
        """See Reader.statuses."""
        return [shared_view(row) for row in await self._store.statuses(_held(bot_id), limit=limit)]

    async def revisions(self, bot_ids: Sequence[str] | None) -> dict[str, str]:
        """See Reader.revisions."""
        mine = only_bot()
        if bot_ids is None and mine is not None:
            bot_ids = [mine]
        check_visible(bot_ids or ())
        return await self._store.revisions(bot_ids)

    async def equity(
        self, bot_ids: Sequence[str] | None, *, start: datetime, end: datetime, bucket: int
    ) -> list[EquitySeries]:
        """See Reader.equity."""
        mine = only_bot()
        if bot_ids is None and mine is not None:
            bot_ids = [mine]
        check_visible(bot_ids or ())
        return await self._store.equity(bot_ids, start=start, end=end, bucket=bucket)

    async def deposits(self, bot_ids: Sequence[str]) -> dict[str, list[DepositPoint]]:
        """See Reader.deposits."""
        check_visible(bot_ids)
        return await self._store.deposits(bot_ids)

    async def errors(
        self,
        *,
        bot_id: str | None,
        kind: str | None,
        before: str | None,
        limit: int,
        since: datetime | None = None,
    ) -> list[ErrorRow]:
        """See Reader.errors."""
        rows = await self._store.errors(
            bot_id=_held(bot_id),
            kind=kind,
            before=self._opened(before),
            limit=limit,
            since=since,
        )
        return [self._row(row) for row in rows]

    async def signals(
        self, bot_id: str, *, start: datetime, end: datetime, limit: int
    ) -> list[Signal]:
        """See Summaries.signals."""
        check_visible((bot_id,))
        return await self._store.signals(bot_id, start=start, end=end, limit=limit)

    async def stated(
        self, bot_id: str, decision_ids: Sequence[str], *, since: datetime
    ) -> dict[str, float | None]:
        """See Summaries.stated."""
        check_visible((bot_id,))
        return await self._store.stated(bot_id, decision_ids, since=since)

    async def newest_errors(
        self, *, bot_id: str | None, kind: str | None, since: datetime | None, limit: int
    ) -> list[ErrorRow]:
        """See Summaries.newest_errors."""
        held = _held(bot_id)
        rows = await self._store.newest_errors(bot_id=held, kind=kind, since=since, limit=limit)
        return [self._row(row) for row in rows]
