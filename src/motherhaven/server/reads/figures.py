"""Reads of figures: the metrics of bots, bots beside each other, one bot's trades divided."""

import asyncio
from typing import Annotated, Final

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import ConfigError, NotFound
from motherhaven.contract.zones import find_zone
from motherhaven.server.auth.policy import SHOWN, Routes
from motherhaven.server.auth.visible.reader import VisibleReader
from motherhaven.server.auth.visible.viewer import only_bot
from motherhaven.server.figures.bot_metrics import Metrics
from motherhaven.server.figures.breakdown import breakdown
from motherhaven.server.figures.closed_trades import ClosedTrades
from motherhaven.server.figures.comparing import compare
from motherhaven.server.figures.curves import RANGES
from motherhaven.server.figures.holding import Holds, hold
from motherhaven.server.figures.ratios import DailyReturns
from motherhaven.server.figures.stated import Confidences
from motherhaven.server.reads.kept_answers import KeptAnswers, Made
from motherhaven.server.reads.params import (
    Id,
    Ids,
    MaybeIds,
    Range,
    add_reads,
    ids_of,
    json_view,
)
from motherhaven.server.wire.breakdown import Breakdown
from motherhaven.server.wire.figures import Comparison, MetricsList
from motherhaven.server.wire.hold import Hold
from motherhaven.server.wire.problems import Problem
from motherhaven.server.wire.sizes import short

_MOST_COMPARED: Final = 10
_MOST_HELD: Final = 250

Coin = Annotated[str, Query(min_length=1, max_length=64)]

Zone = Annotated[str, Query(min_length=1, max_length=64, description="IANA name of a time zone")]


class Figures:
    """Answers with figures, each with the number of observations behind it."""

    def __init__(self, store: VisibleReader, clock: Clock, returns: DailyReturns) -> None:
        self._store = store
        self._clock = clock
        self._holds = Holds(clock)
        self._answers = KeptAnswers(store)
        self._trades = ClosedTrades(store)
        self._confidences = Confidences(store)
        self._metrics = Metrics(store, clock, returns, self._trades)

    def add_routes(self, routes: Routes) -> None:
        """Register the reads."""
        reads = (
            ("/metrics", "metrics", SHOWN, MetricsList),
            ("/compare", "compare", SHOWN, Comparison),
            ("/breakdown", "breakdown", SHOWN, Breakdown),
            ("/hold", "hold", SHOWN, Hold),
        )
        add_reads(routes, self, reads, self._store)

    async def metrics(self, bots: MaybeIds = None) -> Response:
        """Performance, trades and calibration of the bots (at most 100; without ids: all)."""
        return json_view(MetricsList(items=await self._metrics.of(ids_of(bots))))

    async def compare(self, request: Request, ids: Ids, range: Range = "all") -> Response:
        """Up to ten bots beside each other, from the first time at which all had begun."""
        chosen = ids_of(ids, most=_MOST_COMPARED) or ()

        async def make() -> Made:
            found, is_whole = await compare(
                self._store, self._trades, self._confidences, chosen, RANGES[range]
            )
            return Made(short(found), is_whole)

        return await self._answers.give(request, (chosen, range), chosen, make)

    async def breakdown(self, bot: Id, zone: Zone = "UTC") -> Response:
        """A bot's closed trades by coin and side, by day of `zone`, by result and by hold."""
        try:
            days = find_zone(zone)
        except ConfigError as error:
            raise Problem(422, "invalid_query", str(error), "name a zone, such as UTC") from None
        (name,) = ids_of(bot) or (bot,)
        rows = await self._store.bots((name,), limit=1)
        if not rows:
            raise NotFound(f"there is no bot {name[:60]!r}")
        kept = await self._trades.of(rows[0])
        closed = rows[0].stats.closed_positions
        return json_view(await asyncio.to_thread(breakdown, name, kept, closed, days, days.key))

    async def hold(self, coin: Coin, bots: MaybeIds = None, range: Range = "1d") -> Response:
        """What the coin cost over the range, as the bots (without ids: all) recorded it."""
        ids, span = ids_of(bots), RANGES[range]
        key = (only_bot(), ids, coin, range)
        found = self._holds.find(key, span)
        if found is None:
            rows = await self._store.bots(ids, limit=_MOST_HELD)
            found = await hold(self._store, rows, coin, span, self._clock.now())
            self._holds.keep(key, found)
        return json_view(found)
