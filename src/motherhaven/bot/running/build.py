"""Puts a bot together: market, journal, saved state, decider, core and loop."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final, TypedDict

from motherhaven.bot.core.setup import TraderSetup
from motherhaven.bot.core.trader import Trader
from motherhaven.bot.decider.budget import ModelBudget
from motherhaven.bot.decider.choose import choose_decider
from motherhaven.bot.execution.kill_latch import KillLatch
from motherhaven.bot.market.feed import Feed
from motherhaven.bot.market.instruments import FeeRates, MarketSpec
from motherhaven.bot.running.config import BotConfig
from motherhaven.bot.running.control import ControlServer
from motherhaven.bot.running.cycle import Cycle, Facts
from motherhaven.bot.running.killing import KillObeyer
from motherhaven.bot.running.live import LiveLoop
from motherhaven.bot.running.live_account import LiveAccount
from motherhaven.bot.running.recover import KINDS, Saved, fold, restore
from motherhaven.bot.running.runner import Runner, Sleep
from motherhaven.bot.running.shadow import Shadow
from motherhaven.bot.running.sink import Sink
from motherhaven.bot.running.supervision import Supervisor
from motherhaven.bot.running.venues import paper_trader
from motherhaven.contract.clock import Clock
from motherhaven.contract.ids import IdSource
from motherhaven.settings.bot import TradingMode

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
    latch: KillLatch | None = None,
    live: LiveAccount | None = None,
    allow_resume: bool = False,
) -> Bot:
    """A bot on `feed` with the account that `sink` has on record, or a new one.

    `latch` is the kill latch on disk; `live` an account at a venue, in place of a paper one.

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
    made = partial(make_trader, config, feed.specs, saved, now, ids.new, clock.now)
    trader = made(detailed=decider.is_model, live=live)
    cycle = Cycle(trader, decider, sink, Facts(feed.name, config.interval_seconds, config.tags))
    cycle.paused, cycle.guidance = saved.paused, saved.guidance
    cycle.notes = [*notes, *feed.warnings]
    cycle.set_aside = dict(feed.set_aside)
    parts = _money_parts(config, cycle, clock, latch, live, saved.frozen)
    runner = Runner(
        cycle, feed, clock, control, lag=lag, sleep=sleep, allow_resume=allow_resume, **parts
    )
    if live is not None and runner.station is not None:
        live.watch.gate.also(runner.station.latches.gate)
    return Bot(runner, cycle, trader, sink, saved.last_time)


def _of_market(config: BotConfig, feed: Feed) -> BotConfig:
    """The bot's settings with the coins that the market has."""
    limits = config.limits.changed(coins=frozenset(feed.coins))
    return replace(config, coins=feed.coins, limits=limits)


class MoneyParts(TypedDict):
    """What a runner needs beyond paper: the pump, the loop, the watch, the shadow."""

    pump: Callable[[], Awaitable[None]] | None
    live: LiveLoop | None
    watch: Supervisor | None
    shadow: Shadow | None


def _money_parts(
    config: BotConfig,
    cycle: Cycle,
    clock: Clock,
    latch: KillLatch | None,
    live: LiveAccount | None,
    frozen: Mapping[str, str],
) -> MoneyParts:
    """The kill latch of any bot; what keeps a live account's books; a shadow's comparison.

    `frozen` are coins in which an earlier run let nothing be opened, and why.
    """
    watch = None
    if latch is not None:
        armed = None if live is None else live.watch
        watch = Supervisor(cycle, clock, KillObeyer(latch, cycle), armed, config.data)
        cycle.watched = watch.warnings
    shadow = _shadow(config, cycle.trader, cycle.sink)
    if shadow is not None:
        cycle.amend, cycle.more = shadow.amend, shadow.sum.shown
    if live is None:
        return {"pump": None, "live": None, "watch": watch, "shadow": shadow}
    if watch is not None:
        cycle.more = watch.told
    loop = LiveLoop(cycle, config.timers, live.pump, frozen, (live.identity, clock.now()))
    return {"pump": live.pump, "live": loop, "watch": watch, "shadow": None}


def _shadow(config: BotConfig, trader: Trader, sink: Sink) -> Shadow | None:
    if config.mode is not TradingMode.SHADOW:
        return None
    return Shadow(trader.account, (one.payload for one in sink.read(("fill",))))


def make_trader(
    config: BotConfig,
    specs: Mapping[str, MarketSpec],
    saved: Saved,
    now: datetime,
    new_id: Callable[[], str],
    clock: Callable[[], datetime],
    *,
    detailed: bool,
    live: LiveAccount | None = None,
) -> Trader:
    """The core with the saved account; what was left half done is put on record.

    The books of a `live` account begin with the money that it has when it is first seen, and
    its orders end by `clock`: the market's time may be that of bars that are caught up with.
    """
    deposit = config.deposit if live is None else live.wallet
    setup = TraderSetup(
        coins=config.coins,
        limits=config.limits,
        specs=specs,
        deposit=deposit if saved.deposit is None else saved.deposit,
        fees=FeeRates() if live is None else live.fees,
        zone=config.zone,
        margin_mode=config.margin_mode,
        patience=config.patience,
        detailed=detailed,
    )
    if live is None:
        trader = paper_trader(setup, now, new_id, config.slippage)
    else:
        trader = Trader(setup, live.venue, now, new_id)
        trader.account.gate = live.watch.gate
        trader.account.clock = clock
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
