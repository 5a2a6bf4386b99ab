"""What ingest refused, told to the store, so that the errors screen shows it."""

from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import MotherhavenError, StoreError
from motherhaven.server.wire.problems import Problem, problem_of
from motherhaven.server.wire.redaction import without_keys
from motherhaven.stores.protocol import Store

_CHARS: Final = 400
_HIDDEN: Final = "***"
_MOST_NAMES: Final = 1_024


class Throttle:
    """Lets each name fail `attempts` times in `seconds`; forgets the oldest names first."""

    def __init__(self, clock: Clock, *, attempts: int, seconds: float) -> None:
        self._clock = clock
        self._attempts = attempts
        self._seconds = seconds
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, name: str) -> float:
        """Seconds until this name may fail again; 0 when it may now."""
        times = self._failures.get(name)
        if times is None:
            return 0.0
        now = self._clock.monotonic()
        while times and now - times[0] >= self._seconds:
            times.popleft()
        if len(times) < self._attempts:
            return 0.0
        return self._seconds - (now - times[0])

    def failed(self, name: str) -> None:
        """Count one failure."""
        times = self._failures.setdefault(name, deque(maxlen=self._attempts))
        self._failures.move_to_end(name)
        times.append(self._clock.monotonic())
        while len(self._failures) > _MOST_NAMES:
            self._failures.popitem(last=False)


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

    async def of_request(
        self, name: str, body: object, error: MotherhavenError, only: str | None = None
    ) -> None:
        """A whole request was refused with `error`; `body` is what is known of it.

        `only`: the bot that the key is bound to; nothing is told of another, whatever it names.
        """
        problem = problem_of(error)
        if problem.status < 500:
            bot = body.get("bot_id") if isinstance(body, Mapping) else None
            bot = only if only is not None and bot is not None else bot
            await self.tell(bot, f"{name} refused ({problem.code}): {problem}", problem.code)

    async def of_stranger(self, problem: Problem, what: str = "ingest") -> None:
        """A sender was not let in, with 401 or 403; nothing that it sent is kept."""
        name = f"{what} {problem.code}"
        if problem.status in (401, 403) and self._strangers.wait(name) == 0:
            self._strangers.failed(name)
            told = f"{what} refused ({problem.code}): {problem}"
            await self._keep(None, told, problem.code)

    async def tell(self, bot: object, message: str, code: str | None = None) -> None:
        """Something of `bot`, which may be anything, was refused; `code` as contract.reasons."""
        bot_id = bot if isinstance(bot, str) and len(bot) <= 128 else None
        if self._throttle.wait(bot_id or "") > 0:
            return
        self._throttle.failed(bot_id or "")
        await self._keep(bot_id, message, code)

    async def _keep(self, bot_id: str | None, message: str, code: str | None) -> None:
        text = without_keys(message)
        text = text.replace(self._key, _HIDDEN) if self._key else text
        # The sender hears of its refusal whether or not it can be kept.
        with suppress(StoreError):
            kept = await self._store.report_rejected(
                bot_id=bot_id, at=self._clock.now(), message=text[:_CHARS], code=code
            )
            if kept:
                self._tell()
