"""Page and API for development, on port 3000: what `npm run dev` starts.

    python scripts/dev.py [--port 3000] [--api-port 8321]

Installs what is missing, starts the Python server unless one answers already, then `next dev`,
whose /api/* goes to that server. MOTHERHAVEN_API_ORIGIN names a server elsewhere; then none is
started. Ctrl-C ends both.
"""

import argparse
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.bootstrap import ensure_environment
from scripts.build_page import DASHBOARD, SKIP, ensure_modules
from scripts.common import ROOT, VENV, ToolError, say, stop, venv_bin
from scripts.node_env import node_environment, program

ORIGIN = "MOTHERHAVEN_API_ORIGIN"
LOOPBACK = "127.0.0.1"
START_SECONDS = 60.0
STOP_SECONDS = 5.0
POLL_SECONDS = 0.1


def in_use(port: int) -> bool:
    """Whether something on this machine listens on the port."""
    for host in (LOOPBACK, "::1"):
        with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=1.0):
            return True
    return False


def answers(origin: str) -> bool:
    """Whether a Motherhaven server answers there."""
    try:
        with urllib.request.urlopen(f"{origin}/healthz", timeout=2.0) as reply:  # noqa: S310  # http
            return bool(reply.status == 200)
    except (OSError, urllib.error.URLError, ValueError):
        return False


class Children:
    """The processes that this one has started; each in a group of its own."""

    def __init__(self) -> None:
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.asked_to_stop = threading.Event()

    def start(self, name: str, command: list[str], *, cwd: Path, env: dict[str, str]) -> None:
        """Start a process and keep it under `name`."""
        self.running[name] = subprocess.Popen(
            command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, start_new_session=os.name != "nt"
        )

    def ended(self) -> str | None:
        """What to say about the first process that has ended, or None while all run."""
        for name, process in self.running.items():
            if process.poll() is not None:
                return f"{name} has ended with exit code {process.returncode}; see its lines above"
        return None

    def _signal(self, process: subprocess.Popen[bytes], *, hard: bool) -> None:
        with contextlib.suppress(ProcessLookupError):
            if sys.platform == "win32":
                process.kill() if hard else process.terminate()
            else:
                os.killpg(process.pid, signal.SIGKILL if hard else signal.SIGTERM)

    def stop_all(self) -> None:
        """End every process and what it has started, hard after a bounded wait."""
        for process in reversed(self.running.values()):
            self._signal(process, hard=False)
        deadline = time.monotonic() + STOP_SECONDS
        for process in self.running.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
            self._signal(process, hard=True)
            process.wait()


@contextlib.contextmanager
def children() -> Iterator[Children]:
    """Processes that end when this block does, also by Ctrl-C, SIGTERM or SIGHUP."""
    ours = Children()

    def ask(_number: int, _frame: FrameType | None) -> None:
        ours.asked_to_stop.set()

    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), ask)
    try:
        yield ours
    finally:
        ours.stop_all()


def _serve(ours: Children, port: int) -> str:
    """Origin of the API on loopback; starts the server unless one answers there.

    Raises:
        ToolError: something else has the port, or the server does not come up.
    """
    origin = f"http://{LOOPBACK}:{port}"
    if answers(origin):
        say(f"using the server that runs at {origin}")
        return origin
    if in_use(port):
        raise ToolError(
            f"port {port} is in use by something that is no Motherhaven server. End it, or choose "
            f"another port: npm run dev -- --api-port {port + 1}"
        )
    say(f"starting the server at {origin} (its key: LLM_BOT_API_KEY in .env.local)")
    command = [str(venv_bin(VENV, "motherhaven")), "serve", "--host", LOOPBACK]
    command += ["--port", str(port), "--open", "--dev-proxy"]
    ours.start("the server", command, cwd=ROOT, env={**os.environ, SKIP: "never"})
    deadline = time.monotonic() + START_SECONDS
    while not answers(origin) and not ours.asked_to_stop.wait(POLL_SECONDS):
        if ours.ended():
            raise ToolError(f"the server did not start: {ours.ended()}.")
        if time.monotonic() > deadline:
            raise ToolError(f"no answer from {origin}/healthz within {START_SECONDS:.0f} s.")
    return origin


def _show_page(ours: Children, port: int, origin: str, env: dict[str, str]) -> None:
    """Start `next dev` with /api/* going to `origin`."""
    next_program = DASHBOARD / "node_modules" / "next" / "dist" / "bin" / "next"
    command = [program("node", env), str(next_program), "dev", "--hostname", LOOPBACK]
    say(f"starting the page at http://localhost:{port}/llm-bot, its /api goes to {origin}")
    command += ["--port", str(port)]
    ours.start("the page", command, cwd=DASHBOARD, env={**env, ORIGIN: origin})


def develop(port: int, api_port: int) -> None:
    """Run both until one ends or the user ends them.

    Raises:
        ToolError: a port is in use, a part does not start, or it ends by itself.
    """
    if in_use(port):
        raise ToolError(
            f"port {port} is in use. End what runs there (`make up`, or another `npm run dev`?), "
            f"or choose another port: npm run dev -- --port {port + 1}"
        )
    ensure_environment("run")
    env = node_environment()
    ensure_modules(DASHBOARD, env)
    with children() as ours:
        origin = os.environ.get(ORIGIN) or _serve(ours, api_port)
        if not ours.asked_to_stop.is_set():
            _show_page(ours, port, origin, env)
        while not ours.asked_to_stop.wait(POLL_SECONDS):
            ended = ours.ended()
            if ended:
                raise ToolError(f"{ended}.")
        say("ending page and server")


def main() -> None:
    parser = argparse.ArgumentParser(description="Page and API for development.")
    parser.add_argument("--port", type=int, default=3000, help="of the page")
    parser.add_argument("--api-port", type=int, default=8321, help="of the Python server")
    given = parser.parse_args()
    try:
        develop(given.port, given.api_port)
    except ToolError as error:
        stop(error)
    except KeyboardInterrupt:
        stop("ended before everything was installed; run it again to go on.")


if __name__ == "__main__":
    main()
