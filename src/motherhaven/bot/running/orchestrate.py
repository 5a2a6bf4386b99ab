"""`start_bot.py`: the dashboard first, then the bot, or all bots of a fleet file."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx

from motherhaven.bot.fleet.plan import FleetPlan, read_fleet
from motherhaven.bot.fleet.run import run_fleet
from motherhaven.bot.running.entry import ENDING_SIGNALS
from motherhaven.bot.running.entry import main as run_bot
from motherhaven.contract.display import for_terminal
from motherhaven.contract.errors import ConfigError, MotherhavenError
from motherhaven.settings import Settings, SystemClock, load_settings, require_names

_READY_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 5.0
_FLEET_FILE: Final = Path("fleet.toml")
_LOCAL: Final = ("localhost", "127.0.0.1", "::1")


def main(arguments: Sequence[str] | None = None) -> int:
    """Start the dashboard unless one answers, run the bot, end what was started."""
    if list(sys.argv[1:] if arguments is None else arguments):
        sys.stderr.write("usage: start_bot.py (it takes no words; settings are in .env)\n")
        return 2
    _end_on_signals()
    try:
        settings = load_settings()
        require_names()
        fleet = fleet_file(settings)
        plan = None if fleet is None else read_fleet(fleet)
        url = settings.motherhaven_api_url.rstrip("/")
        server = None if answers(url) else _start_dashboard(url)
    except MotherhavenError as error:
        sys.stderr.write(for_terminal(f"{type(error).__name__}: {error}", lines=True) + "\n")
        return 1
    except KeyboardInterrupt:
        return 130
    try:
        sys.stdout.write(f"Dashboard: {url}/llm-bot\n")
        sys.stdout.flush()
        return run_bot(["start"]) if plan is None else _run_fleet(plan)
    finally:
        # The bot has said its last status to the server by now.
        if server is not None:
            _end(server)


def _end_on_signals() -> None:
    """Let SIGTERM and a closed terminal unwind as Ctrl-C does, so that the server is ended.

    While the bot runs it has handlers of its own.
    """

    def unwind(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    for number in ENDING_SIGNALS:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, unwind)


def fleet_file(settings: Settings) -> Path | None:
    """The fleet to start: FLEET_FILE, else fleet.toml beside .env; None for a single bot."""
    if settings.fleet_file is not None:
        return settings.fleet_file
    return _FLEET_FILE if _FLEET_FILE.is_file() else None


def _run_fleet(plan: FleetPlan) -> int:
    try:
        return 0 if asyncio.run(run_fleet(plan, SystemClock())) else 1
    except MotherhavenError as error:
        sys.stderr.write(for_terminal(f"{type(error).__name__}: {error}", lines=True) + "\n")
        return 1


def answers(url: str, timeout: float = 2.0) -> bool:
    """Whether a Motherhaven server is there."""
    try:
        return httpx.get(f"{url}/healthz", timeout=timeout).status_code == 200
    except httpx.HTTPError:
        return False


def _start_dashboard(url: str) -> subprocess.Popen[bytes] | None:
    """A server of our own at `url`, when that is this machine.

    Raises:
        ConfigError: it did not come up.
    """
    address = urlsplit(url)
    if address.hostname not in _LOCAL or address.scheme != "http":
        sys.stdout.write(f"{url} does not answer now; records are kept until it does\n")
        return None
    command = [sys.executable, "-m", "motherhaven.cli.main", "serve"]
    # A session of its own: Ctrl-C and a closed terminal reach the bot alone, which ends first.
    server = subprocess.Popen([*command, "--port", str(address.port or 80)], start_new_session=True)
    try:
        _wait_until_up(server, url)
    except BaseException:
        _end(server)
        raise
    return server


def _wait_until_up(server: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise ConfigError(
                f"the dashboard at {url} ended at once (exit code {server.returncode}); its "
                "message is above"
            )
        if answers(url, 0.5):
            return
        time.sleep(0.1)
    raise ConfigError(f"the dashboard at {url} did not come up in {_READY_SECONDS:g} s")


def _end(server: subprocess.Popen[bytes]) -> None:
    for number in ENDING_SIGNALS:
        signal.signal(number, signal.SIG_IGN)  # it takes seconds at most, and must be done
    server.terminate()
    try:
        server.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
