"""Fixtures of the recorder's tests, for units and faults alike."""

import pytest

from motherhaven.testing.clock import FakeClock
from motherhaven.testing.stub_server import StubServer
from tests.unit.recorder.support import Shipping, open_recorder


@pytest.fixture
def clock():
    """A clock that a test moves."""
    return FakeClock()


@pytest.fixture
def recorder(tmp_path, clock):
    """A recorder over a fresh journal."""
    made = open_recorder(tmp_path / "journal.db", clock)
    yield made
    made.journal.close()


@pytest.fixture
def server():
    """An honest server on loopback."""
    with StubServer() as made:
        yield made


@pytest.fixture
def shipping(tmp_path, server):
    """A journal and a sender to the server, stepped by hand."""
    made = Shipping(tmp_path, server)
    yield made
    made.outbox.close()
    made.recorder.journal.close()
