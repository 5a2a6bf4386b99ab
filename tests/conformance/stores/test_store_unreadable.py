"""A row that cannot be read back never fails a list, a stream, a copy or an append."""

import inspect
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from motherhaven.contract.errors import NotFound
from motherhaven.contract.events import Event
from motherhaven.server.alerts.halts import fold_halts
from motherhaven.stores import MemoryStore, Store
from motherhaven.stores.archive import ArchiveSource, write_archive
from motherhaven.stores.moving import StoreSource, copy
from motherhaven.stores.protocol import Log, Reader
from tests.conformance.stores.kit import ANY, START, Bot, Place
from tests.conformance.stores.planting import PLANTS, Plant, plant

DAWN, DUSK = datetime(1971, 1, 1, tzinfo=UTC), datetime(2199, 1, 1, tzinfo=UTC)
MARK = {
    "position_id": "p1", "coin": "BTC", "size": "1", "entry_price": "1", "mark": "2",
    "leverage": "1", "unrealized_pnl": "1",
}  # fmt: skip


def history(bot_id: str) -> dict[str, Event]:
    """One event of each kind, and of the bot's later ones that must stay readable."""
    bot = Bot(bot_id, bot_id)
    return {
        "status": bot.status(0),
        "decision": bot.decision(1, signal="buy_to_enter"),
        "execution": bot.execution(f"{bot_id}-1-2", 1, position_id="p1"),
        "opened": bot.opened(1, position_id="p1", decision_id=f"{bot_id}-1-2"),
        "fill": bot.fill(1),
        "funding": bot.funding(2),
        "account": bot.account(2, positions=[MARK], deposits_usd="900"),
        "candles": bot.candles(3, (START.isoformat(), "1", "2", "1", "2", "5")),
        "error": bot.status(4, "error", error="something failed"),
        "later": bot.decision(5),
        "newest": bot.account(5),
        "order": bot.order(6),
    }


Read = Callable[[Store, str, str], Awaitable[Any]]
"""`read(store, bot id, decision id)`."""

READS: dict[str, Read] = {
    "bots": lambda store, bot, _: store.bots(),
    "read_cursor": lambda store, bot, _: store.read_cursor(),
    "decisions": lambda store, bot, _: store.decisions(ANY, before=None, limit=100),
    "decision": lambda store, bot, decision: store.decision(decision),
    "text": lambda store, bot, decision: store.text(decision, "raw_response", offset=0, limit=10),
    "positions": lambda store, bot, _: store.positions(
        status="all", bot_id=None, before=None, limit=100
    ),
    "position": lambda store, bot, _: store.position(bot, "p1"),
    "opened_by": lambda store, bot, decision: store.opened_by(bot, decision),
    "fills": lambda store, bot, _: store.fills(bot, "p1"),
    "fundings": lambda store, bot, _: store.fundings(bot, "p1"),
    "candles": lambda store, bot, _: store.candles(bot, "BTC", start=DAWN, end=DUSK, limit=100),
    "accounts": lambda store, bot, _: store.accounts(None, limit=100),
    "statuses": lambda store, bot, _: store.statuses(None, limit=100),
    "equity": lambda store, bot, _: store.equity(None, start=DAWN, end=DUSK, bucket=86_400),
    "deposits": lambda store, bot, _: store.deposits([bot, "good"]),
    "revisions": lambda store, bot, _: store.revisions([bot, "good"]),
    "errors": lambda store, bot, _: store.errors(bot_id=None, kind=None, before=None, limit=100),
    "signals": lambda store, bot, _: store.signals(bot, start=DAWN, end=DUSK, limit=100),
    "stated": lambda store, bot, decision: store.stated(bot, [decision], since=DAWN),
    "newest_errors": lambda store, bot, _: store.newest_errors(
        bot_id=None, kind=None, since=None, limit=100
    ),
    "event": lambda store, bot, decision: store.event(decision),
    "events": lambda store, bot, _: store.events(bot, "order", before=None, limit=100),
}
"""Every read of a store; those of the log are below."""

ONE = {"decision", "event", "text", "position", "opened_by"}
"""Reads of one thing by its name: they may say that it cannot be read."""


def test_every_read_is_swept() -> None:
    """A new method of Reader or Log needs a row here."""
    reads = {name for name, _ in inspect.getmembers(Reader, inspect.isfunction)}
    assert {name for name in reads if not name.startswith("_")} == set(READS)
    log = {name for name, _ in inspect.getmembers(Log, inspect.isfunction)}
    assert {name for name in log if not name.startswith("_")} == {
        "append", "close", "follow", "head", "open", "origin", "put_parts", "tail",
    }  # fmt: skip


def of_good(rows: Any) -> list[Any]:
    """What an answer says of the bot whose rows are whole, without what changes by itself."""
    rows = rows.items if hasattr(rows, "items") and not isinstance(rows, dict) else rows
    if isinstance(rows, dict):
        return [rows.get("good")]
    if not isinstance(rows, list | tuple):
        rows = [rows]
    return [row for row in rows if "good" in (getattr(row, "bot_id", ""), getattr(row, "id", ""))]


