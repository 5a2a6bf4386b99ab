"""`motherhaven import`: a bot's own database file, of today or of the first bots.

The file is copied first and never changed. Ids are those of the journal, or for an old
file made from its rows, so that importing again adds only what is new.
"""

import asyncio
import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import apsw
import typer

from motherhaven.cli.move import opened
from motherhaven.cli.output import emit, say
from motherhaven.contract import private
from motherhaven.contract.bulk import is_bulk, single_kind
from motherhaven.contract.errors import ConfigError, InvalidEvent
from motherhaven.contract.events import Event, Mode
from motherhaven.contract.ids import IdSource, check_id
from motherhaven.contract.wire import event_from_item
from motherhaven.recorder.bulk_rows import events_of
from motherhaven.recorder.journal import Journal
from motherhaven.recorder.schema import APPLICATION_ID, OLD_TABLES
from motherhaven.settings import SystemClock

_BATCH: Final = 200
_EVENTS: Final = (
    "SELECT seq, event_id, bot_id, mode, epoch, kind, row_id, time, recorded_at, payload "
    "FROM events ORDER BY seq"
)
_EXECUTED: Final = {
    "success": "executed", "executed": "executed", "filled": "executed", "partial": "partial",
    "rejected": "rejected", "skipped": "skipped", "failed": "unknown", "error": "unknown",
}  # fmt: skip
"""An old "failed" may have filled all the same: what became of the order is not known."""

Item = dict[str, Any]


def import_file(path: Path, store: str | None, bot: str | None) -> None:
    """Bring the events of a bot's file into a store.

    Rows that no event can be made of are written to FILE.refused.jsonl beside the working
    folder's other files, and the exit code is 1.

    Raises:
        ConfigError: the file is not a bot's, or `bot` is no id.
        StoreError: the store cannot work now; run it again.
    """
    if not path.is_file():
        raise ConfigError(f"import: there is no file {path}")
    if bot is not None:
        try:
            check_id(bot, "--bot")
        except InvalidEvent as error:
            raise ConfigError(str(error)) from None
    with TemporaryDirectory(prefix="motherhaven-import-") as folder:
        copy = Path(folder) / path.name
        is_old = _copy(path, copy)
        items = list(_rows(copy, _mode_of(path)))
    if is_old:
        items = _old_items(items, bot, path.stem)
    result = asyncio.run(_import(items, store))
    told = ", ".join(f"{count} {status}" for status, count in sorted(result.statuses.items()))
    emit(f"imported {path}: {told or 'nothing in it'}")
    if result.statuses["conflict"]:
        say("conflict: rows that changed since an earlier import stay as they were imported then.")
    if result.refused:
        kept = Path(path.name + ".refused.jsonl")
        lines = "".join(json.dumps(line) + "\n" for line in result.refused)
        private.write(kept, lines.encode())
        say(f"{len(result.refused)} rows are no valid events and were not imported; see {kept}")
        raise typer.Exit(1)


def _singly(item: Item) -> Iterator[Item]:
    """A row as the events that are in it: a bulk record has the numbers of its last one."""
    if not is_bulk(item["kind"]):
        yield item
        return
    events = list(events_of(item["event_id"], item["payload"]))
    for before, (event_id, payload) in zip(reversed(range(len(events))), events, strict=True):
        yield item | {
            "seq": item["seq"] - before,
            "row_id": None if item["row_id"] is None else item["row_id"] - before,
            "event_id": event_id,
            "kind": single_kind(item["kind"]),
            "time": payload["timestamp"],
            "payload": payload,
        }


def _copy(path: Path, copy: Path) -> bool:
    """Copy a database that may be in use; whether it is one of the first bots'."""
    try:
        source = apsw.Connection(os.fspath(path), flags=apsw.SQLITE_OPEN_READONLY)
        target = apsw.Connection(os.fspath(copy))
        try:
            source.set_busy_timeout(5_000)
            with target.backup("main", source, "main") as copying:
                copying.step()
            owner = target.execute("PRAGMA application_id").get
            names = {row[0] for row in target.execute("SELECT name FROM sqlite_schema")}
        finally:
            source.close()
            target.close()
    except apsw.Error as error:
        raise ConfigError(f"import: {path} cannot be read as a database: {error}") from error
    if owner != APPLICATION_ID and (owner or names.isdisjoint(OLD_TABLES)):
        raise ConfigError(
            f"import: {path} is not a bot's database: it has none of the tables "
            f"{', '.join(OLD_TABLES)}. To copy a server's store, use motherhaven migrate"
        )
    return bool(owner != APPLICATION_ID)


