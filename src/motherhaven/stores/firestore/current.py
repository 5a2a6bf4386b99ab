"""What a bot's document holds beside its totals: the newest of its curve and of its lists.

A commit writes the bot's document anyway, so what is in it costs no write of its own:

- the newest equity buckets of every tier, as a window of whole spans: all buckets from the
  window's first span on are in it, older spans have a document each in `paths.ROLLUPS`;
- the latest deposits and the latest marks of positions;
- the newest signals, closed trades and errors; what no longer fits goes into a page of
  `paths.PAGES` as a whole;
- the ids of decisions whose execution came before they did.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from motherhaven.stores.firestore import paths
from motherhaven.stores.firestore.packed import pack, unpack
from motherhaven.stores.protocol import DEPOSITS_TIER
from motherhaven.stores.unreadable import UNREADABLE

LAYOUT: Final = 2
"""The form of a bot's and an event's document that is described here; field `v`."""

KEPT_SPANS: Final = {60: 2, 600: 3, 3600: 2, 21_600: 1, 86_400: 1, DEPOSITS_TIER: 60}
"""How many spans of each tier the window has: so a chart of a day needs nothing else. The
deposits have only spans in which they changed, and so many of those."""

What = Literal["signals", "trades", "faults"]
LISTS: Final[tuple[What, ...]] = ("signals", "trades", "faults")
PER_PAGE: Final[dict[What, int]] = {"signals": 250, "trades": 100, "faults": 200}
PAGE_CHARS: Final = 120_000
"""A page holds so many characters at most, and one row more."""

MOST_ORPHANS: Final = 400

Values = list[Any]
Buckets = dict[int, Values]


@dataclass(slots=True)
class Window:
    """Buckets by number; every bucket from span `first` on is here.

    `older`: there are documents of spans before.
    """

    first: int = 0
    older: bool = False
    buckets: Buckets = field(default_factory=dict)

    def holds(self, number: int) -> bool:
        """Whether bucket `number` belongs here, and not into a document of its own."""
        return number // paths.BUCKETS_PER_DOCUMENT >= self.first

    def slide(self, tier: int) -> dict[int, Buckets]:
        """Move on to the newest spans; gives the spans that left, whole."""
        spans = sorted({number // paths.BUCKETS_PER_DOCUMENT for number in self.buckets})
        kept = spans[-KEPT_SPANS[tier] :]
        first = self.first
        if kept:
            first = kept[-1] - KEPT_SPANS[tier] + 1
        if tier == DEPOSITS_TIER:
            first = kept[0] if len(spans) > len(kept) else self.first
        left: dict[int, Buckets] = {}
        if first > self.first:
            self.first = first
            for number in sorted(self.buckets):
                span = number // paths.BUCKETS_PER_DOCUMENT
                if span < first:
                    left.setdefault(span, {})[number] = self.buckets.pop(number)
        self.older = self.older or bool(left)
        return left


@dataclass(slots=True)
class Recent:
    """The newest rows of a list; `page` pages before them hold `before` rows."""

    page: int = 0
    before: int = 0
    rows: list[Values] = field(default_factory=list)
    size: int = 0

    def add(self, what: What, row: Values) -> tuple[int, list[Values]] | None:
        """One more row; gives the number and the rows of a page that became full."""
        size = sum(len(str(value)) + 3 for value in row)
        full = None
        if self.rows and (len(self.rows) >= PER_PAGE[what] or self.size + size > PAGE_CHARS):
            full = (self.page, self.rows)
            self.page, self.before = self.page + 1, self.before + len(self.rows)
            self.rows, self.size = [], 0
        self.rows.append(row)
        self.size += size
        return full


@dataclass(slots=True)
class Current:
    """One bot's; `whole`: the lists go back to the bot's first event."""

    windows: dict[int, Window] = field(
        default_factory=lambda: {tier: Window() for tier in KEPT_SPANS}
    )
    deposit: Values | None = None
    marks: dict[str, Values] = field(default_factory=dict)
    lists: dict[What, Recent] = field(default_factory=lambda: {what: Recent() for what in LISTS})
    orphans: list[str] = field(default_factory=list)
    lost_orphans: bool = False
    whole: bool = True

    def add_orphan(self, decision_id: str) -> None:
        """An execution waits for this decision."""
        if decision_id not in self.orphans:
            self.orphans.append(decision_id)
        if len(self.orphans) > MOST_ORPHANS:
            del self.orphans[0]
            self.lost_orphans = True

    def waits(self, decision_id: str) -> bool:
        """Whether an execution may wait for this decision."""
        return self.lost_orphans or decision_id in self.orphans

    def fields(self) -> dict[str, Any]:
        """The fields of the bot's document."""
        return {
            "v": LAYOUT,
            "curve": pack(
                {tier: [one.first, one.older, one.buckets] for tier, one in self.windows.items()}
            ),
            "deposit": pack(self.deposit),
            "marks": pack(self.marks),
            **{name: pack([o.page, o.before, o.rows]) for name, o in self.lists.items()},
            "orphans": list(self.orphans),
            "lost_orphans": self.lost_orphans,
            "whole": self.whole,
        }


def is_current(data: Mapping[str, Any]) -> bool:
    """Whether a bot's document has this layout; before there were only totals."""
    return int(data.get("v") or 1) >= LAYOUT


def current_of(data: Mapping[str, Any]) -> Current:
    """What a bot's document holds; what cannot be read counts as missing."""
    found = Current(whole=bool(data.get("whole")), lost_orphans=bool(data.get("lost_orphans")))
    found.orphans = [str(name) for name in data.get("orphans") or ()]
    readers = (_windows, _deposit, _marks, *(_lister(what) for what in LISTS))
    for read in readers:
        try:
            read(found, data)
        except UNREADABLE:
            continue
    return found


def windows_of(data: Mapping[str, Any]) -> dict[int, Window]:
    """The windows of a bot's curve by tier.

    Raises:
        ValueError: they are not as they were written.
    """
    found = Current(windows={})
    _windows(found, data)
    return found.windows


def marks_of(data: Mapping[str, Any]) -> dict[str, Values]:
    """The latest marks by the client's position id.

    Raises:
        ValueError: they are not as they were written.
    """
    return dict(unpack(data.get("marks")))


def recent_of(data: Mapping[str, Any], what: What) -> Recent:
    """The newest rows of a list.

    Raises:
        ValueError: they are not as they were written.
    """
    page, before, rows = unpack(data.get(what))
    size = sum(len(str(value)) + 3 for row in rows for value in row)
    return Recent(int(page), int(before), list(rows), size)


def _windows(found: Current, data: Mapping[str, Any]) -> None:
    for tier, (first, older, buckets) in unpack(data.get("curve")).items():
        kept = {int(number): list(values) for number, values in buckets.items()}
        found.windows[int(tier)] = Window(int(first), bool(older), kept)


def _deposit(found: Current, data: Mapping[str, Any]) -> None:
    found.deposit = unpack(data.get("deposit"))


def _marks(found: Current, data: Mapping[str, Any]) -> None:
    found.marks = marks_of(data)


def _lister(what: What) -> Any:
    def read(found: Current, data: Mapping[str, Any]) -> None:
        found.lists[what] = recent_of(data, what)

    return read
