"""Every test of the store suite runs over every backend."""

from pathlib import Path

import pytest

from tests.conformance.stores.kit import BACKENDS, Backend, Place, StillClock


@pytest.fixture(params=BACKENDS, ids=lambda backend: backend.name)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A place for the stores of one test."""
    backend: Backend = request.param
    return Place(backend, tmp_path, StillClock())
