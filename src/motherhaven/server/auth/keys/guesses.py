"""Wrong keys cost whoever sends them more and more time; the right key is never asked."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final

from motherhaven.contract.clock import Clock

MOST_ADDRESSES: Final = 1_024
"""So many addresses are remembered; the one that failed longest ago is forgotten first."""

_FORGET_SECONDS: Final = 900.0
_LONGEST_WAIT_SECONDS: Final = 300.0
_HELD: Final = 64
_HELD_OF_ONE: Final = 4


@dataclass(slots=True)
class _Failures:
    count: int = 0
    last: float = 0.0
    until: float = 0.0
    held: int = 0


class Guesses:
    """Counts wrong keys by address: some are free, then each makes the next wait twice as long.

    `free` wrong keys cost nothing; the waits begin with `first_seconds` and end at five
    minutes. What comes in a waiting time is refused and not counted. An address without a
    wrong key for 15 minutes begins anew. An IPv6 /64 is one address.
    """

    def __init__(self, clock: Clock, *, free: int, first_seconds: float, hold: float) -> None:
        """`hold`: for so long, in seconds, a refusal in a waiting time is held back."""
        self._clock = clock
        self._free = free
        self._first = first_seconds
        self._hold = hold
        self._failures: OrderedDict[str, _Failures] = OrderedDict()
        self._held = 0

    def __len__(self) -> int:
        return len(self._failures)

    def wrong(self, address: str) -> float:
        """A wrong key came from `address`: the seconds until it may try again, 0 for at once.

        Above 0 the key counts as not looked at, and is to be answered with 429.
        """
        now = self._clock.monotonic()
        name = network_of(address)
        known = self._failures.get(name)
        if known is None or now - max(known.last, known.until) >= _FORGET_SECONDS:
            known = self._failures[name] = _Failures(held=known.held if known else 0)
        if now < known.until:
            return known.until - now
        known.count += 1
        known.last = now
        self._failures.move_to_end(name)
        while len(self._failures) > MOST_ADDRESSES:
            self._failures.popitem(last=False)
        over = known.count - self._free
        if over >= 0:
            known.until = now + min(self._first * 2 ** min(over, 20), _LONGEST_WAIT_SECONDS)
        return 0.0

    async def hold(self, address: str) -> None:
        """Keep a refusal back for a moment; at most a few of one address, and of all."""
        known = self._failures.get(network_of(address))
        if known is None or self._hold <= 0:
            return
        if known.held >= _HELD_OF_ONE or self._held >= _HELD:
            return
        known.held += 1
        self._held += 1
        try:
            await asyncio.sleep(self._hold)
        finally:
            known.held -= 1
            self._held -= 1


def network_of(address: str) -> str:
    """What an address is counted as: one IPv6 customer holds a /64."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped) if parsed.ipv4_mapped else parsed.packed[:8].hex()
    return str(parsed)
