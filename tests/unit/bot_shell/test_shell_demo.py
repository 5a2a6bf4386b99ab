"""The demo: bots that have lived a day, marked simulated, and go on."""

import asyncio
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import apsw
import pytest
from shell_support import NOON, SleepyClock

from motherhaven.bot.market.simulated import SimulatedFeed
from motherhaven.bot.running.build import simulated_journal
from motherhaven.bot.running.demo import SHIP_LOOKS, DemoConfig, _shipped, run_demo
from tests.patience import within


def demo(folder, start, minutes):
    """Let the demo run from `start` for some minutes of fake time."""

    async def live():
        stop = asyncio.Event()
        clock = SleepyClock(start, stop, start + timedelta(minutes=minutes))
        await within(run_demo(DemoConfig(folder), stop, clock=clock, sleep=clock.sleep), 60)

    asyncio.run(live())


def rows(folder, name, query):
    """Rows of one bot's journal."""
    return (
        apsw.Connection(str(folder / name / "trading_bot_simulated.db")).execute(query).fetchall()
    )


@pytest.mark.long
def test_three_bots_a_day_old_and_alive(tmp_path):
    """Equity over a whole past day, trades, then live cycles by the minute; all simulated."""
    demo(tmp_path, NOON, 3)
    ids = set()
    for name in ("hold", "ema", "random"):
        times = rows(tmp_path, name, "SELECT min(time), max(time), count(*) FROM events WHERE"
                     " kind = 'account'")[0]  # fmt: skip
        assert times[0].startswith("2026-03-03T12:0")
        assert times[1].startswith("2026-03-04T12:02")
        assert times[2] > 480
        assert rows(tmp_path, name, "SELECT DISTINCT mode FROM events") == [("simulated",)]
        ids |= set(rows(tmp_path, name, "SELECT DISTINCT bot_id FROM events"))
        assert rows(tmp_path, name, "SELECT count(*) FROM positions")[0][0] >= 3
    assert len(ids) == 3
    assert rows(tmp_path, "random", "SELECT count(*) FROM positions WHERE status = 'closed'")[0][0]


@pytest.mark.long
def test_a_second_run_goes_on_with_the_same_accounts(tmp_path):
    """No second start of the account, no position opened twice, the pause lived through."""
    demo(tmp_path, NOON, 2)
    before = rows(tmp_path, "hold", "SELECT position_id FROM positions")
    bots = rows(tmp_path, "hold", "SELECT DISTINCT bot_id FROM events")
    demo(tmp_path, NOON + timedelta(hours=3), 2)
    assert rows(tmp_path, "hold", "SELECT position_id FROM positions") == before
    assert rows(tmp_path, "hold", "SELECT DISTINCT bot_id FROM events") == bots
    gap = rows(
        tmp_path,
        "hold",
        "SELECT count(*) FROM events WHERE kind = 'account'"
        " AND time BETWEEN '2026-03-04T12:05' AND '2026-03-04T14:55'",
    )
    assert gap[0][0] > 50


def test_every_simulated_market_has_a_journal_of_its_own():
    """An account is never marked at the prices of another market."""
    journal = Path("data/trading_bot_paper.db")
    paths = {simulated_journal(journal, SimulatedFeed(("BTC",), seed)) for seed in (1, 2, 3)}
    assert len(paths) == 3
    assert journal not in paths


@pytest.mark.parametrize(("arrives", "waits"), [(3, 3), (None, SHIP_LOOKS)])
def test_the_first_status_waits_for_the_past_to_arrive(arrives, waits):
    """A fresh page tells of no lag; a server that is away is not waited for for ever."""
    slept = []

    class Sink:
        """Has shipped all after so many looks, or never."""

        def lag(self):
            return {"behind": 0 if arrives is not None and len(slept) >= arrives else 1_677}

    async def sleep(seconds):
        slept.append(seconds)

    asyncio.run(_shipped([SimpleNamespace(sink=Sink())], sleep))
    assert len(slept) == waits
