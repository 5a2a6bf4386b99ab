"""Reads of figures: the metrics of bots, and bots beside each other."""

from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from motherhaven.contract.clock import Clock
from motherhaven.server.figures.bot_metrics import Metrics
from motherhaven.server.figures.closed_trades import ClosedTrades
from motherhaven.server.figures.comparing import compare
from motherhaven.server.figures.curves import RANGES
from motherhaven.server.figures.ratios import DailyReturns
from motherhaven.server.figures.stated import Confidences
from motherhaven.server.reads.params import Ids, MaybeIds, Range, add_reads, ids_of, json_view
from motherhaven.server.wire.figures import Comparison, MetricsList
from motherhaven.server.wire.sizes import short
from motherhaven.stores.protocol import Reader

_MOST_COMPARED: Final = 10


class Figures:
    """Answers with figures, each with the number of observations behind it."""

    def __init__(self, store: Reader, clock: Clock, returns: DailyReturns) -> None:
        self._store = store
        self._trades = ClosedTrades(store)
        self._confidences = Confidences(store)
        self._metrics = Metrics(store, clock, returns, self._trades)

    def add_routes(self, router: APIRouter) -> None:
        """Register the reads."""
        routes = (("/metrics", "metrics", MetricsList), ("/compare", "compare", Comparison))
        add_reads(router, self, routes)

    async def metrics(self, bots: MaybeIds = None) -> Response:
        """Performance, trades and calibration of the bots (at most 100; without ids: all)."""
        return json_view(MetricsList(items=await self._metrics.of(ids_of(bots))))

    async def compare(self, ids: Ids, range: Range = "all") -> Response:
        """Up to ten bots beside each other, from the first time at which all had begun."""
        chosen = ids_of(ids, most=_MOST_COMPARED) or ()
        found = await compare(self._store, self._trades, self._confidences, chosen, RANGES[range])
        return json_view(short(found))