def _rows(copy: Path, mode: Mode) -> Iterator[Item]:
    """The events of a journal; an old database becomes one by being opened as such."""
    clock = SystemClock()
    journal = Journal(copy, clock=clock, ids=IdSource(clock, os.urandom), mode=mode)
    try:
        connection = journal.open_connection("normal")
        names = ("seq", "event_id", "bot_id", "mode", "epoch", "kind", "row_id", "time",
                 "recorded_at", "payload")  # fmt: skip
        for row in connection.execute(_EVENTS):
            item = dict(zip(names, row, strict=True))
            payload = json.loads(str(item["payload"]))
            yield from _singly(item | {"payload": payload})
        connection.close()
    finally:
        journal.close()


def _mode_of(path: Path) -> Mode:
    return "live" if "live" in path.stem else "paper" if "paper" in path.stem else "unknown"


def _old_items(items: list[Item], bot: str | None, name: str) -> list[Item]:
    """Events of an old file: ids from its rows, links to decisions by them, in order of time."""
    decisions = [item for item in items if item["kind"] == "decision"]
    first = (decisions or items or [{}])[0]
    told = json.dumps([first.get("kind"), first.get("time"), first.get("row_id")])
    print_ = hashlib.sha256(told.encode()).hexdigest()[:16]
    bot_id = bot or f"old-{print_}"

    def name_of(kind: str, row_id: object) -> str:
        return f"{bot_id}:{print_}:{kind}:{row_id}"[-128:].lstrip("._:@-")

    found: list[Item] = []
    for item in items:
        kind, payload = item["kind"], item["payload"]
        if isinstance(payload.get("decision_id"), int):
            decision_id = payload.pop("decision_id")
            if kind == "position_opened":  # of an exit it would be the decision to close
                payload["decision_id"] = name_of("decision", decision_id)
        item |= {
            "event_id": name_of(kind, item["row_id"]),
            "bot_id": bot_id,
            "bot_name": name[:100] or None,
            "epoch": 0,
        }
        found.append(item)
        if kind == "decision":
            found += _executions(item, name_of("execution", item["row_id"]))
    found.sort(key=lambda item: (str(item["time"]), item["seq"], item["kind"] == "execution"))
    return [item | {"seq": seq} for seq, item in enumerate(found, 1)]


def _executions(item: Item, event_id: str) -> list[Item]:
    """What the old row says of the order, as an event of its own."""
    payload = item["payload"]
    status = payload.get("execution_status")
    if status in (None, "pending"):
        return []
    time = payload.get("execution_timestamp") or item["time"]
    if not str(time).endswith("Z") and "+" not in str(time):
        time = f"{time}Z"
    execution = {
        "timestamp": time,
        "decision_id": item["event_id"],
        "coin": payload.get("coin"),
        "execution_status": _EXECUTED.get(str(status).lower(), "unknown"),
        "execution_error": payload.get("execution_error"),
    }
    return [item | {"event_id": event_id, "kind": "execution", "time": time, "payload": execution}]


@dataclass(slots=True)
class _Result:
    statuses: Counter[str] = field(default_factory=Counter)
    refused: list[Item] = field(default_factory=list)


async def _import(items: list[Item], store: str | None) -> _Result:
    result = _Result()
    now = SystemClock().now()
    batch: list[Event] = []
    async with opened(store) as target:
        for item in items:
            try:
                batch.append(event_from_item(item, now))
            except InvalidEvent as error:
                result.refused.append({"reason": str(error)} | item)
            if len(batch) >= _BATCH:
                result.statuses.update(done.status for done in await target.append(batch))
                batch = []
        if batch:
            result.statuses.update(done.status for done in await target.append(batch))
    return result
