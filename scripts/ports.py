"""Ports for programs that are started with a number and cannot tell which one they took."""

import itertools
import os
import socket
from contextlib import suppress
from typing import Final

from scripts.test_parts import LANE

_PORTS_A_LANE: Final = 2_000
_FIRST: Final = 20_000
_next_port = itertools.count(int.from_bytes(os.urandom(2)))


def free_port() -> int:
    """A port that nothing listens on now, and that nobody else here is given.

    Below those that systems give to outgoing connections and to listeners without a number: such
    a port may be taken between the look and the start. Test processes side by side have a range
    each (LANE).
    """
    first = _FIRST + _PORTS_A_LANE * int(os.environ.get(LANE, "0"))
    for number in itertools.islice(_next_port, _PORTS_A_LANE):
        with socket.socket() as one, suppress(OSError):
            one.bind(("127.0.0.1", first + number % _PORTS_A_LANE))
            return int(one.getsockname()[1])
    raise AssertionError(f"no free port from {first} on")
