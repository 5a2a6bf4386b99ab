"""`run_analysis_bot.py`: start the bot here, or control one that runs elsewhere."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

from motherhaven.bot.build import build_bot, simulated_journal
from motherhaven.bot.config import BotConfig, journal_path
from motherhaven.bot.control import ControlDesk, ControlRoom, Verb
from motherhaven.bot.journal_sink import JournalSink
from motherhaven.bot.market.choose import choose_feed
from motherhaven.bot.market.feed import Feed
from motherhaven.bot.market.files import FileFeed
from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import ConfigError, MotherhavenError
from motherhaven.contract.ids import IdSource
from motherhaven.recorder.console import configure_logging
from motherhaven.recorder.factory import open_logger
from motherhaven.settings import Settings, SystemClock, load_settings

_LOG: Final = logging.getLogger("motherhaven")
WORDS: Final = ("start", "stop", "pause", "resume", "status")
USAGE: Final = "usage: run_analysis_bot.py [start|stop|pause|resume|status]"


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the word says (no word: start); returns the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    word = words[0] if words else "start"
    if len(words) > 1 or word not in WORDS:
        _tell(USAGE, error=True)
        return 2
    try:
        settings = load_settings()
        if word == "start":
            asyncio.run(_start(settings))
            return 0
        return _control(settings, word)
    except MotherhavenError as error:
        _tell(f"{type(error).__name__}: {error}", error=True)
        return 1
    except KeyboardInterrupt:
        return 130


def control_folder(settings: Settings) -> Path:
    """Where the bot of these settings is controlled: beside its journal."""
    journal = journal_path(settings)
    return journal.with_name(f"{journal.stem}.control")


def _control(settings: Settings, word: str) -> int:
    clock = SystemClock()
    desk = ControlDesk(control_folder(settings), clock, IdSource(clock, os.urandom).new)
    if word == "status":
        state = desk.state()
        _tell("no bot is running here" if state is None else describe(state))
        return 0 if state is not None else 3
    if word == "stop" and desk.state() is None:
        _tell("no bot is running here")
        return 0
    _tell(desk.send(cast("Verb", word)))
    return 0


async def _start(settings: Settings) -> None:
    config = BotConfig.from_settings(settings)
    configure_logging(settings.log_dir, settings.log_level)
    clock = SystemClock()
    ids = IdSource(clock, os.urandom)
    control = ControlRoom(control_folder(settings), clock)
    control.enter(ids.new())
    try:
        feed = await choose_feed(config.market, config.coins, clock, _LOG.warning)
        try:
            await _run(settings, config, feed, clock, ids, control)
        finally:
            await feed.close()
    finally:
        control.leave()


async def _run(
    settings: Settings,
    config: BotConfig,
    feed: Feed,
    clock: Clock,
    ids: IdSource,
    control: ControlRoom,
) -> None:
    if isinstance(feed, FileFeed):
        raise ConfigError(
            "TRADING_MARKET=replay:…: bars of the past are replayed with `motherhaven replay "
            "--bars COIN=FILE`, not with the running bot"
        )
    path = simulated_journal(config.journal, feed) if feed.simulated else config.journal
    logger = open_logger(
        settings,
        clock=clock,
        ids=ids,
        mode="simulated" if feed.simulated else "paper",
        bot_name=config.name,
        path=path,
    )
    sink = JournalSink(logger.recorder, logger.shipper)
    bot = build_bot(config, feed, sink, clock, ids, control=control)
    stop = asyncio.Event()
    stop_on_signals(stop)
    _LOG.info(
        "%s trades on paper: %s, %s decides every %d s, journal %s",
        config.name, feed.name, bot.cycle.decider.name, config.interval_seconds, path,
    )  # fmt: skip
    await bot.run(stop)


def stop_on_signals(stop: asyncio.Event) -> None:
    """Set `stop` on Ctrl-C and SIGTERM."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))


def describe(state: Mapping[str, Any]) -> str:
    """A running bot's state as lines for people."""
    positions = state.get("positions") or {}
    shown = ", ".join(f"{coin} {size}" for coin, size in positions.items()) or "none"
    shipping = state.get("shipping") or {}
    lag = (
        f"{shipping.get('behind', 0)} events behind, {shipping.get('quarantined', 0)} set aside"
        if shipping
        else "off (only the local journal)"
    )
    market = f"{state.get('market')}{' (SIMULATED prices)' if state.get('simulated') else ''}"
    lines = [
        f"state       {state.get('state')} (pid {state.get('pid')})",
        f"decider     {state.get('decider')}",
        f"market      {market}",
        f"last cycle  {state.get('last_cycle') or 'none yet'}",
        f"next cycle  {state.get('next_cycle')}",
        f"equity      {state.get('equity')} USD",
        f"positions   {shown}",
        f"shipping    {lag}",
    ]
    if state.get("kill_switch"):
        lines.append("kill switch ENGAGED: no entries until it is re-armed")
    if state.get("trouble"):
        lines.append(f"trouble     {state['trouble']}")
    return "\n".join(lines)


def _tell(text: str, *, error: bool = False) -> None:
    (sys.stderr if error else sys.stdout).write(text + "\n")
