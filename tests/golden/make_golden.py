"""Write what this version leaves on disk, for later versions to take over.

    python -m tests.golden.make_golden tests/golden/0.1

Run it with the version whose files are wanted, then commit the folder. It holds a journal
of a bot, a database of each store, a backup, and what each of them must still say.
"""

import asyncio
import gzip
import hashlib
import json
import logging
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import apsw
import httpx

from motherhaven.contract.events import Event
from motherhaven.stores import Store
from motherhaven.stores.archive import write_archive
from motherhaven.stores.moving import StoreSource
from motherhaven.stores.sqlite import SqliteStore
from motherhaven.testing.postgres import find_programs
from tests.conformance.stores import kit
from tests.conformance.stores.histories import everything, fill
from tests.conformance.stores.kit import StillClock
from tests.firestore_emulator import emulator_host, firestore_store, project_of
from tests.golden.kit import SHARED_RECORDS, dump_project, event_line, plain
from tests.postgres_server import postgres_store, shared_server

EVENTS = 260
"""Events of the seeded history that each store holds, besides the journal's."""
MINUTES = 900
MADE = datetime(2026, 11, 29, tzinfo=UTC)


def bars(path: Path, base: float, wave: float) -> None:
    """Minute bars of a coin whose price swings, so that a crossing of averages trades."""
    lines = ["timestamp_ms,open,high,low,close,volume"]
    start = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp()) * 1000
    last = base
    for minute in range(MINUTES):
        close = round(base * (1 + 0.04 * math.sin(minute / wave) + 0.004 * math.sin(minute)), 2)
        high, low = round(max(last, close) * 1.0005, 2), round(min(last, close) * 0.9995, 2)
        lines.append(f"{start + minute * 60_000},{last},{high},{low},{close},12.5")
        last = close
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def journal(folder: Path) -> Path:
    """The journal of a replay and of a logger that uses the guide's names."""
    path = folder / "journal.db"
    bars(folder / "BTC.csv", 60_000, 60)
    bars(folder / "ETH.csv", 3_000, 45)
    options = ["--bars", f"BTC={folder / 'BTC.csv'}", "--bars", f"ETH={folder / 'ETH.csv'}"]
    command = [sys.executable, "-m", "motherhaven.cli.main", "replay", *options]
    subprocess.run([*command, "--journal", str(path)], check=True, cwd=folder)
    subprocess.run([sys.executable, "-c", GUIDE_CALLS, str(path)], check=True, cwd=folder)
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.close()
    return path


GUIDE_CALLS = """
import sys
from pathlib import Path
from motherhaven.recorder import TradingLogger
from tests.golden.kit import recorder_at

logger = TradingLogger.build(recorder_at(Path(sys.argv[1])))
for number in range(12):
    logger.log_decision(
        {"coin": "BTC", "signal": ("buy_to_enter", "hold", "close")[number % 3],
         "quantity_usd": 20 + number, "leverage": 3, "confidence": 0.7,
         "exit_plan": {"stop_loss": 98100, "profit_target": 103000,
                       "invalidation_condition": "4h close below 97,000"},
         "justification": "breakout \\u2713 above the range"},
        raw_response='{"decisions": []}', system_prompt="You trade.", user_prompt="p" * 400,
    )
    logger.log_account_state(1000, 1001.5 + number, unrealized_pnl=1.5, num_positions=1)
logger.log_position_entry("p-1", "BTC", "long", 99812, 20, 3)
logger.log_position_exit("p-1", 101000, 0.61)
logger.log_position_entry("p-2", "ETH", "short", 3000.5, 30, 2)
logger.log_bot_status("running", "Trading cycle completed")
logger.log_bot_status("error", error="the venue did not answer")
logger.close()
"""


def pack(path: Path, content: bytes) -> None:
    """A gzipped file without a time in it."""
    path.write_bytes(gzip.compress(content, 9, mtime=0))


def write_expected(path: Path, data: dict[str, Any]) -> None:
    """What a version must still find, as JSON."""
    pack(path, json.dumps(data, indent=0, ensure_ascii=False).encode())


