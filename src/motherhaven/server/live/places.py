"""How many streams each caller may have open, so that none can take all of them."""

from collections.abc import Callable
from typing import Final

from motherhaven.server.admission.bounds import Bound, Bounds, part
from motherhaven.server.admission.callers import Caller, CallerKind
from motherhaven.server.auth.keys.guesses import network_of
from motherhaven.server.config import Limits
from motherhaven.server.wire.problems import Problem

_KEYS_SHARE: Final = 0.6
_RESERVE_SHARE: Final = 0.1


class StreamPlaces:
    """Bounds by session, by key and by address, with a reserve.

    Keys of single bots together leave 40 % of the streams to the shared key, and all but
    people who signed in with the shared key leave 10 % to those.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._taken = Bounds()

    def take(self, caller: Caller) -> Callable[[], None]:
        """A place for one more stream; what it gives back gives the place back, once.

        Raises:
            Problem: 429, this caller has as many as it may; 503, all are taken.
        """
        bounds = self._bounds(caller)
        reached = self._taken.take(bounds)
        if reached is not None:
            is_full = reached is bounds[0]
            raise Problem(
                503 if is_full else 429,
                "too_many_streams" if is_full else "too_many_streams_of_one",
                f"{reached.most} streams are open, the most that {reached.whose} may have",
                "close a stream that is not needed, or connect again later",
                {"retry-after": "5"},
            )
        return lambda: self._taken.give(bounds)

    def _bounds(self, caller: Caller) -> tuple[Bound, ...]:
        limits = self._limits
        most = limits.streams
        bounds = [Bound("all", most, "this server")]
        # By class: however many streams bots' keys have from an address, the owner has its own.
        address = f"address {caller.kind} {network_of(caller.address)}"
        is_owners_session = caller.kind is CallerKind.OWNER and caller.session is not None
        if not is_owners_session:
            bounds += [
                Bound("rest", most - int(most * _RESERVE_SHARE), "everybody but who signed in"),
                Bound(address, limits.streams_of_address, "this address"),
            ]
        if caller.kind is CallerKind.KEY:
            bounds += [
                Bound("keys", part(most, _KEYS_SHARE), "the keys of single bots together"),
                Bound(f"key {caller.key_id}", limits.streams_of_key, "this key"),
            ]
        if caller.session is not None:
            bounds.append(
                Bound(f"session {caller.session}", limits.streams_of_session, "this session")
            )
        return tuple(bounds)
