"""Each test has a project of its own in the emulator, and leaves nothing there."""

import secrets
from collections.abc import Iterator

import pytest

from tests.firestore_emulator import clear, emulator_host


@pytest.fixture
def project() -> Iterator[str]:
    """A project that is cleared after the test."""
    emulator_host()
    name = f"test-{secrets.token_hex(6)}"
    yield name
    clear(name)
