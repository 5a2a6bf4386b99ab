"""Where records go: the journal in life, a list in tests."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from motherhaven.bot.core.records import Record
from motherhaven.contract.bulk import expand, item_id, single_kind
from motherhaven.contract.events import Kind
from motherhaven.contract.quick_init import quick_inside

LEDGER_KINDS: Final[tuple[Kind, ...]] = ("fill", "funding", "cash_flow")
"""What an account is a fold of."""


@quick_inside
@dataclass(frozen=True, slots=True)
class Kept:
    """One event as it is kept: payload with exact numbers (decimal text or Decimal)."""

    kind: Kind
    payload: Mapping[str, Any]
    time: datetime
    event_id: str


class Sink(Protocol):
    """Keeps records durably and gives them back in order."""

    def write(self, batch: Sequence[Record]) -> None:
        """Keep a batch in one transaction.

        Raises:
            JournalError: nothing was kept.
        """
        ...

    def read(self, kinds: Sequence[Kind]) -> Iterator[Kept]:
        """Everything kept of these kinds, oldest first."""
        ...

    def healthy(self) -> bool:
        """Whether the next write is likely to work."""
        ...

    def lag(self) -> Mapping[str, int]:
        """How much is not shipped yet: "behind" and "quarantined"; empty when nothing ships."""
        ...

    def settle(self) -> None:
        """Ship what can be shipped within a bound, so that the next `lag` is the last word."""
        ...

    def close(self) -> None:
        """Flush within a bound and let go; idempotent."""
        ...


class MemorySink:
    """Keeps records in a list: nothing survives, nothing is shipped."""

    def __init__(self) -> None:
        self.kept: list[Record] = []

    def write(self, batch: Sequence[Record]) -> None:
        """Keep a batch."""
        self.kept.extend(batch)

    def read(self, kinds: Sequence[Kind]) -> Iterator[Kept]:
        """Everything kept of these kinds."""
        for record in self.kept:
            kind = single_kind(record.kind)
            if kind not in kinds:
                continue
            if kind == record.kind:
                yield Kept(kind, record.payload, record.time, record.event_id or "")
                continue
            for number, item in enumerate(expand(record.payload)):
                moment = datetime.fromisoformat(item["timestamp"])
                yield Kept(kind, item, moment, item_id(record.event_id or "", number))

    def healthy(self) -> bool:
        """Always."""
        return True

    def lag(self) -> Mapping[str, int]:
        """Nothing ships."""
        return {}

    def settle(self) -> None:
        """Nothing ships."""

    def close(self) -> None:
        """Nothing to let go of."""
