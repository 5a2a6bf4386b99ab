"""What the memory store's lists are made of: pure reads over its tables."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import datetime
from heapq import merge
from itertools import islice

from motherhaven.contract.events import Kind
from motherhaven.contract.ids import DEFAULT_BOT
from motherhaven.contract.views import Candle, EquitySeries
from motherhaven.stores.keys import DEPOSIT_MINUTES, Key, micros
from motherhaven.stores.memory_work import Tables
from motherhaven.stores.protocol import DEPOSITS_TIER, DecisionFilter
from motherhaven.stores.records import Record
from motherhaven.stores.rejected import UNKNOWN, hour_of
from motherhaven.stores.states import BotState, DecisionState, ErrorState, PositionState
from motherhaven.stores.unreadable import UnreadableRows
from motherhaven.stores.views import candle_row, equity_point

_DONE = ("executed", "partial")
_VERDICTS = {"allowed": True, "rejected": False}


def feed(tables: Tables, where: DecisionFilter, before: Key | None) -> Iterator[Key]:
    """The keys of the decisions that `where` asks for, newest first, after `before`."""
    rows = tables.feed
    end = len(rows) if before is None else bisect_left(rows, before, key=lambda row: row.key)
    for index in range(end - 1, -1, -1):
        if _matches(tables, where, rows[index]):
            yield rows[index].key


def _matches(tables: Tables, where: DecisionFilter, row: DecisionState) -> bool:
    time = tables.records[row.key.n - 1].shown
    return (
        where.bot_id in (None, row.bot_id)
        and where.coin in (None, row.coin)
        and where.signal in (None, row.signal)
        and (where.verdict is None or row.allowed is _VERDICTS[where.verdict])
        and not ((where.only_trades or where.executed) and row.signal == "hold")
        and (where.since is None or time >= micros(where.since))
        and (where.until is None or time < micros(where.until))
        and (not where.executed or _was_executed(tables, row))
    )


def _was_executed(tables: Tables, row: DecisionState) -> bool:
    event_id = tables.records[row.key.n - 1].event_id
    executed = tables.executions.get((row.bot_id, event_id))
    return executed is not None and executed.execution.status in _DONE


def bots(
    tables: Tables, ids: Sequence[str] | None, after: str | None, limit: int | None
) -> list[BotState]:
    """The bots that are asked for, by first_seen and id."""
    chosen = tables.bots.values() if ids is None else (tables.bots.get(name) for name in set(ids))
    ordered = sorted((b for b in chosen if b is not None), key=lambda bot: (bot.first_seen, bot.id))
    if after is not None:
        last = tables.bots.get(after)
        place = None if last is None else (last.first_seen, last.id)
        ordered = [b for b in ordered if place is not None and (b.first_seen, b.id) > place]
    return ordered[:limit]


def errors(
    tables: Tables,
    *,
    bot_id: str | None,
    kind: str | None,
    before: Key | None,
    since: datetime | None,
) -> Iterator[ErrorState]:
    """What went wrong, newest first."""
    for state in reversed(tables.errors):
        if since is not None and state.key.time < micros(since):
            return  # nothing happens after its receipt
        if since is not None and state.at < micros(since):
            continue
        if (
            bot_id in (None, state.bot_id or DEFAULT_BOT)
            and kind in (None, state.kind)
            and (before is None or state.key < before)
        ):
            yield state


def rejections(tables: Tables, bot_id: str, at: datetime) -> list[str]:
    """The event ids of the refusals of a bot, or of UNKNOWN, in the hour of `at`."""
    start, end = hour_of(at)
    return [
        state.event_id
        for state in tables.errors
        if (state.bot_id, state.kind) == (bot_id, "ingest") and start <= state.key.time < end
    ]


def next_rejection(tables: Tables, first: int) -> int:
    """The number of the next refusal, from `first` on."""
    return max((state.key.n + 1 for state in tables.errors if state.key.n >= first), default=first)


def newest(
    tables: Tables, lists: dict[str, list[Key]], bot_id: str | None, limit: int
) -> list[Record]:
    """The newest records of the keys in `lists`, of one bot or of all."""
    chosen = lists.values() if bot_id is None else [lists.get(bot_id, [])]
    keys = merge(*(reversed(keys) for keys in chosen), reverse=True)
    return [tables.records[key.n - 1] for key in islice(keys, limit)]


def series(tables: Tables, bot: BotState, tier: int, first: int, last: int) -> EquitySeries:
    """One bot's equity in the buckets [first, last) of a tier."""
    curve = tables.curves.get((tier, bot.id), {})
    numbers = sorted(number for number in curve if first <= number < last)
    points = tuple(equity_point(tier, number, curve[number]) for number in numbers)
    return EquitySeries(bot_id=bot.id, bot_name=bot.name, mode=bot.mode, points=points)


