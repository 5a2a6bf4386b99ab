"""Sessions that were ended on another server of the same store end here too."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import StoreError
from motherhaven.server.auth.sessions.tokens import Sessions
from motherhaven.server.background import beside
from motherhaven.stores.capabilities import capabilities_of
from motherhaven.stores.protocol import Store
from motherhaven.stores.shared import put_own_record

LOG: Final = logging.getLogger("motherhaven.server")

RECORD: Final = "sessions-ended"
REFRESH_SECONDS: Final = 2.0
COSTLY_REFRESH_SECONDS: Final = 45.0
"""Where each look is billed; and then only while streams are open, or when a session comes."""

_TRIES: Final = 5
"""Where another server writes the record at the same moment, whoever comes second writes again."""

MOST: Final = 4_000
"""So many are shared, those that last longest first; each was a session that signed out."""


class RemoteRevocation:
    """Tells the store which sessions ended here, and learns which did elsewhere.

    The record holds random names and when they would have expired; a name signs nobody in.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        sessions: Sessions,
        ended: Callable[[], None],
        random_bytes: Callable[[int], bytes],
        is_watched: Callable[[], bool] = lambda: True,
    ) -> None:
        """`ended` is called when sessions ended, here or elsewhere.

        `is_watched`: whether streams are open, which a session that ends must end too.
        """
        self._store = store
        self._clock = clock
        self._sessions = sessions
        self._ended = ended
        self._random = random_bytes
        self._is_watched = is_watched
        self._is_billed = capabilities_of(store).billed
        self._pause = COSTLY_REFRESH_SECONDS if self._is_billed else REFRESH_SECONDS
        self._lock = asyncio.Lock()
        """Held during a look: a session is judged after the first, not beside it."""
        self._looked_at = float("-inf")
        self._is_level = False
        """Whether there was a look at all: a process may be made for a single request."""
        self._told: frozenset[str] = frozenset()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep level with the store while the context lasts."""
        async with beside(self._follow):
            yield

    async def _follow(self) -> None:
        while True:
            try:
                if not self._is_billed or self._is_watched() or self._has_news():
                    async with self._lock:
                        await self.level()
            except StoreError:
                LOG.debug("ended sessions wait for the store")
            await asyncio.sleep(self._pause)

    def _has_news(self) -> bool:
        return not self._sessions.ended().keys() <= self._told

    async def fresh(self) -> None:
        """Before a session is judged: where looks are billed, none is taken without need.

        Elsewhere `running` looks often enough, once there was a first look. A store that does
        not answer now is no reason to refuse a session that is known.
        """
        if self._is_level and not self._is_billed:
            return
        async with self._lock:
            if self._clock.monotonic() - self._looked_at >= self._pause:
                with suppress(StoreError):
                    await self.level()

    async def tell(self) -> None:
        """A session ended here: its streams end, and the store knows before the answer.

        After that a serverless process may be stopped. A store that does not answer is told at
        a later look.
        """
        self._ended()
        with suppress(StoreError):
            for _ in range(_TRIES):
                async with self._lock:
                    await self.level()
                if not self._has_news():
                    return

    async def level(self) -> None:
        """One look: learn, then tell.

        Raises:
            StoreError: the store fails; nothing is forgotten.
        """
        self._looked_at = self._clock.monotonic()
        record = await self._store.get_shared_record(RECORD)
        self._is_level = True
        told = _read(record.text) if record else {}
        here = self._sessions.ended()
        if self._sessions.learn_ended({n: at for n, at in told.items() if n not in here}):
            self._ended()
        self._told = frozenset(here)
        if here.keys() <= told.keys():
            return
        now = self._clock.now().timestamp()
        both = sorted((told | here).items(), key=lambda pair: -pair[1])[:MOST]
        entries = {name: expiry for name, expiry in both if expiry > now}
        if entries.keys() <= told.keys():
            return
        text = json.dumps({"ended": entries, "token": self._random(8).hex()})
        # Where another server was faster, the next look sees what it wrote.
        if not await put_own_record(self._store, RECORD, text, record.revision if record else None):
            self._told = frozenset()


def _read(text: str) -> dict[str, int]:
    """The record's sessions; a damaged one counts as none, and is written anew."""
    try:
        entries = json.loads(text)["ended"]
        return {str(name): int(expiry) for name, expiry in entries.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
