"""The reads of today's front ends: old names, bare arrays, JSON numbers with all digits."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from starlette.responses import Response

from motherhaven.contract.errors import NotFound
from motherhaven.contract.times import format_time
from motherhaven.contract.views import AccountRow, DecisionRow, PositionRow, StatusRow
from motherhaven.server.auth.policy import API, READ, Routes
from motherhaven.server.auth.visible.reader import VisibleReader
from motherhaven.server.reads.at_cursor import DOCUMENTED, at_cursor
from motherhaven.server.reads.params import MaybeId, Status
from motherhaven.server.wire import schemas
from motherhaven.server.wire.answers import (
    OldAccount,
    OldAccountPoint,
    OldDecision,
    OldPosition,
    OldStatus,
)
from motherhaven.server.wire.problems import json_answer
from motherhaven.server.wire.sizes import ROW_CHARS, BoundedArray, cut
from motherhaven.stores.protocol import DecisionFilter

_MOST: Final = 500
_ANSWER_CHARS: Final = 65_536
_MESSAGE_CHARS: Final = 10_000
_DAY_TRADES: Final = 500
_STEP: Final = 25


class LegacyApi:
    """Answers the old front ends from the store."""

    def __init__(self, store: VisibleReader) -> None:
        self._store = store

    def add_routes(self, routes: Routes) -> None:
        """Register the old reads."""
        reads: tuple[tuple[str, Callable[..., Awaitable[Response]], Any], ...] = (
            ("/decisions", self.decisions, list[OldDecision]),
            ("/positions", self.positions, list[OldPosition]),
            ("/account", self.account, OldAccount),
            ("/account/history", self.history, list[OldAccountPoint]),
            ("/status", self.status, OldStatus),
        )
        for path, handler, model in reads:
            routes.add(
                API + path,
                at_cursor(handler, self._store),
                READ,
                methods=["GET"],
                tags=["old reads"],
                operation_id=f"old_{handler.__name__}",
                response_model=model,
                responses={**DOCUMENTED, **schemas.failures(400, 401, 403, 422, 429, 503)},
            )

    async def decisions(
        self, limit: int = 50, coin: MaybeId = None, bot: MaybeId = None
    ) -> Response:
        """Decisions, newest first; a limit beyond 1 to 500 is taken as the nearest of these.

        The array ends at one MiB: texts are cut in the rows that would pass it, and rows that
        would pass it even so are left out.
        """
        where, wanted = DecisionFilter(bot_id=bot, coin=coin), _within(limit)
        rows, before = BoundedArray(wanted), None
        while wanted > 0 and not rows.full:
            page = await self._store.decisions(where, before=before, limit=min(wanted, _STEP))
            chars = _ANSWER_CHARS if rows.roomy else ROW_CHARS
            answers = await asyncio.gather(*(self._answer(row.id, chars) for row in page.items))
            for row, answer in zip(page.items, answers, strict=True):
                rows.add(_decision(row, answer))
            wanted, before = wanted - len(page.items), page.next
            if before is None:
                break
        return rows.answer()

    async def positions(
        self, status: Status = "all", limit: int = _MOST, bot: MaybeId = None
    ) -> Response:
        """Positions, newest first; the array ends at one MiB."""
        page = await self._store.positions(
            status=status, bot_id=bot, before=None, limit=_within(limit)
        )
        rows = BoundedArray(len(page.items))
        for row in page.items:
            rows.add(_position(row))
        return rows.answer()

    async def account(self, bot: MaybeId = None) -> Response:
        """The newest account state; all null when there is none yet."""
        found = await self._store.accounts(bot, limit=1)
        return json_answer(_account(found[0] if found else None), numbers=True)

    async def history(self, limit: int = 100, bot: MaybeId = None) -> Response:
        """Account states, newest first."""
        found = await self._store.accounts(bot, limit=_within(limit))
        rows = [
            {
                "timestamp": format_time(row.time),
                "balance_usd": row.balance_usd,
                "equity_usd": row.equity_usd,
                "total_pnl": row.total_pnl,
            }
            for row in found
        ]
        return json_answer(rows, numbers=True)

    async def status(self, bot: MaybeId = None) -> Response:
        """The newest heartbeat; a bot that never reported counts as stopped."""
        found = await self._store.statuses(bot, limit=1)
        row = found[0] if found else None
        trades, pnl = (row.trades_today, row.pnl_today) if row else (0, Decimal(0))
        if row and (trades is None or pnl is None):
            counted, earned = await self._today(row)
            trades = counted if trades is None else trades
            pnl = earned if pnl is None else pnl
        body = {
            "bot_id": row.bot_id if row else None,
            "timestamp": format_time(row.time) if row else None,
            "status": row.status if row else "stopped",
            "message": cut(row.message or row.error or "", _MESSAGE_CHARS) if row else "",
            "trades_today": trades,
            "pnl_today": pnl,
        }
        return json_answer(body, numbers=True)

    async def _answer(self, decision_id: str, chars: int) -> str | None:
        try:
            piece = await self._store.text(decision_id, "raw_response", offset=0, limit=chars)
        except NotFound:
            return None
        return piece.text

    async def _today(self, status: StatusRow) -> tuple[int, Decimal]:
        """Entries, and net realized PnL, of the bot's UTC day: what an old bot leaves out."""
        day = status.time.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        entries = await self._store.positions(
            status="all", bot_id=status.bot_id, before=None, limit=_DAY_TRADES
        )
        exits = await self._store.positions(
            status="closed", bot_id=status.bot_id, before=None, limit=_DAY_TRADES
        )
        trades = sum(_in_day(row.entry_time, day) for row in entries.items)
        earned = [
            row.realized_pnl
            for row in exits.items
            if row.exit_time and row.realized_pnl is not None and _in_day(row.exit_time, day)
        ]
        return trades, sum(earned, Decimal(0))


