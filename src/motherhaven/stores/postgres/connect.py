"""Connections: settings that hold for each, and what the server's errors mean."""

import re
from typing import Any, Final, Literal, TypeVar

import psycopg
from psycopg import errors, sql
from psycopg.abc import PQGen

from motherhaven.contract.errors import StoreCorrupt, StoreError, StoreUnavailable
from motherhaven.stores.postgres.arrays import register
from motherhaven.stores.postgres.location import Location

_RV = TypeVar("_RV")

Role = Literal["reader", "writer", "setup"]

ANSWER_SECONDS = 45.0
"""So long a server may be silent, which stops its own statements after 30 s."""


class Connection(psycopg.Connection[tuple[Any, ...]]):
    """A connection that gives up on a server that is there but does not answer."""

    patience: float | None = None

    def wait(self, gen: PQGen[_RV], interval: float = 0.1, timeout: float | None = None) -> _RV:
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except errors._WaitTimeout:
            if timeout is None:
                self.pgconn.finish()
            raise


# An idle transaction would keep the others from appending, so the server ends it.
_SETTINGS: Final = """
    SET TIME ZONE 'UTC'; SET standard_conforming_strings = on; SET lock_timeout = '15s';
    SET idle_in_transaction_session_timeout = '20s'; SET search_path TO {schema};
"""
# The writer looks up a few known keys: whatever the statistics say, an index is right.
_ROLES: Final[dict[Role, str]] = {
    "reader": "SET statement_timeout = '15s'",
    "writer": (
        "SET statement_timeout = '30s'; SET enable_hashjoin = off; SET enable_mergejoin = off"
    ),
    "setup": "SET statement_timeout = 0",
}

DURABLE: Final = (
    "SELECT set_config('synchronous_commit', 'on', true) "
    "WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply')"
)
"""Within a transaction: its commit waits for the disk, whatever the server's default is."""

_NOTHING: Final = "; nothing was kept"
_REASONS: Final[tuple[tuple[type[psycopg.Error], str], ...]] = (
    (errors.DiskFull, "its disk is full; free some space and the same call works again"),
    (errors.LockNotAvailable, "another server holds the log too long; try again"),
    (errors.QueryCanceled, "it took too long and was stopped; try again"),
    (errors.ReadOnlySqlTransaction, "it is read-only (a standby?); name the primary in the URL"),
    (errors.TooManyConnections, "it has no free connection; raise max_connections"),
    (errors.InsufficientPrivilege, "the user lacks a right; grant it and try again"),
    (errors.SerializationFailure, "another transaction was in the way; try again"),
    (errors.DeadlockDetected, "another transaction was in the way; try again"),
    (errors.OutOfMemory, "it is out of memory"),
)  # fmt: skip
_FAILED: Final = re.compile(r"^(connection failed: |consuming input failed: )+")


def connect(location: Location, role: Role) -> Connection:
    """A connection in autocommit mode, its session settings made.

    Raises:
        StoreUnavailable: the server cannot be reached, or does not let us in.
    """
    connection: Connection | None = None
    try:
        connection = Connection.connect(**location.parameters, autocommit=True)
        register(connection.adapters)
        connection.patience = None if role == "setup" else ANSWER_SECONDS
        connection.execute(_settings(location, role))
    except psycopg.Error as error:
        close(connection)
        raise translated(error, location) from None
    return connection


def _settings(location: Location, role: Role) -> sql.Composed:
    text = sql.SQL(_SETTINGS).format(schema=sql.Identifier(location.schema))
    return text + sql.SQL(_ROLES[role])


def close(connection: Connection | None) -> None:
    """Close it whatever state it is in."""
    if connection is not None:
        connection.close()


def is_lost(error: psycopg.Error, connection: Connection) -> bool:
    """Whether the connection is gone, or about to be: FATAL may come after a commit."""
    is_fatal = error.diag.severity_nonlocalized in ("FATAL", "PANIC")
    return is_fatal or connection.closed or isinstance(error, psycopg.InterfaceError)


def translated(error: psycopg.Error, location: Location) -> StoreError:
    """What `error` means for a caller of the store. No secret of the URL is in the message."""
    text = _FAILED.sub("", location.redact(str(error)))[:300]
    where = f"store {location.shown}: "
    if isinstance(error, errors.DataCorrupted | errors.IndexCorrupted):
        return StoreCorrupt(
            f"{where}the database is damaged ({text}); stop the servers and restore a backup"
        )
    for kind, reason in _REASONS:
        if isinstance(error, kind):
            away = StoreUnavailable(f"{where}{reason} ({text}){_NOTHING}")
            away.reason = reason
            return away
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return StoreUnavailable(
            f"{where}the server cannot be reached or refuses ({text}){_NOTHING}; check that it "
            "runs and that host, port, user, password and database are right"
        )
    return StoreError(f"{where}the database refused ({text}){_NOTHING}")
