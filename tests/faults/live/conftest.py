"""Live traders over a fake venue, ended with their test."""

import pytest
from livewire import LiveWire


@pytest.fixture
def wire(tmp_path):
    """A live trader whose account was read once."""
    made = LiveWire(tmp_path)
    made.reconcile()
    yield made
    made.close()
