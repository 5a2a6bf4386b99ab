"""A key of one bot: it sends for that bot alone, and says what its events may claim."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from motherhaven.contract.clock import Clock
from motherhaven.contract.events import Event
from motherhaven.server.auth.keys.cache import ApiKey
from motherhaven.server.refusals import Refusals
from motherhaven.server.wire.problems import Problem
from motherhaven.stores.names import name_key
from motherhaven.stores.protocol import Store

_AGAIN_SECONDS: Final = 60.0
_PAGE: Final = 500
_MOST: Final = 10_000


def bind_event(item: Any, bot: str | None) -> Any:
    """`item` with the key's bot filled in where it names none; anything else as it is.

    Raises:
        Problem: 403, it names another bot.
    """
    if bot is None or not isinstance(item, Mapping):
        return item
    named = item.get("bot_id")
    if named is None:
        return {**item, "bot_id": bot}
    if named == bot:
        return item
    raise Problem(
        403,
        "foreign_bot",
        f"this key belongs to the bot {bot}, but the event names another one",
        "give each bot its own key: motherhaven keys create --name NAME --bot BOT_ID; "
        "an event without bot_id gets the key's",
    )


class Claims:
    """Holds events that come with a bound key to what the key says; keeps all of them.

    The shared key and keys of any bot say nothing of one, so they are not held.
    """

    def __init__(self, store: Store, clock: Clock, refusals: Refusals) -> None:
        self._store = store
        self._clock = clock
        self._refusals = refusals
        self._known: dict[tuple[str, str], tuple[bool, float]] = {}

    async def held(self, events: Sequence[Event], key: ApiKey | None) -> list[Event]:
        """The events, without what their key does not allow; that is told among the errors.

        Raises:
            StoreError: the store does not answer.
        """
        if key is None or key.bot_id is None:
            return list(events)
        return [await self._one(event, key) for event in events]

    async def _one(self, event: Event, key: ApiKey) -> Event:
        if event.mode == "live" and not key.live:
            event = replace(event, mode="unknown")
            await self._refusals.tell(
                event.bot_id,
                f"the bot claims live money, which its key {key.id} does not allow: kept as "
                "unknown; if it is so: motherhaven keys create --name NAME --bot "
                f"{event.bot_id} --allow-live",
                "live_not_allowed",
            )
        name = event.bot_name
        if name is not None and await self._is_taken(event.bot_id, name):
            event = replace(event, bot_name=None)
            await self._refusals.tell(
                event.bot_id,
                f"the name {name[:60]!r} belongs to another bot and was left out; give each bot "
                "a name of its own (MOTHERHAVEN_BOT)",
                "name_taken",
            )
        return event

    async def _is_taken(self, bot_id: str, name: str) -> bool:
        """Whether another bot has the name, and this one has not had it before."""
        pair, now = (bot_id, name_key(name)), self._clock.monotonic()
        known = self._known.get(pair)
        if known is not None and (not known[0] or now - known[1] < _AGAIN_SECONDS):
            return known[0]
        taken = await self._has_another(*pair)
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[pair] = (taken, now)
        return taken

    async def _has_another(self, bot_id: str, key: str) -> bool:
        taken, after = False, None
        while True:
            page = await self._store.bots(after=after, limit=_PAGE)
            for row in page:
                if row.name is not None and name_key(row.name) == key:
                    if row.id == bot_id:
                        return False
                    taken = True
            if not page:
                return taken
            after = page[-1].id
