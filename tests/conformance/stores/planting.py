"""Puts into a store what no version of today takes: rows that cannot be read back."""

from dataclasses import dataclass, replace
from typing import Any

from motherhaven.stores import MemoryStore, Store
from motherhaven.stores.keys import moment

HUGE = "1" + "0" * 5_000
"""What an older version made of the JSON number 1e5000."""

FAR = 10**18
"""Microseconds: the year 33658."""


@dataclass(frozen=True)
class Plant:
    """One column of one row, and the value to put there. `name` is the row's own id."""

    title: str
    table: str
    name: str
    column: str
    value: Any
    stores: tuple[str, ...] = ("memory", "sqlite", "postgresql", "firestore")


def payload(title: str, text: str, *, of: str = "status") -> Plant:
    """A payload that is not as it was."""
    return Plant(f"{of}: {title}", "events", of, "payload", text)


_STATUS = '{"message":"","status":"running","timestamp":"2026-01-02T03:00:00Z"%s}'
_ACCOUNT = (
    '{"balance_usd":"1","equity_usd":"1","num_positions":%s,"realized_pnl":"0",'
    '"timestamp":"2026-01-02T03:00:00Z","total_pnl":"0","unrealized_pnl":"0"}'
)
_DECISION = (
    '{"coin":"BTC","confidence":"0.7","justification":"x","leverage":3,"quantity_usd":%s,'
    '"signal":"hold","timestamp":"2026-01-02T03:00:00Z"}'
)
_DATABASES = ("sqlite", "postgresql", "firestore")

PLANTS = [
    payload("a number of 5,000 digits as text", _STATUS % f',"trades_today":"{HUGE}"'),
    payload("an integer of 5,000 digits", _STATUS % f',"trades_today":{HUGE}'),
    payload("an interval of 401 digits", _STATUS % f',"interval_seconds":1{"0" * 400}'),
    payload("broken JSON", '{"status":"runni'),
    payload("no object", "[1,2]"),
    payload("an unknown state", _STATUS.replace("running", "dancing") % ""),
    payload("nothing", ""),
    payload("a number of 5,000 digits", _ACCOUNT % f'"{HUGE}"', of="account"),
    payload("broken JSON", "{", of="account"),
    payload("money of 5,000 digits", _DECISION % f'"{HUGE}"', of="decision"),
    payload("money that is none", _DECISION % '"much"', of="decision"),
    payload("deeply nested", "[" * 100_000, of="decision"),
    payload("broken JSON", "{", of="fill"),
    payload("broken JSON", "{", of="funding"),
    payload("broken JSON", "{", of="opened"),
    payload("broken JSON", "{", of="execution"),
    Plant("an unknown kind of event", "events", "candles", "kind", "surprise"),
    Plant("an unknown mode of a decision", "events", "decision", "mode", "monopoly"),
    Plant("a time out of range", "events", "decision", "time", FAR, ("memory", "sqlite")),
    Plant("a time of 1850", "events", "status", "time", -3_786_825_600_000_000),
    Plant("a broken execution", "executions", "decision", "execution", "{", _DATABASES),
    Plant("a broken mark", "marks", "p1", "mark", "{", _DATABASES),
    Plant("a position of no side", "positions", "p1", "side", "up"),
    Plant("a bot of an unknown mode", "bots", "bad", "mode", "monopoly"),
    Plant("an error of an unknown kind", "errors", "error", "kind", "surprise"),
    Plant("money that is none", "rollups", "bad", "last", "much", ("sqlite", "firestore")),
]


async def plant(store: Store, one: Plant, bot_id: str, event_id: str) -> None:
    """Put it into an open store, behind its back. `event_id` is that of the row's event."""
    kind = type(store).__name__
    if isinstance(store, MemoryStore):
        _in_memory(store, one, bot_id, event_id)
    elif kind == "SqliteStore":
        _in_sqlite(store, one, bot_id, event_id)
    elif kind == "PostgresStore":
        _in_postgres(store, one, bot_id, event_id)
    else:
        await _in_firestore(store, one, bot_id, event_id)


def _in_memory(store: MemoryStore, one: Plant, bot_id: str, event_id: str) -> None:
    tables = store._tables
    if one.table == "events":
        value = one.value.encode() if one.column == "payload" else one.value
        number = tables.numbers[event_id]
        changed = replace(tables.records[number - 1], **{one.column: value})
        tables.records[number - 1] = changed
    elif one.table == "positions":
        setattr(tables.positions[bot_id, one.name], one.column, one.value)
    elif one.table == "bots":
        setattr(tables.bots[bot_id], one.column, one.value)
    else:
        places = [i for i, state in enumerate(tables.errors) if state.event_id == event_id]
        for place in places:
            tables.errors[place] = tables.errors[place]._replace(kind=one.value)


_WHERE = {
    "events": "event_id = {event}",
    "executions": "bot = (SELECT no FROM bots WHERE id = {bot})",
    "marks": "bot = (SELECT no FROM bots WHERE id = {bot})",
    "positions": "bot = (SELECT no FROM bots WHERE id = {bot}) AND id = {name}",
    "bots": "id = {bot}",
    "errors": "event_id = {event}",
    "rollups": "bot = (SELECT no FROM bots WHERE id = {bot})",
}


def _update(one: Plant, bot_id: str, event_id: str, mark: str) -> tuple[str, tuple[Any, ...]]:
    where = _WHERE[one.table]
    values = {"{event}": event_id, "{bot}": bot_id, "{name}": one.name}
    names = sorted((name for name in values if name in where), key=where.index)
    for name in names:
        where = where.replace(name, mark)
    query = f"UPDATE {one.table} SET {one.column} = {mark} WHERE {where}"
    return query, (one.value, *(values[name] for name in names))


def _in_sqlite(store: Any, one: Plant, bot_id: str, event_id: str) -> None:
    import apsw

    connection = apsw.Connection(str(store._path))
    connection.set_busy_timeout(5_000)
    connection.execute(*_update(one, bot_id, event_id, "?"))
    assert connection.changes() > 0, one
    connection.close()


def _in_postgres(store: Any, one: Plant, bot_id: str, event_id: str) -> None:
    from motherhaven.stores.postgres.connect import connect

    if one.column == "time":
        one = replace(one, value=moment(one.value))
    with connect(store._location, "writer") as connection:
        assert connection.execute(*_update(one, bot_id, event_id, "%s")).rowcount > 0, one


async def _in_firestore(store: Any, one: Plant, bot_id: str, event_id: str) -> None:
    from motherhaven.stores.firestore import paths
    from motherhaven.stores.firestore.packed import pack

    database = store._database
    database.known.forget()
    bot = database.document(paths.bot(bot_id))
    if one.table == "rollups":
        await bot.update({"curve": b"{"})
    elif one.table == "marks":
        await bot.update({"marks": pack({one.name: [1, 1, 1, 1, 1, one.value]})})
    elif one.table == "errors":
        for snapshot in await database.every(paths.ERRORS):
            if snapshot.get("event_id") == event_id:
                await snapshot.reference.update({one.column: one.value})
    else:
        path, column = {
            "events": (paths.event(event_id), one.column),
            "executions": (paths.event(event_id), f"execution.{one.column}"),
            "positions": (paths.position(bot_id, one.name), one.column),
            "bots": (paths.bot(bot_id), one.column),
        }[one.table]
        await database.document(path).update({column: one.value})
        for latest in ("status", "account"):  # what is latest stands with its bot too
            if one.table == "events" and (await bot.get()).get(f"{latest}_id") == event_id:
                await bot.update({f"{latest}.{column}": one.value})
