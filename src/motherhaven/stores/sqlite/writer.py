"""The thread that writes, on the file's only connection that may."""

from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import cast

import apsw

from motherhaven.contract.errors import MotherhavenError
from motherhaven.stores.needs import needs_of
from motherhaven.stores.relational import writer as relational
from motherhaven.stores.relational.dialect import Session
from motherhaven.stores.relational.flush import flush
from motherhaven.stores.relational.load import load
from motherhaven.stores.relational.readers import Answer
from motherhaven.stores.relational.writer import Committed, Job, append_all, commit_of
from motherhaven.stores.sqlite.connect import connect_writer, translated
from motherhaven.stores.sqlite.dialect import SqliteSession


class Writer(relational.Writer):
    """Appends events and runs operations in group commits. The file is opened when it is made."""

    def __init__(self, path: Path, generation: str, committed: Committed) -> None:
        super().__init__(str(path), committed)
        self._path = path
        self._made_as = generation
        self.generation = generation
        """The random id of this database, for cursors; whoever opens an old one sets it."""
        self._connection: apsw.Connection | None = connect_writer(path, generation)
        self._thread.start()

    async def do(self, operation: Callable[[Session], Answer], *, weight: int = 1) -> Answer:
        """Run `operation` within a commit and give its result once that is durable.

        Raises:
            StoreUnavailable: not kept; the same call may work later.
            StoreCorrupt: the database is damaged.
        """
        return cast("Answer", await self._submit((), operation, weight))

    def _settle(self, group: list[Job]) -> BaseException | None:
        self._kept.clear()
        try:
            connection = self._ready()
            connection.execute("BEGIN IMMEDIATE")
            self._perform(SqliteSession(connection), group)
            connection.execute("COMMIT")
        except apsw.Error as error:
            # What a failed COMMIT left behind is unknown: reopen and look.
            self._release()
            return translated(error, self._path)
        except MotherhavenError as error:
            self._roll_back()
            return error
        except Exception as error:  # noqa: BLE001  thread boundary: goes to whoever waits
            self._roll_back()
            return error
        return None

    def _perform(self, session: SqliteSession, group: list[Job]) -> None:
        """Every job in its turn; appends that follow each other are read and written at once."""
        for is_append, jobs in groupby(group, key=lambda job: job.operation is None):
            if is_append:
                self._append(session, list(jobs))
                continue
            for job in jobs:
                assert job.operation is not None
                job.result = job.operation(session)

    def _append(self, session: SqliteSession, jobs: list[Job]) -> None:
        loaded, numbers = load(session, needs_of(event for job in jobs for event in job.events))
        work = append_all(session, jobs, loaded, self.generation)
        flush(session, work.changes, numbers)
        if work.changes.kept:
            self._kept.append(commit_of(work, self.generation))

    def _ready(self) -> apsw.Connection:
        if self._connection is None:
            self._connection = connect_writer(self._path, self._made_as)
        return self._connection

    def _roll_back(self) -> None:
        try:
            if self._connection is not None and self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except apsw.Error:
            self._release()

    def _release(self) -> None:
        if self._connection is not None:
            self._connection.close(True)
            self._connection = None
