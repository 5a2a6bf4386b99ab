"""The journal as a sink: every record durable when `write` returns, read back in order."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

import apsw

from motherhaven.bot.core.records import Record
from motherhaven.bot.running.sink import Kept
from motherhaven.contract.bulk import BULK, RecordedKind, is_bulk, single_kind
from motherhaven.contract.errors import JournalError
from motherhaven.contract.events import Kind
from motherhaven.contract.events.base import stamp
from motherhaven.contract.jsonio import dumps, dumps_columns, dumps_ordered, loads_own
from motherhaven.contract.times import format_time
from motherhaven.recorder.bulk_rows import events_of
from motherhaven.recorder.core import NewEvent, Recorder
from motherhaven.recorder.sending.stats import ShippingStats
from motherhaven.recorder.writer import Entry

CLOSE_SECONDS: Final = 2.0

_ORDERED: Final[tuple[Kind, ...]] = (
    "decision", "execution", "fill", "order", "account", "protection", "position_opened",
    "position_closed", "funding", "cash_flow", "status",
)  # fmt: skip

_WRITE: Final[Mapping[RecordedKind, Callable[[object], bytes]]] = {
    **dict.fromkeys(("candles", *BULK), dumps_columns),
    **dict.fromkeys(_ORDERED, dumps_ordered),
}
"""How a payload is written: mostly columns, or with its keys in order as it was made."""


class Shipping(Protocol):
    """What a sink needs of a shipper."""

    def stats(self) -> ShippingStats:
        """What was sent, is still kept, and was set aside."""
        ...

    def flush(self, timeout: float, *, give_up_early: bool) -> bool:
        """Wait up to `timeout` seconds until nothing is left to send; whether that is so."""
        ...

    def close(self, timeout: float) -> None:
        """Ship what can be shipped within `timeout` seconds."""
        ...


def read_journal(path: Path, kinds: Sequence[Kind]) -> list[Kept]:
    """Everything kept of these kinds in a journal that a bot may be writing, oldest first.

    Raises:
        JournalError: the file is missing or cannot be read.
    """
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            return list(_kept(connection, kinds))
        finally:
            connection.close()
    except apsw.Error as error:
        raise JournalError(f"{path}: cannot be read as a journal ({error})") from error


def _kept(connection: apsw.Connection, kinds: Sequence[Kind]) -> Iterator[Kept]:
    wanted = (*kinds, *(bulk for bulk, kind in BULK.items() if kind in kinds))
    marks = ",".join("?" * len(wanted))
    query = (
        "SELECT kind, payload, time, event_id FROM events"  # noqa: S608  (marks are ? only)
        f" WHERE kind IN ({marks}) ORDER BY seq"
    )
    for kind, text, time, event_id in connection.execute(query, wanted):
        payload = loads_own(text.encode())
        if not is_bulk(kind):
            yield Kept(kind, payload, datetime.fromisoformat(time), event_id)
            continue
        for one, item in events_of(event_id, payload):
            moment = datetime.fromisoformat(item["timestamp"])
            yield Kept(single_kind(kind), item, moment, one)


class JournalSink:
    """A recorder, and the shipper behind it if there is one, seen as a sink; it owns both."""

    def __init__(
        self,
        recorder: Recorder,
        shipper: Shipping | None = None,
        close_seconds: float = CLOSE_SECONDS,
        *,
        trusted: bool = False,
    ) -> None:
        """`trusted` leaves out the recorder's checks: for records without foreign text."""
        self.recorder = recorder
        self._trusted = trusted
        self.shipper = shipper
        self._close_seconds = close_seconds

    def write(self, batch: Sequence[Record]) -> None:
        """Keep a batch in one transaction.

        Raises:
            JournalError: nothing was kept.
        """
        if self._trusted:
            self.recorder.journal.append(self._entries(batch))
            return
        self.recorder.record_many(
            NewEvent(item.kind, item.payload, item.time, item.event_id) for item in batch
        )

    def _entries(self, batch: Sequence[Record]) -> list[Entry]:
        recorder = self.recorder
        mode, new_id = recorder.mode, recorder.ids.new
        recorded_at = format_time(recorder.clock.now())  # one transaction, one time
        return [
            Entry(
                item.event_id or new_id(),
                item.kind,
                mode,
                stamp(item.time),
                recorded_at,
                item.payload,
                _WRITE.get(item.kind, dumps)(item.payload),
            )
            for item in batch
        ]

    def read(self, kinds: Sequence[Kind]) -> Iterator[Kept]:
        """Everything kept of these kinds, oldest first.

        Raises:
            JournalError: the file cannot be read.
        """
        journal = self.recorder.journal
        try:
            connection = journal.open_connection("normal")
            try:
                yield from _kept(connection, kinds)
            finally:
                connection.close()
        except apsw.Error as error:
            raise JournalError(
                f"{journal.path}: cannot be read ({error}); check the file and the disk"
            ) from error

    def healthy(self) -> bool:
        """Whether the journal takes records; after a failure it asks the disk."""
        return self.recorder.journal.healthy()

    def lag(self) -> Mapping[str, int]:
        """How many events are kept but not shipped, and how many were set aside."""
        if self.shipper is None:
            return {}
        stats = self.shipper.stats()
        return {"behind": stats.behind, "quarantined": stats.quarantined}

    def settle(self) -> None:
        """Ship what can be shipped within the bound; a server that is away is not waited for."""
        if self.shipper is not None:
            self.shipper.flush(self._close_seconds, give_up_early=True)

    def close(self) -> None:
        """Ship what can be shipped within the bound, and close the journal."""
        if self.shipper is not None:
            self.shipper.close(self._close_seconds)
        self.recorder.journal.close()
