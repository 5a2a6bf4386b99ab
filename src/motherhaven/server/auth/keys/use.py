"""When each key of a single bot was last used: kept in the store, to five minutes."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Final

from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import ContractError, StoreError
from motherhaven.contract.times import format_time, parse_instant
from motherhaven.server.background import beside
from motherhaven.stores.shared import SharedRecords, put_own_record

RECORD: Final = "keys-used"
EVERY_SECONDS: Final = 300.0
"""A key in constant use costs one write to the store in this time, all keys together."""

_ATTEMPTS: Final = 5
_MOST: Final = 1_000


async def last_uses(store: SharedRecords) -> dict[str, datetime]:
    """When each key was last used, by its id; a key that never was is not in it."""
    record = await store.get_shared_record(RECORD)
    return read_uses(record.text) if record else {}


def read_uses(text: str) -> dict[str, datetime]:
    """The uses of a record; one that is damaged counts as none, for it only informs."""
    try:
        used = json.loads(text)["used"]
        return {str(name): parse_instant(at) for name, at in used.items()}
    except (ValueError, KeyError, TypeError, AttributeError, ContractError):
        return {}


def write_uses(uses: dict[str, datetime], token: str) -> str:
    """The record's text; `token` makes it unlike any that another server would write."""
    newest = sorted(uses.items(), key=lambda pair: pair[1])[-_MOST:]
    used = {name: format_time(at) for name, at in newest}
    return json.dumps({"used": used, "token": token}, separators=(",", ":"))


class KeyUse:
    """Notes uses in memory, and writes them to the store beside the requests."""

    def __init__(
        self,
        store: SharedRecords,
        clock: Clock,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._store = store
        self._clock = clock
        self._random = random_bytes
        self._last: dict[str, datetime] = {}
        self._written: dict[str, float] = {}
        self._due = asyncio.Event()

    def note(self, key_id: str) -> None:
        """The key was used now."""
        self._last[key_id] = self._clock.now()
        written = self._written.get(key_id, float("-inf"))
        if self._clock.monotonic() - written >= EVERY_SECONDS:
            self._due.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Write while the context lasts, and once at its end; a store that fails costs nothing."""
        try:
            async with beside(self._keep):
                yield
        finally:
            with suppress(StoreError):
                await self.write()

    async def _keep(self) -> None:
        while True:
            await self._due.wait()
            self._due.clear()
            with suppress(StoreError):  # the next use tries again
                await self.write()

    async def write(self) -> None:
        """Write every use that the store does not have yet.

        Raises:
            StoreError: the store cannot work now; nothing is forgotten.
        """
        if not self._last:
            return
        uses = dict(self._last)
        for _ in range(_ATTEMPTS):
            record = await self._store.get_shared_record(RECORD)
            known = read_uses(record.text) if record else {}
            newest = {name: max(at, known.get(name, at)) for name, at in uses.items()}
            text = write_uses(known | newest, self._random(8).hex())
            if await put_own_record(self._store, RECORD, text, record.revision if record else None):
                break
        now = self._clock.monotonic()
        for name, at in uses.items():
            self._written[name] = now
            if self._last[name] == at:
                del self._last[name]
