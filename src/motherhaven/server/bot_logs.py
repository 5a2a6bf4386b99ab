"""The log of a bot: its last lines come in beside the events, and are shown on its page."""

from typing import Annotated, Any, Final

from fastapi import Path
from starlette.requests import Request
from starlette.responses import Response

from motherhaven.contract.errors import NotFound
from motherhaven.contract.log_lines import MAX_BATCH, LogBatch, LogLine, read_batch
from motherhaven.server.auth.policy import API, INGEST, READ, Routes
from motherhaven.server.auth.principal import principal_of
from motherhaven.server.auth.visible.viewer import check_visible
from motherhaven.server.bodies import read_json
from motherhaven.server.config import Limits
from motherhaven.server.live.log_news import LogNews
from motherhaven.server.reads.params import FAILURES, Id, json_view
from motherhaven.server.wire import schemas
from motherhaven.server.wire.bot_logs import BotLogView, LogKept, LogLineView
from motherhaven.server.wire.redaction import without_keys
from motherhaven.stores.bot_logs import BotLogs
from motherhaven.stores.capabilities import capabilities_of
from motherhaven.stores.protocol import Store

BotId = Annotated[str, Path(min_length=1, max_length=128)]

WAIT_SECONDS: Final = 2
BILLED_WAIT_SECONDS: Final = 30
"""The same where each write is billed."""

_BODY_BYTES: Final = 1 << 20


class BotLogRoutes:
    """Takes lines from bots and gives them to people."""

    def __init__(self, store: Store, logs: BotLogs, news: LogNews, limits: Limits) -> None:
        self._store = store
        self._logs = logs
        self._news = news
        self._limits = Limits(body_bytes=_BODY_BYTES, body_seconds=limits.body_seconds)
        is_billed = capabilities_of(store).billed
        self._wait = BILLED_WAIT_SECONDS if is_billed else WAIT_SECONDS

    def add_routes(self, routes: Routes) -> None:
        """Register both."""
        routes.add(
            f"{API}/bots/{{bot}}/log",
            self.take,
            INGEST,
            methods=["POST"],
            operation_id="log_take",
            response_model=LogKept,
            responses=schemas.failures(400, 401, 403, 404, 408, 413, 415, 422, 429, 503),
            openapi_extra=schemas.request_body(_BATCH),
            tags=["ingest"],
        )
        routes.add(
            f"{API}/log",
            self.shown,
            READ,
            methods=["GET"],
            operation_id="log",
            response_model=BotLogView,
            responses=schemas.failures(*FAILURES),
            tags=["reads"],
        )

    async def take(self, request: Request, bot: BotId) -> Response:
        """Lines of a bot that is known; the same again changes nothing. They may be dropped."""
        if principal_of(request.scope).bot_id not in (None, bot):
            raise NotFound(f"there is no bot {bot[:60]!r} that this key may send for")
        batch = read_batch(await read_json(request, self._limits))
        if not await self._store.bots([bot]):
            raise NotFound(f"there is no bot {bot[:60]!r}: its first event makes it known")
        kept = await self._logs.add(bot, _masked(batch))
        if kept:
            self._news.tell(bot)
        return json_view(LogKept(success=True, kept=kept, wait_seconds=self._wait))

    async def shown(self, bot: Id) -> Response:
        """The last lines of a bot's log, oldest first; none where it ships none."""
        check_visible((bot,))
        log = await self._logs.of(bot)
        lines = tuple(
            LogLineView(
                n=kept.number,
                time=kept.line.time,
                level=kept.line.level,
                logger=kept.line.logger,
                text=kept.line.text,
            )
            for kept in log.lines
        )
        dropped = log.number - len(lines)
        return json_view(BotLogView(bot_id=bot, lines=lines, lost=log.lost, dropped=dropped))


def _masked(batch: LogBatch) -> LogBatch:
    """The batch with keys of this server blacked out: the bot does so too, for all that it has."""
    lines = tuple(
        LogLine(one.time, one.level, without_keys(one.logger), without_keys(one.text))
        for one in batch.lines
    )
    return LogBatch(batch.run, batch.first, lines, batch.lost)


_BATCH: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["run", "first", "lines"],
    "properties": {
        "run": {"type": "string", "maxLength": 64, "description": "chosen anew by each process"},
        "first": {"type": "integer", "minimum": 0, "description": "lines sent before in this run"},
        "lost": {"type": "integer", "minimum": 0},
        "lines": {
            "type": "array",
            "maxItems": MAX_BATCH,
            "items": {
                "type": "array",
                "minItems": 4,
                "maxItems": 4,
                "items": {"type": "string"},
                "description": "time, level, logger, text",
            },
        },
    },
}
