"""A PostgreSQL of its own for the tests that break it, with every promise to the disk kept."""

from collections.abc import Iterator
from itertools import count

import pytest

from motherhaven.testing.postgres import PostgresProcess
from tests.postgres_server import need_postgres

_NUMBERS = count()


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresProcess]:
    """A server that a test may kill; it runs again at the start of each test."""
    need_postgres()
    made = PostgresProcess()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def url(server: PostgresProcess) -> str:
    """The URL of a fresh store."""
    return f"{server.url}&schema=s{next(_NUMBERS)}"
