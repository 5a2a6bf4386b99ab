"""A thread for the strategy: one that never comes back blocks nothing but its own decision."""

import asyncio
import threading
from typing import Final, Self

from motherhaven.bot.decider.types import Answer, Context, Decider

_NAME: Final = "motherhaven-strategy"


class StrategyThread:
    """Asks deciders in an event loop of its own, in a daemon thread.

    A context manager. What the decider may ask of the account is fixed before it is asked, so
    that it reads nothing that changes meanwhile.
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=_NAME, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End the loop; one that is blocked is left to the end of the process."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(0.5)
        if not self._thread.is_alive():
            self._loop.close()

    async def think(self, decider: Decider, context: Context) -> Answer:
        """The decider's answer; cancelling this cancels the question where it waits."""
        shot, briefing = context.look(), context.brief()
        fixed = context._replace(look=lambda: shot, brief=lambda: briefing)
        asked = asyncio.run_coroutine_threadsafe(_decide(decider, fixed), self._loop)
        return await asyncio.wrap_future(asked)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()


async def _decide(decider: Decider, context: Context) -> Answer:
    return await decider.decide(context)
