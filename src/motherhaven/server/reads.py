"""The reads of the dashboard: keyset pages, details and long texts on demand."""

from collections.abc import AsyncIterator
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import Response, StreamingResponse

from motherhaven.contract.clock import Clock
from motherhaven.contract.events import Signal
from motherhaven.contract.views import (
    DecisionDetail,
    DecisionPage,
    PositionPage,
    PositionRow,
    TextSlice,
)
from motherhaven.server import schemas
from motherhaven.server.access import API
from motherhaven.server.bots import bot_view
from motherhaven.server.curves import RANGES, equity_curves
from motherhaven.server.models import BotList, Equity, ErrorPage
from motherhaven.server.ratios import Ratios
from motherhaven.stores.protocol import DecisionFilter, Store

TextField = Literal["system_prompt", "user_prompt", "raw_response", "justification"]
Status = Literal["open", "closed", "all"]
ErrorKind = Literal["cycle", "answer", "guard", "order", "ingest"]
Range = Literal["1h", "1d", "1w", "1m", "1y", "all"]

Id = Annotated[str, Query(min_length=1, max_length=128)]
MaybeId = Annotated[str | None, Query(min_length=1, max_length=128)]
Cursor = Annotated[str | None, Query(max_length=200, description="`next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=500)]
Offset = Annotated[int, Query(ge=0, le=2**40, description="in characters")]
TextLimit = Annotated[int, Query(ge=1, le=1_000_000, description="in characters")]

_DOWNLOAD_CHARS: Final = 500_000
_FAILURES: Final = (401, 403, 404, 410, 422, 503)


def json_view(view: BaseModel) -> Response:
    """A read model as the JSON that its schema promises."""
    return Response(view.model_dump_json(), media_type="application/json")


class Reads:
    """Answers the dashboard from the store."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._ratios = Ratios(store)

    def add_routes(self, router: APIRouter) -> None:
        """Register the reads."""
        routes: tuple[tuple[str, str, type[BaseModel]], ...] = (
            ("/bots", "bots", BotList),
            ("/feed", "feed", DecisionPage),
            ("/decision", "decision", DecisionDetail),
            ("/text", "text", TextSlice),
            ("/trades", "trades", PositionPage),
            ("/trade", "trade", PositionRow),
            ("/equity", "equity", Equity),
            ("/errors", "errors", ErrorPage),
        )
        for path, name, model in routes:
            router.add_api_route(
                API + path,
                getattr(self, name),
                methods=["GET"],
                tags=["reads"],
                operation_id=name,
                response_model=model,
                responses=schemas.failures(*_FAILURES),
            )
        router.add_api_route(
            f"{API}/text/download",
            self.download,
            methods=["GET"],
            tags=["reads"],
            operation_id="download",
            response_model=str,
            responses=schemas.failures(*_FAILURES),
        )

    async def bots(self) -> Response:
        """All bots with their state and totals."""
        now = self._clock.now()
        rows = await self._store.bots()
        ratios = await self._ratios.of(rows)
        views = tuple(bot_view(row, now, ratios[row.id]) for row in rows)
        return json_view(BotList(bots=views, server_time=now))

    async def feed(
        self,
        bot: MaybeId = None,
        coin: MaybeId = None,
        signal: Signal | None = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Response:
        """Decisions, newest first."""
        where = DecisionFilter(bot_id=bot, coin=coin, signal=signal)
        return json_view(await self._store.decisions(where, before=cursor, limit=limit))

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
        page = await self._store.positions(status=status, bot_id=bot, before=cursor, limit=limit)
        return json_view(page)

    async def trade(self, id: Id, bot: Id) -> Response:
        """One position."""
        return json_view(await self._store.position(bot, id))

    async def equity(
        self,
        bots: Annotated[
            str | None, Query(max_length=4_000, description="ids, separated by commas")
        ] = None,
        range: Range = "1d",
    ) -> Response:
        """Equity of the bots up to their newest market time; buckets follow the range."""
        ids = None if bots is None else tuple(part for part in bots.split(",") if part)
        return json_view(await equity_curves(self._store, ids, RANGES[range], self._clock.now()))

    async def errors(
        self,
        bot: MaybeId = None,
        kind: ErrorKind | None = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Response:
        """What went wrong, newest first."""
        found = await self._store.errors(bot_id=bot, kind=kind, before=cursor, limit=limit + 1)
        items = tuple(found[:limit])
        more = items[-1].cursor if len(found) > limit else None
        return json_view(ErrorPage(items=items, next=more))


class _TextFile(StreamingResponse):
    media_type = "text/plain"
