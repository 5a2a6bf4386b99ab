"""A server as a process of its own, for tests that kill it.

serve_process.py STORE_URL KEY [before|after]: the last word makes the process die by
itself, as by SIGKILL, just before or just after its first commit.
"""

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from motherhaven.server import ServerConfig, run_server
from motherhaven.settings import SystemClock
from motherhaven.stores import Store, open_store


class Dying:
    """A store whose process dies at a chosen moment of an append."""

    def __init__(self, store: Store, moment: str) -> None:
        self._store = store
        self._moment = moment

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def append(self, events: Sequence[Any]) -> Any:
        """Die before the commit, or after it and before anyone hears of it."""
        if self._moment == "after":
            await self._store.append(events)
        os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Print the address once it listens, then serve until a signal."""
    clock = SystemClock()
    store: Any = open_store(sys.argv[1], clock=clock, data_dir=Path())
    if len(sys.argv) > 3:
        store = Dying(store, sys.argv[3])
    config = ServerConfig(port=0, api_key=sys.argv[2], open_reading=True)
    run_server(config, store, clock, on_ready=lambda url: print(url, flush=True))
    print("closed", flush=True)


if __name__ == "__main__":
    main()
