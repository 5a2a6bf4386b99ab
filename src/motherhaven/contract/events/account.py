"""`account`: how an account stands, with its open positions at their marks."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pydantic import Field

from motherhaven.contract.events.base import EventBody, Lenient, Payload, RecordedBody, lean, stamp
from motherhaven.contract.money import Money, Whole


class PositionMark(EventBody):
    """An open position as it stood when the account was reported. size is signed, in coin.

    stop_beyond_liquidation: true where the stop cannot act before the liquidation.
    """

    position_id: str
    coin: str
    size: Money
    entry_price: Money
    mark: Money
    leverage: Money
    unrealized_pnl: Money
    liquidation_price: Money | None = None
    stop_loss: Money | None = None
    profit_target: Money | None = None
    stop_beyond_liquidation: Lenient[bool] = None


class AccountReported(RecordedBody):
    """The account in USD. realized_pnl is net; equity_usd = balance_usd + unrealized_pnl.

    market_time: how far the market was seen. day, day_start_equity, entries_today: the
    trading day, the equity in USD at its start, and its entries so far. venue_equity_usd: the
    equity as the venue has it; drift_usd: how far the books are above it at the venue's marks.
    """

    timestamp: Any
    balance_usd: Money
    equity_usd: Money
    unrealized_pnl: Money
    realized_pnl: Money
    total_pnl: Money
    num_positions: Whole = Field(ge=0, le=10_000)
    sharpe_ratio: Money | None = None
    deposits_usd: Money | None = None
    fees_usd: Money | None = None
    funding_usd: Money | None = None
    used_usd: Money | None = None
    available_usd: Money | None = None
    cycle_id: str | None = None
    positions: tuple[PositionMark, ...] | None = None
    market_time: Any = None
    day: Lenient[str] = None
    day_start_equity: Lenient[Money] = None
    entries_today: Lenient[Whole] = None
    venue_equity_usd: Lenient[Money] = None
    drift_usd: Lenient[Money] = None


def encode_mark(
    *,
    position_id: str,
    coin: str,
    size: Decimal,
    entry_price: Decimal,
    mark: Decimal,
    leverage: int,
    unrealized_pnl: Decimal,
    liquidation_price: Decimal | None,
    stop_loss: Decimal | None,
    profit_target: Decimal | None,
    stop_beyond_liquidation: bool,
) -> Payload:
    """An open position at its mark; size signed, in coin."""
    return lean(
        {
            "coin": coin,
            "entry_price": entry_price,
            "leverage": Decimal(leverage),
            "liquidation_price": liquidation_price,
            "mark": mark,
            "position_id": position_id,
            "profit_target": profit_target,
            "size": size,
            "stop_beyond_liquidation": stop_beyond_liquidation or None,
            "stop_loss": stop_loss,
            "unrealized_pnl": unrealized_pnl,
        }
    )


def encode(
    time: datetime,
    *,
    balance_usd: Decimal,
    equity_usd: Decimal,
    unrealized_pnl: Decimal,
    realized_pnl: Decimal,
    total_pnl: Decimal,
    deposits_usd: Decimal,
    fees_usd: Decimal,
    funding_usd: Decimal,
    used_usd: Decimal,
    available_usd: Decimal,
    positions: Iterable[Payload],
    market_time: datetime,
    cycle_id: str | None = None,
    day: date | None = None,
    day_start_equity: Decimal | None = None,
    entries_today: int | None = None,
    venue_equity: Decimal | None = None,
    drift: Decimal | None = None,
) -> Payload:
    """The account in USD with its positions (`encode_mark`); realized_pnl is net."""
    marks = list(positions)
    return lean(
        {
            "available_usd": available_usd,
            "balance_usd": balance_usd,
            "cycle_id": cycle_id,
            "day": None if day is None else day.isoformat(),
            "day_start_equity": None if day is None else day_start_equity,
            "deposits_usd": deposits_usd,
            "drift_usd": drift,
            "entries_today": None if day is None else entries_today,
            "equity_usd": equity_usd,
            "fees_usd": fees_usd,
            "funding_usd": funding_usd,
            "market_time": stamp(market_time),
            "num_positions": len(marks),
            "positions": marks,
            "realized_pnl": realized_pnl,
            "timestamp": stamp(time),
            "total_pnl": total_pnl,
            "unrealized_pnl": unrealized_pnl,
            "used_usd": used_usd,
            "venue_equity_usd": venue_equity,
        }
    )
