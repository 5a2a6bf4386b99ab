"""Every query that this adapter makes, declared, so that its indexes can be counted.

Firestore answers no query without an index. Those over one field exist by themselves;
each `Shape` that needs a composite one must be in deploy/firestore/firestore.indexes.json,
and a query of a shape that is not declared here is refused at once, in every test too.
"""

from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

from motherhaven.stores.firestore import paths


@dataclass(frozen=True)
class Shape:
    """Equality on some fields, then an order over one (None: no order but the documents')."""

    collection: str
    equals: tuple[str, ...] = ()
    order: str | None = None
    descending: bool = False

    @property
    def needs_index(self) -> bool:
        """Whether the indexes over single fields are not enough."""
        return bool(self.equals) and self.order is not None

    @property
    def index(self) -> dict[str, Any]:
        """The composite index of just this shape, in the form of the indexes file."""
        fields = [{"fieldPath": name, "order": "ASCENDING"} for name in self.equals]
        way = "DESCENDING" if self.descending else "ASCENDING"
        return {
            "collectionGroup": self.collection,
            "queryScope": "COLLECTION",
            "fields": [*fields, {"fieldPath": self.order, "order": way}],
        }


def _any_of(*names: str) -> list[tuple[str, ...]]:
    return [chosen for size in range(len(names) + 1) for chosen in combinations(names, size)]


def _decisions() -> list[Shape]:
    asked = [
        (*first, *kind) for first in _any_of("bot_id", "coin", "allowed")
        for kind in ((), ("signal",), ("trade",))
    ]  # fmt: skip
    return [Shape(paths.EVENTS, ("kind", *chosen), "key", descending=True) for chosen in asked]


SHAPES: Final[frozenset[Shape]] = frozenset(
    [*_decisions(), Shape(paths.EVENTS, ("kind", "bot_id"), "key")]
    + [Shape(paths.POSITIONS, chosen, "entry", descending=True)
       for chosen in _any_of("bot_id", "open")]
    + [Shape(paths.POSITIONS, chosen, "exit", descending=True) for chosen in _any_of("bot_id")]
    + [Shape(paths.ERRORS, chosen, "key", descending=True) for chosen in _any_of("bot_id", "kind")]
    + [Shape(paths.COMMITS, (), "at"), Shape(paths.COMMITS, (), "at", descending=True)]
    + [Shape(paths.POSITIONS, ("standing",)), Shape(paths.POSITIONS, ("opener",))]
    + [Shape(paths.POSITIONS, ("exit_n",))]
    + [Shape(paths.EVENTS, ("posting",)), Shape(paths.PARTS, ("group",))]
    + [Shape(paths.PARTS, (), "received"), Shape(paths.BOTS)]
    + [Shape(paths.BOTS, (), "first_seen")]
    + [Shape(name, (), field, way) for way in (False, True) for name, field in (
        (paths.OLD_DECISIONS, "timestamp"), (paths.OLD_ACCOUNT, "timestamp"),
        (paths.OLD_STATUS, "timestamp"), (paths.OLD_POSITIONS, "entry_time"))]
    + [Shape(paths.OLD_POSITIONS, (), "exit_time", descending=True)]
)  # fmt: skip
"""All of them; `names` of positions is asked by array membership, some by document id."""

_ALONE: Final = (
    *((paths.EVENTS, name, "key") for name in ("kind", "coin", "signal", "allowed", "trade")),
    *((paths.POSITIONS, name, "entry") for name in ("bot_id", "open")),
    (paths.POSITIONS, "bot_id", "exit"),
    *((paths.ERRORS, name, "key") for name in ("bot_id", "kind")),
)
FASTER: Final = frozenset([Shape(paths.POSITIONS, ("bot_id", "open"), "entry", descending=True)])
"""Not needed, but asked so often, and so poorly merged, that it earns its writes."""

INDEXES: Final[frozenset[Shape]] = FASTER | frozenset(
    [Shape(collection, (name,), order, descending=True) for collection, name, order in _ALONE]
    + [Shape(paths.EVENTS, ("kind", "bot_id"), "key", descending=way) for way in (True, False)]
)
"""The composite indexes. Filters are combined by merging indexes of one field each, as
Firestore does for equality under one order; a fuller set would slow down every write."""


def is_served(shape: Shape, indexes: frozenset[Shape] = INDEXES) -> bool:
    """Whether `indexes` answer a query of this shape: one of them, or several merged."""
    covered = {
        name
        for index in indexes
        if (index.collection, index.order, index.descending)
        == (shape.collection, shape.order, shape.descending)
        and set(index.equals) <= set(shape.equals)
        for name in index.equals
    }
    return not shape.needs_index or covered == set(shape.equals)


UNINDEXED: Final = (
    (paths.EVENTS, "payload"), (paths.EVENTS, "texts"), (paths.EVENTS, "sha256"),
    (paths.TEXTS, "text"), (paths.PARTS, "text"), (paths.COMMITS, "ids"),
    (paths.COMMITS, "live"),
    (paths.COMMITS, "received"), (paths.ROLLUPS, "buckets"), (paths.MARKS, "marks"),
    (paths.CANDLES, "candles"), (paths.REFUSALS, "kept"),
    (paths.EXECUTIONS, "execution"), (paths.ERRORS, "message"), (paths.BOTS, "totals"),
    (paths.EVENTS, "prompts"), (paths.EVENTS, "execution"), (paths.COMMITS, "bots"),
    (paths.PAGES, "rows"), (paths.BOTS, "curve"), (paths.BOTS, "deposit"), (paths.BOTS, "marks"),
    (paths.BOTS, "signals"), (paths.BOTS, "trades"), (paths.BOTS, "faults"),
    (paths.BOTS, "orphans"), (paths.BOTS, "status"), (paths.BOTS, "account"),
    (paths.OLD_DECISIONS, "raw_response"), (paths.OLD_DECISIONS, "system_prompt"),
    (paths.OLD_DECISIONS, "user_prompt"), (paths.OLD_DECISIONS, "justification"),
)  # fmt: skip
"""Fields that no query asks by; leaving them out of the indexes saves most of the cost."""


def indexes_file() -> dict[str, Any]:
    """What firestore.indexes.json must hold."""
    composite = [shape.index for shape in INDEXES]
    composite.sort(key=lambda index: (index["collectionGroup"], str(index["fields"])))
    return {
        "indexes": composite,
        "fieldOverrides": [
            {"collectionGroup": name, "fieldPath": field, "indexes": []}
            for name, field in UNINDEXED
        ],
    }
