"""What a day on Firestore costs: documents read, written and deleted, by all servers of a store.

Each process counts its own and now and then adds them to the day's document, in which
Firestore itself sums up; so a restart forgets nothing but the last minutes. A day begins
at midnight Pacific time, as Google's free quota does.
"""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from google.cloud import firestore

from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import StoreError
from motherhaven.settings.firestore import FirestoreOptions
from motherhaven.stores.billing import Billed, cost_of
from motherhaven.stores.firestore import paths
from motherhaven.stores.firestore.database import Database, Usage

FLUSH_SECONDS: Final = 600.0
_PACIFIC: Final = ZoneInfo("America/Los_Angeles")
_NAMES: Final = ("reads", "writes", "deletes")

Counts = dict[str, int]


class Bill:
    """Today's documents. What it cannot add to the day's document now it adds later."""

    def __init__(self, database: Database, clock: Clock, options: FirestoreOptions) -> None:
        self._database = database
        self._clock = clock
        self._options = options
        self._day = ""
        self._told: Counts = dict.fromkeys(_NAMES, 0)
        self._flushed = Usage()
        self._at = float("-inf")

    def today(self) -> Billed:
        """What was billed since midnight Pacific time, as far as this process knows."""
        self._turn()
        counts = {name: self._told[name] + own for name, own in self._own().items()}
        return Billed(
            day=self._day,
            **counts,
            cost_usd=cost_of(counts, self._options.prices),
            budget_usd=self._options.daily_usd,
        )

    def exceeded(self) -> bool:
        """Whether today's budget, or without one the free quota, is used up.

        Then the live stream looks more seldom; what bots send is always taken.
        """
        return self.today().state == "exceeded"

    async def refresh(self, *, now: bool = False) -> None:
        """Add what this process counted, and learn what others did, when it is time."""
        moment = self._clock.monotonic()
        if not now and moment < self._at + FLUSH_SECONDS:
            return
        self._at = moment
        self._turn()
        own, usage = self._own(), self._usage()
        path = paths.bill(self._day)
        try:
            if any(own.values()):
                batch = self._database.batch()
                sums = {name: firestore.Increment(count) for name, count in own.items() if count}
                batch.set(path, sums, merge=True)
                async with self._database.translated():
                    await batch.commit()
                self._flushed = usage
            found = await self._database.one(path)
        except StoreError:
            return  # nothing is lost: it is added the next time
        data = {} if found is None else found.to_dict() or {}
        self._told = {name: int(data.get(name) or 0) for name in _NAMES}

    def _turn(self) -> None:
        """Begin a new day; what was counted since the last flush falls into it."""
        day = pacific_day(self._clock.now())
        if day != self._day:
            self._day = day
            self._told = dict.fromkeys(_NAMES, 0)

    def _own(self) -> Counts:
        usage = self._usage()
        return {name: getattr(usage, name) - getattr(self._flushed, name) for name in _NAMES}

    def _usage(self) -> Usage:
        usage = self._database.usage
        return Usage(usage.reads, usage.writes, usage.commits, usage.deletes)


def pacific_day(moment: datetime) -> str:
    """The day of Google's quota, as YYYY-MM-DD."""
    return moment.astimezone(_PACIFIC).date().isoformat()
