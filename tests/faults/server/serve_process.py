"""A server as a process of its own, for tests that kill it: serve_process.py STORE_URL [KEY]."""

import sys
from pathlib import Path

from motherhaven.server import ServerConfig, run_server
from motherhaven.settings import SystemClock
from motherhaven.stores import open_store


def main() -> None:
    """Print the address once it listens, then serve until a signal."""
    clock = SystemClock()
    store = open_store(sys.argv[1], clock=clock, data_dir=Path())
    key = sys.argv[2] if len(sys.argv) > 2 else None
    config = ServerConfig(port=0, api_key=key, open_reading=True)
    run_server(config, store, clock, on_ready=lambda url: print(url, flush=True))
    print("closed", flush=True)


if __name__ == "__main__":
    main()
