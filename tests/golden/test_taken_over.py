"""What an older version left on disk is taken over, and loses nothing."""

import asyncio
import gzip
import hashlib
import json
import os
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import apsw
import httpx
import psycopg
import pytest
from google.cloud.firestore_v1.async_batch import AsyncWriteBatch

from motherhaven.stores import MemoryStore, Store
from motherhaven.stores.archive import ArchiveSource
from motherhaven.stores.moving import StoreSource, copy
from motherhaven.stores.postgres.migrate import MIGRATIONS
from motherhaven.stores.sqlite import SqliteStore
from motherhaven.testing.postgres import find_programs
from tests.conformance.stores.histories import everything
from tests.conformance.stores.kit import StillClock
from tests.firestore_emulator import emulator_host, firestore_store, project_of
from tests.golden.kit import SHARED_RECORDS, event_line, load_project, plain, recorder_at
from tests.patience import HANG_SECONDS
from tests.postgres_server import postgres_store, shared_server, store_url

HERE = Path(__file__).parent
VERSIONS = sorted(path for path in HERE.iterdir() if (path / "journal.db.gz").is_file())
versions = pytest.mark.parametrize("version", VERSIONS, ids=lambda path: path.name)
Found = dict[str, Any]
EXECUTE = psycopg.Cursor.execute


def unpack(version: Path, name: str) -> bytes:
    """The content of a golden file."""
    return gzip.decompress((version / name).read_bytes())


def expected_of(version: Path, name: str) -> Found:
    """What the older version said of its own file."""
    found: Found = json.loads(unpack(version, name))
    return found


TIMES = (".time", ".recorded_at", ".entry_time", ".exit_time", ".mark_time", ".first_status_at")
"""What was ahead of its receipt is shown at it since lists follow the order of receipt."""


def lacking(expected: Any, found: Any, where: str = "") -> list[str]:
    """Where `found` does not say what was expected; new fields of an object are welcome."""
    if where.endswith(TIMES) and isinstance(expected, str) and isinstance(found, str):
        return [] if found <= expected else [f"{where}: {found} is after {expected}"]
    if isinstance(expected, dict) and isinstance(found, dict):
        gone = [f"{where}.{key} is gone" for key in expected if key not in found]
        for key in expected.keys() & found.keys():
            gone += lacking(expected[key], found[key], f"{where}.{key}")
        return gone
    if isinstance(expected, list) and isinstance(found, list):
        if len(expected) != len(found):
            return [f"{where} has {len(found)} items, not {len(expected)}"]
        pairs = enumerate(zip(expected, found, strict=True))
        return [one for number, (a, b) in pairs for one in lacking(a, b, f"{where}[{number}]")]
    return [] if expected == found else [f"{where}: {found!r} is not {expected!r}"]


async def read_all(store: Store) -> Found:
    """Events, reads and shared records of a store that is then closed again."""
    await store.open()
    try:
        events = [event_line(event) async for event in StoreSource(store).whole(0)]
        records = {name: await store.get_shared_record(name) for name in SHARED_RECORDS}
        reads = plain(await everything(store))
    finally:
        await store.close()
    kept = {name: one.text for name, one in records.items() if one is not None}
    return {"events": events, "reads": reads, "records": kept}


def in_any_order(reads: list[Any]) -> dict[str, Any]:
    """The reads of `everything` without what follows from their order: that is by receipt now."""
    bots, decisions, positions, equity, accounts, statuses, candles, errors = reads[:8]
    latest = ("status", "account", "last_decision_at")
    names = ("id", "bot_id", "bot_name", "kind", "message", "time")

    def rows(found: list[Any], *keys: str) -> list[Any]:
        return sorted(found, key=lambda row: [str(row[key]) for key in keys])

    return {
        "bots": [{key: row[key] for key in row if key not in latest} for row in bots],
        "decisions": rows(decisions, "id"),
        "positions": rows(positions, "bot_id", "id"),
        "equity": equity,
        "accounts": rows(accounts, "bot_id", "equity_usd", "balance_usd"),
        "statuses": rows(statuses, "bot_id", "received_at", "status"),
        "candles": candles,
        "errors": rows([dict(zip(names, row, strict=True)) for row in errors], "id"),
    }


