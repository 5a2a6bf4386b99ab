"""What ingest refused, told to the store, so that the errors screen shows it."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import MotherhavenError, StoreError
from motherhaven.server.keyring import without_keys
from motherhaven.server.problems import problem_of
from motherhaven.server.sessions import Throttle
from motherhaven.stores.protocol import Store

_CHARS: Final = 400
_HIDDEN: Final = "***"


class Refusals:
    """Reports refusals of senders with the right key; never the server's own failures.

    The store keeps a few of each bot an hour; the throttle keeps a client that sends the
    same wrong thing for ever from costing a write each time.
    """

    def __init__(self, store: Store, clock: Clock, api_key: str | None) -> None:
        self._store = store
        self._clock = clock
        self._key = api_key
        self._throttle = Throttle(clock, attempts=20, seconds=600)

    async def of_request(self, name: str, body: object, error: MotherhavenError) -> None:
        """A whole request was refused with `error`; `body` is what is known of it."""
        problem = problem_of(error)
        if problem.status < 500:
            bot = body.get("bot_id") if isinstance(body, Mapping) else None
            await self.tell(bot, f"{name} refused ({problem.code}): {problem}")

    async def tell(self, bot: object, message: str) -> None:
        """Something of `bot`, which may be anything, was refused."""
        bot_id = bot if isinstance(bot, str) and len(bot) <= 128 else None
        if self._throttle.wait(bot_id or "") > 0:
            return
        self._throttle.failed(bot_id or "")
        text = without_keys(message)
        text = text.replace(self._key, _HIDDEN) if self._key else text
        # The sender hears of its refusal whether or not it can be kept.
        with suppress(StoreError):
            await self._store.report_rejected(
                bot_id=bot_id, at=self._clock.now(), message=text[:_CHARS]
            )
