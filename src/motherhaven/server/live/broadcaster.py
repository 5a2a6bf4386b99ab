"""The broadcaster: tails the store once and keeps the newest messages, encoded, for all."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final, NamedTuple

from starlette.types import Message

from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import CursorGone, StoreError
from motherhaven.contract.jsonio import dumps
from motherhaven.contract.times import format_time
from motherhaven.server.config import Limits
from motherhaven.server.live.log_news import LogNews
from motherhaven.server.live.rows import live_message
from motherhaven.server.wire.sizes import short
from motherhaven.stores.capabilities import capabilities_of
from motherhaven.stores.protocol import Store, Stored, Tail
from motherhaven.stores.unreadable import UNREADABLE

LOG: Final = logging.getLogger("motherhaven.server")

PAGE: Final = 200
BLOCK_BYTES: Final = 64 * 1024
"""A stream is sent about so much at once: what a client that does not read costs at most twice."""

LINGER_SECONDS: Final = 20.0
"""After the last stream the store is followed so much longer: a page that is loaded again
finds the history, and costs no new beginning."""

BILLED_BEATS: Final = 6
"""Where each look is billed, refusals at other servers are looked for at one beat in so many."""

_AT_ONCE: Final = 50
_RETRY_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Block:
    """Messages joined for one write, as ASGI wants it, and the cursor after them."""

    piece: Message
    cursor: str


class EncodedMessage(NamedTuple):
    """A message: its cursor, whose it is, and its bytes; none where retention was faster."""

    cursor: str
    bot_id: str
    data: bytes


def piece_of(data: bytes) -> Message:
    """A part of an answer that goes on."""
    return {"type": "http.response.body", "body": data, "more_body": True}


class Broadcaster:
    """Encodes each event once; streams are only places in its short history.

    A stream that falls out of the history reads the store itself, so nobody waits for
    a slow one and memory is bounded whatever the number of streams.
    """

    def __init__(self, store: Store, clock: Clock, limits: Limits) -> None:
        self.store = store
        self._clock = clock
        self._limits = limits
        self._history: deque[EncodedMessage] = deque()
        self._first = 0
        self._bytes = 0
        self._base = ""
        self._places: dict[str, int] = {}
        self.newest = ""
        """The cursor after the newest message."""
        self.news = asyncio.Event()
        """Set at the next message, heartbeat or end, and then replaced. Who takes it before
        looking at the rest misses nothing."""
        self._wanted = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None
        self._is_following = False
        self._start: str | None = None
        """Where the first stream is, before anything is followed."""
        self._letting_go: asyncio.TimerHandle | None = None
        self._joined: tuple[str, Block] | None = None
        """What follows one cursor, the last that was asked for; good until the next message."""
        self.streams = 0
        self.pulse = 0
        self.beat = _NOTHING
        self.refusals = 0
        """Counts what ingest refused, so that each stream tells it once."""
        self.refusal = piece_of(sse("rejected", b'{"kind":"rejected"}'))
        self._newest_refusal: str | None = None
        self.log_news = LogNews(self.wake)
        self.closed = False
        self.ending = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow the store while the context lasts; then every stream ends."""
        parts = (self._follow(), self._beat())
        tasks = [asyncio.create_task(part) for part in parts]
        try:
            yield
        finally:
            self.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def close(self) -> None:
        """End every stream, so that a shutdown waits for none."""
        self.closed = True
        if self._letting_go is not None:
            self._letting_go.cancel()
        self.ending.set()
        self.wake()

    def tell_refusal(self) -> None:
        """Ingest refused something: the list of errors has grown, though no event came."""
        self.refusals += 1
        self.wake()

    async def now(self) -> str:
        """The cursor of now: a stream from there misses nothing that comes.

        Raises:
            StoreError: the store does not answer.
        """
        if self._is_following:
            return self.newest
        self._start = await self.store.head()
        return self._start

    def join(self) -> None:
        """One more stream."""
        self.streams += 1
        if self._letting_go is not None:
            self._letting_go.cancel()
            self._letting_go = None
        self._wanted.set()

    def leave(self) -> None:
        """One stream less; after the last one the store is let go of."""
        self.streams -= 1
        if self.streams == 0 and not self.closed:
            loop = asyncio.get_running_loop()
            self._letting_go = loop.call_later(LINGER_SECONDS, self._let_go)

    def _let_go(self) -> None:
        self._letting_go = self._start = None
        self._wanted.clear()
        if self._reading is not None:
            self._reading.cancel()

    def after(self, cursor: str, bot_id: str | None = None) -> Block | None:
        """What follows a cursor, nothing at the newest; None if it is not in history.

        With a `bot_id` the messages of that bot alone; the block's cursor passes the others.
        """
        if bot_id is None and self._joined is not None and self._joined[0] == cursor:
            return self._joined[1]
        start = self._places.get(cursor)
        if start is None:
            return None
        end = self._first + len(self._history)
        if start == end:
            return Block(_NOTHING, cursor)
        block = self._join(start, bot_id)
        if bot_id is None:
            self._joined = (cursor, block)
        return block

    def encode(self, events: Iterable[Stored]) -> list[EncodedMessage]:
        """The message of each event."""
        messages: list[EncodedMessage] = []
        for stored in events:
            try:
                message = short(live_message(stored))
            except UNREADABLE as error:
                self.store.unreadable.note(stored.event.bot_id, stored.event.event_id, error)
                message = None
            data = b""
            if message is not None:
                body = message.model_dump_json().encode()
                data = sse(stored.event.kind, body, stored.cursor)
            messages.append(EncodedMessage(stored.cursor, stored.event.bot_id, data))
        return messages

    def _join(self, start: int, bot_id: str | None = None) -> Block:
        pieces: list[bytes] = []
        size = 0
        cursor = ""
        for index in range(start - self._first, len(self._history)):
            cursor, owner, data = self._history[index]
            if bot_id not in (None, owner):
                continue
            pieces.append(data)
            size += len(data)
            if size >= BLOCK_BYTES:
                break
        return Block(piece_of(b"".join(pieces)), cursor)

    async def _follow(self) -> None:
        """Follow the store while there are streams to read for, and a little longer."""
        while not self.closed:
            await self._wanted.wait()
            self._reading = asyncio.create_task(self._read_on())
            try:
                await asyncio.wait([self._reading])
            finally:
                self._reading.cancel()
                self._is_following = False

    async def _read_on(self) -> None:
        """Publish what is committed, for ever; after a failure go on behind what was told."""
        while True:
            try:
                if not self._is_following:
                    self._restart(self._start or await self.store.head())
                    self._start = None
                async with aclosing(self.store.follow(self.newest)) as tails:
                    async for tail in tails:
                        await self._tell(tail)
            except CursorGone:
                self._is_following = False
                continue
            except StoreError as error:
                LOG.warning("the live stream waits for the store: %s", error)
            except Exception:
                # The loop's boundary: a fault in one round must not end the stream for good.
                LOG.exception("the live stream failed on a round and begins anew")
                self._is_following = False
            await asyncio.sleep(_RETRY_SECONDS)

    async def _tell(self, tail: Tail) -> None:
        """Publish a tail, some messages at a time, so that requests are answered between."""
        for start in range(0, len(tail.events), _AT_ONCE):
            self._publish(self.encode(tail.events[start : start + _AT_ONCE]))
            await asyncio.sleep(0)
        if tail.cursor != self.newest:
            self._publish([EncodedMessage(tail.cursor, "", b"")])

    def _restart(self, cursor: str) -> None:
        self._first += len(self._history)
        self._history.clear()
        self._joined = None
        self._bytes = 0
        self._base = self.newest = cursor
        self._is_following = True
        self._places = {cursor: self._first}
        self.wake()

    def _publish(self, messages: list[EncodedMessage]) -> None:
        self._joined = None
        for one in messages:
            self._history.append(one)
            self._bytes += len(one.data)
            self._places[one.cursor] = self._first + len(self._history)
        limits = self._limits
        while self._history and (
            len(self._history) > limits.history_messages or self._bytes > limits.history_bytes
        ):
            oldest = self._history.popleft()
            self._first += 1
            self._bytes -= len(oldest.data)
            self._places.pop(self._base, None)
            self._base = oldest.cursor
        if messages:
            self.newest = messages[-1].cursor
            self.wake()

    def wake(self) -> None:
        """Let every stream look again for news, its heartbeat and its access."""
        news, self.news = self.news, asyncio.Event()
        news.set()

    async def _beat(self) -> None:
        every = BILLED_BEATS if capabilities_of(self.store).billed else 1
        while True:
            await asyncio.sleep(self._limits.heartbeat_seconds)
            data = dumps({"server_time": format_time(self._clock.now())})
            self.beat = piece_of(b": alive\n" + sse("heartbeat", data))
            self.pulse += 1
            self.wake()
            if self.streams and self.pulse % every == 0:
                await self._look_for_refusals()

    async def _look_for_refusals(self) -> None:
        """Those of other servers of the same store are no news by themselves."""
        with suppress(StoreError):
            found = await self.store.errors(bot_id=None, kind="ingest", before=None, limit=1)
            newest = found[0].id if found else ""
            known, self._newest_refusal = self._newest_refusal, newest
            if known is not None and newest != known:
                self.tell_refusal()


_NOTHING: Final = piece_of(b"")


def sse(event: str, data: bytes, cursor: str | None = None) -> bytes:
    """One server-sent event; `data` is JSON and so holds no line break."""
    name = b"" if cursor is None else b"id: " + cursor.encode() + b"\n"
    return name + b"event: " + event.encode() + b"\ndata: " + data + b"\n\n"
