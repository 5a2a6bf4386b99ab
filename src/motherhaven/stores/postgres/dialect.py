"""PostgreSQL's part: its own types, hashed keys, a statement for many rows at once."""

# SQL is joined from constants only; every value is bound.
# ruff: noqa: S608

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, lru_cache
from typing import Any, Final, Literal

import psycopg

from motherhaven.stores.postgres.arrays import ArrayKind, PackedArray, packed
from motherhaven.stores.postgres.connect import Connection
from motherhaven.stores.postgres.migrate import LOCK_CLASS
from motherhaven.stores.postgres.rows import NativeRows, WrittenRows, key_of
from motherhaven.stores.relational import tables
from motherhaven.stores.relational.dialect import Dialect, Session
from motherhaven.stores.relational.readers import Answer
from motherhaven.stores.relational.tables import Kind, Table
from motherhaven.stores.rows import Row

_TYPES: Final[dict[Kind | Literal["key"], str]] = {
    "int": "int", "big": "bigint", "small": "smallint", "text": "text", "flag": "boolean",
    "bytes": "bytea", "time": "timestamptz", "money": "numeric", "key": "bytea",
}  # fmt: skip
_KEYED: Final = {
    "executions": {"decision_key": "decision_id"},
    "positions": {"id_key": "id", "ref_key": "ref", "entry_decision_key": "entry_decision_id"},
    "postings": {"ref_key": "position_id"},
    "marks": {"ref_key": "ref"},
}
"""Columns with a hash of another one, which a client's text of any length is in."""

_KEY_OF: Final = {
    "decision_id": "decision_key", "id": "id_key", "ref": "ref_key",
    "entry_decision_id": "entry_decision_key", "position_id": "ref_key",
}  # fmt: skip
_LEFT_OUT: Final = {("postings", "position_id")}


class PostgresDialect(Dialect):
    """How PostgreSQL differs."""

    rows = NativeRows()
    written = WrittenRows()
    bots = tables.bots(rows)
    payload = "e.payload"
    status = "x.status"
    posting_kind = "p.kind"
    allowed = "d.allowed"
    rejected = "NOT d.allowed"
    text_place = "n, field, chunk"
    text_field = "field"
    text_chunk = "chunk"
    text_of = "n = {n}"
    text_at = "n = {n} AND field = {field} AND chunk = {chunk}"
    locked = " FOR UPDATE"

    def keyed(self, column: str) -> str:
        """The column with its hash."""
        return _KEY_OF[column]

    def key(self, text: str) -> bytes:
        """Its hash."""
        return key_of(text)

    def key_sql(self, expression: str) -> str:
        """Its hash, as `key_of` makes it."""
        return f"substr(sha256(convert_to({expression}, 'UTF8')), 1, 16)"

    def place(self, n: int, field: int, chunk: int) -> tuple[int, int, int]:
        """A column each."""
        return n, field, chunk

    def newest(self, kind: str) -> str:
        """Each bot's own index gives its newest."""
        return f"""bots o CROSS JOIN LATERAL (
            SELECT received, epoch, seq, n FROM events WHERE bot = o.no AND kind = '{kind}'
            ORDER BY received DESC, epoch DESC, seq DESC, n DESC LIMIT ?
        ) own"""

    def among(self, column: str) -> str:
        """By an array."""
        return f"{column} = ANY(?::int[])"

    def listed(self, values: Iterable[int]) -> list[int]:
        """The array."""
        return list(values)

    def question(self, select: str, source: str, where: str, **keys: Kind | Literal["key"]) -> str:
        """One query over arrays of keys, each looked up by itself.

        OFFSET 0 keeps the planner from joining the arrays with the tables: it would scan a
        table by a part of its key where statistics are missing or make both look alike.
        """
        arrays = ", ".join(f"?::{_TYPES[kind]}[]" for kind in keys.values())
        given = f"unnest({arrays}) AS k ({', '.join(keys)})"
        found = f"SELECT {select} FROM {source} WHERE {where} OFFSET 0"
        query = f"SELECT found.* FROM {given} CROSS JOIN LATERAL ({found}) AS found"
        return query.format(**{name: f"k.{name}" for name in keys})


