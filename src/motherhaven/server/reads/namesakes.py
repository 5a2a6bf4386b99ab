"""Which bots have the name of another one, found out now and then where there are many."""

from collections.abc import Sequence
from typing import Final

from motherhaven.contract.clock import Clock
from motherhaven.contract.views import BotRow
from motherhaven.server.auth.visible.viewer import only_bot
from motherhaven.stores.names import namesakes
from motherhaven.stores.protocol import Reader

_FRESH_SECONDS: Final = 60.0
_PAGE: Final = 500


class Namesakes:
    """The ids of bots with a name that is not theirs alone."""

    def __init__(self, store: Reader, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._kept: frozenset[str] = frozenset()
        self._at = float("-inf")

    async def of(self, rows: Sequence[BotRow], *, whole: bool) -> frozenset[str]:
        """Those among `rows`; `whole` says that there are no other bots.

        Who may see one bot alone learns nothing of others.
        """
        if whole or only_bot() is not None:
            return namesakes(rows)
        if self._clock.monotonic() - self._at >= _FRESH_SECONDS:
            self._at = self._clock.monotonic()
            self._kept = namesakes(await self._all())
        return self._kept

    async def _all(self) -> list[BotRow]:
        found: list[BotRow] = []
        while True:
            page = await self._store.bots(after=found[-1].id if found else None, limit=_PAGE)
            found += page
            if not page:
                return found
