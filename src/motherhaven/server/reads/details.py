"""Reads of one thing in depth: a trade, a decision's outcome, candles, errors in groups."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated, Final

from fastapi import Query
from starlette.responses import Response

from motherhaven.contract.errors import NotFound
from motherhaven.contract.views import Candle, DecisionDetail, EventPage, EventRow
from motherhaven.server.auth.policy import READ, SHOWN, Routes
from motherhaven.server.auth.visible.reader import VisibleReader
from motherhaven.server.figures.curves import DAWN, DUSK
from motherhaven.server.figures.trade_sums import trade_detail
from motherhaven.server.reads.groups import grouped, with_code
from motherhaven.server.reads.once import once
from motherhaven.server.reads.outcomes import HORIZONS, WIDEST, outcome
from motherhaven.server.reads.params import (
    Cursor,
    ErrorKind,
    EventKind,
    Id,
    Limit,
    MaybeId,
    Time,
    add_reads,
    json_view,
    time_of,
)
from motherhaven.server.wire.details import (
    CandleSeries,
    ErrorGroup,
    ErrorGroups,
    Outcome,
    TradeDetail,
)
from motherhaven.server.wire.sizes import fitting, page_of, short

_OUTCOME_CANDLES: Final = 5_000
_COUNTED_ERRORS: Final = 5_000
_CODED_GROUPS: Final = 20
"""Groups without a code whose newest decision is read for it; each costs a read of the store."""
_COIN: Final = Query(min_length=1, max_length=64)


class Details:
    """Answers from the store about single things."""

    def __init__(self, store: VisibleReader) -> None:
        self._store = store

    def add_routes(self, routes: Routes) -> None:
        """Register the reads."""
        reads = (
            ("/trade", "trade", SHOWN, TradeDetail),
            ("/outcome", "outcome", SHOWN, Outcome),
            ("/candles", "candles", SHOWN, CandleSeries),
            ("/errors/groups", "error_groups", READ, ErrorGroups),
            ("/event", "event", READ, EventRow),
            ("/events", "events", READ, EventPage),
        )
        add_reads(routes, self, reads, self._store)

    async def trade(self, id: Id, bot: Id) -> Response:
        """One position with its fills and funding; the figures add up exactly."""
        position = await self._store.position(bot, id)
        fills = await self._store.fills(bot, id)
        whole = trade_detail(position, fills, await self._store.fundings(bot, id))
        newest = {
            "position": short(position),
            "fills": fitting(whole.fills[::-1])[::-1],
            "funding": fitting(whole.funding[::-1])[::-1],
        }
        return json_view(whole.model_copy(update=newest))

    async def outcome(self, id: Id) -> Response:
        """What happened after a decision."""
        decision = await self._store.decision(id)
        opened = await self._store.opened_by(decision.bot_id, id)
        return json_view(outcome(decision, await self._after(decision), opened))

    async def candles(
        self,
        bot: Id,
        coin: Annotated[str, _COIN],
        start: Time = None,
        end: Time = None,
        limit: Annotated[int, Query(ge=1, le=5_000)] = 1_500,
    ) -> Response:
        """The coin's candles that begin in [start, end), as the bot recorded them."""
        first = time_of(start, "start") or DAWN
        last = time_of(end, "end") or DUSK
        found = await self._store.candles(bot, coin, start=first, end=last, limit=limit + 1)
        series = CandleSeries(
            bot_id=bot,
            coin=coin,
            interval_seconds=_width(found),
            candles=tuple(found[:limit]),
            next=found[limit].time if len(found) > limit else None,
        )
        return json_view(series)

    async def event(self, id: Id) -> Response:
        """One event of any kind as it was recorded; its long texts are fetched apart."""
        return json_view(await self._store.event(id))

    async def events(
        self, bot: Id, kind: EventKind, cursor: Cursor = None, limit: Limit = 50
    ) -> Response:
        """A bot's events of one kind, newest first: answers, orders, cash flows, …"""

        async def read(before: str | None, most: int) -> tuple[Sequence[EventRow], str | None]:
            page = await self._store.events(bot, kind, before=before, limit=most)
            return page.items, page.next

        items, following = await page_of(read, cursor, limit, lambda row: row.cursor)
        return json_view(EventPage(items=tuple(items), next=following))

    async def error_groups(
        self, kind: ErrorKind | None = None, bot: MaybeId = None, since: Time = None
    ) -> Response:
        """The newest errors, grouped by what their messages have in common."""
        rows = await self._store.newest_errors(
            bot_id=bot, kind=kind, since=time_of(since, "since"), limit=_COUNTED_ERRORS + 1
        )
        newest = rows[:_COUNTED_ERRORS]
        counted = once(newest)
        groups = grouped(counted)
        items = await self._with_codes(fitting(groups))
        truncated = len(rows) > len(newest) or len(items) < len(groups)
        return json_view(ErrorGroups(items=items, counted=len(counted), truncated=truncated))

    async def _with_codes(self, groups: Sequence[ErrorGroup]) -> tuple[ErrorGroup, ...]:
        """The groups with codes; of old rows without one as far as their decisions are there."""
        coded = await asyncio.gather(*map(self._coded, groups[:_CODED_GROUPS]))
        return (*coded, *groups[_CODED_GROUPS:])

    async def _coded(self, group: ErrorGroup) -> ErrorGroup:
        if group.code is None and group.decision_id is not None:  # kept before errors had codes
            with suppress(NotFound):
                return with_code(group, await self._store.decision(group.decision_id))
        return group

    async def _after(self, decision: DecisionDetail) -> list[Candle]:
        return await self._store.candles(
            decision.bot_id,
            decision.coin,
            start=decision.time - WIDEST,
            end=decision.time + HORIZONS[-1],
            limit=_OUTCOME_CANDLES,
        )


def _width(candles: list[Candle]) -> int | None:
    counted = Counter(candle.interval_seconds for candle in candles)
    return counted.most_common(1)[0][0] if counted else None