async def check_trades(store: Store, reads: list[Any]) -> None:
    """The fills and funding payments of the positions that the older version told first."""
    await store.open()
    try:
        for number, row in enumerate(reads[2][:20]):
            found = [
                plain(await store.fills(row["bot_id"], row["id"])),
                plain(await store.fundings(row["bot_id"], row["id"])),
            ]
            told = reads[8 + 2 * number : 10 + 2 * number]
            for expected, here in zip(told, found, strict=True):
                by_id = [sorted(some, key=lambda one: str(one["id"])) for some in (expected, here)]
                assert lacking(*by_id) == []
    finally:
        await store.close()


def check_store(version: Path, store: Store) -> None:
    """A store says all that the older version said of it."""
    found = asyncio.run(read_all(store))
    expected = expected_of(version, "store.expected.json.gz")
    assert found["events"] == expected["events"]
    assert found["records"] == SHARED_RECORDS
    assert lacking(in_any_order(expected["reads"]), in_any_order(found["reads"])) == []
    asyncio.run(check_trades(store, expected["reads"]))


@versions
def test_a_sqlite_store_is_taken_over(version: Path, tmp_path: Path) -> None:
    """Every event, read and shared record of an old database file is there."""
    path = tmp_path / "store.db"
    path.write_bytes(unpack(version, "sqlite.db.gz"))
    check_store(version, SqliteStore(path, clock=StillClock()))


def load_schema(version: Path, place: Path) -> None:
    """Make the old schema under the name that the store at `place` has."""
    schema = store_url(place).rpartition("schema=")[2]
    programs = find_programs()
    assert programs is not None
    socket = str(shared_server().socket.parent)
    subprocess.run(
        [programs / "psql", "-q", "-v", "ON_ERROR_STOP=1", "-h", socket, "-U", "postgres"],
        input=unpack(version, "postgres.sql.gz").replace(b"golden.", f"{schema}.".encode())
        .replace(b"SCHEMA golden", f"SCHEMA {schema}".encode()),
        stdout=subprocess.DEVNULL, check=True,
    )  # fmt: skip


@versions
def test_a_postgresql_store_is_taken_over(version: Path, tmp_path: Path) -> None:
    """Every event, read and shared record of an old schema is there."""
    load_schema(version, tmp_path)
    check_store(version, postgres_store(tmp_path, StillClock()))


def load_documents(version: Path, place: Path) -> None:
    """Make the old documents in the project that the store at `place` has."""
    documents = json.loads(unpack(version, "firestore.json.gz"))
    with httpx.Client(base_url=f"http://{emulator_host()}/v1", timeout=HANG_SECONDS) as client:
        load_project(client, project_of(place), documents)


@versions
def test_a_firestore_project_is_taken_over(version: Path, tmp_path: Path) -> None:
    """Every event, read and shared record of an old project is there."""
    load_documents(version, tmp_path)
    check_store(version, firestore_store(tmp_path, StillClock()))


@versions
def test_a_backup_is_restored(version: Path) -> None:
    """A backup of an older version brings every event back."""

    async def scenario() -> Found:
        store = MemoryStore(clock=StillClock())
        await store.open()
        await copy(ArchiveSource(version / "backup.jsonl.gz"), store, lambda _: None)
        return await read_all(store)

    found = asyncio.run(scenario())
    expected = expected_of(version, "store.expected.json.gz")
    assert [line[:8] + line[9:] for line in found["events"]] == [
        line[:8] + line[9:] for line in expected["events"]
    ]
    assert found["records"] == SHARED_RECORDS


def journal_now(path: Path) -> Found:
    """Events and views of a journal, opened by this version first."""
    recorder = recorder_at(path)
    assert recorder.journal.healthy
    recorder.journal.close()
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    rows = connection.execute("SELECT seq, event_id, kind, payload FROM events ORDER BY seq")
    events = [[seq, name, kind, _digest(payload)] for seq, name, kind, payload in rows]
    views: dict[str, list[Found]] = {}
    for view in ("decisions", "positions", "account_state", "bot_status"):
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({view})")]
        found = connection.execute(f"SELECT * FROM {view}")
        views[view] = [dict(zip(columns, row, strict=True)) for row in found]
    connection.close()
    return {"events": events, "views": views}


