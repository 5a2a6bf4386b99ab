"""What figures ask for, worked out from lists: for stores where reading a row costs nothing.

A store that pays for each row keeps summaries of its own and answers from those.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from motherhaven.contract.errors import NotFound
from motherhaven.contract.views import ErrorRow
from motherhaven.stores.keys import held
from motherhaven.stores.protocol import DecisionFilter, Lists
from motherhaven.stores.signals import Signal, stated_confidence

_SINGLY: Final = 20
_PAGE: Final = 500
_MOST_PAGES: Final = 40
_ERROR_PAGE: Final = 1_000
_BEFORE: Final = timedelta(days=1)
"""An entry follows its decision within this time."""


class SummariesOfLists:
    """The three questions of `protocol.Summaries`, over a store's own lists."""

    async def signals(
        self: Lists, bot_id: str, *, start: datetime, end: datetime, limit: int
    ) -> list[Signal]:
        """A bot's decisions in [start, end); see Summaries.signals."""
        where = DecisionFilter(bot_id=bot_id, since=start, until=end)
        found: list[Signal] = []
        before: str | None = None
        while len(found) < held(limit):
            page = await self.decisions(where, before=before, limit=_PAGE)
            found += [Signal(r.id, r.time, r.coin, r.signal, r.model) for r in page.items]
            before = page.next
            if before is None:
                break
        return found[: held(limit)]

    async def stated(
        self: Lists, bot_id: str, decision_ids: Sequence[str], *, since: datetime
    ) -> dict[str, float | None]:
        """What some decisions stated; see Summaries.stated."""
        return await stated_by_lists(self, bot_id, decision_ids, since)

    async def newest_errors(
        self: Lists, *, bot_id: str | None, kind: str | None, since: datetime | None, limit: int
    ) -> list[ErrorRow]:
        """The newest errors; see Summaries.newest_errors."""
        rows: list[ErrorRow] = []
        while len(rows) < held(limit):
            page = await self.errors(
                bot_id=bot_id,
                kind=kind,
                before=rows[-1].cursor if rows else None,
                limit=_ERROR_PAGE,
                since=since,
            )
            rows += page
            if len(page) < _ERROR_PAGE:
                break
        return rows[: held(limit)]


async def stated_by_lists(
    store: Lists, bot_id: str, decision_ids: Sequence[str], since: datetime
) -> dict[str, float | None]:
    """What decisions of a bot stated: a few one by one, many by one pass over the list."""
    if len(decision_ids) <= _SINGLY:
        return {name: await _one(store, bot_id, name) for name in decision_ids}
    found: dict[str, float | None] = dict.fromkeys(decision_ids)
    left = len(found)
    where = DecisionFilter(bot_id=bot_id, only_trades=True, since=since - _BEFORE)
    before: str | None = None
    for _ in range(_MOST_PAGES):
        page = await store.decisions(where, before=before, limit=_PAGE)
        for row in page.items:
            if row.id in found:
                found[row.id] = stated_confidence(row.confidence, row.model)
                left -= 1
        before = page.next
        if before is None or left <= 0:
            break
    return found


async def _one(store: Lists, bot_id: str, decision_id: str) -> float | None:
    try:
        decision = await store.decision(decision_id)
    except NotFound:
        return None
    if decision.bot_id != bot_id:
        return None
    return stated_confidence(decision.confidence, decision.model)
