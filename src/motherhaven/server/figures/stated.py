"""The confidence that the entries of closed trades stated, kept by bot."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from motherhaven.contract.errors import NotFound
from motherhaven.contract.views import DecisionRow
from motherhaven.server.figures.closed_trades import KeptTrade
from motherhaven.stores.protocol import DecisionFilter, Reader

_SINGLY: Final = 20
_PAGE: Final = 500
_MOST_PAGES: Final = 40
_BEFORE: Final = timedelta(days=1)
"""An entry follows its decision within this time."""


class Confidences:
    """Confidences by decision, None where there is none to be had."""

    def __init__(self, store: Reader) -> None:
        self._store = store
        self._kept: dict[str, dict[str, float | None]] = {}

    async def pairs(self, bot_id: str, trades: Sequence[KeptTrade]) -> list[tuple[float, bool]]:
        """(stated confidence, won) of each trade that tells both."""
        known = await self._known(bot_id, trades)
        found = []
        for one in trades:
            confidence = known.get(one.decision_id) if one.decision_id else None
            if confidence is not None and one.trade is not None and 0 <= confidence <= 1:
                found.append((confidence, one.trade.net > 0))
        return found

    async def _known(self, bot_id: str, trades: Sequence[KeptTrade]) -> dict[str, float | None]:
        before = self._kept.get(bot_id, {})
        needed = {one.decision_id: one for one in trades if one.decision_id is not None}
        known = {name: before[name] for name in needed if name in before}
        missing = [one for name, one in needed.items() if name not in known]
        if len(missing) > _SINGLY:
            known |= await self._scan(bot_id, missing)
        else:
            for one in missing:
                known[one.decision_id or ""] = await self._one(bot_id, one.decision_id or "")
        self._kept[bot_id] = known
        return known

    async def _one(self, bot_id: str, decision_id: str) -> float | None:
        try:
            decision = await self._store.decision(decision_id)
        except NotFound:
            return None
        return _stated(decision) if decision.bot_id == bot_id else None

    async def _scan(self, bot_id: str, missing: Sequence[KeptTrade]) -> dict[str, float | None]:
        """One pass over the bot's decisions instead of a query for each."""
        found: dict[str, float | None] = dict.fromkeys(one.decision_id or "" for one in missing)
        left = len(found)
        where = DecisionFilter(
            bot_id=bot_id,
            only_trades=True,
            since=min(one.opened_at for one in missing) - _BEFORE,
        )
        before: str | None = None
        for _ in range(_MOST_PAGES):
            page = await self._store.decisions(where, before=before, limit=_PAGE)
            for row in page.items:
                if row.id in found:
                    found[row.id] = _stated(row)
                    left -= 1
            before = page.next
            if before is None or left <= 0:
                break
        return found


def _stated(decision: DecisionRow) -> float | None:
    """A fixed rule has no confidence; the wire wants a number, so it sends 0."""
    if decision.confidence is None or (decision.model is None and decision.confidence == 0):
        return None
    return float(decision.confidence)
