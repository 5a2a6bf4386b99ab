"""Asynchronous tests run on asyncio."""

import pytest


@pytest.fixture
def anyio_backend() -> str:
    """The only event loop that the server runs on."""
    return "asyncio"
