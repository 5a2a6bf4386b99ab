"""A few threads with connections of their own: they read, and do what needs no log's turn."""

from collections.abc import Callable
from typing import Final

import psycopg

from motherhaven.stores.postgres.connect import (
    DURABLE,
    Connection,
    close,
    connect,
    is_lost,
    translated,
)
from motherhaven.stores.postgres.dialect import PostgresSession
from motherhaven.stores.postgres.location import Location
from motherhaven.stores.relational import readers as relational
from motherhaven.stores.relational.dialect import Session
from motherhaven.stores.relational.readers import Answer, Asking

_READ: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_WRITE: Final = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"


class Readers(relational.Readers[Connection]):
    """Runs queries, each on one consistent snapshot.

    A connection that proves dead is replaced, and the query runs again: so a server
    that was restarted is not noticed. Not psycopg_pool, whose waiting is the wrong way
    round here: it retries in the background, and its callers learn no reason.
    """

    threads = 6

    def __init__(self, location: Location, lock: int) -> None:
        super().__init__(location.shown)
        self._location = location
        self._log_lock = lock

    async def change(self, operation: Callable[[Session], Answer]) -> Answer:
        """Run `operation`, and return when its commit is durable. It may run twice.

        Raises:
            StoreUnavailable: the store is closed, or cannot be written now.
            StoreCorrupt: the database is damaged.
        """

        def durable(session: Session) -> Answer:
            session.run(DURABLE)
            return operation(session)

        # A change goes on though nobody waits for it.
        return await self._submit(lambda _: self._retried(_WRITE, durable, Asking()))

    def _answer(self, query: Callable[[Session], Answer], asking: Asking) -> Answer:
        return self._retried(_READ, query, asking)

    def _retried(
        self, begin: str, operation: Callable[[Session], Answer], asking: Asking
    ) -> Answer:
        connection = self._take()
        is_new = connection is None
        while True:
            if connection is None:
                connection = connect(self._location, "reader")
            try:
                session = PostgresSession(connection, self._log_lock)
                session.check = asking.check
                with asking.stopped_by(connection.cancel):
                    answer = session.transact(begin, operation)
            except psycopg.Error as error:
                if asking.is_cancelled:  # a late word to stop must not meet the next question
                    close(connection)
                    raise translated(error, self._location) from None
                if not is_lost(error, connection) or is_new:
                    self._give_back(connection)
                    raise translated(error, self._location) from None
                close(connection)
                self._drop_idle()  # the others are of the same age
                connection, is_new = None, True
            except BaseException:
                self._give_back(connection)
                raise
            else:
                self._give_back(connection)
                return answer

    def _give_back(self, connection: Connection) -> None:
        if not connection.closed:
            self._keep(connection)