def all_series(
    tables: Tables,
    wanted: Sequence[str],
    tier: int,
    first: int,
    last: int,
    unreadable: UnreadableRows,
) -> list[EquitySeries]:
    """The series of each known bot in `wanted`."""
    bots = [tables.bots[name] for name in dict.fromkeys(wanted) if name in tables.bots]
    return unreadable.each(bots, bot_name, lambda bot: series(tables, bot, tier, first, last))


def all_deposits(
    tables: Tables, wanted: Sequence[str], unreadable: UnreadableRows
) -> list[EquitySeries]:
    """When the deposits of each known bot in `wanted` changed."""
    return all_series(tables, wanted, DEPOSITS_TIER, *DEPOSIT_MINUTES, unreadable)


def postings(tables: Tables, bot_id: str, position_id: str, kind: Kind) -> list[Record]:
    """The fills or funding payments of a position, oldest first."""
    found = tables.postings.get((bot_id, position_id), ())
    return [tables.records[state.key.n - 1] for state in found if state.kind == kind]


def listed(tables: Tables, bot_id: str, kind: Kind, before: Key | None, limit: int) -> list[Record]:
    """The newest `limit` of a bot's events of a kind."""
    found = tables.postings.get((bot_id, kind), ())
    own = [s for s in found if s.kind == kind and (before is None or s.key < before)]
    newest_first = sorted(own, key=lambda state: state.key, reverse=True)
    return [tables.records[state.key.n - 1] for state in newest_first[:limit]]


def candles(
    tables: Tables, bot_id: str, coin: str, start: datetime, end: datetime, limit: int
) -> list[Candle]:
    """The candles that begin in [start, end), oldest first."""
    rows = tables.candles.get((bot_id, coin), {})
    first, last = micros(start), micros(end)
    times = sorted(time for time in rows if first <= time < last)
    return [candle_row(time, rows[time]) for time in islice(times, limit)]


def opened_by(tables: Tables, bot_id: str, decision_id: str) -> PositionState | None:
    """The earliest position whose entry names the decision."""
    found = (
        state
        for state in tables.positions.values()
        if (state.bot_id, state.entry_decision_id) == (bot_id, decision_id)
    )
    return min(found, key=lambda state: (state.entered, state.entry), default=None)


def drop_rejections(tables: Tables, before: int) -> None:
    """Forget the refusals from before a time in microseconds."""
    tables.errors[:] = [
        state for state in tables.errors if state.kind != "ingest" or state.key.time >= before
    ]


def bot_name(bot: BotState) -> tuple[str, str]:
    """What a bot that cannot be read is called."""
    return bot.id, "bot"


def position_name(state: PositionState) -> tuple[str, str]:
    """Whose a position is that cannot be read, and what it is called."""
    return state.bot_id, f"position {state.id}"


def name_of(tables: Tables, bot_id: str) -> str | None:
    """The name of a bot; refusals of unknown ones have none."""
    return None if bot_id == UNKNOWN else tables.bots[bot_id].name
