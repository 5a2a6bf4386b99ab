"""The log as it grows: what was committed, then what Firestore's listener tells of."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final, Protocol

from motherhaven.stores.cursors import live_cursor, read_live_cursor
from motherhaven.stores.firestore.commits import events_of
from motherhaven.stores.firestore.database import Database
from motherhaven.stores.firestore.keytext import committed_at, live_number
from motherhaven.stores.firestore.listening import Changed, listen
from motherhaven.stores.firestore.log import FAR, LATE, OLDEST, STEP, tail
from motherhaven.stores.firestore.old_writers import OldWriters
from motherhaven.stores.protocol import Tail

AT_ONCE: Final = 50
"""Events given at once to who follows: making their rows takes time that requests wait."""


SLOW_SECONDS: Final = 60.0
"""Between two looks once the day's budget is used up."""


class Budget(Protocol):
    """What a day may cost."""

    def exceeded(self) -> bool:
        """Whether that much was read and written today."""
        ...

    async def refresh(self) -> None:
        """Learn what the other servers read and wrote, when it is time."""
        ...


async def follow(
    database: Database,
    generation: str,
    after: str,
    old: OldWriters,
    budget: Budget,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncGenerator[Tail, None]:
    """What was committed after a cursor, then what is, as Firestore tells of it.

    What an old server adds meanwhile is given to `old`, and so is committed. Beyond the
    day's budget the log is looked at now and then instead.

    Raises:
        CursorGone: as tail().
        StoreUnavailable: Firestore cannot be listened to, or the store was closed.
    """
    while True:
        more = True
        while more:
            step = await tail(database, generation, after, STEP)
            if step.cursor != after:
                yield step
            after, more = step.cursor, step.more
        await budget.refresh()
        if budget.exceeded():
            await sleep(SLOW_SECONDS)
            continue
        async with aclosing(_heard(database, generation, after, old)) as tails:
            async for step in tails:
                yield step
                after = step.cursor
                await budget.refresh()
                if budget.exceeded():
                    break
            else:
                return


async def _heard(
    database: Database, generation: str, after: str, old: OldWriters
) -> AsyncGenerator[Tail, None]:
    number = read_live_cursor(generation, after, floor=0, head=FAR)
    place = _Place(database, number)
    async with aclosing(listen(database, {"commits": place.query, **old.queries()})) as states:
        async for state in states:
            old.take(state)
            found, more = place.new(state.get("commits", ())), True
            while more:
                events, place.number, more = await events_of(
                    database, generation, found, place.number, AT_ONCE
                )
                if events:
                    yield Tail(tuple(events), live_cursor(generation, place.number), more=more)


@dataclass(slots=True)
class _Place:
    """How far a listener is."""

    database: Database
    number: int

    def query(self) -> Any:
        """The commits that may come after it."""
        return self.database.since(OLDEST, committed_at(self.number) - LATE)

    def new(self, commits: Iterable[Changed]) -> list[Changed]:
        """Those that were not given, in commit order."""
        found = [one for one in commits if self.number < _last(one)]
        return sorted(found, key=lambda one: one.created)


def _last(commit: Changed) -> int:
    return live_number(commit.created, len(commit.data["ids"]))
