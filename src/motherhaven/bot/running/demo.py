"""The demo: paper bots of different deciders on one simulated market, a day old at once."""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

from motherhaven.bot.market.bar_series import KEPT
from motherhaven.bot.market.feed import Quote, first_of_interval
from motherhaven.bot.market.simulated import SimulatedFeed
from motherhaven.bot.running.build import Bot, build_bot
from motherhaven.bot.running.config import BotConfig
from motherhaven.bot.running.cycle import Cycle
from motherhaven.bot.running.journal_sink import JournalSink
from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import MotherhavenError
from motherhaven.contract.ids import IdSource
from motherhaven.contract.limits import RiskLimits
from motherhaven.recorder.factory import open_recorder, open_shipper

_LOG: Final = logging.getLogger("motherhaven")

DAY: Final = timedelta(days=1)
PAST_STEP: Final = 180
BATCH: Final = 1_000
SHIP_SECONDS: Final = 15.0
SHIP_LOOKS: Final = 60
FORGOTTEN: Final = timedelta(days=7)
BOTS: Final = (("hold", "buy-and-hold"), ("ema", "ema-cross"), ("random", "random"))
LIMITS: Final = RiskLimits(
    max_position_size_usd=Decimal(2_000),
    daily_loss_limit_usd=Decimal(1_000),
    max_total_margin_usd=Decimal(6_000),
    max_trades_per_day=None,
)


@dataclass(frozen=True, slots=True)
class DemoConfig:
    """Where the demo keeps its journals, and the server that it ships to (None: nowhere)."""

    folder: Path
    base_url: str | None = None
    api_key: str = ""
    coins: tuple[str, ...] = ("BTC", "ETH", "SOL")
    seed: int = 1
    interval_seconds: int = 60
    close_seconds: float = 0.5


async def run_demo(
    config: DemoConfig,
    stop: asyncio.Event,
    *,
    clock: Clock,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Let the bots live through the day before now, then go on by the minute until `stop`.

    Everything is marked simulated, in journals of its own under the folder; a second run
    goes on where the first one ended.

    Raises:
        JournalError: a journal cannot be opened.
    """
    feed = SimulatedFeed(config.coins, config.seed)
    bots = [_bot(config, name, decider, feed, clock, sleep) for name, decider in BOTS]
    try:
        now = clock.now()
        starts = []
        for bot in bots:
            starts.append(await live_through(bot, feed, now, sleep))
        await _shipped(bots, sleep)
        await asyncio.gather(
            *(
                bot.runner.run(stop, since, warm=True)
                for bot, since in zip(bots, starts, strict=True)
            )
        )
    finally:
        await asyncio.gather(*(asyncio.to_thread(bot.sink.close) for bot in bots))


async def _shipped(bots: Sequence[Bot], sleep: Callable[[float], Awaitable[None]]) -> None:
    """Wait a while for the past to arrive: the first status would else tell of a lag."""
    for _ in range(SHIP_LOOKS):
        if not any(bot.sink.lag().get("behind") for bot in bots):
            return
        await sleep(SHIP_SECONDS / SHIP_LOOKS)


async def live_through(
    bot: Bot, feed: SimulatedFeed, now: datetime, sleep: Callable[[float], Awaitable[None]]
) -> datetime:
    """Fast-forward a bot from a day before `now`, or from where it was, up to `now`.

    Events get the market's time, which is past; returns the last slice's time.
    """
    begin = first_of_interval(now - DAY, feed.interval)
    if bot.since is not None and now - bot.since < FORGOTTEN:
        begin = bot.since
    for piece in feed.slices(begin - KEPT * feed.interval, begin):
        bot.trader.warm(piece)
    seen = begin
    due = _after(max(begin, now - DAY - feed.interval))
    for piece in feed.slices(begin, now):
        bot.trader.on_slice(piece)
        seen = piece.time
        if seen >= due:
            due = _after(seen)
            await _past_cycle(bot.cycle, feed, seen, due)
        if len(bot.trader.records) >= BATCH:
            bot.cycle.flush()
            await sleep(0)
    bot.trader.log.keep_candles(seen)
    bot.cycle.flush()
    return seen


async def _past_cycle(cycle: Cycle, feed: SimulatedFeed, moment: datetime, due: datetime) -> None:
    async def quotes() -> dict[str, Quote]:
        return feed.quotes_at(moment)

    cycle.trader.funding_rates = {
        coin: quote.funding
        for coin, quote in feed.quotes_at(moment).items()
        if quote.funding is not None
    }
    hourly = moment.minute == 0
    await cycle.run(lambda: moment, quotes, due, heartbeat=hourly, durable=False)


def _after(moment: datetime) -> datetime:
    return datetime.fromtimestamp(
        (int(moment.timestamp()) // PAST_STEP + 1) * PAST_STEP, moment.tzinfo
    )


def _bot(
    config: DemoConfig,
    name: str,
    decider: str,
    feed: SimulatedFeed,
    clock: Clock,
    sleep: Callable[[float], Awaitable[None]],
) -> Bot:
    ids = IdSource(clock, os.urandom)
    path = config.folder / name / "trading_bot_simulated.db"
    recorder = open_recorder(path, clock=clock, ids=ids, mode="simulated")
    shipper = None
    if config.base_url is not None:
        shipper = open_shipper(
            recorder, base_url=config.base_url, api_key=config.api_key, bot_name=name
        )
    bot_config = BotConfig(
        name=name,
        coins=config.coins,
        journal=path,
        market=feed.name,
        decider=decider,
        interval_seconds=config.interval_seconds,
        limits=LIMITS,
    )
    sink = JournalSink(recorder, shipper, config.close_seconds)
    try:
        return build_bot(bot_config, feed, sink, clock, ids, say=_LOG.info, sleep=sleep)
    except MotherhavenError:
        sink.close()
        raise