def _digest(payload: str | bytes) -> str:
    return hashlib.sha256(payload if isinstance(payload, bytes) else payload.encode()).hexdigest()


@versions
def test_a_journal_is_taken_over(version: Path, tmp_path: Path) -> None:
    """Every event and every row of the four views of an old journal is there."""
    path = tmp_path / "journal.db"
    path.write_bytes(unpack(version, "journal.db.gz"))
    expected = expected_of(version, "journal.expected.json.gz")
    found = journal_now(path)
    assert found["events"] == expected["events"]
    assert lacking(expected["views"], found["views"]) == []
    assert not list(tmp_path.glob("*damaged*"))


def open_store(store: Store) -> None:
    """Open a store and close it."""

    async def scenario() -> None:
        await store.open()
        await store.close()

    asyncio.run(scenario())


def open_journal(path: Path) -> None:
    """Open a journal and close it."""
    recorder_at(path).journal.close()


def dies_at(statement: int, work: Callable[[], None]) -> bool:
    """Run `work` in a child that is killed at that SQL statement; whether it came so far."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    seen = 0

    def trace(*_: object) -> bool:
        nonlocal seen
        seen += 1
        if seen == statement:
            os._exit(9)
        return True

    def hook(connection: apsw.Connection) -> None:
        connection.exec_trace = trace

    def execute(cursor: Any, *given: Any, **more: Any) -> Any:
        trace()
        return EXECUTE(cursor, *given, **more)

    apsw.connection_hooks.append(hook)
    psycopg.Cursor.execute = execute  # type: ignore[method-assign]
    try:
        work()
    finally:
        os._exit(0)


@versions
@pytest.mark.parametrize("kind", ["journal", "sqlite"])
def test_killed_at_any_statement_of_the_opening(version: Path, kind: str, tmp_path: Path) -> None:
    """Killed at each statement of taking a file over, the next opening finds everything."""
    content = unpack(version, f"{kind}.db.gz")
    path = tmp_path / "taken.db"

    def work() -> None:
        open_journal(path) if kind == "journal" else open_store(
            SqliteStore(path, clock=StillClock())
        )

    path.write_bytes(content)
    statement = 1
    while dies_at(statement, work):
        statement += 1
        if statement % 20 == 0:
            path.write_bytes(content)
            for leftover in (path.with_name("taken.db-wal"), path.with_name("taken.db-shm")):
                leftover.unlink(missing_ok=True)
    assert statement > 3
    if kind == "journal":
        expected = expected_of(version, "journal.expected.json.gz")
        assert journal_now(path)["events"] == expected["events"]
        return
    check_store(version, SqliteStore(path, clock=StillClock()))


@versions
def test_killed_at_any_statement_a_schema_is_taken_over(version: Path, tmp_path: Path) -> None:
    """The same of PostgreSQL, where the server goes on when its client is gone."""
    load_schema(version, tmp_path)
    statement = 1
    while dies_at(statement, lambda: open_store(postgres_store(tmp_path, StillClock()))):
        statement += 1
    assert statement > len(MIGRATIONS)
    check_store(version, postgres_store(tmp_path, StillClock()))


@versions
def test_a_project_is_taken_over_without_a_commit(
    version: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Firestore's documents are read as they are: there is nothing to be killed in."""
    load_documents(version, tmp_path)

    def refused(*_: object) -> None:
        raise AssertionError("the opening commits something")

    monkeypatch.setattr(AsyncWriteBatch, "commit", refused)
    open_store(firestore_store(tmp_path, StillClock()))


def test_the_times_of_golden_files_are_past() -> None:
    """A golden file never holds an event of the future, which a reader might hide."""
    now = datetime.now(UTC).isoformat()
    for version in VERSIONS:
        lines = expected_of(version, "store.expected.json.gz")["events"]
        assert all(line[7] < now for line in lines)
