"""Puts a bot together: market, journal, saved state, decider, core and loop."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from motherhaven.bot.core.setup import TraderSetup
from motherhaven.bot.core.trader import Trader
from motherhaven.bot.decider.budget import ModelBudget
from motherhaven.bot.decider.choose import choose_decider
from motherhaven.bot.market.feed import Feed
from motherhaven.bot.running.config import BotConfig
from motherhaven.bot.running.control import ControlServer
from motherhaven.bot.running.cycle import Cycle, Facts
from motherhaven.bot.running.recover import KINDS, Saved, fold, restore
from motherhaven.bot.running.runner import Runner, Sleep
from motherhaven.bot.running.sink import Sink
from motherhaven.bot.running.venues import paper_trader
from motherhaven.contract.clock import Clock
from motherhaven.contract.ids import IdSource

_LOG: Final = logging.getLogger("motherhaven")


@dataclass(frozen=True, slots=True)
class Bot:
    """A bot that is ready to run; `since` is how far its earlier run had seen the market."""

    runner: Runner
    cycle: Cycle
    trader: Trader
    sink: Sink
    since: datetime | None

    async def run(self, stop: asyncio.Event) -> None:
        """Run until told to stop; the sink is closed whatever happens."""
        try:
            await self.runner.run(stop, self.since)
        finally:
            self.sink.close()


def simulated_journal(journal: Path, feed: Feed) -> Path:
    """The journal's path for a simulated market: a file of its own for each market.

    An account must never be marked at the prices of another market.
    """
    seed = feed.name.partition(":")[2]
    suffix = "" if seed in ("", "1") else f"_{seed}"
    return journal.with_name(f"trading_bot_simulated{suffix}{journal.suffix}")


def build_bot(
    config: BotConfig,
    feed: Feed,
    sink: Sink,
    clock: Clock,
    ids: IdSource,
    *,
    control: ControlServer | None = None,
    say: Callable[[str], None] = _LOG.warning,
    lag: timedelta = timedelta(seconds=1),
    sleep: Sleep = asyncio.sleep,
) -> Bot:
    """A bot on `feed` with the account that `sink` has on record, or a new one.

    Raises:
        ConfigError: the decider cannot be had.
        InvalidEvent: the journal's records cannot be read back.
    """
    limits = config.limits.changed(coins=frozenset(feed.coins))
    config = replace(config, coins=feed.coins, limits=limits)
    saved = fold(sink.read(KINDS), config.zone)
    budget = ModelBudget(config.model.daily_cost_usd, saved.cost_day, saved.cost)
    notes: list[str] = []

    def note(text: str) -> None:
        say(text)
        notes.append(text)

    decider = choose_decider(
        config.decider, config.model, clock, config.interval_seconds, say, budget, note
    )
    now = saved.last_time or clock.now()
    trader = make_trader(config, feed, saved, now, ids.new, detailed=decider.is_model)
    facts = Facts(feed.name, config.interval_seconds)
    cycle = Cycle(trader, decider, sink, facts)
    cycle.paused = saved.paused
    cycle.guidance = saved.guidance
    cycle.notes = [*notes, *feed.warnings]
    cycle.set_aside = dict(feed.set_aside)
    runner = Runner(cycle, feed, clock, control, lag=lag, sleep=sleep)
    return Bot(runner, cycle, trader, sink, saved.last_time)


def make_trader(
    config: BotConfig,
    feed: Feed,
    saved: Saved,
    now: datetime,
    new_id: Callable[[], str],
    *,
    detailed: bool,
) -> Trader:
    """The core with the saved account; what was left half done is put on record."""
    setup = TraderSetup(
        coins=config.coins,
        limits=config.limits,
        specs=feed.specs,
        deposit=config.deposit if saved.deposit is None else saved.deposit,
        zone=config.zone,
        patience=config.patience,
        detailed=detailed,
    )
    trader = paper_trader(setup, now, new_id, config.slippage)
    unprotected = restore(trader, saved)
    _settle(trader, saved, unprotected, now)
    return trader


def _settle(trader: Trader, saved: Saved, unprotected: Sequence[str], now: datetime) -> None:
    """Close the books on what a killed run left open."""
    for decision_id, coin in saved.pending.items():
        trader.settle(
            decision_id, coin, "the bot ended before the order's outcome was recorded", now
        )
    for coin in unprotected:
        _LOG.error("%s: its stop cannot be placed again; the position is closed", coin)
        trader.close_unprotected(coin)