def _within(limit: int) -> int:
    return max(1, min(limit, _MOST))


def _in_day(moment: datetime, day: datetime) -> bool:
    return day <= moment < day + timedelta(days=1)


def _decision(row: DecisionRow, answer: str | None) -> dict[str, Any]:
    done = row.execution
    return {
        "id": row.id,
        "bot_id": row.bot_id,
        "timestamp": format_time(row.time),
        "received_at": format_time(row.received_at),
        "coin": row.coin,
        "signal": row.signal,
        "quantity_usd": row.quantity_usd,
        "leverage": row.leverage,
        "confidence": row.confidence,
        "justification": row.justification,
        "profit_target": row.profit_target,
        "stop_loss": row.stop_loss,
        "invalidation_condition": row.invalidation_condition,
        "raw_response": answer,
        "execution_status": done.status if done else "pending",
        "execution_error": done.error if done else None,
        "execution_timestamp": format_time(done.time) if done else None,
    }


def _position(row: PositionRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "bot_id": row.bot_id,
        "position_id": row.id,
        "coin": row.coin,
        "side": row.side,
        "quantity_usd": row.quantity_usd,
        "leverage": row.leverage,
        "entry_price": row.entry_price,
        "entry_time": format_time(row.entry_time),
        "exit_price": row.exit_price,
        "exit_time": format_time(row.exit_time) if row.exit_time else None,
        "realized_pnl": row.realized_pnl,
        "unrealized_pnl": row.unrealized_pnl,
        "status": row.status,
    }


def _account(row: AccountRow | None) -> dict[str, Any]:
    names = ("balance_usd", "equity_usd", "unrealized_pnl", "realized_pnl", "total_pnl")
    return {
        "bot_id": row.bot_id if row else None,
        "timestamp": format_time(row.time) if row else None,
        **{name: getattr(row, name) if row else None for name in (*names, "sharpe_ratio")},
        "num_positions": row.num_positions if row else 0,
    }
