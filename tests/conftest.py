"""What holds for all tests."""

import signal

import pytest


def pytest_configure() -> None:
    """Programs that tests start are told of a closed terminal, also where nohup began the run."""
    for name in ("SIGHUP", "SIGINT"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(
                number, signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL
            )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: Playwright's loop runs in this thread as long as it lives."""
    items.sort(key=lambda item: "/browser/" in item.path.as_posix())
