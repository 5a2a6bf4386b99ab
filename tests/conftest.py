"""What holds for all tests."""

import re
import signal
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

_WITH_PROCESSES: Final = re.compile(
    r"\b(subprocess|multiprocessing|os\.fork|postgres_server|firestore_emulator|ServerThread|wait_for|wait_until)\b"
)
"""What a module names that starts processes or servers, or waits for a thread."""


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


def pytest_configure() -> None:
    """Programs that tests start are told of a closed terminal, also where nohup began the run.

    And no drawn example fails a test by its pace.
    """
    settings.register_profile(
        "any pace", deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.load_profile("any pace")
    for name in ("SIGHUP", "SIGINT"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(
                number, signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL
            )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: Playwright's loop runs in this thread as long as it lives."""
    items.sort(key=lambda item: "/browser/" in item.path.as_posix())
