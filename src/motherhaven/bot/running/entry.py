"""`run_analysis_bot.py`: start the bot here, or control one that runs elsewhere."""

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, cast

from motherhaven.bot.decider.guidance import read_guidance
from motherhaven.bot.market.choose import choose_feed
from motherhaven.bot.market.feed import Feed
from motherhaven.bot.market.files import FileFeed
from motherhaven.bot.running.build import build_bot, simulated_journal
from motherhaven.bot.running.config import BotConfig, journal_path
from motherhaven.bot.running.control import ControlClient, ControlServer, Verb
from motherhaven.bot.running.journal_sink import JournalSink
from motherhaven.bot.running.logs import configure_bot_logging
from motherhaven.contract.clock import Clock
from motherhaven.contract.display import for_terminal
from motherhaven.contract.errors import ConfigError, MotherhavenError
from motherhaven.contract.ids import IdSource
from motherhaven.recorder.factory import open_logger
from motherhaven.settings import Settings, SystemClock, load_settings, require_names

_LOG: Final = logging.getLogger("motherhaven")
WORDS: Final = ("start", "stop", "pause", "resume", "status", "kill", "arm", "guide")
ENDING_SIGNALS: Final = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
USAGE: Final = """usage: run_analysis_bot.py [start|stop|pause|resume|status]
       run_analysis_bot.py kill [--flatten]             no entries; --flatten closes everything
       run_analysis_bot.py arm                          end the kill switch
       run_analysis_bot.py guide "TEXT" [--hours N]     what the decider is to weigh
       run_analysis_bot.py guide --clear"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the word says (no word: start); returns the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    word = words[0] if words else "start"
    details = arguments_of(word, words[1:])
    if word not in WORDS or details is None:
        _tell(USAGE, error=True)
        return 2
    try:
        settings = load_settings()
        if word == "start":
            return asyncio.run(_start(settings, with_parent=details["with_parent"]))
        return _control(settings, word, details)
    except MotherhavenError as error:
        _tell(f"{type(error).__name__}: {error}", error=True)
        return 1
    except KeyboardInterrupt:
        return 130


def arguments_of(word: str, rest: Sequence[str]) -> dict[str, Any] | None:
    """The words that follow a control word, as the command's arguments; None if they mean nothing.

    kill [--flatten] | guide TEXT [--hours N] | guide --clear; no other word takes any, but
    for start's --with-parent: end when standard input does (a supervisor's pipe).
    """
    words = list(rest)
    if word == "start":
        return {"with_parent": bool(words)} if words in ([], ["--with-parent"]) else None
    if word == "kill":
        return {"flatten": bool(words)} if words in ([], ["--flatten"]) else None
    if word != "guide":
        return None if words else {}
    if words == ["--clear"]:
        return {"text": ""}
    found: dict[str, Any] = {}
    if "--hours" in words:
        place = words.index("--hours")
        try:
            found["hours"] = float(words[place + 1])
        except (IndexError, ValueError):
            return None
        del words[place : place + 2]
    if len(words) != 1 or words[0].startswith("--") or not words[0].strip():
        return None
    return {"text": words[0], **found}


def control_folder(settings: Settings) -> Path:
    """Where the bot of these settings is controlled: beside its journal."""
    journal = journal_path(settings)
    return journal.with_name(f"{journal.stem}.control")


def _control(settings: Settings, word: str, details: Mapping[str, Any]) -> int:
    clock = SystemClock()
    desk = ControlClient(control_folder(settings), clock, IdSource(clock, os.urandom).new)
    if word == "status":
        state = desk.state()
        _tell("no bot is running here" if state is None else describe(state))
        return 0 if state is not None else 3
    if word == "stop" and desk.state() is None:
        _tell("no bot is running here")
        return 0
    if word == "kill" and desk.state() is None:
        _tell(desk.kill_next(flatten=details.get("flatten") is True))
        return 0
    if word == "guide":
        read_guidance(details["text"], details.get("hours"), clock.now())
    _tell(desk.send(cast("Verb", word), details))
    return 0


async def _start(settings: Settings, *, with_parent: bool) -> int:
    config = BotConfig.from_settings(settings)
    ignored = require_names()
    undo = configure_bot_logging(
        settings.log_dir, settings.log_level, settings.motherhaven_bot or "bot"
    )
    for warning in ignored:
        _LOG.warning("Settings: %s", warning)
    stop = asyncio.Event()
    stop_on_signals(stop)
    if with_parent:
        stop_with_parent(stop)
    try:
        await _open(settings, config, stop)
    except MotherhavenError as error:
        _LOG.error("%s: %s", type(error).__name__, error)
        return 1
    finally:
        undo()
    return 0


async def _open(settings: Settings, config: BotConfig, stop: asyncio.Event) -> None:
    """Take the control folder and the market, run, and let go of both."""
    clock = SystemClock()
    ids = IdSource(clock, os.urandom)
    control = ControlServer(control_folder(settings), clock)
    control.enter(ids.new())
    try:
        feed = await _market(config, clock, stop)
        if feed is None:
            return
        try:
            await _run(settings, config, feed, clock, ids, control, stop)
        finally:
            await feed.close()
    finally:
        control.leave()


async def _market(config: BotConfig, clock: Clock, stop: asyncio.Event) -> Feed | None:
    """The market's feed; None when the bot is told to stop before it is there."""
    choice = asyncio.ensure_future(choose_feed(config.market, config.coins, clock, _LOG.warning))
    ends = asyncio.ensure_future(stop.wait())
    await asyncio.wait({choice, ends}, return_when=asyncio.FIRST_COMPLETED)
    ends.cancel()
    if choice.done():
        return choice.result()
    choice.cancel()
    await asyncio.gather(choice, return_exceptions=True)
    return None


async def _run(
    settings: Settings,
    config: BotConfig,
    feed: Feed,
    clock: Clock,
    ids: IdSource,
    control: ControlServer,
    stop: asyncio.Event,
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
    lag = timedelta(seconds=1 + settings.cycle_offset_seconds)
    bot = build_bot(config, feed, sink, clock, ids, control=control, lag=lag)
    _LOG.info(
        "%s trades on paper: %s, %s decides every %d s, journal %s",
        config.name, feed.name, bot.cycle.decider.name, config.interval_seconds, path,
    )  # fmt: skip
    await bot.run(stop)


def stop_on_signals(stop: asyncio.Event) -> None:
    """Set `stop` on Ctrl-C, SIGTERM and a closed terminal (SIGHUP, unless nohup ignores it)."""
    loop = asyncio.get_running_loop()
    for number in ENDING_SIGNALS:
        if signal.getsignal(number) is signal.SIG_IGN:
            continue
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))


def stop_with_parent(stop: asyncio.Event) -> None:
    """Set `stop` when standard input ends: a pipe of the parent's ends however that does."""
    loop = asyncio.get_running_loop()

    def watch() -> None:
        # Not through sys.stdin, whose lock a thread would still hold at exit.
        while os.read(0, 4096):
            pass
        loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=watch, daemon=True, name="parent").start()


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
    if state.get("guidance"):
        lines.append(f"guidance    {state['guidance']}")
    if state.get("trouble"):
        lines.append(f"trouble     {state['trouble']}")
    return "\n".join(lines)


def _tell(text: str, *, error: bool = False) -> None:
    (sys.stderr if error else sys.stdout).write(for_terminal(text, lines=True) + "\n")
