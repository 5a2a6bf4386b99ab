"""The Store on SQLite, by apsw, which brings its own SQLite."""

from motherhaven.stores.sqlite.store import SqliteStore

__all__ = ["SqliteStore"]
