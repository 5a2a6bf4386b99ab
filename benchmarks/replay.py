"""A replay with guard, ledger and exits, exact to the last digit, against backtesting.py's loop."""

import asyncio
import importlib
import os
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from motherhaven.bot.market.bar_series import FAST, SLOW
from motherhaven.bot.market.files import FileFeed
from motherhaven.bot.market.simulated import SimulatedFeed
from motherhaven.bot.replay.engine import ReplayConfig
from motherhaven.bot.replay.run import ReplayRequest, run_replay
from motherhaven.contract.limits import RiskLimits
from motherhaven.settings import SystemClock

START: Final = datetime(2026, 1, 5, tzinfo=UTC)
BARS: Final = 20_000
DEPOSIT: Final = Decimal(10_000_000)
"""So much that backtesting.py, which trades whole units only, can follow."""
EVERY: Final = 3
"""Bars between two decisions: 180 s of one-minute bars."""
STOP: Final = 0.02
LIMITS: Final = RiskLimits(
    max_position_size_usd=Decimal(500_000),
    max_total_margin_usd=Decimal(1_000_000),
    daily_loss_limit_usd=Decimal(5_000_000),
    max_trades_per_day=None,
)


def run(rounds: int) -> list[tuple[str, float, str]]:
    """Medians of paired rounds: (figure, value, meaning)."""
    with tempfile.TemporaryDirectory(prefix="motherhaven-bench-") as name:
        folder = Path(name)
        _write(folder / "BTC.csv")
        feed = FileFeed({"BTC": folder / "BTC.csv"})
        other = _other(feed)
        bare: list[float] = []
        kept: list[float] = []
        ratios: list[float] = []
        times: list[float] = []
        entries = 0
        for number in range(rounds):
            begun = time.process_time()
            entries = _replay(feed, None)
            bare.append(time.process_time() - begun)
            if other is not None:
                begun = time.process_time()
                other()
                ratios.append((time.process_time() - begun) / bare[-1])
            begun = time.process_time()
            _replay(feed, folder / f"journal-{number}.db")
            kept.append(time.process_time() - begun)
            times.append(kept[-1] / bare[-1])
    what = f"ema-cross, {BARS} bars, {entries} entries, a decision every {EVERY}"
    figures = [
        ("CPU us per coin-bar", statistics.median(bare) / BARS * 1e6, what),
        ("CPU us with a journal", statistics.median(kept) / BARS * 1e6, "all on disk"),
        ("with a journal / without", statistics.median(times), "CPU time; goal <= 3"),
    ]
    if ratios:
        ratio = statistics.median(ratios)
        figures.append(("backtesting.py / ours", ratio, "CPU time, its bare run; goal >= 5"))
    else:
        figures.append(("backtesting.py / ours", 0.0, "not installed: uv pip install backtesting"))
    return figures


def _write(path: Path) -> None:
    feed = SimulatedFeed(("BTC",), 5)
    rows = ["timestamp_ms,open,high,low,close,volume"]
    for piece in feed.slices(START, START + timedelta(minutes=BARS)):
        bar = piece.bars["BTC"]
        stamp = int(bar.start.timestamp() * 1000)
        rows.append(f"{stamp},{bar.open},{bar.high},{bar.low},{bar.close},{bar.volume}")
    path.write_text("\n".join(rows))


def _replay(feed: FileFeed, journal: Path | None) -> int:
    """One replay as `motherhaven replay` runs it, with or without --journal; the entries.

    The equity at each bar is worked out too: the other package does so in its run.
    """
    config = ReplayConfig({}, DEPOSIT, EVERY * 60, LIMITS)
    request = ReplayRequest(config, "ema-cross", journal)
    report = asyncio.run(run_replay(request, clock=SystemClock(), feed=feed))
    assert report.curve[-1].equity > 0
    return report.entries


def _other(feed: FileFeed) -> Callable[[], Any] | None:
    """The same bars, averages, stops and cadence in backtesting.py; None without it."""
    os.environ.setdefault("TQDM_DISABLE", "1")
    try:
        pandas: Any = importlib.import_module("pandas")
        package: Any = importlib.import_module("backtesting")
    except ImportError:
        return None
    bars = [piece.bars["BTC"] for piece in feed.slices()]
    names = ("Open", "High", "Low", "Close", "Volume")
    frame = pandas.DataFrame(
        {name: [float(getattr(bar, name.lower())) for bar in bars] for name in names},
        index=pandas.to_datetime([bar.start for bar in bars]),
    )

    def average(values: Any, span: int) -> Any:
        return pandas.Series(values).ewm(span=span, adjust=False).mean()

    class EmaCross(package.Strategy):  # type: ignore[misc]  # the package has no types
        def init(self) -> None:
            self.fast = self.I(average, self.data.Close, FAST)
            self.slow = self.I(average, self.data.Close, SLOW)
            self.above: bool | None = None

        def next(self) -> None:
            if len(self.data) % EVERY or len(self.data) < SLOW:
                return
            above = bool(self.fast[-1] > self.slow[-1])
            before, self.above = self.above, above
            if self.position:
                if self.position.is_long is not above:
                    self.position.close()
            elif before is not None and before is not above:
                price = self.data.Close[-1]
                if above:
                    self.buy(size=0.05, sl=price * (1 - STOP), tp=price * (1 + 2 * STOP))
                else:
                    self.sell(size=0.05, sl=price * (1 + STOP), tp=price * (1 - 2 * STOP))

    def once() -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return package.Backtest(frame, EmaCross, cash=float(DEPOSIT), commission=0.00045).run()

    return once
