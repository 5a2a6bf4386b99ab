"""The reads of the dashboard: keyset pages, details and long texts on demand."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Final, Literal

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from motherhaven.contract.clock import Clock
from motherhaven.contract.events import Signal
from motherhaven.contract.views import (
    BotRow,
    DecisionDetail,
    DecisionPage,
    DecisionRow,
    ErrorRow,
    PositionPage,
    PositionRow,
    TextSlice,
)
from motherhaven.server.auth.policy import READ, SHOWN, SHOWN_WITH_PROMPTS, Routes
from motherhaven.server.auth.visible.reader import VisibleReader
from motherhaven.server.figures.bots import bot_view
from motherhaven.server.figures.curves import MOST_CURVES, RANGES, equity_curves
from motherhaven.server.figures.growth import Bases, in_buckets
from motherhaven.server.figures.ratios import DailyReturns, sharpe_of
from motherhaven.server.reads.kept_answers import KeptAnswers, Made
from motherhaven.server.reads.namesakes import Namesakes
from motherhaven.server.reads.params import (
    Cursor,
    ErrorKind,
    Id,
    Limit,
    MaybeId,
    MaybeIds,
    Offset,
    Range,
    Status,
    TextField,
    TextLimit,
    Time,
    add_reads,
    ids_of,
    json_view,
    time_of,
)
from motherhaven.server.wire.answers import BotList, BotView, Equity, ErrorPage, ReturnBase
from motherhaven.server.wire.sizes import page_of
from motherhaven.stores.amounts import shown
from motherhaven.stores.protocol import DecisionFilter

_DOWNLOAD_CHARS: Final = 500_000


class Reads:
    """Answers the dashboard from the store."""

    def __init__(self, store: VisibleReader, clock: Clock, returns: DailyReturns) -> None:
        self._store = store
        self._clock = clock
        self._returns = returns
        self._bases = Bases(store)
        self._answers = KeptAnswers(store)
        self._namesakes = Namesakes(store, clock)

    def add_routes(self, routes: Routes) -> None:
        """Register the reads."""
        reads = (
            ("/bots", "bots", SHOWN, BotList),
            ("/feed", "feed", SHOWN, DecisionPage),
            ("/decision", "decision", SHOWN, DecisionDetail),
            ("/text", "text", SHOWN_WITH_PROMPTS, TextSlice),
            ("/text/download", "download", SHOWN_WITH_PROMPTS, str),
            ("/trades", "trades", SHOWN, PositionPage),
            ("/equity", "equity", SHOWN, Equity),
            ("/errors", "errors", READ, ErrorPage),
        )
        add_reads(routes, self, reads, self._store)

    async def bots(self, cursor: Cursor = None, limit: Limit = 500) -> Response:
        """Bots with their state and totals, page by page."""
        now = self._clock.now()

        async def read(after: str | None, most: int) -> tuple[list[BotView], str | None]:
            # A row that cannot be read is left out: only an empty answer is the end.
            rows = await self._store.bots(after=after, limit=most)
            same = await self._namesakes.of(rows, whole=after is None and len(rows) < most)
            return await self._views(rows, now, same), rows[-1].id if rows else None

        items, following = await page_of(read, cursor, limit, lambda row: row.id)
        return json_view(BotList(bots=items, server_time=now, next=following))

    async def _views(
        self, rows: Sequence[BotRow], now: datetime, same: frozenset[str]
    ) -> list[BotView]:
        returns = await self._returns.of(rows)
        failed, bases = self._returns.failed, await self._bases.of(rows)
        found = []
        for row in rows:
            view = bot_view(
                row, now, sharpe_of(returns[row.id]), failed.get(row.id), bases.get(row.id)
            )
            found.append(view.model_copy(update={"ambiguous": row.id in same}))
        return found

    async def feed(
        self,
        bot: MaybeId = None,
        coin: MaybeId = None,
        signal: Signal | None = None,
        verdict: Literal["allowed", "rejected"] | None = None,
        executed: bool = False,
        kind: Literal["all", "trades"] = "all",
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Response:
        """Decisions, newest first; kind=trades leaves the holds out."""
        where = DecisionFilter(
            bot_id=bot,
            coin=coin,
            signal=signal,
            verdict=verdict,
            executed=executed,
            only_trades=kind == "trades",
        )

        async def read(before: str | None, most: int) -> tuple[Sequence[DecisionRow], str | None]:
            page = await self._store.decisions(where, before=before, limit=most)
            return page.items, page.next

        items, following = await page_of(read, cursor, limit, lambda row: row.cursor)
        return json_view(DecisionPage(items=items, next=following))

    async def decision(self, id: Id) -> Response:
        """One decision with its chain; its long texts are fetched apart."""
        return json_view(await self._store.decision(id))

    async def text(
        self, id: Id, field: TextField, offset: Offset = 0, limit: TextLimit = 65_536
    ) -> Response:
        """A slice of one long text."""
        return json_view(await self._store.text(id, field, offset=offset, limit=limit))

    async def download(self, id: Id, field: TextField) -> Response:
        """One long text whole, as a file."""
        first = await self._store.text(id, field, offset=0, limit=_DOWNLOAD_CHARS)
        name = "".join(char if char.isalnum() or char in "-_." else "_" for char in id)
        headers = {"content-disposition": f'attachment; filename="{name}-{field}.txt"'}
        return _TextFile(self._pieces(id, field, first), headers=headers)

    async def _pieces(self, id: str, field: str, piece: TextSlice) -> AsyncIterator[bytes]:
        offset = 0
        while True:
            yield piece.text.encode()
            offset += len(piece.text)
            if not piece.text or offset >= piece.total:
                return
            piece = await self._store.text(id, field, offset=offset, limit=_DOWNLOAD_CHARS)

    async def trades(
        self,
        status: Status = "all",
        bot: MaybeId = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Response:
        """Positions, newest first by entry, closed ones by exit."""

        async def read(before: str | None, most: int) -> tuple[Sequence[PositionRow], str | None]:
            page = await self._store.positions(status=status, bot_id=bot, before=before, limit=most)
            return page.items, page.next

        items, following = await page_of(read, cursor, limit, lambda row: row.cursor)
        return json_view(PositionPage(items=items, next=following))

    async def equity(
        self, request: Request, bots: MaybeIds = None, range: Range = "1d"
    ) -> Response:
        """Equity up to the newest market time; buckets follow the range. Without ids: 250 bots."""
        ids = ids_of(bots, most=MOST_CURVES)
        return await self._answers.give(
            request, (ids, range), ids, lambda: self._curves(ids, range)
        )

    async def _curves(self, ids: Sequence[str] | None, range: Range) -> Made:
        rows = await self._store.bots(ids, limit=MOST_CURVES)
        found, is_whole = await equity_curves(self._store, rows, RANGES[range], self._clock.now())
        steps = await self._bases.steps_of(rows)
        bases = {
            name: tuple(
                ReturnBase(time=step.time, base_usd=base)
                for step in in_buckets(some, found.start, found.bucket_seconds)
                if (base := shown(step.base)) is not None
            )
            for name, some in steps.items()
        }
        return Made(found.model_copy(update={"bases": bases}), is_whole)

    async def errors(
        self,
        bot: MaybeId = None,
        kind: ErrorKind | None = None,
        since: Time = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Response:
        """What went wrong at or after `since`, newest first."""
        start = time_of(since, "since")

        async def read(before: str | None, most: int) -> tuple[Sequence[ErrorRow], str | None]:
            rows = await self._store.errors(
                bot_id=bot, kind=kind, before=before, limit=most, since=start
            )
            return rows, rows[-1].cursor if rows else None

        items, following = await page_of(read, cursor, limit, lambda row: row.cursor)
        return json_view(ErrorPage(items=items, next=following))


class _TextFile(StreamingResponse):
    media_type = "text/plain"
