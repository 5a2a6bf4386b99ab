"""The PostgreSQL adapter: several servers may share one database. Needs the extra `postgres`."""

from motherhaven.stores.postgres.store import PostgresStore

__all__ = ["PostgresStore"]
