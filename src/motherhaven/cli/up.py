"""`motherhaven up`: server, page and three paper bots on a simulated market."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from motherhaven.cli.keys import own_key
from motherhaven.cli.output import say
from motherhaven.cli.page import page_build
from motherhaven.cli.serve import server_config
from motherhaven.server import run_server
from motherhaven.settings import SystemClock, child_environment, load_server_settings
from motherhaven.stores import open_store

STOP_SECONDS = 2.0


def up(port: int) -> None:
    """Serve the page with demo bots until Ctrl-C or SIGTERM; loopback only.

    Everything lives in a folder of its own, MOTHERHAVEN_DATA/demo, so that simulated
    records never mix with real ones.

    Raises:
        ConfigError: a setting is wrong, or the port is in use.
    """
    settings = load_server_settings()
    folder = (settings.motherhaven_data / "demo").absolute()
    key = settings.llm_bot_api_key or own_key(folder / "api_key")
    url = settings.motherhaven_store or f"sqlite:///{folder}/server.db"
    with page_build() as page:
        config = server_config(
            settings,
            "localhost",
            port,
            open_reading=True,
            page=page,
            data_dir=folder,
            store_url=url,
            api_key=key,
        )
        clock = SystemClock()
        store = open_store(url, clock=clock, data_dir=Path(), firestore=settings.firestore)
        with _demo_bots(folder) as bots:

            def ready(address: str) -> None:
                bots.start(address, key)
                say(_welcome(address, folder, own=settings.llm_bot_api_key is None))

            run_server(config, store, clock, on_ready=ready)
    say("Stopped. Everything recorded is kept in " + str(folder))


class _Bots:
    """The demo bots, in one process of their own that ends with this one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, address: str, key: str) -> None:
        """Start the bots; they ship to `address`."""
        # The pipe on stdin ends when this process does, however it ends; the bots watch it.
        # No process group of their own: Ctrl-C reaches them at once.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "motherhaven.cli.demo", str(self._folder)],
            stdin=subprocess.PIPE,
            env=child_environment(
                MOTHERHAVEN_ENABLED="true",
                MOTHERHAVEN_API_URL=address,
                MOTHERHAVEN_API_KEY=key,
            ),
        )

    def stop(self) -> None:
        """End the bots within STOP_SECONDS."""
        if self._process is None:
            return
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def _demo_bots(folder: Path) -> Iterator[_Bots]:
    bots = _Bots(folder)
    try:
        yield bots
    finally:
        bots.stop()


def _welcome(address: str, folder: Path, *, own: bool) -> str:
    key = f"the key in {folder / 'api_key'}" if own else "LLM_BOT_API_KEY"
    return f"""
  Motherhaven   {address}/llm-bot

  Three paper bots (hold, ema, random) trade a SIMULATED market; none of it is real.
  Data folder   {folder}
  Real prices   TRADING_MARKET=auto python run_analysis_bot.py   (a paper bot of your own)
  A model       put ANTHROPIC_API_KEY=... into .env, then the same
  Your own bot  MOTHERHAVEN_ENABLED=true MOTHERHAVEN_API_URL={address}
                MOTHERHAVEN_API_KEY={key}
  Ctrl-C ends it all.
"""
