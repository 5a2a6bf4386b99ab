"""What making and reading golden files share."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import apsw
import httpx
from pydantic import BaseModel

from motherhaven.contract.events import Event
from motherhaven.contract.jsonio import loads
from motherhaven.contract.wire import event_from_item
from motherhaven.recorder.core import Recorder
from motherhaven.recorder.factory import open_recorder
from tests.unit.recorder.support import ids_for

SHARED_RECORDS: Final = {"golden-one": '{"a": 1}', "golden-two": "text ✓"}
"""Shared records that each store holds."""
COMMITS: Final = "motherhaven-commits"
"""The collection whose documents keep the order of commits by when they were written."""
_PAGE: Final = 300


class _Clock:
    """A clock that stands still."""

    def now(self) -> datetime:
        return datetime(2026, 3, 2, 12, 0, 1, 500, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0


def recorder_at(path: Path) -> Recorder:
    """A recorder with seeded ids and a clock that stands still."""
    clock = _Clock()
    return open_recorder(path, clock=clock, ids=ids_for(clock, seed=3))


def plain(value: Any) -> Any:
    """A read model as JSON, amounts and times as text."""
    if isinstance(value, BaseModel):
        return plain(value.model_dump())
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return value


def event_line(event: Event) -> list[Any]:
    """All that an event is, its payload as a digest."""
    digest = hashlib.sha256(event.payload).hexdigest()
    return [
        event.event_id, event.bot_id, event.bot_name, event.mode, event.kind, event.epoch,
        event.seq, event.time.isoformat(), event.received_at.isoformat(), digest,
    ]  # fmt: skip


def events_of_journal(path: Path, received: datetime) -> list[Event]:
    """The journal's events as a server would take them in."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    rows = connection.execute(
        "SELECT event_id, bot_id, mode, epoch, seq, kind, time, recorded_at, payload"
        " FROM events ORDER BY seq"
    ).fetchall()
    connection.close()
    names = ("event_id", "bot_id", "mode", "epoch", "seq", "kind", "time", "recorded_at")
    return [
        event_from_item(
            dict(zip(names, row, strict=False)) | {"payload": loads(row[8].encode())}, received
        )
        for row in rows
    ]


def dump_project(client: httpx.Client, project: str) -> list[dict[str, Any]]:
    """All documents of a Firestore project, with typed values, below any collection."""
    found: list[dict[str, Any]] = []
    for document in _below(client, f"projects/{project}/databases/(default)/documents"):
        name = document["name"].partition("/documents/")[2]
        found.append({
            "path": name, "created": document["createTime"], "fields": document.get("fields", {}),
        })  # fmt: skip
    return found


def _below(client: httpx.Client, parent: str) -> Iterator[dict[str, Any]]:
    owner = {"Authorization": "Bearer owner"}
    answer = client.post(f"/{parent}:listCollectionIds", json={}, headers=owner).raise_for_status()
    for collection in answer.json().get("collectionIds", []):
        token = ""
        while True:
            params = {"pageSize": _PAGE, "pageToken": token}
            page = client.get(f"/{parent}/{collection}", params=params, headers=owner)
            data = page.raise_for_status().json()
            for document in data.get("documents", []):
                yield document
                yield from _below(client, document["name"])
            token = data.get("nextPageToken", "")
            if not token:
                break


def load_project(client: httpx.Client, project: str, documents: list[dict[str, Any]]) -> None:
    """Write dumped documents into an empty project, its commits as they followed each other."""
    logged = [one for one in documents if one["path"].startswith(f"{COMMITS}/")]
    others = [one for one in documents if one not in logged]
    for start in range(0, len(others), _PAGE):
        _commit(client, project, others[start : start + _PAGE])
    for document in sorted(logged, key=lambda one: one["created"]):
        _commit(client, project, [document], stamp="at")


def _commit(
    client: httpx.Client, project: str, documents: list[dict[str, Any]], stamp: str | None = None
) -> None:
    """Write documents at once; `stamp` names a field that gets the time of this commit."""
    root = f"projects/{project}/databases/(default)/documents"
    writes: list[dict[str, Any]] = []
    for one in documents:
        document = {"name": f"{root}/{one['path']}", "fields": one["fields"]}
        write: dict[str, Any] = {"update": document}
        if stamp is not None:
            fresh = {"fieldPath": stamp, "setToServerValue": "REQUEST_TIME"}
            write["updateTransforms"] = [fresh]
        writes.append(write)
    owner = {"Authorization": "Bearer owner"}
    content = json.dumps({"writes": writes})
    client.post(f"/{root}:commit", content=content, headers=owner).raise_for_status()
