"""A portable backup: gzipped JSON lines, one for each event, and a manifest at the end.

Shared records follow the events: keys of bots as hashes, and what alerts were told.

The first line names the format; the last has counts and the digest of `moving.Tally`, so
that a file that was cut or changed is never restored. Payloads are text within the
lines: their bytes come back exactly.
"""

import gzip
import hashlib
import json
import os
import zlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from motherhaven.contract.errors import ContractError
from motherhaven.contract.events import Event
from motherhaven.contract.times import format_time, parse_instant
from motherhaven.contract.wire import validate_payload
from motherhaven.stores.moving import Refusal, StoreSource, Tally, Told, identity
from motherhaven.stores.unreadable import UNREADABLE, reason

FORMAT: Final = "motherhaven-backup"
VERSION: Final = 2
_READABLE: Final = (1, 2)
"""A backup of version 1 has no shared records."""

_NAMES: Final = (
    "event_id", "bot_id", "bot_name", "mode", "kind", "epoch", "seq", "time", "recorded_at",
    "received_at",
)  # fmt: skip
_TOLD_EVERY: Final = 1_000

Line = dict[str, Any]


async def write_archive(source: StoreSource, path: Path, made: datetime, told: Told) -> Tally:
    """Write everything to `path`, which appears whole or not at all; readable by its owner.

    Raises:
        OSError: it cannot be written.
    """
    part = path.with_name(path.name + ".part")
    total = Tally()
    refused = 0
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as raw:
            with gzip.GzipFile("", "wb", 6, raw, mtime=0) as file:
                head = {"format": FORMAT, "version": VERSION, "made": format_time(made)}
                file.write(_encode(head))
                async for event in source.whole(0):
                    total.add(event)
                    file.write(_encode(_line_of(event)))
                    if total.events % _TOLD_EVERY == 0:
                        told(total.events)
                async for refusal in source.refusals():
                    refused += 1
                    line = asdict(refusal) | {"time": format_time(refusal.time)}
                    file.write(_encode({"refusal": line}))
                records = {name: text async for name, text in source.records()}
                for name, text in records.items():
                    file.write(_encode({"record": [name, text]}))
                manifest = total.manifest() | {"refused": refused, "records": _digest(records)}
                file.write(_encode({"manifest": manifest}))
            raw.flush()
            os.fsync(raw.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return total


class ArchiveSource:
    """A backup file as a source of events.

    Events that are whole, but that no reader of today takes, are left out; `unreadable`
    says why, by event id, once the file was read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.unreadable: dict[str, str] = {}

    def check(self) -> Tally:
        """Read the whole file and compare it with its manifest; the tally of what can be read.

        Raises:
            ContractError: it is no backup, or it was cut or changed; says where.
        """
        total, kept = Tally(), Tally()
        refused = 0
        records: dict[str, str] = {}
        manifest: Line | None = None
        for number, line in self._lines():
            if manifest is not None:
                raise self._damaged(number, "something follows the manifest")
            if "manifest" in line:
                manifest = line["manifest"]
            elif "refusal" in line:
                refused += 1
            elif "record" in line:
                name, text = self._record(number, line)
                records[name] = text
            else:
                event = self._event(number, line)
                total.add_identity([line[name] for name in _NAMES], line["sha256"])
                if event is not None:
                    kept.add(event)
        if manifest is None:
            raise self._damaged(0, "its end is missing")
        told = {"records": _digest(records)} if records or "records" in manifest else {}
        if manifest != total.manifest() | {"refused": refused} | told:
            raise self._damaged(0, "its contents are not those of its manifest")
        return kept

    async def lean(self) -> AsyncIterator[Event]:
        """Every event."""
        async for event in self.whole(0):
            yield event

    async def whole(self, skip: int) -> AsyncIterator[Event]:
        """Every event after the first `skip`."""
        for number, line in self._lines():
            event = self._event(number, line) if "event_id" in line else None
            if event is not None and skip:
                skip -= 1
            elif event is not None:
                yield event

    async def refusals(self) -> AsyncIterator[Refusal]:
        """The refused ingest, oldest first."""
        for _, line in self._lines():
            if "refusal" in line:
                told = line["refusal"]
                at, code = parse_instant(told["time"]), told.get("code")
                yield Refusal(told["bot_id"], at, told["message"], code)

    async def records(self) -> AsyncIterator[tuple[str, str]]:
        """Name and text of each shared record."""
        for number, line in self._lines():
            if "record" in line:
                yield self._record(number, line)

    def _record(self, number: int, line: Line) -> tuple[str, str]:
        try:
            name, text = line["record"]
        except (ValueError, TypeError) as error:
            raise self._damaged(number, f"not a record: {error}") from error
        return str(name), str(text)

    def _lines(self) -> Iterator[tuple[int, Line]]:
        number = 0
        try:
            with gzip.open(self.path, "rb") as file:
                for raw in file:
                    number += 1
                    line = json.loads(raw)
                    if number > 1:
                        yield number, line
                    elif line.get("format") != FORMAT or line.get("version") not in _READABLE:
                        raise ContractError(
                            f"{self.path}: not a backup that this version reads "
                            f"(it says {str(line)[:80]}); upgrade Motherhaven, or name another file"
                        )
        except (gzip.BadGzipFile, zlib.error, EOFError, ValueError, AttributeError) as error:
            raise self._damaged(number + 1, str(error)) from error

    def _event(self, number: int, line: Line) -> Event | None:
        """The event of a line; None if it is whole, but nothing can read it."""
        try:
            payload = line["payload"].encode()
            told = [line[name] for name in _NAMES]
            if hashlib.sha256(payload).hexdigest() != line["sha256"]:
                raise self._damaged(number, "the payload is not that of its digest")
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise self._damaged(number, f"not an event: {error!r}") from error
        try:
            return _read(line, payload)
        except UNREADABLE as error:
            self.unreadable[str(told[0])] = reason(error)
            return None

    def _damaged(self, number: int, why: str) -> ContractError:
        where = f", line {number}" if number else ""
        return ContractError(
            f"{self.path}{where}: the backup is damaged: {why}; nothing was restored. "
            "Use another copy of it"
        )


def _read(line: Line, payload: bytes) -> Event:
    return Event(
        event_id=line["event_id"],
        bot_id=line["bot_id"],
        bot_name=line["bot_name"],
        mode=line["mode"],
        epoch=line["epoch"],
        seq=line["seq"],
        kind=line["kind"],
        time=parse_instant(line["time"]),
        recorded_at=parse_instant(line["recorded_at"]),
        received_at=parse_instant(line["received_at"]),
        payload=payload,
        body=validate_payload(line["kind"], json.loads(payload)),
    )


def _digest(records: dict[str, str]) -> str:
    return hashlib.sha256(json.dumps(records, sort_keys=True).encode()).hexdigest()


def _line_of(event: Event) -> Line:
    line = dict(zip(_NAMES, identity(event), strict=True))
    digest = hashlib.sha256(event.payload).hexdigest()
    return line | {"sha256": digest, "payload": event.payload.decode()}


def _encode(line: Line) -> bytes:
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
