"""What follows from a bot's totals: its heartbeat's age, return, drawdown, share of wins."""

from datetime import datetime
from decimal import Decimal
from typing import Final

from motherhaven.contract.money import EXACT
from motherhaven.contract.views import BotRow
from motherhaven.metrics import Figure
from motherhaven.server.figures.isolated import why
from motherhaven.server.wire.answers import BotView
from motherhaven.stores.amounts import shown

DEFAULT_INTERVAL_SECONDS: Final = 180
_GRACE_SECONDS: Final = 15
_PLACES: Final = Decimal("1e-12")


def bot_view(
    row: BotRow,
    now: datetime,
    ratio: Figure[float],
    unavailable: str | None = None,
    base: Decimal | None = None,
) -> BotView:
    """`row` with its derived figures; None where one cannot be known.

    `base` is what the return counts from, in USD. `unavailable`: why others of this bot's
    figures are not.
    """
    beat = row.status.received_at if row.status else None
    age = None if beat is None else max(0.0, round((now - beat).total_seconds(), 3))
    interval = (row.status.interval_seconds if row.status else None) or DEFAULT_INTERVAL_SECONDS
    try:
        growth, fall, wins = _fractions(row, base)
    except ArithmeticError as error:
        growth = fall = wins = None
        unavailable = why(row.id, error)
    return BotView(
        **{name: getattr(row, name) for name in BotRow.model_fields},
        heartbeat_at=beat,
        heartbeat_age_seconds=age,
        stale=age is None or age > 2 * interval + _GRACE_SECONDS,
        return_fraction=growth,
        return_base_usd=shown(base),
        drawdown_fraction=fall,
        sharpe=ratio.value,
        sharpe_days=ratio.n,
        win_fraction=wins,
        unavailable=unavailable,
    )


def _fractions(
    row: BotRow, base: Decimal | None
) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    """Return, drawdown and wins, as fractions."""
    equity = row.account.equity_usd if row.account else None
    closed = row.stats.closed_positions
    return (
        _change(equity, base),
        _change(equity, row.stats.peak_equity),
        _quotient(Decimal(row.stats.wins), Decimal(closed)) if closed else None,
    )


def _change(value: Decimal | None, base: Decimal | None) -> Decimal | None:
    if value is None or base is None or base <= 0:
        return None
    return _quotient(value - base, base)


def _quotient(part: Decimal, whole: Decimal) -> Decimal:
    return EXACT.divide(part, whole).quantize(_PLACES, context=EXACT)
