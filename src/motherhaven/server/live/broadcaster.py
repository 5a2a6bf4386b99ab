"""The broadcaster: tails the store once and keeps the newest messages, encoded, for all."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final, NamedTuple

from starlette.types import Message

from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import CursorGone, StoreError
from motherhaven.contract.jsonio import dumps
from motherhaven.contract.times import format_time
from motherhaven.server.config import Limits
from motherhaven.server.live.rows import live_message
from motherhaven.server.wire.sizes import short
from motherhaven.stores.protocol import Store, Stored
from motherhaven.stores.unreadable import UNREADABLE

LOG: Final = logging.getLogger("motherhaven.server")

PAGE: Final = 200
BLOCK_BYTES: Final = 64 * 1024
"""A stream is sent about so much at once: what a client that does not read costs at most twice."""

_RETRY_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Block:
    """Messages joined for one write, as ASGI wants it, and the cursor after them."""

    piece: Message
    cursor: str


class Told(NamedTuple):
    """A message: its cursor, whose it is, and its bytes; none where retention was faster."""

    cursor: str
    bot_id: str
    data: bytes


def piece_of(data: bytes) -> Message:
    """A part of an answer that goes on."""
    return {"type": "http.response.body", "body": data, "more_body": True}


class Hub:
    """Encodes each event once; streams are only places in its short history.

    A stream that falls out of the history reads the store itself, so nobody waits for
    a slow one and memory is bounded whatever the number of streams.
    """

    def __init__(self, store: Store, clock: Clock, limits: Limits) -> None:
        self.store = store
        self._clock = clock
        self._limits = limits
        self._history: deque[Told] = deque()
        self._first = 0
        self._bytes = 0
        self._base = ""
        self._places: dict[str, int] = {}
        self.newest = ""
        """The cursor after the newest message."""
        self.news = asyncio.Event()
        """Set at the next message, heartbeat or end, and then replaced. Who takes it before
        looking at the rest misses nothing."""
        self._changed = asyncio.Event()
        self._joined: tuple[str, Block] | None = None
        """What follows one cursor, the last that was asked for; good until the next message."""
        self.streams = 0
        self.pulse = 0
        self.beat = _NOTHING
        self.refusals = 0
        """Counts what ingest refused, so that each stream tells it once."""
        self.refusal = piece_of(sse("rejected", b'{"kind":"rejected"}'))
        self._newest_refusal: str | None = None
        self.closed = False
        self.ending = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow the store while the context lasts; then every stream ends."""
        parts = (self._watch(), self._follow(), self._beat())
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
        self.ending.set()
        self.wake()

    def tell_refusal(self) -> None:
        """Ingest refused something: the list of errors has grown, though no event came."""
        self.refusals += 1
        self.wake()

    def join(self) -> None:
        """One more stream."""
        self.streams += 1
        self._changed.set()

    def leave(self) -> None:
        """One stream less."""
        self.streams -= 1

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

    async def encode(self, events: Iterable[Stored]) -> list[Told]:
        """The message of each event."""
        messages: list[Told] = []
        for stored in events:
            try:
                message = short(await live_message(self.store, stored))
            except UNREADABLE as error:
                self.store.unreadable.note(stored.event.bot_id, stored.event.event_id, error)
                message = None
            data = b""
            if message is not None:
                body = message.model_dump_json().encode()
                data = sse(stored.event.kind, body, stored.cursor)
            messages.append(Told(stored.cursor, stored.event.bot_id, data))
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

    async def _watch(self) -> None:
        """Note every commit; after a failure take it that some were missed."""
        while not self.closed:
            try:
                async for _ in self.store.changes():
                    self._changed.set()
                    if self.closed:
                        return
                return
            except StoreError as error:
                LOG.warning("the live stream waits for the store: %s", error)
                await self._pause()

    async def _follow(self) -> None:
        """Read on after each commit, while there are streams to read for."""
        cursor: str | None = None
        while not self.closed:
            await self._changed.wait()
            self._changed.clear()
            try:
                cursor = await self._read_on(cursor) if self.streams else None
            except CursorGone:
                cursor = None
                self._changed.set()
            except StoreError as error:
                LOG.warning("the live stream waits for the store: %s", error)
                await self._pause()
            except Exception:
                # The loop's boundary: a fault in one round must not end the stream for good.
                LOG.exception("the live stream failed on a round and begins anew")
                cursor = None
                await self._pause()

    async def _pause(self) -> None:
        await asyncio.sleep(_RETRY_SECONDS)
        self._changed.set()

    async def _read_on(self, cursor: str | None) -> str:
        if cursor is None:
            cursor = await self.store.head()
            self._restart(cursor)
        more = True
        while more:
            tail = await self.store.tail(cursor, PAGE)
            messages = await self.encode(tail.events)
            if tail.cursor != (messages[-1].cursor if messages else cursor):
                messages.append(Told(tail.cursor, "", b""))
            self._publish(messages)
            cursor, more = tail.cursor, tail.more
        return cursor

    def _restart(self, cursor: str) -> None:
        self._first += len(self._history)
        self._history.clear()
        self._joined = None
        self._bytes = 0
        self._base = self.newest = cursor
        self._places = {cursor: self._first}
        self.wake()

    def _publish(self, messages: list[Told]) -> None:
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
        while True:
            await asyncio.sleep(self._limits.heartbeat_seconds)
            data = dumps({"server_time": format_time(self._clock.now())})
            self.beat = piece_of(b": alive\n" + sse("heartbeat", data))
            self.pulse += 1
            self.wake()
            if self.streams:
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
