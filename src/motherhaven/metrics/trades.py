"""Trade statistics, net of fees and funding."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, Literal

ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class ClosedTrade:
    """A finished trade. Amounts in USD; `gross` before fees and funding (as received)."""

    side: Literal["long", "short"]
    notional: Decimal
    gross: Decimal
    fees: Decimal
    funding: Decimal
    opened_at: datetime
    closed_at: datetime

    @property
    def net(self) -> Decimal:
        """gross - fees + funding."""
        return self.gross - self.fees + self.funding

    @property
    def hold(self) -> timedelta:
        """How long it was open."""
        return self.closed_at - self.opened_at


@dataclass(frozen=True, slots=True)
class TradeStatistics:
    """What the trades of a span were like; every ratio None where it cannot be known.

    `win_rate` counts break-evens in its denominator; `profit_factor` is net won / net
    lost; `expectancy` USD per trade; `exposure` the fraction of the span with at least
    one position; `turnover` traded notional, in and out, over the mean equity;
    `fee_share` fees over the sum of |gross|; the long shares are of time and of
    notional, the rest is short.
    """

    n: int
    wins: int
    losses: int
    break_evens: int
    net: Decimal
    fees: Decimal
    funding: Decimal
    win_rate: float | None
    profit_factor: float | None
    expectancy: Decimal | None
    median_hold: timedelta | None
    exposure: float | None
    turnover: float | None
    fee_share: float | None
    long_time_share: float | None
    long_notional_share: float | None


def trade_statistics(
    trades: Sequence[ClosedTrade],
    start: datetime | None = None,
    end: datetime | None = None,
    mean_equity: Decimal | None = None,
) -> TradeStatistics:
    """Statistics over `trades` within the span from `start` to `end`.

    Exposure needs the span, turnover the mean equity in USD; without them they are None.
    """
    n = len(trades)
    nets = [trade.net for trade in trades]
    won = sum((net for net in nets if net > 0), ZERO)
    lost = -sum((net for net in nets if net < 0), ZERO)
    fees = sum((trade.fees for trade in trades), ZERO)
    gross = sum((abs(trade.gross) for trade in trades), ZERO)
    notional = sum((trade.notional for trade in trades), ZERO)
    longs = [trade for trade in trades if trade.side == "long"]
    wins, losses = sum(net > 0 for net in nets), sum(net < 0 for net in nets)
    total_hold = sum((trade.hold for trade in trades), timedelta(0))
    long_hold = sum((trade.hold for trade in longs), timedelta(0))
    return TradeStatistics(
        n=n,
        wins=wins,
        losses=losses,
        break_evens=n - wins - losses,
        net=sum(nets, ZERO),
        fees=fees,
        funding=sum((trade.funding for trade in trades), ZERO),
        win_rate=wins / n if n else None,
        profit_factor=_ratio(won, lost),
        expectancy=sum(nets, ZERO) / n if n else None,
        median_hold=_median([trade.hold for trade in trades]),
        exposure=_exposure(trades, start, end),
        turnover=_ratio(2 * notional, mean_equity) if mean_equity is not None else None,
        fee_share=_ratio(fees, gross),
        long_time_share=long_hold / total_hold if total_hold else None,
        long_notional_share=_ratio(sum((t.notional for t in longs), ZERO), notional),
    )


def _median(holds: list[timedelta]) -> timedelta | None:
    if not holds:
        return None
    ordered, middle = sorted(holds), len(holds) // 2
    if len(holds) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


def _exposure(
    trades: Iterable[ClosedTrade], start: datetime | None, end: datetime | None
) -> float | None:
    if start is None or end is None or end <= start:
        return None
    covered = timedelta(0)
    reached = start
    for trade in sorted(trades, key=lambda trade: trade.opened_at):
        opened, closed = max(trade.opened_at, reached), min(trade.closed_at, end)
        if closed > opened:
            covered += closed - opened
            reached = closed
    return covered / (end - start)


def _ratio(part: Decimal, whole: Decimal) -> float | None:
    return float(part / whole) if whole > 0 else None
