"""GET /api/llm-bot/live: server-sent events that resume without a gap."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Query
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import CursorGone, StoreError
from motherhaven.server.access.boundary import DIRECT_SEND
from motherhaven.server.access.callers import caller_of
from motherhaven.server.access.cursor_seal import CursorSeal
from motherhaven.server.access.rules import API, Door, rule_of
from motherhaven.server.access.visible import only_bot
from motherhaven.server.access.visitors import Visitor
from motherhaven.server.config import Limits
from motherhaven.server.live.broadcaster import BLOCK_BYTES, LOG, PAGE, Hub, piece_of, sse
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
        self, hub: Hub, clock: Clock, door: Door, limits: Limits, seal: CursorSeal
    ) -> None:
        self._hub = hub
        self._clock = clock
        self._door = door
        self._limits = limits
        self._seal = seal
        self._places = StreamPlaces(limits)
        self._catching_up = asyncio.Semaphore(_CATCHING_UP)

    def add_routes(self, router: APIRouter) -> None:
        """Register the stream."""
        router.add_api_route(
            f"{API}/live",
            self.live,
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
        an id, tells that ingest refused something, which the list of errors now has.
        """
        if self._hub.closed:
            raise Problem(
                503, "stopping", "the server is stopping", "connect again", {"retry-after": "2"}
            )
        visitor = Visitor(request.scope)
        leave_place = self._places.take(caller_of(request.scope))
        try:
            given = last_event_id or after
            if given and only_bot() is not None:
                given = self._seal.open(given) or _NO_PLACE
            cursor = given or await self._hub.now()
        except BaseException:
            leave_place()
            raise
        self._hub.join()

        def ended() -> None:
            leave_place()
            self._hub.leave()

        async def feed(send: Send) -> None:
            try:
                hello = self._hello("hello", cursor)
                await send(piece_of(f"retry: {_RETRY_MS}\n".encode() + hello))
                await self._follow(send, cursor, visitor)
            except StoreError as error:
                # The client connects again and goes on after the last id it saw.
                LOG.warning("a live stream ended because the store failed: %s", error)

        return EventStream(feed, ended, self._hub.ending)

    async def _follow(self, send: Send, cursor: str, visitor: Visitor) -> None:
        hub = self._hub
        told = (hub.pulse, hub.refusals)
        mine = only_bot()
        page = _Page()
        while True:
            news = hub.news
            if hub.closed or not self._may_stay(visitor):
                return
            if cursor != hub.newest:
                block = hub.after(cursor, mine)
                if block is None:
                    data, cursor, at_end = await self._from_store(cursor, mine, page)
                    if data:
                        await _send_pieces(send, data)
                    if not at_end or hub.after(cursor) is not None:
                        continue
                else:
                    cursor = block.cursor
                    if mine is not None and block.piece["body"]:
                        await _send_pieces(send, self._seal.seal_messages(block.piece["body"]))
                    elif len(block.piece["body"]) > 2 * BLOCK_BYTES:
                        await _send_pieces(send, block.piece["body"])
                    elif block.piece["body"]:
                        await send(block.piece)
                    if cursor != hub.newest:
                        continue
            if told == (hub.pulse, hub.refusals):
                await news.wait()
            told = await self._tell(send, told, None if mine is None else cursor)

    async def _tell(self, send: Send, told: tuple[int, int], place: str | None) -> tuple[int, int]:
        """Send what is no event, heartbeats and refusals, unless it was told; gives both now."""
        hub = self._hub
        now = (hub.pulse, hub.refusals)
        if told[1] != now[1]:
            await send(hub.refusal)
        if told[0] != now[0]:
            if place is not None:
                # Who comes back need not pass what was not for it again.
                await send(piece_of(b"id: " + self._seal.seal(place).encode() + b"\n\n"))
            await send(hub.beat)
        return now

    def _may_stay(self, visitor: Visitor) -> bool:
        """Ask the door again only when something may have changed its mind."""
        moment = (self._hub.pulse, self._door.revision)
        if visitor.admitted != moment:
            if self._door.refusal(rule_of(visitor.path), visitor) is not None:
                return False
            visitor.admitted = moment
        return True

    async def _from_store(
        self, cursor: str, mine: str | None, page: "_Page"
    ) -> tuple[bytes, str, bool]:
        """What the store has after a cursor, where that leads, and whether it is the end.

        `mine`: the only bot whose events are given; None: of all.
        """
        async with self._catching_up:
            try:
                tail = await self._hub.store.tail(cursor, page.size)
            except CursorGone:
                head = await self._hub.store.head()
                return self._hello("reset", head), head, False
            pieces: list[bytes] = []
            size = 0
            for number, one in enumerate(tail.events):
                if size >= BLOCK_BYTES:
                    # The rest is read again when this is sent: who does not read holds little.
                    page.size = number
                    return self._told(pieces, mine), cursor, False
                cursor = one.cursor
                if mine in (None, one.event.bot_id):
                    [told] = self._hub.encode([one])
                    pieces.append(told.data)
                    size += len(told.data)
        page.size = min(2 * page.size, PAGE)
        return self._told(pieces, mine), tail.cursor, not tail.events and not tail.more

    def _told(self, pieces: list[bytes], mine: str | None) -> bytes:
        data = b"".join(pieces)
        return data if mine is None else self._seal.seal_messages(data)

    def _hello(self, event: str, cursor: str) -> bytes:
        if only_bot() is not None:
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
