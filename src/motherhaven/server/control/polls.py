"""How many bots may wait for commands at once, so that nobody can take all places."""

from collections.abc import Callable

from motherhaven.server.admission.bounds import Bound, Bounds
from motherhaven.server.admission.callers import Caller, CallerKind
from motherhaven.server.config import Limits
from motherhaven.server.wire.problems import Problem


class PollPlaces:
    """Bounds by bot and by key, beside one for all."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._taken = Bounds()

    def take(self, caller: Caller, bot_id: str) -> Callable[[], None]:
        """A place for one more who waits; what it gives back gives the place back.

        Raises:
            Problem: 429, this bot or key has as many as it may; 503, all are taken.
        """
        limits = self._limits
        bounds = [
            Bound("all", limits.polls, "this server"),
            Bound(f"bot {caller.kind} {bot_id}", limits.polls_of_bot, "this bot"),
        ]
        if caller.kind is CallerKind.KEY:
            bounds.append(Bound(f"key {caller.key_id}", limits.polls_of_key, "this key"))
        reached = self._taken.take(bounds)
        if reached is None:
            return lambda: self._taken.give(bounds)
        is_full = reached is bounds[0]
        raise Problem(
            503 if is_full else 429,
            "too_many_polls",
            f"{reached.most} requests wait for commands, the most that {reached.whose} may have",
            "let one bot wait once; ask again after the time in Retry-After",
            {"retry-after": "5"},
        )
