"""The values of rows in PostgreSQL's own types: timestamptz, numeric, a column a total."""

import hashlib
from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from motherhaven.stores.keys import Key, Pointer, micros, moment
from motherhaven.stores.records import Record
from motherhaven.stores.rows import NONE, Row, Rows
from motherhaven.stores.states import Totals

_LAST_MICROSECOND: Final = micros(datetime.max.replace(tzinfo=UTC))


class NativeRows(Rows):
    """Times are aware datetimes, money is Decimal."""

    totals = tuple(field.name for field in fields(Totals))
    spread_apart = False

    def at(self, micros: int) -> Any:
        """A datetime; one that a forged cursor names is held within the calendar."""
        return moment(min(micros, _LAST_MICROSECOND))

    def micros(self, kept: Any) -> int:
        """A kept time in microseconds."""
        return micros(kept)

    def amount(self, value: Decimal | None) -> Any:
        """Money as it is."""
        return value

    @staticmethod
    def money(kept: Any) -> Decimal:
        """Kept money."""
        assert isinstance(kept, Decimal)
        return kept

    def flag(self, value: bool) -> bool:
        """Yes or no as it is."""
        return value

    def payload(self, kept: Any) -> bytes:
        """A kept payload."""
        return str(kept).encode()

    def key_of(self, row: Row) -> Key:
        """A Key from (time, epoch, seq, n)."""
        return Key(micros(row[0]), *row[1:])

    def key_values(self, key: Key | None) -> tuple[Any, ...]:
        """The values of (time, epoch, seq, n)."""
        return NONE if key is None else (self.at(key.time), *key[1:])

    def pointer_of(self, row: Row) -> Pointer:
        """A Pointer from (n, epoch, seq, recorded)."""
        return Pointer(row[0], row[1], row[2], micros(row[3]))

    def pointer_values(self, pointer: Pointer | None) -> tuple[Any, ...]:
        """The values of (n, epoch, seq, recorded)."""
        return NONE if pointer is None else (*pointer[:3], self.at(pointer.recorded))

    def record_of(self, row: Row) -> Record:
        """A Record from its fields in order, and nothing after them."""
        n, event_id, bot_id, name, mode, kind, epoch, seq, time, recorded, received, payload = row
        return Record(
            n, event_id, bot_id, name, mode, kind, epoch, seq,
            micros(time), micros(recorded), micros(received), payload.encode(),
        )  # fmt: skip

    def totals_values(self, totals: Totals) -> tuple[Any, ...]:
        """The values of the totals, each of its own column."""
        return tuple(getattr(totals, name) for name in self.totals)

    def totals_of(self, row: Row) -> Totals:
        """Totals from their columns."""
        return Totals(**dict(zip(self.totals, row, strict=True)))


class WrittenRows(NativeRows):
    """The same for rows that are packed as arrays: times are microseconds."""

    def at(self, micros: int) -> int:
        """A time, held within the calendar."""
        return min(micros, _LAST_MICROSECOND)


def key_of(text: str) -> bytes:
    """What stands for a text of any length in an index."""
    return hashlib.sha256(text.encode()).digest()[:16]
