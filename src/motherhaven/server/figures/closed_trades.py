"""The newest closed trades of each bot, kept so that a request reads only what is new."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from motherhaven.contract.money import ZERO
from motherhaven.contract.views import BotRow, PositionRow
from motherhaven.metrics import ClosedTrade
from motherhaven.stores.amounts import minus, plus
from motherhaven.stores.protocol import Reader

MOST: Final = 2_000
"""So many of a bot's newest closed trades are looked at."""

_PAGE: Final = 500
_SPARE: Final = 5


@dataclass(frozen=True, slots=True)
class KeptTrade:
    """A closed position. `trade` is None while its net result is not known.

    fees, paid: what the bot told, USD; None where it did not. paid is funding paid.
    """

    id: str
    coin: str
    decision_id: str | None
    opened_at: datetime
    closed_at: datetime
    trade: ClosedTrade | None
    fees: Decimal | None
    paid: Decimal | None


class ClosedTrades:
    """Closed trades by bot, newest first."""

    def __init__(self, store: Reader) -> None:
        self._store = store
        self._kept: dict[str, tuple[int, list[KeptTrade]]] = {}
        self._lock = asyncio.Lock()

    async def of(self, row: BotRow) -> Sequence[KeptTrade]:
        """The newest trades of a bot, at most MOST; reads on from what is kept."""
        closed = row.stats.closed_positions
        async with self._lock:
            count, kept = self._kept.get(row.id, (0, []))
            if count < closed:
                new = await self._newer(row.id, kept, closed - count)
                merged = (new + kept)[:MOST]
                if len(merged) < min(closed, MOST):
                    # Some arrived late, behind ones that are kept.
                    merged = await self._newer(row.id, [], closed)
                kept = merged
                self._kept[row.id] = (closed, kept)
        return kept

    async def _newer(
        self, bot_id: str, kept: Sequence[KeptTrade], expected: int
    ) -> list[KeptTrade]:
        known = {trade.id for trade in kept}
        found: list[KeptTrade] = []
        before: str | None = None
        while len(found) < MOST:
            page = await self._store.positions(
                status="closed",
                bot_id=bot_id,
                before=before,
                limit=min(_PAGE, expected + _SPARE),
            )
            for row in page.items:
                if row.id in known:
                    return found
                found.append(kept_trade(row))
            before = page.next
            if before is None:
                break
        return found[:MOST]


def kept_trade(row: PositionRow) -> KeptTrade:
    """A closed position for statistics."""
    closed_at = row.exit_time or row.entry_time
    paid = None if row.funding_usd is None else minus(ZERO, row.funding_usd)
    return KeptTrade(
        id=row.id,
        coin=row.coin,
        decision_id=row.entry_decision_id,
        opened_at=min(row.entry_time, closed_at),
        closed_at=closed_at,
        trade=_trade(row),
        fees=row.fees_usd,
        paid=paid,
    )


def _trade(row: PositionRow) -> ClosedTrade | None:
    """The trade whose net is what the bot reported; what it left out counts as nothing."""
    fees, funding = row.fees_usd or ZERO, row.funding_usd or ZERO
    gross = row.gross_pnl
    if row.realized_pnl is not None:
        gross = minus(plus(row.realized_pnl, fees) or ZERO, funding)
    if gross is None:
        return None
    closed_at = row.exit_time or row.entry_time
    return ClosedTrade(
        side=row.side,
        notional=row.quantity_usd * row.leverage,
        gross=gross,
        fees=fees,
        funding=funding,
        opened_at=min(row.entry_time, closed_at),
        closed_at=closed_at,
    )
