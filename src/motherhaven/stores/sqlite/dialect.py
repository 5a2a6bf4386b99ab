"""SQLite's part: plain values, keys that are the texts themselves, rows written one by one."""

# SQL is joined from constants only; every value is bound.
# ruff: noqa: S608

import json
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Final, Literal

import apsw

from motherhaven.stores.relational import tables
from motherhaven.stores.relational.dialect import Dialect, Session
from motherhaven.stores.relational.tables import Kind, Table
from motherhaven.stores.rows import PLAIN, Row

_LEFT_OUT: Final = {("executions", "status"), ("postings", "kind")}
"""Columns that are not kept here: they are within the row's JSON, or the event's."""

_CHUNK_BITS: Final = 16
_EVENT_BITS: Final = 18


class SqliteDialect(Dialect):
    """How SQLite differs."""

    rows = written = PLAIN
    bots = tables.bots(PLAIN)
    payload = "CAST(e.payload AS BLOB)"
    status = "json_extract(x.execution, '$.status')"
    posting_kind = "e.kind"
    allowed = "d.allowed = 1"
    rejected = "d.allowed = 0"
    text_place = "id"
    text_field = f"(texts.id >> {_CHUNK_BITS}) & 3"
    text_chunk = f"texts.id & {(1 << _CHUNK_BITS) - 1}"
    text_of = f"texts.id >= {{n}} << {_EVENT_BITS} AND texts.id < ({{n}} + 1) << {_EVENT_BITS}"
    text_at = f"texts.id = ({{n}} << {_EVENT_BITS}) + ({{field}} << {_CHUNK_BITS}) + {{chunk}}"

    def keyed(self, column: str) -> str:
        """The column itself."""
        return column

    def key(self, text: str) -> str:
        """The text itself."""
        return text

    def key_sql(self, expression: str) -> str:
        """The text itself."""
        return expression

    def place(self, n: int, field: int, chunk: int) -> tuple[int]:
        """One number, so that texts are appended in order."""
        return (n << _EVENT_BITS | field << _CHUNK_BITS | chunk,)

    def newest(self, kind: str) -> str:
        """A list of numbers for each bot: there is no LATERAL here."""
        return f"""bots o CROSS JOIN events own ON own.n IN (
            SELECT n FROM events WHERE bot = o.no AND kind = '{kind}'
            ORDER BY received DESC, epoch DESC, seq DESC, n DESC LIMIT ?
        )"""

    def among(self, column: str) -> str:
        """By a JSON array."""
        return f"{column} IN (SELECT value FROM json_each(?))"

    def listed(self, values: Iterable[int]) -> str:
        """The JSON array."""
        return _json(list(values))

    def question(self, select: str, source: str, where: str, **keys: Kind | Literal["key"]) -> str:
        """One query over a JSON array of keys: a statement for each takes several times as long."""
        query = f"SELECT {select} FROM json_each(?) k CROSS JOIN {source} WHERE {where}"
        return query.format(**{name: f"k.value ->> {place}" for place, name in enumerate(keys)})


SQLITE: Final = SqliteDialect()
_json: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class SqliteSession(Session):
    """A connection within a transaction."""

    dialect = SQLITE

    def __init__(self, connection: apsw.Connection) -> None:
        self.connection = connection

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[Row]:
        """All rows of the answer."""
        self.check()
        found: list[Any] = self.connection.execute(query, values).fetchall()
        return found

    def run(self, query: str, values: Sequence[Any] = ()) -> int:
        """Change something; returns how many rows."""
        self.connection.execute(query, values)
        return self.connection.changes()

    def many(self, query: str, values: Sequence[Sequence[Any]]) -> None:
        """Run the same change for each of `values`."""
        self.connection.executemany(query, values)

    def ask(self, query: str, keys: Sequence[tuple[Any, ...]] | None = None) -> Iterable[Row]:
        """The answers for all keys, as they are fetched."""
        self.check()
        found: Iterable[Any] = self.connection.execute(
            query, () if keys is None else (_json(keys),)
        )
        return found

    def write(self, table: Table, rows: list[tuple[Any, ...]]) -> None:
        """Insert rows of `table`, or replace those of its key."""
        self.connection.executemany(_insert(table), rows)

    def alone(self) -> None:
        """Nothing to wait for: whoever writes has the file to itself."""


@cache
def _insert(table: Table) -> str:
    """INSERT of a row with all columns of the table, some of which are left out."""
    if table is tables.TEXTS:
        return (
            f"INSERT INTO texts (id, text) VALUES "
            f"((?1 << {_EVENT_BITS}) | (?2 << {_CHUNK_BITS}) | ?3, ?4)"
        )
    kept = {
        column: f"?{place}"
        for place, column in enumerate(table.columns, 1)
        if (table.name, column) not in _LEFT_OUT
    }
    query = f"INSERT INTO {table.name} ({', '.join(kept)}) VALUES ({', '.join(kept.values())})"
    if table.key:
        own = [column for column in kept if column not in table.key]
        query += f" ON CONFLICT ({', '.join(table.key)}) DO UPDATE SET "
        query += ", ".join(f"{column} = excluded.{column}" for column in own)
    return query
