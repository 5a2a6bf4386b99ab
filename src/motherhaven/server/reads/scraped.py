"""Figures of this server as text for a Prometheus scraper."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from starlette.responses import Response

from motherhaven.contract.clock import Clock
from motherhaven.contract.views import BotRow
from motherhaven.server.auth.policy import READ, Routes
from motherhaven.server.auth.visible.reader import VisibleReader
from motherhaven.server.reads.at_cursor import DOCUMENTED, at_cursor
from motherhaven.server.reads.bill import billed_today
from motherhaven.server.reads.params import FAILURES
from motherhaven.server.wire import schemas
from motherhaven.stores.billing import FREE, Billed
from motherhaven.stores.protocol import Store

_TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"
_MOST_BOTS: Final = 1_000
_STATES: Final = {
    "unprotected": "Open positions that no stop covers",
    "partly": "Open positions that stops cover in part",
    "unknown": "Open positions of which the bot does not know how they are covered",
    "protected": "Open positions that stops at the venue cover whole",
}
_AGE: Final = "motherhaven_bot_status_age_seconds"


class ScrapedFigures:
    """Answers /metrics: the store's bill, and how the bots' positions are protected."""

    def __init__(self, store: Store, seen: VisibleReader, clock: Clock) -> None:
        """Take the bots from `seen`, which a key of one bot reads nobody else's from."""
        self._store, self._seen, self._clock = store, seen, clock

    def add_routes(self, routes: Routes) -> None:
        """Register the read."""
        routes.add(
            "/metrics",
            at_cursor(self.scraped, self._seen),
            READ,
            methods=["GET"],
            tags=["health"],
            operation_id="scraped",
            response_model=str,
            responses={**DOCUMENTED, **schemas.failures(*FAILURES)},
        )

    async def scraped(self) -> Response:
        """Figures of this server in Prometheus' text form.

        motherhaven_positions_unprotected, _partly, _unknown and _protected count each bot's
        open positions by its newest status, as motherhaven_bot_status_age_seconds old as the
        server received it. A bot that tells nothing of protection, or holds nothing, has none
        of these. motherhaven_store_*: what a store costs that is paid by the document.
        """
        bots = await self._seen.bots(limit=_MOST_BOTS)
        billed = billed_today(self._store)
        lines = [] if billed is None else list(_bill(billed))
        lines += protection_lines(bots, self._clock.now())
        return Response("".join(f"{line}\n" for line in lines), media_type=_TEXT)


def protection_lines(bots: Iterable[BotRow], now: datetime) -> Iterator[str]:
    """The gauges of protection, for the bots whose newest status tells of it."""
    told = [
        (bot.id, bot.status, bot.status.protection)  # an id has neither quotes nor backslashes
        for bot in bots
        if bot.status is not None and bot.status.protection is not None
    ]
    if not told:
        return
    for state, meaning in _STATES.items():
        name = f"motherhaven_positions_{state}"
        yield from _head(name, f"{meaning}, by the newest status.")
        for bot_id, _, counts in told:
            yield f'{name}{{bot="{bot_id}"}} {getattr(counts, state)}'
    yield from _head(_AGE, "Seconds since the server received that status.")
    for bot_id, status, _ in told:
        age = max((now - status.received_at).total_seconds(), 0)
        yield f'{_AGE}{{bot="{bot_id}"}} {age:.0f}'


def _bill(billed: Billed) -> Iterator[str]:
    documents = "motherhaven_store_documents_today"
    yield from _head(documents, "Documents billed since midnight Pacific time.")
    for name in FREE:
        yield f'{documents}{{operation="{name}"}} {getattr(billed, name)}'
    cost, share = "motherhaven_store_cost_usd_today", "motherhaven_store_budget_share"
    yield from _head(cost, "What they cost beyond the free quota, in USD.")
    yield f"{cost} {billed.cost_usd}"
    yield from _head(share, "Used share of the day's budget.")
    yield f"{share} {billed.share:.4f}"


def _head(name: str, says: str) -> tuple[str, str]:
    return f"# HELP {name} {says}", f"# TYPE {name} gauge"