POSTGRES: Final = PostgresDialect()


class PostgresSession(Session):
    """A connection within a transaction; `lock` is the key of this database's locks."""

    dialect = POSTGRES

    def __init__(self, connection: Connection, lock: int) -> None:
        self.connection = connection
        self._lock = lock

    def transact(self, begin: str, operation: Callable[[Session], Answer]) -> Answer:
        """Run `operation` between `begin` and COMMIT; an error in it rolls back."""
        self.connection.execute(begin)
        try:
            result = operation(self)
        except BaseException:
            if not self.connection.closed:
                self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")
        return result

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[Row]:
        """All rows of the answer."""
        self.check()
        return list(self.connection.execute(_marked(query), values).fetchall())

    def run(self, query: str, values: Sequence[Any] = ()) -> int:
        """Change something; returns how many rows."""
        return self.connection.execute(_marked(query), values).rowcount

    def many(self, query: str, values: Sequence[Sequence[Any]]) -> None:
        """Run the same change for each of `values`, in one round trip."""
        self.connection.cursor().executemany(_marked(query), values)

    def ask(self, query: str, keys: Sequence[tuple[Any, ...]] | None = None) -> Iterable[Row]:
        """The answers for all keys, in one round trip with others within a pipeline."""
        self.check()
        arrays = None if keys is None else [_array(column) for column in zip(*keys, strict=True)]
        return _rows(self.connection.execute(_marked(query), arrays))

    def write(self, table: Table, rows: list[tuple[Any, ...]]) -> None:
        """Insert rows of `table`, or replace those of its key, by an array for each column."""
        columns = dict(zip(table.columns, zip(*rows, strict=True), strict=True))
        arrays = [
            packed(kind, columns[name])
            for name, kind in table.columns.items()
            if (table.name, name) not in _LEFT_OUT
        ]
        for column in _KEYED.get(table.name, {}).values():
            keys = [None if text is None else key_of(text) for text in columns[column]]
            arrays.append(packed("key", keys))
        self.connection.execute(_insert(table), arrays)

    def take_turn(self) -> None:
        """Wait until no other server appends, in this transaction."""
        self.run("SELECT pg_advisory_xact_lock(?, ?)", (LOCK_CLASS, self._lock))

    def alone(self) -> None:
        """Wait until no other server runs an operation that calls this, in this transaction."""
        self.run("SELECT pg_advisory_xact_lock(?, ?)", (LOCK_CLASS + 1, self._lock))


_KINDS: Final[dict[type, ArrayKind]] = {str: "text", int: "big", bytes: "key"}


def _array(values: tuple[Any, ...]) -> PackedArray | list[Any]:
    """The array of some keys; the driver's own where they are of another type."""
    kind = _KINDS.get(type(values[0]))
    return list(values) if kind is None else packed(kind, values)


def _rows(cursor: psycopg.Cursor[tuple[Any, ...]]) -> Iterator[Row]:
    """All rows at once, but only when the first is wanted: then the pipeline is read."""
    yield from cursor.fetchall()


@lru_cache(maxsize=1_000)
def _marked(query: str) -> str:
    """The query with the driver's own marks for values."""
    return query.replace("?", "%s")


@cache
def _insert(table: Table) -> str:
    """INSERT of one array for each column, the hashed ones last."""
    hashed = _KEYED.get(table.name, {})
    kinds = {
        **{n: _TYPES[kind] for n, kind in table.columns.items()},
        **dict.fromkeys(hashed, "bytea"),
    }
    kept = {n: kind for n, kind in kinds.items() if (table.name, n) not in _LEFT_OUT}
    arrays = ", ".join(f"%s::{kind}[]" for kind in kept.values())
    query = f"INSERT INTO {table.name} ({', '.join(kept)}) SELECT * FROM unnest({arrays})"
    if table.key:
        by_text = {column: name for name, column in hashed.items()}
        key = [by_text.get(column, column) for column in table.key]
        own = [column for column in kept if column not in key]
        query += f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET "
        query += ", ".join(f"{column} = excluded.{column}" for column in own)
    return query