def journal_lines(path: Path) -> list[Any]:
    """Id, kind and digest of each payload of a journal, in its order."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    rows = connection.execute("SELECT seq, event_id, kind, payload FROM events ORDER BY seq")
    found = [[seq, event, kind, _digest(payload)] for seq, event, kind, payload in rows]
    connection.close()
    return found


def views_of(path: Path) -> dict[str, list[Any]]:
    """All rows of the views that people query."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    found: dict[str, list[Any]] = {}
    for name in ("decisions", "positions", "account_state", "bot_status"):
        cursor = connection.execute(f"SELECT * FROM {name}")
        rows: Iterable[Any] = cursor.fetchall()
        columns = [one[1] for one in connection.execute(f"PRAGMA table_info({name})")]
        found[name] = [dict(zip(columns, row, strict=True)) for row in rows]
    connection.close()
    return found


def _digest(payload: str | bytes) -> str:
    raw = payload if isinstance(payload, bytes) else payload.encode()
    return hashlib.sha256(raw).hexdigest()


async def expected(store: Store) -> dict[str, Any]:
    """Every event with its digest, the reads, and the tally."""
    lines: list[Any] = []
    async for event in StoreSource(store).whole(0):
        lines.append(event_line(event))
    return {"events": lines, "reads": plain(await everything(store))}


async def filled(store: Store, extra: list[Event]) -> dict[str, Any]:
    """Fill an empty store with the history, the journal's events and shared records."""
    await store.open()
    kit.OLD_IDS.count = 0
    await fill(store, EVENTS)
    for start in range(0, len(extra), 100):
        await store.append(extra[start : start + 100])
    for name, text in SHARED_RECORDS.items():
        assert await store.put_shared_record(name, text, None)
    return await expected(store)


async def stores(out: Path, work: Path, extra: list[Event]) -> None:
    """A database of each store, each with the same content."""
    clock = StillClock()
    sqlite = SqliteStore(work / "store.db", clock=clock)
    write_expected(out / "store.expected.json.gz", await filled(sqlite, extra))
    await write_archive(
        StoreSource(sqlite, tuple(SHARED_RECORDS)), out / "backup.jsonl.gz", MADE, _silent
    )
    await sqlite.close()
    pack(out / "sqlite.db.gz", (work / "store.db").read_bytes())

    postgres = postgres_store(work / "postgres", clock)
    await filled(postgres, extra)
    await postgres.close()
    pack(out / "postgres.sql.gz", dump_postgres(work / "postgres"))

    firestore = firestore_store(work / "firestore", clock)
    await filled(firestore, extra)
    await firestore.close()
    with httpx.Client(base_url=f"http://{emulator_host()}/v1", timeout=60) as client:
        documents = dump_project(client, project_of(work / "firestore"))
    pack(out / "firestore.json.gz", json.dumps(documents, ensure_ascii=False).encode())


def dump_postgres(place: Path) -> bytes:
    """The schema of the store at `place`, as SQL, under the name `golden`."""
    from tests.postgres_server import store_url

    programs = find_programs()
    assert programs is not None
    schema = store_url(place).rpartition("schema=")[2]
    socket = str(shared_server().socket.parent)
    command = [programs / "pg_dump", "-h", socket, "-U", "postgres", "-n", schema, "--inserts",
               "--no-owner", "--no-privileges", "postgres"]  # fmt: skip
    done = subprocess.run(command, check=True, capture_output=True)
    kept = [line for line in done.stdout.decode().splitlines() if not line.startswith("\\")]
    return "\n".join(kept).replace(schema, "golden").encode()


def _silent(_count: int) -> None:
    """Tell nobody how far it is."""


def main() -> None:
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        os.environ["PYTHONPATH"] = str(Path.cwd())
        path = journal(work)
        pack(out / "journal.db.gz", path.read_bytes())
        data = {"events": journal_lines(path), "views": views_of(path)}
        write_expected(out / "journal.expected.json.gz", data)
        from tests.golden.kit import events_of_journal

        extra = events_of_journal(path, MADE + timedelta(seconds=1))
        asyncio.run(stores(out, work, extra))


if __name__ == "__main__":
    main()
