"""Reads a journal for a person: one query, in a process of its own, that changes nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import apsw

from motherhaven.contract.errors import ConfigError, JournalError
from motherhaven.recorder.database import explained

_BUSY_MILLISECONDS: Final = 10_000
_ALLOWED: Final = frozenset(
    (apsw.SQLITE_SELECT, apsw.SQLITE_READ, apsw.SQLITE_FUNCTION, apsw.SQLITE_RECURSIVE)
)
_PRAGMAS: Final = frozenset(
    ("table_info", "table_xinfo", "table_list", "index_list", "index_info", "foreign_key_list",
     "user_version", "application_id", "page_count", "page_size", "freelist_count",
     "integrity_check", "quick_check", "compile_options", "data_version")
)  # fmt: skip

Value = str | int | float | bytes | None


def query(path: Path, sql: str) -> tuple[list[str], Iterator[tuple[Value, ...]]]:
    """The columns and the rows of one SELECT on the journal at `path`.

    Run it in a process that records nothing: closing the file elsewhere is harmless.

    Raises:
        ConfigError: there is no such file, or the query is wrong or would change something.
        JournalError: the file cannot be read now.
    """
    if not path.is_file():
        raise ConfigError(
            f"query: there is no journal {path}; run it in the bot's folder, or name the file "
            "with --journal"
        )
    with explained(path, "reading"):
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        connection.set_busy_timeout(_BUSY_MILLISECONDS)
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()  # is it a database?
        connection.authorizer = _only_reading
        try:
            cursor = connection.execute(sql)
            columns = [column[0] for column in cursor.get_description()]
        except apsw.ExecutionCompleteError:
            return [], iter(())
        except apsw.AuthError:
            raise ConfigError(
                "query: it would change something; only SELECT is allowed. To change data, "
                "stop the bot and work on a copy"
            ) from None
        except (apsw.SQLError, apsw.ReadOnlyError) as error:
            raise ConfigError(f"query: {error}; check the SQL, and --journal") from None
    return columns, _rows(path, cursor)


def _rows(path: Path, cursor: apsw.Cursor) -> Iterator[tuple[Value, ...]]:
    with explained(path, "reading"):
        try:
            yield from cursor
        except apsw.AuthError:
            raise ConfigError("query: only SELECT is allowed; nothing was changed") from None
        except apsw.SQLError as error:
            raise ConfigError(f"query: {error}; check the SQL") from None
        except UnicodeDecodeError:
            raise JournalError(
                f"{path}: a text is damaged and no UTF-8; read it with CAST(column AS BLOB), and "
                "restart the bot, which sets damaged files aside and saves the rest"
            ) from None


def _only_reading(
    action: int, first: str | None, second: str | None, database: str | None, trigger: str | None
) -> int:
    if action in _ALLOWED:
        return apsw.SQLITE_OK
    if action == apsw.SQLITE_PRAGMA and (first or "").lower() in _PRAGMAS:
        reads = second is None or (first or "").lower() not in ("user_version", "application_id")
        return apsw.SQLITE_OK if reads else apsw.SQLITE_DENY
    return apsw.SQLITE_DENY
