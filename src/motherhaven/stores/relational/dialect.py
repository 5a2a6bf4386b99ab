"""What a database has of its own: how it keeps values, and the SQL that others do not share.

The queries of this package are written with `?` for a value. They are joined from constants
and from what a Dialect says; every value is bound.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

from motherhaven.stores.records import Record
from motherhaven.stores.relational.tables import Kind, Table
from motherhaven.stores.rows import Row, Rows
from motherhaven.stores.unreadable import UnreadableRows


class Dialect(ABC):
    """The differences between databases; one object for each, and it never changes."""

    rows: Rows
    written: Rows
    """The values of rows as `Session.write` takes them."""
    bots: Table
    payload: str
    """The payload of `events e`, as `rows.payload` takes it."""
    status: str
    """The status of `executions x`."""
    posting_kind: str
    """The kind of event behind `postings p`, an `events e`."""
    allowed: str
    """That the guard allowed `decisions d`; this one and the next as its indexes have them."""
    rejected: str
    text_place: str
    """The columns that order `texts`."""
    text_field: str
    text_chunk: str
    text_of: str
    """The `texts` of the commit number {n}, and the one chunk {chunk} of its {field}."""
    text_at: str
    locked: str = ""
    """After a SELECT: nobody else may change the row until the transaction ends."""

    def record(self, events: str = "e") -> str:
        """The columns of a Record, from events joined with bots b."""
        columns = (
            "e.n, e.event_id, b.id, e.bot_name, e.mode, e.kind, e.epoch, e.seq, e.time, "
            f"e.recorded, e.received, {self.payload}"
        )
        return columns.replace("e.", f"{events}.")

    def record_of(self, row: Row) -> Record:
        """A Record from a row that begins with those columns."""
        return self.rows.record_of(row[:12])

    @abstractmethod
    def keyed(self, column: str) -> str:
        """The column by which a row is found that a client's text of any length names."""

    @abstractmethod
    def key(self, text: str) -> Any:
        """The value of that column for a text."""

    @abstractmethod
    def key_sql(self, expression: str) -> str:
        """As `key`, made by the database from a text of its own."""

    @abstractmethod
    def place(self, n: int, field: int, chunk: int) -> tuple[int, ...]:
        """The values of `text_place` for a chunk of a long text."""

    @abstractmethod
    def newest(self, kind: str) -> str:
        """FROM-terms: `bots o`, and as `own` the newest ? events of a kind of each."""

    @abstractmethod
    def among(self, column: str) -> str:
        """The condition that `column` is among the values of one ?, from `listed`."""

    @abstractmethod
    def listed(self, values: Iterable[int]) -> Any:
        """The value of that ?."""

    @abstractmethod
    def question(self, select: str, source: str, where: str, **keys: Kind | Literal["key"]) -> str:
        """A query that is asked for many keys at once, by `Session.ask`.

        `{name}` stands for the key of that name in all three; "key" is the kind of what
        `key` gives.
        """


class Session(ABC):
    """A connection within a transaction."""

    dialect: Dialect
    unreadable = UnreadableRows()
    """Where reads note the rows that they pass over; who gives a session out sets its own."""

    check: Callable[[], None] = staticmethod(lambda: None)
    """Called before each query: raises if nobody waits for the answer any more."""

    @abstractmethod
    def rows(self, query: str, values: Sequence[Any] = ()) -> list[Row]:
        """All rows of the answer."""

    def row(self, query: str, values: Sequence[Any] = ()) -> Row | None:
        """The first row of the answer, if it has one."""
        found = self.rows(query, values)
        return found[0] if found else None

    def value(self, query: str, values: Sequence[Any] = ()) -> Any:
        """The first value of the answer, None if it has none."""
        found = self.row(query, values)
        return None if found is None else found[0]

    @abstractmethod
    def run(self, query: str, values: Sequence[Any] = ()) -> int:
        """Change something; returns how many rows."""

    @abstractmethod
    def many(self, query: str, values: Sequence[Sequence[Any]]) -> None:
        """Run the same change for each of `values`."""

    @abstractmethod
    def ask(self, query: str, keys: Sequence[tuple[Any, ...]] | None = None) -> Iterable[Row]:
        """The answers of a query of `Dialect.question` for all keys, or of one without keys.

        They may be fetched after other questions were asked.
        """

    @abstractmethod
    def write(self, table: Table, rows: list[tuple[Any, ...]]) -> None:
        """Insert rows of `table`, or replace those of its key."""

    @abstractmethod
    def alone(self) -> None:
        """Wait until no other server runs an operation that calls this, in this transaction."""
