"""The confidence that the entries of closed trades stated, kept by bot."""

from collections.abc import Sequence

from motherhaven.server.figures.closed_trades import KeptTrade
from motherhaven.stores.protocol import Reader


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
        if missing:
            since = min(one.opened_at for one in missing)
            names = [one.decision_id for one in missing if one.decision_id is not None]
            told = await self._store.stated(bot_id, names, since=since)
            known |= {name: told.get(name) for name in names}
        self._kept[bot_id] = known
        return known
