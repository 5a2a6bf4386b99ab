"""What ingest refused, told to the store, so that the errors screen shows it."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import MotherhavenError, StoreError
from motherhaven.server.access.sessions import Throttle
from motherhaven.server.wire.problems import Problem, problem_of
from motherhaven.server.wire.redaction import without_keys
from motherhaven.stores.protocol import Store

_CHARS: Final = 400
_HIDDEN: Final = "***"


class Refusals:
    """Reports what ingest refused, never the server's own failures, and has it told live.

    The store keeps a few of each bot an hour; the throttles keep a client that sends the
    same wrong thing for ever from costing a write each time. Of who has no right key, only
    the fact is kept, in the server's words, and rarely: strangers cannot fill the screen.
    """

    def __init__(
        self, store: Store, clock: Clock, api_key: str | None, tell: Callable[[], None]
    ) -> None:
        self._store = store
        self._clock = clock
        self._key = api_key
        self._tell = tell
        self._throttle = Throttle(clock, attempts=20, seconds=600)
        self._strangers = Throttle(clock, attempts=3, seconds=3_600)

    async def of_request(self, name: str, body: object, error: MotherhavenError) -> None:
        """A whole request was refused with `error`; `body` is what is known of it."""
        problem = problem_of(error)
        if problem.status < 500:
            bot = body.get("bot_id") if isinstance(body, Mapping) else None
            await self.tell(bot, f"{name} refused ({problem.code}): {problem}")

    async def of_stranger(self, problem: Problem) -> None:
        """A sender was not let in, with 401 or 403; nothing that it sent is kept."""
        if problem.status in (401, 403) and self._strangers.wait(problem.code) == 0:
            self._strangers.failed(problem.code)
            await self._keep(None, f"ingest refused ({problem.code}): {problem}")

    async def tell(self, bot: object, message: str) -> None:
        """Something of `bot`, which may be anything, was refused."""
        bot_id = bot if isinstance(bot, str) and len(bot) <= 128 else None
        if self._throttle.wait(bot_id or "") > 0:
            return
        self._throttle.failed(bot_id or "")
        await self._keep(bot_id, message)

    async def _keep(self, bot_id: str | None, message: str) -> None:
        text = without_keys(message)
        text = text.replace(self._key, _HIDDEN) if self._key else text
        # The sender hears of its refusal whether or not it can be kept.
        with suppress(StoreError):
            kept = await self._store.report_rejected(
                bot_id=bot_id, at=self._clock.now(), message=text[:_CHARS]
            )
            if kept:
                self._tell()
