"""Sessions that were ended on another server of the same store end here too."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import StoreError
from motherhaven.server.access.sessions import Sessions
from motherhaven.stores.capabilities import capabilities_of
from motherhaven.stores.protocol import Store
from motherhaven.stores.shared import put_own_record

LOG: Final = logging.getLogger("motherhaven.server")

RECORD: Final = "sessions-ended"
REFRESH_SECONDS: Final = 2.0
COSTLY_REFRESH_SECONDS: Final = 20.0
"""Where each look is billed."""

MOST: Final = 4_000
"""So many are shared, those that last longest first; each was a session that signed out."""


class EndedSessions:
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
    ) -> None:
        """`ended` is called when sessions that ended elsewhere became known."""
        self._store = store
        self._clock = clock
        self._sessions = sessions
        self._ended = ended
        self._random = random_bytes

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep level with the store while the context lasts."""
        task = asyncio.create_task(self._follow())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _follow(self) -> None:
        is_costly = capabilities_of(self._store).billed
        while True:
            try:
                await self.level()
            except StoreError:
                LOG.debug("ended sessions wait for the store")
            await asyncio.sleep(COSTLY_REFRESH_SECONDS if is_costly else REFRESH_SECONDS)

    async def level(self) -> None:
        """One look: learn, then tell.

        Raises:
            StoreError: the store fails; nothing is forgotten.
        """
        record = await self._store.record(RECORD)
        told = _read(record.text) if record else {}
        here = self._sessions.ended()
        if self._sessions.learn_ended({n: at for n, at in told.items() if n not in here}):
            self._ended()
        if here.keys() <= told.keys():
            return
        now = self._clock.now().timestamp()
        both = sorted((told | here).items(), key=lambda pair: -pair[1])[:MOST]
        entries = {name: expiry for name, expiry in both if expiry > now}
        if entries.keys() <= told.keys():
            return
        text = json.dumps({"ended": entries, "token": self._random(8).hex()})
        # Where another server was faster, the next look sees what it wrote.
        await put_own_record(self._store, RECORD, text, record.revision if record else None)


def _read(text: str) -> dict[str, int]:
    """The record's sessions; a damaged one counts as none, and is written anew."""
    try:
        entries = json.loads(text)["ended"]
        return {str(name): int(expiry) for name, expiry in entries.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
