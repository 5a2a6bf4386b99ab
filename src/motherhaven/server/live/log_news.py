"""Tells live streams that a bot's log has grown; the lines themselves are read when shown."""

from collections import deque
from collections.abc import Callable
from typing import Final

from motherhaven.contract.jsonio import dumps

_MOST: Final = 256
"""Who is further behind misses some: a log is also read again at each heartbeat."""


class LogNews:
    """Which bots' logs have grown, the newest last. Only of lines that this server took."""

    def __init__(self, wake: Callable[[], None]) -> None:
        """`wake` lets every stream look for news."""
        self._wake = wake
        self._recent: deque[tuple[int, str]] = deque(maxlen=_MOST)
        self.count = 0

    def tell(self, bot_id: str) -> None:
        """A bot's log has grown."""
        self.count += 1
        self._recent.append((self.count, bot_id))
        self._wake()

    def since(self, count: int, mine: str | None) -> list[bytes]:
        """The JSON of a message for each bot, of one alone where there is a `mine`."""
        bots = dict.fromkeys(bot for number, bot in self._recent if number > count)
        return [
            dumps({"kind": "log", "bot_id": bot}) for bot in bots if mine is None or bot == mine
        ]
