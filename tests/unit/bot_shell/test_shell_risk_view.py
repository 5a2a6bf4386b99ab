"""What the guard is told of the account is what a snapshot of it says, to the last digit."""

import asyncio

from motherhaven.bot.core import trader
from motherhaven.bot.core.risk import risk_context
from motherhaven.bot.decider import baseline
from motherhaven.bot.replay.engine import Replay
from motherhaven.bot.running.sink import MemorySink
from motherhaven.testing.clock import FakeClock
from tests.replaykit import CASES, START


def test_the_view_is_the_snapshot(tmp_path, monkeypatch):
    """Equity, free margin, exits and liquidation prices, at every judgement of a run."""
    held = []

    def compared(bot, waiting, context, marks, now):
        view = risk_context(bot, waiting, context, marks, now)
        shot = context.account
        assert (view.equity, view.available) == (shot.equity, shot.available)
        assert {
            coin: (one.size, one.entry, one.leverage, one.stop, one.target, one.liquidation)
            for coin, one in view.positions.items()
        } == {
            coin: (one.size, one.entry, one.leverage, one.stop, one.target, one.liquidation)
            for coin, one in shot.positions.items()
        }
        held.append(len(view.positions))
        return view

    monkeypatch.setattr(trader, "risk_context", compared)
    for case in CASES[1::7]:
        config = case.config(case.market(tmp_path), brief=True)
        asyncio.run(Replay(config, baseline(case.decider), MemorySink(), FakeClock(START)).run())
    assert {0, 1} <= set(held)
