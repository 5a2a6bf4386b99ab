"""Stores: where a server keeps what bots recorded. Choose one by URL.

To write an adapter: take events apart with `records.prepare`, let `project.project` fold
them into your `states.Work` within one commit, answer with the builders of `views`, and
add a factory below and a backend to the conformance suite. For a SQL database, `relational`
has all of this: bring a dialect, a session, connections and the schema.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import ConfigError
from motherhaven.settings.firestore import FirestoreOptions
from motherhaven.stores.memory import MemoryStore
from motherhaven.stores.protocol import (
    TIERS,
    Appended,
    AppendStatus,
    DecisionFilter,
    Store,
    Stored,
    Tail,
)

Factory = Callable[[str, Clock, Path, FirestoreOptions], Store]


def open_store(
    url: str,
    *,
    clock: Clock,
    data_dir: Path,
    read_url: str | None = None,
    firestore: FirestoreOptions | None = None,
) -> Store:
    """The store that `url` names; call its open() before use.

    `memory:` forgets at exit; `sqlite:///file` is relative to `data_dir`, and
    `sqlite:////absolute/file` is not. `firestore://PROJECT` may name a database too.

    `read_url` names a standby that answers the dashboard's questions, for PostgreSQL alone.

    Raises:
        ConfigError: the URL names no store that this version has, or none with standbys.
    """
    scheme = url.partition(":")[0].strip().lower()
    factory = _FACTORIES.get(scheme)
    if factory is None:
        raise ConfigError(
            f"MOTHERHAVEN_STORE: no store is called {scheme[:40]!r}; "
            "use sqlite:///motherhaven.db (a file), postgresql://USER:PASSWORD@HOST/DATABASE, "
            "firestore://PROJECT or memory: (forgets at exit)"
        )
    options = firestore or FirestoreOptions()
    if read_url is None:
        return factory(url, clock, data_dir, options)
    if factory is not _postgresql or read_url.partition(":")[0].strip().lower() not in _STANDBYS:
        raise ConfigError(
            "MOTHERHAVEN_STORE_READ: only a postgresql:// store has replicas, which are named by "
            "such a URL too; leave it out"
        )
    return _postgresql(url, clock, data_dir, options, read_url)


def is_on_this_machine(url: str) -> bool:
    """Whether the store that `url` names lives in this process or on this machine's disk.

    If not, servers on other machines may use it too.
    """
    return url.partition(":")[0].strip().lower() in {"memory", "sqlite"}


def _memory(url: str, clock: Clock, data_dir: Path, options: FirestoreOptions) -> Store:
    return MemoryStore(clock=clock)


def _sqlite(url: str, clock: Clock, data_dir: Path, options: FirestoreOptions) -> Store:
    # Imported here so that the memory store needs no database library.
    from motherhaven.stores.sqlite import SqliteStore

    name = unquote(url.partition(":")[2])
    if not name.startswith("///") or not name.strip("/"):
        raise ConfigError(
            f"MOTHERHAVEN_STORE={url[:60]!r}: write sqlite:///name.db for a file in the data "
            "folder, or sqlite:////absolute/path.db"
        )
    return SqliteStore(data_dir / name[3:], clock=clock)


def _postgresql(
    url: str, clock: Clock, data_dir: Path, options: FirestoreOptions, read_url: str | None = None
) -> Store:
    try:
        # Imported here so that a server without PostgreSQL needs no psycopg.
        from motherhaven.stores.postgres import PostgresStore
    except ImportError as error:
        raise ConfigError(
            f"MOTHERHAVEN_STORE=postgresql:…: the driver is missing ({error}); "
            'run: pip install "motherhaven[postgres]"'
        ) from None
    return PostgresStore(url, clock=clock, read_url=read_url)


def _firestore(url: str, clock: Clock, data_dir: Path, options: FirestoreOptions) -> Store:
    project, _, database = url.partition("://")[2].rstrip("/").partition("/")
    if not project or "/" in database:
        raise ConfigError(
            f"MOTHERHAVEN_STORE={url[:60]!r}: write firestore://PROJECT, or "
            "firestore://PROJECT/DATABASE for a database that is not the default one; "
            "a file is sqlite:///motherhaven.db"
        )
    _check_project(project)
    try:
        # Imported here so that a server without Firestore needs none of Google's libraries.
        from motherhaven.stores.firestore import FirestoreStore
    except ImportError as error:
        raise ConfigError(
            f"MOTHERHAVEN_STORE=firestore:…: Google's client is missing ({error}); "
            'run: pip install "motherhaven[firestore]"'
        ) from None
    return FirestoreStore(project, database or None, clock=clock, options=options)


def _check_project(project: str) -> None:
    """Refuse what Google gives no project as its id; a project's name is often taken for it."""
    if _PROJECT.fullmatch(project):
        return
    guess = re.sub(r"[^a-z0-9-]+", "-", project.lower()).strip("-")
    meant = f"; did you mean firestore://{guess}?" if _PROJECT.fullmatch(guess) else ""
    raise ConfigError(
        f"MOTHERHAVEN_STORE=firestore://{project[:60]}: {project[:60]!r} is no project id: it "
        "has 6 to 30 lower-case letters, digits and hyphens, and begins with a letter"
        f"{meant} `gcloud projects list` and Firebase's project settings show it as PROJECT_ID",
        code="firestore_project_id",
    )


_PROJECT: Final = re.compile(r"(?:[a-z0-9.-]{1,60}:)?[a-z][a-z0-9-]{4,28}[a-z0-9]")

_STANDBYS: Final = ("postgresql", "postgres")

_FACTORIES: Final[dict[str, Factory]] = {
    "memory": _memory,
    "sqlite": _sqlite,
    "postgresql": _postgresql,
    "postgres": _postgresql,
    "firestore": _firestore,
}

__all__ = [
    "TIERS",
    "AppendStatus",
    "Appended",
    "DecisionFilter",
    "MemoryStore",
    "Store",
    "Stored",
    "Tail",
    "is_on_this_machine",
    "open_store",
]
