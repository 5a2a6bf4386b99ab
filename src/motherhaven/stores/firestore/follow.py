"""The log as it grows: what was committed, then what Firestore's listener tells of."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from motherhaven.stores.cursors import live_cursor, read_live_cursor
from motherhaven.stores.firestore.commits import Placed, events_of, in_order
from motherhaven.stores.firestore.database import Database
from motherhaven.stores.firestore.keytext import committed_at, live_number
from motherhaven.stores.firestore.listening import listen
from motherhaven.stores.firestore.log import FAR, LATE, OLDEST, STEP, tail
from motherhaven.stores.firestore.old_writers import OldWriters
from motherhaven.stores.firestore.own_commits import Changed, OwnFeed
from motherhaven.stores.protocol import Tail

AT_ONCE: Final = 50
"""Events given at once to who follows: making their rows takes time that requests wait."""


SLOW_SECONDS: Final = 60.0
"""Between two looks once the day's budget is used up."""


State = dict[str, list[Changed]]
"""Documents that changed, by the query that finds them."""


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


async def _heard(
    database: Database, generation: str, after: str, old: OldWriters
) -> AsyncGenerator[Tail, None]:
    """What Firestore tells of, and what this process committed as soon as that may be given."""
    place = _Place(database, read_live_cursor(generation, after, floor=0, head=FAR))
    queries = {"commits": place.query, **old.queries()}
    async with aclosing(listen(database, queries, frozenset({"commits"}))) as states:
        with database.own.feed(database, place.since) as own:
            async with aclosing(_merged(states, own, place)) as news:
                async for state in news:
                    old.take(state)
                    found, more = place.new(state.get("commits", ())), True
                    while more:
                        events, place.number, more = await events_of(
                            database, generation, found, place.number, AT_ONCE
                        )
                        database.saw(place.number)
                        if events:
                            yield Tail(
                                tuple(events), live_cursor(generation, place.number), more=more
                            )


async def _merged(
    states: AsyncGenerator[State, None], own: OwnFeed, place: "_Place"
) -> AsyncGenerator[State, None]:
    """States as they are heard, and between them own commits like states of their own."""
    told = asyncio.ensure_future(anext(states))
    early = asyncio.ensure_future(own.ready(place.is_new))
    try:
        while True:
            await asyncio.wait((told, early), return_when=asyncio.FIRST_COMPLETED)
            if told.done():
                state = told.result()
                told = asyncio.ensure_future(anext(states))
                own.heard(state.get("commits", ()))
                yield state
            if early.done():
                commits = early.result()
                if commits is None:
                    return  # the log is read, and then listened to anew
                early = asyncio.ensure_future(own.ready(place.is_new))
                yield {"commits": commits}
    finally:
        for task in (told, early):
            task.cancel()
        await asyncio.gather(told, early, return_exceptions=True)


@dataclass(slots=True)
class _Place:
    """How far a listener is."""

    database: Database
    number: int

    @property
    def since(self) -> datetime:
        """No commit after it has an older stamp."""
        return committed_at(self.number) - LATE

    def query(self) -> Any:
        """The commits that may come after it."""
        return self.database.since(OLDEST, self.since)

    def is_new(self, commit: Changed) -> bool:
        """Whether some of it was not given."""
        return self.number < live_number(commit.created, len(commit.data["ids"]))

    def new(self, commits: Iterable[Changed]) -> list[Placed]:
        """Those that were not given, in commit order."""
        return [one for one in in_order(commits) if self.number < one.last]
