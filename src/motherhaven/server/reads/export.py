"""Downloads: everything of one sort as CSV or JSON, streamed page by page."""

from collections.abc import Sequence
from typing import Literal

from starlette.responses import Response, StreamingResponse

from motherhaven.server.auth.policy import API, READ, Routes
from motherhaven.server.auth.visible.reader import VisibleReader
from motherhaven.server.reads.at_cursor import DOCUMENTED, at_cursor
from motherhaven.server.reads.export_rows import COLUMNS, Pages, pages_of
from motherhaven.server.reads.export_text import Row, csv_pieces, json_pieces
from motherhaven.server.reads.params import FAILURES, MaybeId, MaybeTags
from motherhaven.server.wire import schemas

What = Literal["decisions", "trades", "equity", "errors"]
Format = Literal["csv", "json"]


class Export:
    """Streams what the store holds; money stays exact text."""

    def __init__(self, store: VisibleReader) -> None:
        self._store = store

    def add_routes(self, routes: Routes) -> None:
        """Register the download."""
        routes.add(
            f"{API}/export",
            at_cursor(self.export, self._store),
            READ,
            methods=["GET"],
            tags=["reads"],
            operation_id="export",
            response_model=list[dict[str, str | int | None]],
            responses={
                200: {**DOCUMENTED[200], "content": {"text/csv": {"schema": {"type": "string"}}}},
                **schemas.failures(*FAILURES),
            },
        )

    async def export(
        self, what: What, format: Format = "csv", bot: MaybeId = None, tags: MaybeTags = None
    ) -> Response:
        """All decisions, trades, equity points or errors, newest first, as a file.

        With `tags` those of the bots that have each of them now. Equity is oldest first, in
        the finest rollup. Prompts and raw answers are left out.
        """
        wanted = frozenset(part.strip() for part in (tags or "").split(",") if part.strip())
        pages = pages_of(self._store, what, bot, wanted)
        # The first page before the answer begins, so that a store that is away is a clean 503.
        pages = _with(await anext(pages), pages)
        pieces = csv_pieces(COLUMNS[what], pages) if format == "csv" else json_pieces(pages)
        return StreamingResponse(
            pieces,
            media_type="text/csv" if format == "csv" else "application/json",
            headers={"content-disposition": f'attachment; filename="motherhaven-{what}.{format}"'},
        )


async def _with(first: Sequence[Row], rest: Pages) -> Pages:
    yield first
    async for page in rest:
        yield page
