"""What holds for all tests."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: Playwright's loop runs in this thread as long as it lives."""
    items.sort(key=lambda item: "/browser/" in item.path.as_posix())
