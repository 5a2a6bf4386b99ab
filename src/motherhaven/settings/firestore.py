"""Settings of a store on Firestore, as plain values for whoever opens it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class FirestoreOptions:
    """How a store on Firestore is kept and what it may cost.

    readable: copies in the collections `llm-bot-*` for old front ends; None: where an old
    project was found. price_*: USD per 100,000 documents beyond the free quota. daily_usd:
    what a day may cost before live looks slow down; None: nothing beyond the free quota.
    """

    readable: bool | None = None
    price_reads: Decimal = Decimal("0.06")
    price_writes: Decimal = Decimal("0.18")
    price_deletes: Decimal = Decimal("0.02")
    daily_usd: Decimal | None = None

    @property
    def prices(self) -> Mapping[str, Decimal]:
        """The price of 100,000 documents by what is done to them."""
        return {
            "reads": self.price_reads,
            "writes": self.price_writes,
            "deletes": self.price_deletes,
        }
