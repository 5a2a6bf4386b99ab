"""The market's time in a replay, and the ids that are made of it."""

import random
from collections.abc import Callable
from datetime import datetime
from itertools import count

from motherhaven.contract.clock import Clock


class MarketClock:
    """The market's time of day over the wall's seconds; stands still until it is set."""

    def __init__(self, wall: Clock, start: datetime) -> None:
        self._wall = wall
        self.time = start

    def now(self) -> datetime:
        """The market's time."""
        return self.time

    def monotonic(self) -> float:
        """The wall's seconds."""
        return self._wall.monotonic()


def market_ids(clock: MarketClock, seed: str) -> Callable[[], str]:
    """UUIDv7 ids of the market's time, seeded, unique within one run.

    Where RFC 9562 has chance there is a counter from a random start: cheap, and in order.
    """
    numbers = count(random.Random(seed).getrandbits(60))  # noqa: S311
    time, stamp = clock.time, _id_time(clock.time)

    def new() -> str:
        nonlocal time, stamp
        if time is not clock.time:
            time, stamp = clock.time, _id_time(clock.time)
        number = next(numbers)
        low = f"{1 << 63 | number:016x}"
        return f"{stamp}{number & 0xFFF:03x}-{low[:4]}-{low[4:]}"

    return new


def _id_time(time: datetime) -> str:
    """An id's first half, but for its counter."""
    text = f"{int(time.timestamp() * 1000):012x}"
    return f"{text[:8]}-{text[8:]}-7"
