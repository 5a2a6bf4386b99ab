"""Answers about one trade, one decision's outcome, candles, and errors in groups."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from motherhaven.contract.money import Money
from motherhaven.contract.views import Candle, FillRow, FundingRow, PositionRow


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class CandleSeries(_Answer):
    """A coin's candles as the bot recorded them, oldest first; a gap is left out.

    interval_seconds is the width of most of them, None without any. `next` is the start
    to ask for where there are more.
    """

    bot_id: str
    coin: str
    interval_seconds: int | None
    candles: tuple[Candle, ...]
    next: datetime | None


class TradeDetail(_Answer):
    """A position with its fills and funding payments, oldest first.

    net_pnl = gross_pnl - fees_usd - funding_usd, exactly, wherever all four are known;
    funding_usd is what was paid (negative: received), as in the payments. In `position`
    it is what was received, so its sign is the other one. An open position's figures are
    those so far, without what is unrealized. agrees: whether what the bot reported as
    net at the exit equals net_pnl; None while either is unknown. Of fills_n and funding_n
    rows the newest are here, as many as an answer holds; the figures are of all.
    shortfall_usd: what the real order books would have cost more than the paper fills, in sum;
    shortfall_bp: the same in basis points of what they would have filled. None where no fill
    was compared, as outside of shadow trading.
    """

    position: PositionRow
    fills: tuple[FillRow, ...]
    funding: tuple[FundingRow, ...]
    fills_n: int
    funding_n: int
    gross_pnl: Money | None
    fees_usd: Money | None
    funding_usd: Money | None
    net_pnl: Money | None
    agrees: bool | None
    shortfall_usd: Money | None = None
    shortfall_bp: Money | None = None


class Horizon(_Answer):
    """The coin's move from the decision's mark to this much later, as a fraction.

    None where no candle ends there, because it is still to come or was not recorded.
    """

    seconds: int
    move: float | None


class Outcome(_Answer):
    """What happened after a decision, from the bot's own candles and the position it opened.

    stop_touched, target_touched: within `watched_until`, which is the position's exit, the
    last horizon or the newest candle, whichever is first; None without such a price or
    without candles to tell. `mark` is what the moves are measured from.
    """

    decision_id: str
    mark: Money | None
    horizons: tuple[Horizon, ...]
    stop_touched: bool | None
    target_touched: bool | None
    watched_until: datetime | None
    position: PositionRow | None


class ErrorGroup(_Answer):
    """Errors of one kind whose messages differ in numbers, ids or the coin only.

    message is the newest one, last_id its error, decision_id its decision. bots has the
    first hundred of bots_n. code: what contract.reasons has the next step by, where the newest
    one carries it.
    """

    fingerprint: str
    kind: Literal["cycle", "answer", "guard", "order", "ingest"]
    message: str
    count: int
    first: datetime
    last: datetime
    bots: tuple[str, ...]
    bots_n: int
    last_id: str
    decision_id: str | None
    code: str | None = None
    next_step: str


class ErrorGroups(_Answer):
    """Groups, the one with the newest error first.

    They are made of the newest `counted` errors; `truncated` says that older ones exist, or
    more groups than an answer holds.
    """

    items: tuple[ErrorGroup, ...]
    counted: int
    truncated: bool
