"""The threads that read the file."""

from collections.abc import Callable
from pathlib import Path

import apsw

from motherhaven.stores.relational import readers as relational
from motherhaven.stores.relational.dialect import Session
from motherhaven.stores.relational.readers import Answer, Asking
from motherhaven.stores.sqlite.connect import connect_reader, translated
from motherhaven.stores.sqlite.dialect import SqliteSession


class Readers(relational.Readers[apsw.Connection]):
    """Runs queries, each on one consistent snapshot."""

    threads = 6

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self._path = path

    def _answer(self, query: Callable[[Session], Answer], asking: Asking) -> Answer:
        connection = self._take() or connect_reader(self._path)
        try:
            with asking.stopped_by(connection.interrupt):
                connection.execute("BEGIN")
                session = SqliteSession(connection)
                session.check = asking.check
                return query(session)
        except apsw.Error as error:
            connection.close(True)
            raise translated(error, self._path) from error
        finally:
            self._give_back(connection)

    def _give_back(self, connection: apsw.Connection) -> None:
        """Keep the connection for the next query, unless an error closed it."""
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except apsw.Error:
            connection.close(True)
            return
        self._keep(connection)
