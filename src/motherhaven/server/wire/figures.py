"""Answers of figures: the metrics of bots, and bots beside each other."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from motherhaven.contract.events import Signal
from motherhaven.contract.money import Money


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class PerformanceFigures(_Answer):
    """Of the account, net of deposits; fractions. None where the sample is too small.

    days is the number of UTC days from the first to the newest record, today included;
    returns_n the number of daily returns of finished days, on which sharpe, sortino, cagr
    and calmar rest (annualized, None below min_days of them); points_n the number of
    equity points behind total_return and drawdown_seconds. max_drawdown is that of every
    account report; drawdown_seconds runs from its peak to the recovery, or until now, to
    the width of an equity point.
    """

    days: int
    min_days: int
    returns_n: int
    points_n: int
    total_return: float | None
    max_drawdown: float | None
    drawdown_seconds: float | None
    sharpe: float | None
    sortino: float | None
    cagr: float | None
    calmar: float | None


class TradeFigures(_Answer):
    """Of the newest closed trades, net of fees and funding; shares and rates as fractions.

    n of `closed` trades are looked at: the newest ones whose net is known. exposure counts
    the open positions too. fee_share rests on the fees_n trades that told their fees. The
    long shares are of time and of notional. funding_usd is what was paid.
    """

    n: int
    closed: int
    wins: int
    losses: int
    break_evens: int
    win_rate: float | None
    profit_factor: float | None
    expectancy: Money | None
    net_pnl: Money | None
    fees_usd: Money | None
    funding_usd: Money | None
    median_hold_seconds: float | None
    exposure: float | None
    turnover: float | None
    fees_n: int
    fee_share: float | None
    long_share_time: float | None
    long_share_notional: float | None


class CalibrationBin(_Answer):
    """Closed trades whose entry stated a confidence in [low, high); the last bin includes 1.

    stated is their mean confidence, won the share that ended above 0 net.
    """

    low: float
    high: float
    n: int
    stated: float | None
    won: float | None


class BotMetrics(_Answer):
    """The metrics of one bot.

    brier: 0 is perfect, 0.25 a coin. net_usd is equity less deposits, or the realized net
    where no account was reported; net_after_model_cost is it less model_cost_usd, None
    while no model cost was told (a baseline asks no model). unavailable: why the figures
    cannot be worked out; then all of them are empty.
    """

    bot_id: str
    bot_name: str | None
    performance: PerformanceFigures
    trades: TradeFigures
    calibration: tuple[CalibrationBin, ...]
    calibration_n: int
    brier: float | None
    model_cost_usd: Money | None
    net_usd: Money | None
    net_after_model_cost: Money | None
    unavailable: str | None = None


class MetricsList(_Answer):
    """The metrics of the bots asked for; unknown ids are left out."""

    items: tuple[BotMetrics, ...]


class BotConfig(_Answer):
    """How a bot is set up, as far as its records tell; None where they do not."""

    bot_id: str
    bot_name: str | None
    items: dict[str, str | None]


class AlignedReturn(_Answer):
    """A bot's return since aligned_start, net of deposits; points_n equity points tell it."""

    bot_id: str
    start_equity: Money | None
    end_equity: Money | None
    return_fraction: float | None
    points_n: int


class CoinCell(_Answer):
    """One bot's closed trades in one coin since aligned_start, net."""

    bot_id: str
    trades: int
    win_rate: float | None
    net_pnl: Money | None


class CoinRow(_Answer):
    """One coin, with a cell for each bot in the order asked."""

    coin: str
    cells: tuple[CoinCell, ...]


class BotSignal(_Answer):
    """What one bot decided."""

    bot_id: str
    decision_id: str
    signal: Signal


class Disagreement(_Answer):
    """A coin and a moment at which the bots decided differently."""

    time: datetime
    coin: str
    signals: tuple[BotSignal, ...]


class Agreement(_Answer):
    """Of the n times that at least two bots decided on a coin in one window.

    window_seconds is the longest cycle of them. disagreed holds the newest; `truncated`
    says that older decisions were not looked at.
    """

    n: int
    agreed: int
    window_seconds: int
    disagreed: tuple[Disagreement, ...]
    truncated: bool


class Comparison(_Answer):
    """Bots beside each other from aligned_start, the first time at which all had begun.

    differing names the configuration items that are not the same for all. figures are the
    metrics of each from aligned_start to end: of trades that began and ended there; the
    drawdown of a bot that had begun before is that of its curve's points, and what its
    model cost since is None, for only the whole is kept.
    """

    aligned_start: datetime | None
    end: datetime | None
    warnings: tuple[str, ...]
    configs: tuple[BotConfig, ...]
    differing: tuple[str, ...]
    returns: tuple[AlignedReturn, ...]
    figures: tuple[BotMetrics, ...]
    coins: tuple[CoinRow, ...]
    agreement: Agreement
