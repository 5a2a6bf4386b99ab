"""Recorded candles of real markets, where the folder with them is given."""

import asyncio
import os
from decimal import Decimal
from pathlib import Path

import pytest

from motherhaven.bot.replay.engine import ReplayConfig
from motherhaven.bot.replay.run import ReplayRequest, run_replay
from motherhaven.bot.running.config import PAPER_SLIPPAGE
from motherhaven.contract.limits import RiskLimits
from motherhaven.settings import SystemClock

FOLDER = os.environ.get("MOTHERHAVEN_TEST_DATA")
LIMITS = RiskLimits(
    max_position_size_usd=Decimal(1000), max_total_margin_usd=Decimal(3000),
    daily_loss_limit_usd=Decimal(500),
)  # fmt: skip


def markets() -> list[dict[str, Path]]:
    """Each CSV file of bars in the folder alone, and those of a subfolder together."""
    found: list[dict[str, Path]] = []
    root = Path(FOLDER or "/nonexistent")
    for path in sorted(root.rglob("*.csv")):
        coin = path.stem.split("-")[0].upper()
        found.append({coin: path})
        if path.parent != root:
            found.append({one.stem.upper(): one for one in sorted(path.parent.glob("*.csv"))})
    return [one for index, one in enumerate(found) if one not in found[:index]]


@pytest.mark.skipif(FOLDER is None, reason="MOTHERHAVEN_TEST_DATA names no folder of bars")
@pytest.mark.parametrize("slippage", [None, PAPER_SLIPPAGE], ids=["mid", "slippage"])
@pytest.mark.parametrize("decider", ["ema-cross", "random", "buy-and-hold"])
@pytest.mark.timeout(300)
def test_the_identity_holds_on_every_bar_of_real_markets(decider, slippage):
    """To the last digit, with and without slippage, for one coin and several."""
    every = markets()
    assert every
    for files in every:
        config = ReplayConfig(files, limits=LIMITS, slippage=slippage)
        request = ReplayRequest(config, decider)
        report = asyncio.run(run_replay(request, clock=SystemClock()))
        assert report.identity_error == 0, files
        assert report.entries > 0, files
        assert report.slippage is slippage
