"""GET /api/llm-bot/live: server-sent events that resume without a gap."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Header, Query
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import CursorGone, StoreError
from motherhaven.server.admission.callers import caller_of
from motherhaven.server.auth.policy import API, SHOWN, Routes
from motherhaven.server.auth.principal import principal_of
from motherhaven.server.auth.standing import Standing, standing_of
from motherhaven.server.auth.visible.cursor_seal import CursorSeal
from motherhaven.server.auth.visible.shared_view import shared_messages
from motherhaven.server.auth.visible.viewer import viewing_link
from motherhaven.server.config import Limits
from motherhaven.server.http.security import DIRECT_SEND
from motherhaven.server.live.broadcaster import (
    BLOCK_BYTES,
    LOG,
    PAGE,
    Block,
    Broadcaster,
    piece_of,
    sse,
)
from motherhaven.server.live.places import StreamPlaces
from motherhaven.server.wire import schemas
from motherhaven.server.wire.answers import Hello, LiveMessage
from motherhaven.server.wire.problems import Problem

LAST_SECONDS: Final = 0.5
"""How long a stopping server waits for clients that do not read."""

_CATCHING_UP: Final = 4
_RETRY_MS: Final = 1_500
_NO_PLACE: Final = "none"
"""Where a client is whose cursor is not one of ours: nowhere in the history, so it is reset."""

Place = Annotated[str | None, Query(max_length=200, description="go on after this cursor")]
LastId = Annotated[str | None, Header(max_length=200, description="wins over `after`")]


@dataclass(slots=True)
class _Page:
    """How many events a stream reads from the store at once; follows how long they are."""

    size: int = 25


class EventStream(Response):
    """Runs `feed`, which sends pieces, until it returns or the client goes away.

    Once `ending` is set, a client that does not read has LAST_SECONDS to take what is sent.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        feed: Callable[[Send], Coroutine[Any, Any, None]],
        ended: Callable[[], None],
        ending: asyncio.Event,
    ) -> None:
        super().__init__(
            headers={"cache-control": "no-cache, no-transform", "x-accel-buffering": "no"}
        )
        del self.headers["content-length"]
        self._feed = feed
        self._ended = ended
        self._ending = ending

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the feed ends or the client leaves."""
        sending = asyncio.ensure_future(self._send(send, scope.get(DIRECT_SEND, send)))
        watching = asyncio.ensure_future(_gone(receive))
        stopping = asyncio.ensure_future(self._ending.wait())
        first = asyncio.FIRST_COMPLETED
        try:
            await asyncio.wait({sending, watching, stopping}, return_when=first)
            if stopping.done():
                await asyncio.wait({sending, watching}, timeout=LAST_SECONDS, return_when=first)
        finally:
            for task in (sending, watching, stopping):
                task.cancel()
            try:
                await asyncio.gather(sending, watching, stopping, return_exceptions=True)
            finally:
                self._ended()
        if not sending.cancelled():
            sending.result()

    async def _send(self, send: Send, direct: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        # Thousands of pieces need not pass the layers that only look at the first message.
        await self._feed(direct)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class Live:
    """The live stream of all events."""

    def __init__(
        self,
        broadcaster: Broadcaster,
        clock: Clock,
        limits: Limits,
        seal: CursorSeal,
    ) -> None:
        self._broadcaster = broadcaster
        self._clock = clock
        self._limits = limits
        self._seal = seal
        self._places = StreamPlaces(limits)
        self._catching_up = asyncio.Semaphore(_CATCHING_UP)

    def add_routes(self, routes: Routes) -> None:
        """Register the stream."""
        routes.add(
            f"{API}/live",
            self.live,
            SHOWN,
            methods=["GET"],
            tags=["live"],
            operation_id="live",
            response_model=LiveMessage,
            responses=schemas.failures(400, 401, 403, 422, 429, 503),
        )

    async def live(
        self, request: Request, after: Place = None, last_event_id: LastId = None
    ) -> Response:
        """Events as they are committed, after a cursor or from now on.

        The first event is `hello`; `reset` tells that the history is gone and a fresh
        snapshot is needed; `heartbeat` comes while nothing else does; `rejected`, without
        an id, tells that ingest refused something, which the list of errors now has; `log`,
        without an id, that a bot's log has grown.
        """
        if self._broadcaster.closed:
            raise Problem(
                503, "stopping", "the server is stopping", "connect again", {"retry-after": "2"}
            )
        standing = standing_of(request.scope)
        mine = principal_of(request.scope).bot_id
        leave_place = self._places.take(caller_of(request.scope))
        try:
            given = last_event_id or after
            if given and mine is not None:
                given = self._seal.open(given) or _NO_PLACE
            cursor = given or await self._broadcaster.now()
        except BaseException:
            leave_place()
            raise
        self._broadcaster.join()

        def ended() -> None:
            leave_place()
            self._broadcaster.leave()

        async def feed(send: Send) -> None:
            try:
                hello = self._hello("hello", cursor, mine)
                await send(piece_of(f"retry: {_RETRY_MS}\n".encode() + hello))
                await self._follow(send, cursor, standing, mine)
            except StoreError as error:
                # The client connects again and goes on after the last id it saw.
                LOG.warning("a live stream ended because the store failed: %s", error)

        return EventStream(feed, ended, self._broadcaster.ending)

    async def _follow(self, send: Send, cursor: str, standing: Standing, mine: str | None) -> None:
        broadcaster = self._broadcaster
        told = (broadcaster.pulse, broadcaster.refusals, broadcaster.log_news.count)
        page = _Page()
        while True:
            news = broadcaster.news
            if broadcaster.closed or standing.problem(broadcaster.pulse) is not None:
                return
            if cursor != broadcaster.newest:
                block = broadcaster.after(cursor, mine)
                if block is None:
                    data, cursor, at_end = await self._from_store(cursor, mine, page)
                    if data:
                        await _send_pieces(send, data)
                    if not at_end or broadcaster.after(cursor) is not None:
                        continue
                else:
                    cursor = block.cursor
                    await self._send_block(send, block, mine)
                    if cursor != broadcaster.newest:
                        continue
            if told == (broadcaster.pulse, broadcaster.refusals, broadcaster.log_news.count):
                await news.wait()
            told = await self._tell(send, told, mine, cursor)

    async def _send_block(self, send: Send, block: Block, mine: str | None) -> None:
        """A block as it is, or as whoever sees one bot alone, or has a link, may see it."""
        body: bytes = block.piece["body"]
        if mine is not None:
            body = self._seal.seal_messages(body)
        shown = shared_messages(body)
        if shown is not block.piece["body"] or len(shown) > 2 * BLOCK_BYTES:
            await _send_pieces(send, shown)
        elif shown:
            await send(block.piece)

    async def _tell(
        self, send: Send, told: tuple[int, int, int], mine: str | None, cursor: str
    ) -> tuple[int, int, int]:
        """Send what is no event, unless it was told: heartbeats, refusals, that logs have grown.

        Gives how far each is now.
        """
        broadcaster = self._broadcaster
        now = (broadcaster.pulse, broadcaster.refusals, broadcaster.log_news.count)
        if viewing_link() is None:
            for message in broadcaster.log_news.since(told[2], mine):
                await send(piece_of(sse("log", message)))
        if told[1] != now[1] and viewing_link() is None:
            await send(broadcaster.refusal)
        if told[0] != now[0]:
            if mine is not None:
                # Who comes back need not pass what was not for it again.
                await send(piece_of(b"id: " + self._seal.seal(cursor).encode() + b"\n\n"))
            await send(broadcaster.beat)
        return now

    async def _from_store(
        self, cursor: str, mine: str | None, page: "_Page"
    ) -> tuple[bytes, str, bool]:
        """What the store has after a cursor, where that leads, and whether it is the end.

        `mine`: the only bot whose events are given; None: of all.
        """
        async with self._catching_up:
            try:
                tail = await self._broadcaster.store.tail(cursor, page.size)
            except CursorGone:
                head = await self._broadcaster.store.head()
                return self._hello("reset", head, mine), head, False
            pieces: list[bytes] = []
            size = 0
            for number, one in enumerate(tail.events):
                if size >= BLOCK_BYTES:
                    # The rest is read again when this is sent: who does not read holds little.
                    page.size = number
                    return self._told(pieces, mine), cursor, False
                cursor = one.cursor
                if mine in (None, one.event.bot_id):
                    [told] = self._broadcaster.encode([one])
                    pieces.append(told.data)
                    size += len(told.data)
        page.size = min(2 * page.size, PAGE)
        return self._told(pieces, mine), tail.cursor, not tail.events and not tail.more

    def _told(self, pieces: list[bytes], mine: str | None) -> bytes:
        data = b"".join(pieces)
        return shared_messages(data if mine is None else self._seal.seal_messages(data))

    def _hello(self, event: str, cursor: str, mine: str | None) -> bytes:
        if mine is not None:
            cursor = self._seal.seal(cursor)
        hello = Hello(
            cursor=cursor,
            server_time=self._clock.now(),
            heartbeat_seconds=self._limits.heartbeat_seconds,
        )
        return sse(event, hello.model_dump_json().encode(), cursor)


async def _send_pieces(send: Send, data: bytes) -> None:
    """Send a little at a time, so that the rest of what is not read is not kept twice."""
    for start in range(0, len(data), BLOCK_BYTES):
        await send(piece_of(data[start : start + BLOCK_BYTES]))


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
