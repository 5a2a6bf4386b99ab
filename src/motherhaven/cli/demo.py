"""The demo bots as a process of their own; ends when its standard input does."""

import asyncio
import os
import sys
import threading
from pathlib import Path

from motherhaven.bot.running.demo import DemoConfig, run_demo
from motherhaven.bot.running.entry import stop_on_signals
from motherhaven.cli.output import say
from motherhaven.contract.errors import MotherhavenError
from motherhaven.recorder import configure_logging
from motherhaven.settings import SystemClock, load_settings


async def _run(folder: Path) -> None:
    settings = load_settings()
    stop = asyncio.Event()
    stop_on_signals(stop)
    loop = asyncio.get_running_loop()

    def watch_parent() -> None:
        # Standard input is a pipe from the parent; it ends when the parent does, also by SIGKILL.
        # Not through sys.stdin, whose lock a thread would still hold at exit.
        while os.read(0, 4096):
            pass
        loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=watch_parent, daemon=True).start()
    config = DemoConfig(
        folder=folder,
        base_url=settings.motherhaven_api_url,
        api_key=settings.motherhaven_api_key or "",
    )
    await run_demo(config, stop, clock=SystemClock())


def main() -> int:
    """Run the demo bots with journals in the folder named first; returns the exit code."""
    folder = Path(sys.argv[1])
    configure_logging(folder / "logs", "ERROR")
    try:
        asyncio.run(_run(folder))
    except MotherhavenError as error:
        say(f"the demo bots cannot run: {error}")
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
