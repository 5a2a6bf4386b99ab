"""What a commit adds to its bots' documents: buckets, marks, and rows of the newest lists."""

import json
from typing import Any, Final

from motherhaven.contract.events import DecisionMade
from motherhaven.stores.firestore import documents, paths
from motherhaven.stores.firestore.current import What
from motherhaven.stores.firestore.database import Batch
from motherhaven.stores.firestore.packed import pack
from motherhaven.stores.firestore.work import FirestoreWork, Place
from motherhaven.stores.protocol import DEPOSITS_TIER
from motherhaven.stores.signals import stated_confidence
from motherhaven.stores.states import PositionState

MARKS_CHARS: Final = 200_000
"""Marks beyond this are dropped, the oldest first; a closed position's mark is never shown."""


def write(batch: Batch, work: FirestoreWork) -> None:
    """Bring the bots' documents up to date, and write what no longer belongs into them."""
    for record, prepared in work.changes.kept:
        body = prepared.event.body
        if isinstance(body, DecisionMade):
            told = stated_confidence(body.confidence, body.model)
            row = [record.event_id, record.shown, body.coin, body.signal, body.model, told,
                   record.key.time]  # fmt: skip
            _add(batch, work, record.bot_id, "signals", row)
    for error in work.changes.errors:
        _add(batch, work, error.bot_id, "faults", documents.fault_values(error))
    closed = [one for one in work.changes.positions.values() if one.exit is not None]
    for state in sorted(closed, key=lambda one: one.exit or one.entry):
        _list_trade(batch, work, state)
    _curves(batch, work)
    for (bot_id, ref), marked in work.changes.marks.items():
        work.seen.current[bot_id].marks[ref] = documents.mark_values(marked)
    for bot_id in {bot for bot, _ in work.changes.marks}:
        current = work.seen.current[bot_id]
        current.marks = _fitting(current.marks)


def listed(work: FirestoreWork, state: PositionState) -> dict[str, Any]:
    """What a position's document says beside its row: its page, and its entry's confidence."""
    fields: dict[str, Any] = {}
    if state.entry_decision_id is not None:
        fields["stated"] = _stated(work, state)
    page = work.seen.pages.get((state.bot_id, state.id))
    return fields if page is None else fields | {"page": page}


def _stated(work: FirestoreWork, state: PositionState) -> float | None:
    return work.seen.stated.get((state.bot_id, state.entry_decision_id or ""))


def _list_trade(batch: Batch, work: FirestoreWork, state: PositionState) -> None:
    """Add a closed position to the list; one that is listed already changes in its place."""
    pair = (state.bot_id, state.id)
    row = documents.trade_values(state, _stated(work, state))
    page, recent = work.seen.pages.get(pair), work.seen.current[state.bot_id].lists["trades"]
    if page is None and pair not in work.seen.closed:
        _add(batch, work, state.bot_id, "trades", row)
        work.seen.pages[pair] = recent.page
    elif page == recent.page:
        recent.rows = [row if one[0] == state.id else one for one in recent.rows]
    elif page is not None and (state.bot_id, page) in work.seen.full_pages:
        rows = work.seen.full_pages[state.bot_id, page]
        rows = [row if one[0] == state.id else one for one in rows]
        work.seen.full_pages[state.bot_id, page] = rows
        _write_page(batch, work, state.bot_id, "trades", page, rows)


def _add(batch: Batch, work: FirestoreWork, bot_id: str, what: What, row: list[Any]) -> None:
    full = work.seen.current[bot_id].lists[what].add(what, row)
    if full is not None:
        _write_page(batch, work, bot_id, what, *full)


def _write_page(
    batch: Batch, work: FirestoreWork, bot_id: str, what: What, page: int, rows: list[list[Any]]
) -> None:
    batch.set(paths.page(what, bot_id, page), {"rows": pack(rows)})
    work.apart.add(bot_id)


def _curves(batch: Batch, work: FirestoreWork) -> None:
    changes, seen = work.changes, work.seen
    spans: dict[Place, dict[int, list[Any]]] = {}
    for (bot_id, tier, number), bucket in changes.buckets.items():
        values, current = documents.bucket_values(bucket), seen.current[bot_id]
        if tier == DEPOSITS_TIER and number == 0:
            current.deposit = values
        elif current.windows[tier].holds(number):
            current.windows[tier].buckets[number] = values
        else:
            place = (bot_id, tier, number // paths.BUCKETS_PER_DOCUMENT)
            if seen.buckets[place].get(number) != values:  # some were only looked at
                seen.buckets[place][number] = values
                spans[place] = seen.buckets[place]
                current.windows[tier].older = True
    for bot_id in {bot for bot, _, _ in changes.buckets}:
        for tier, window in seen.current[bot_id].windows.items():
            for span, buckets in window.slide(tier).items():
                spans[bot_id, tier, span] = buckets
    for place, buckets in sorted(spans.items()):
        text = json.dumps(buckets, ensure_ascii=False, separators=(",", ":"))
        batch.set(paths.rollup(*place), {"buckets": text})
        work.apart.add(place[0])


def _fitting(marks: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """The marks that fit, by when they were recorded."""
    room, kept = MARKS_CHARS, {}
    for ref, values in sorted(marks.items(), key=lambda item: item[1][3], reverse=True):
        room -= len(ref) + len(values[5]) + 100
        if room < 0:
            break
        kept[ref] = values
    return kept
