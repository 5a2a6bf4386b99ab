"""What the checkout's tools share: paths, one way of talking, one way of running, one lock."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, NoReturn

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
VENV = ROOT / ".venv"
LOCK_POLL_SECONDS = 0.2


class ToolError(Exception):
    """A tool cannot go on; the text tells what, where, why and the exact fix."""


def say(text: str) -> None:
    """Print one line of progress to standard error, so that standard output stays data."""
    print(f"[motherhaven] {text}", file=sys.stderr, flush=True)


def stop(error: object) -> NoReturn:
    """End the program with the error's text on standard error and exit code 1."""
    say(f"ERROR: {error}")
    raise SystemExit(1)


def venv_bin(venv: Path, program: str) -> Path:
    """Path of a program in a virtual environment, on any platform."""
    if os.name == "nt":
        return venv / "Scripts" / f"{program}.exe"
    return venv / "bin" / program


def run(
    command: Sequence[str | Path],
    *,
    fix: str,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
) -> None:
    """Run a command to its end with its output shown; standard input is closed.

    Raises:
        ToolError: it cannot start or does not exit with 0; `fix` ends the text.
    """
    words = [str(word) for word in command]
    try:
        done = subprocess.run(words, cwd=cwd, env=env, stdin=subprocess.DEVNULL, check=False)
    except OSError as error:
        raise ToolError(f"cannot start {words[0]}: {error}. {fix}") from error
    if done.returncode != 0:
        shown = " ".join(words[:6])
        raise ToolError(f"`{shown}` in {cwd} ended with exit code {done.returncode}. {fix}")


def tool_environment() -> dict[str, str]:
    """This process's environment with every cache of a tool kept inside the checkout."""
    env = dict(os.environ)
    caches = {"PIP_CACHE_DIR": "pip", "UV_CACHE_DIR": "uv", "npm_config_cache": "npm"}
    for name, folder in caches.items():
        env.setdefault(name, str(TOOLS / "cache" / folder))
    env.setdefault("UV_PYTHON_DOWNLOADS", "never")
    if "PIP_INDEX_URL" in env:  # uv does not read pip's own setting
        env.setdefault("UV_DEFAULT_INDEX", env["PIP_INDEX_URL"])
    if "SSL_CERT_FILE" in env:  # behind a proxy with its own authority: Node and pip trust it too
        env.setdefault("NODE_EXTRA_CA_CERTS", env["SSL_CERT_FILE"])
        env.setdefault("PIP_CERT", env["SSL_CERT_FILE"])
    env["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    env["NEXT_TELEMETRY_DISABLED"] = "1"
    env.pop("VIRTUAL_ENV", None)
    env.pop("PYTHONHOME", None)
    return env


def _try_lock(file: IO[bytes]) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextlib.contextmanager
def only_one(path: Path, what: str, *, patience_seconds: float = 1200.0) -> Iterator[None]:
    """Hold an exclusive lock on `path`; the system frees it when the process dies.

    Raises:
        ToolError: another process holds it for longer than `patience_seconds`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        deadline = time.monotonic() + patience_seconds
        if not _try_lock(file):
            say(f"waiting for another process that is {what}")
            while not _try_lock(file):
                if time.monotonic() > deadline:
                    raise ToolError(
                        f"another process has been {what} for {patience_seconds:.0f} s "
                        f"(lock {path}). End it, then run this again."
                    )
                # Neither system's lock can be waited for with a deadline.
                time.sleep(LOCK_POLL_SECONDS)
        yield