async def tail_of(store: Store) -> tuple[list[str], str]:
    """The ids of all events in small steps, and where it ended."""
    cursor, ids, more = await store.origin(), [], True
    while more:
        tail = await store.tail(cursor, 3)
        ids += [one.event.event_id for one in tail.events]
        fold_halts({}, (one.event for one in tail.events))
        assert tail.cursor != cursor or not tail.more
        cursor, more = tail.cursor, tail.more
    return ids, cursor


@pytest.mark.parametrize("one", PLANTS, ids=lambda one: one.title.replace(" ", "-"))
def test_one_unreadable_row_harms_nothing_else(place: Place, one: Plant, tmp_path: Path) -> None:
    """Each read, the stream, a backup, a copy and the next append go on; it is counted."""
    if place.backend.name not in one.stores:
        return  # this store keeps such a value in a type of its own: it cannot be planted

    async def scenario(store: Store) -> None:
        bad, good = history("bad"), history("good")
        await store.append([*bad.values(), *good.values()])
        before = {
            name: of_good(await read(store, "good", good["decision"].event_id))
            for name, read in READS.items()
            if name != "text"
        }
        key = one.name if one.name in bad else {"p1": "opened"}.get(one.name, "account")
        await plant(store, one, "bad", bad[key].event_id)
        for name, read in READS.items():
            try:
                await read(store, "bad", bad["decision"].event_id)
            except NotFound:
                assert name in ONE, f"{name} failed as a whole"
            if name != "text":
                rows = await read(store, "good", good["decision"].event_id)
                assert of_good(rows) == before[name], name
        ids, end = await tail_of(store)
        assert [i for i in ids if i.startswith("good")] == [e.event_id for e in good.values()]
        assert end == await store.head()
        await _whole_copies(store, tmp_path)
        told = store.unreadable.count()
        assert told > 0 or one.table == "errors", "nobody is told of it"
        assert sum(row.stats.unreadable for row in await store.bots()) == (
            0 if one.table == "bots" else told
        )
        await _goes_on(store)

    place.run(scenario)


async def _whole_copies(store: Store, folder: Path) -> None:
    """A backup of it is whole, and a copy has every event of the good bot."""
    file = folder / "copy.jsonl.gz"
    total = await write_archive(StoreSource(store), file, START, lambda count: None)
    assert ArchiveSource(file).check().manifest() == total.manifest()
    target = MemoryStore()
    await copy(StoreSource(store), target, lambda count: None)
    found = [event.event_id async for event in StoreSource(target).lean()]
    assert len([name for name in found if name.startswith("good")]) == len(history("good"))


async def _goes_on(store: Store) -> None:
    """The same bot sends on, and the same events once more, and is shown."""
    again = Bot("bad", "bad", epoch=2)
    more = [
        again.status(10), again.decision(11), again.account(12, positions=[MARK]),
        again.execution("bad-1-2", 12), again.closed(13, position_id="p1"),
    ]  # fmt: skip
    assert {r.status for r in await store.append(more)} == {"stored"}
    assert {r.status for r in await store.append(more)} == {"duplicate"}
    statuses = await store.statuses("bad", limit=1)
    assert statuses[0].time == START + timedelta(minutes=10)
    page = await store.decisions(ANY, before=None, limit=1)
    assert page.items[0].id == again.bot_id + "-2-2"


@pytest.mark.parametrize("status", ["decisions", "open", "closed"])
def test_a_page_of_unreadable_rows_leads_on(place: Place, status: str) -> None:
    """Where a whole page cannot be read, its `next` still leads to the rows behind it."""

    async def scenario(store: Store) -> None:
        bot = Bot("bad", "bad")
        events = [bot.decision(n) for n in range(6)]
        for n in range(6):
            events.append(bot.opened(n, position_id=f"p{n}"))
        if status == "closed":
            events += [bot.closed(n, position_id=f"p{n}") for n in range(6)]
        await store.append(events)
        for n in (2, 3, 4, 5):
            name = events[n].event_id
            await plant(store, Plant("", "events", "decision", "payload", "{"), "bad", name)
            await plant(store, Plant("", "positions", f"p{n}", "side", "up"), "bad", name)
        found, before = [], None
        for _ in range(10):
            if status == "decisions":
                page: Any = await store.decisions(ANY, before=before, limit=2)
            else:
                page = await store.positions(
                    status=status,
                    bot_id=None,
                    before=before,
                    limit=2,  # type: ignore[arg-type]
                )
            found += [row.id for row in page.items]
            before = page.next
            if before is None:
                break
        assert found == ([events[1].event_id, events[0].event_id] if status == "decisions"
                         else ["p1", "p0"])  # fmt: skip
        assert store.unreadable.count("bad") == 4

    place.run(scenario)
