"""Counts what Google bills of Firestore, on the wire between a store and the emulator.

Billed as https://cloud.google.com/firestore/pricing says: a document that a query or a get
returns is a read, a query that finds nothing is one, an aggregation one a thousand index
entries; a document that a listener is told of is a read; each write and delete is one.
"""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from google.cloud.firestore_v1.types import firestore as messages

from tests.faults.firestore.kit import Wire, broken_wire

PER_ENTRY = 1_000


@dataclass
class Bill:
    """Billed documents so far; `methods` counts the reads of each method of the API."""

    reads: int = 0
    writes: int = 0
    deletes: int = 0
    methods: Counter[str] = field(default_factory=Counter)
    written: Counter[str] = field(default_factory=Counter)
    """Writes and deletes of each collection."""

    told: set[tuple[str, str]] = field(default_factory=set)
    """The versions of documents that listeners were told of: emulators tell of them again."""

    def hear(self, method: str, request: bytes, answers: list[bytes]) -> None:
        """Count one call that Firestore answered."""
        if method == "Commit":
            self._commit(messages.CommitRequest.deserialize(request))
            return
        count = self._listened(answers) if method == "Listen" else _reads(method, answers)
        self.reads += count
        self.methods[method] += count

    def _listened(self, answers: list[bytes]) -> int:
        count = 0
        for one in map(messages.ListenResponse.deserialize, answers):
            if "document_change" in one:
                document = one.document_change.document
                version = (document.name, str(document.update_time))
                count += version not in self.told
                self.told.add(version)
        return count

    def _commit(self, request: messages.CommitRequest) -> None:
        for write in request.writes:
            if write.delete:
                self.deletes += 1
            else:
                self.writes += 1
            name = write.delete or write.update.name or write.transform.document
            self.written[name.partition("/documents/")[2].split("/")[0]] += 1

    def take(self) -> "Bill":
        """What was counted since the last time."""
        taken = Bill(self.reads, self.writes, self.deletes, self.methods, self.written)
        self.reads = self.writes = self.deletes = 0
        self.methods, self.written = Counter(), Counter()
        return taken


def _reads(method: str, answers: list[bytes]) -> int:
    if method == "RunQuery":
        told = [messages.RunQueryResponse.deserialize(one) for one in answers]
        return max(1, sum("document" in one for one in told))
    if method == "BatchGetDocuments":
        # A document that is missing is billed like one that is there.
        return sum(
            "found" in one or "missing" in one
            for one in map(messages.BatchGetDocumentsResponse.deserialize, answers)
        )
    if method == "RunAggregationQuery":
        told_counts = map(messages.RunAggregationQueryResponse.deserialize, answers)
        return sum(max(1, -(-_counted(one) // PER_ENTRY)) for one in told_counts)
    return 0


def _counted(answer: messages.RunAggregationQueryResponse) -> int:
    values: Any = answer.result.aggregate_fields.values()
    return max((int(value.integer_value) for value in values), default=0)


@asynccontextmanager
async def billed(environment: Any) -> AsyncIterator[Bill]:
    """A bill of all that stores opened within it ask of the emulator."""
    bill = Bill()
    wire: Wire
    async with broken_wire(environment) as wire:
        wire.heard = bill.hear
        yield bill
