"""What holds for all tests."""

import faulthandler
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

from scripts.test_programs import FOLDER

_STDERR: Final = pytest.StashKey[int]()
_WITH_PROCESSES: Final = re.compile(
    r"\b(subprocess|multiprocessing|os\.fork|postgres_server|firestore_emulator|ServerThread|wait_for|wait_until)\b"
)
"""What a module names that starts processes or servers, or waits for a thread."""


LEFT_SECONDS: Final = 180.0
"""So much longer than its own limit a test may take, and the process to end after the last."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """What `make test-fast` leaves out."""
    parser.addoption(
        "--no-processes", action="store_true", help="leave out modules that start a process"
    )


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """With --no-processes: no module that starts one; else as usual."""
    if not config.getoption("--no-processes") or collection_path.suffix != ".py":
        return None
    text = collection_path.read_text(encoding="utf-8")
    return True if _WITH_PROCESSES.search(text) else None


def pytest_configure(config: pytest.Config) -> None:
    """Programs that tests start are told of a closed terminal, also where nohup began the run.

    And no drawn example fails a test by its pace.
    """
    config.stash[_STDERR] = os.dup(2)  # before pytest takes what is written to it
    settings.register_profile(
        "any pace", deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.load_profile("any pace")
    # Last in the path: a program of the system goes before one that was brought.
    os.environ["PATH"] = os.pathsep.join((os.environ.get("PATH", ""), str(FOLDER / "bin")))
    for name in ("SIGHUP", "SIGINT"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(
                number, signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL
            )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: Playwright's loop runs in this thread as long as it lives."""
    items.sort(key=lambda item: "/browser/" in item.path.as_posix())


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """A test that its own limit cannot end tells where each thread stands, and ends the process.

    pytest-timeout raises once, in the main thread: what waits for ever after that, as a fixture
    that joins a thread, or an event loop for a task that will not end, would not be ended.
    """
    marker = item.get_closest_marker("timeout")
    limit = float(marker.args[0] if marker and marker.args else item.config.getini("timeout"))
    _end_after(item.config, limit + LEFT_SECONDS)
    return (yield)


@pytest.hookimpl(trylast=True)
def pytest_exception_interact(node: pytest.Item | pytest.Collector) -> None:
    """Pytest itself calls the end off at each failure, for who debugs; the rest needs one too."""
    _end_after(node.config, LEFT_SECONDS)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """What is left is to end: the interpreter waits for threads that nobody else waits for."""
    _end_after(session.config, LEFT_SECONDS)


def _end_after(config: pytest.Config, seconds: float) -> None:
    """Unless this is called again by then, write the stacks of all threads and end with 1."""
    faulthandler.dump_traceback_later(seconds, exit=True, file=config.stash[_STDERR])
