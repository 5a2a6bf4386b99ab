"""The venue's WebSocket: hints that something is new. What is true is read over HTTP."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from motherhaven.bot.venues.hyperliquid.extra import load
from motherhaven.bot.venues.hyperliquid.stream_state import (
    Connection,
    Dead,
    Heard,
    News,
    subscriptions,
)
from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import ConfigError

MOST_BYTES: Final = 8 << 20
FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0
OPENING: Final = 10.0
LOOK: Final = 1.0
"""Seconds between two looks at what is due."""

log = logging.getLogger(__name__)
EVERYTHING: Final = Heard(frozenset(News))


class Stream:
    """Keeps one connection open, for as long as `run` runs. `tell` gets each hint.

    After each opening it tells that anything may be new: what happened in between is not
    told again by the venue.
    """

    def __init__(
        self,
        url: str,
        account: str,
        tell: Callable[[Heard], None],
        clock: Clock,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        *,
        proxied: bool = True,
    ) -> None:
        """`url` is that of HTTP; the stream is beside it. `pause` waits between two tries."""
        self._url = f"ws{url.removeprefix('http')}/ws"
        self._account = account
        self._tell = tell
        self._clock = clock
        self._pause = pause
        self._options: dict[str, Any] = {} if proxied else {"proxy": None}
        self.heard_at: datetime | None = None
        self.reconnects = 0

    async def run(self) -> None:
        """Connect again whenever the connection ends, until this is cancelled."""
        try:
            websockets = load("websockets.asyncio.client")
            broken = load("websockets.exceptions").WebSocketException
        except ConfigError as error:
            log.warning("no stream of Hyperliquid, so it is only polled: %s", error)
            await asyncio.Event().wait()
            return
        pause = FIRST_PAUSE
        while True:
            opened = self._clock.monotonic()
            try:
                async with websockets.connect(
                    self._url, open_timeout=OPENING, close_timeout=1, ping_interval=None,
                    max_size=MOST_BYTES, **self._options,
                ) as socket:  # fmt: skip
                    await self._listen(socket)
            except (Dead, broken, OSError, TimeoutError, EOFError) as error:
                log.info("Hyperliquid's stream ended (%s: %.200s)", type(error).__name__, error)
            self.reconnects += 1
            if self._clock.monotonic() - opened >= LONGEST_PAUSE:
                pause = FIRST_PAUSE
            # Spread out, so that many bots do not come back in the same second.
            await self._pause(pause * (1 + random.random()) / 2)  # noqa: S311
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _listen(self, socket: Any) -> None:
        """One connection until it ends.

        Raises:
            Dead: it is of no use any more.
        """
        connection = Connection(subscriptions(self._account), self._clock.monotonic())
        for text in connection.first():
            await socket.send(text)
        self._tell(EVERYTHING)
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK):
                    self._take(connection, await socket.recv())
            due = connection.due(self._clock.monotonic())
            if due is not None:
                await socket.send(due)

    def _take(self, connection: Connection, text: str | bytes) -> None:
        if not isinstance(text, str):
            raise Dead("a message is not text")
        heard = connection.heard(text, self._clock.monotonic())
        self.heard_at = self._clock.now()
        if heard.news:
            self._tell(heard)
