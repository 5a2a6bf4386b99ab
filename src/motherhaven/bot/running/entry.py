"""`run_analysis_bot.py`: start the bot here, or control one that runs elsewhere."""

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

from motherhaven.bot.decider.guidance import read_guidance
from motherhaven.bot.execution.kill_latch import KillLatch
from motherhaven.bot.market.choose import choose_feed
from motherhaven.bot.market.feed import Feed
from motherhaven.bot.market.files import FileFeed
from motherhaven.bot.market.hyperliquid import MAINNET
from motherhaven.bot.running.access import venue_access
from motherhaven.bot.running.account_view import view_account
from motherhaven.bot.running.build import Bot, build_bot, simulated_journal
from motherhaven.bot.running.config import BotConfig, journal_path
from motherhaven.bot.running.control import ControlClient, ControlServer, Verb
from motherhaven.bot.running.journal_sink import JournalSink
from motherhaven.bot.running.kill_here import kill_here
from motherhaven.bot.running.kill_signal import kill_on_signal
from motherhaven.bot.running.live_account import LiveAccount, open_live
from motherhaven.bot.running.log_shipping import level_of
from motherhaven.bot.running.logs import configure_bot_logging, shipped_log
from motherhaven.bot.running.strategy_thread import StrategyThread
from motherhaven.bot.running.venue_lines import venue_lines
from motherhaven.contract.clock import Clock
from motherhaven.contract.display import for_terminal
from motherhaven.contract.errors import ConfigError, MotherhavenError
from motherhaven.contract.events import Mode
from motherhaven.contract.ids import IdSource
from motherhaven.contract.money import plain
from motherhaven.recorder.factory import open_logger
from motherhaven.recorder.sending.transport import HttpTransport
from motherhaven.recorder.trading_logger import TradingLogger
from motherhaven.settings import (
    Settings,
    SystemClock,
    TradingMode,
    load_settings,
    require_names,
)

_LOG: Final = logging.getLogger("motherhaven")
WORDS: Final = ("start", "stop", "pause", "resume", "status", "kill", "arm", "guide", "unfreeze")
ENDING_SIGNALS: Final = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
USAGE: Final = """usage: run_analysis_bot.py [start|stop|pause|resume|status]
       run_analysis_bot.py stop --flatten               kill, close everything, then end the bot
       run_analysis_bot.py kill [--flatten]             no entries; --flatten closes everything
       run_analysis_bot.py arm                          end the kill switch; arms no live trading
       run_analysis_bot.py guide "TEXT" [--hours N]     what the decider is to weigh
       run_analysis_bot.py guide --clear
       run_analysis_bot.py unfreeze COIN                take over what was found in a coin"""


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

    kill [--flatten] | stop [--flatten] | guide TEXT [--hours N] | guide --clear | unfreeze COIN;
    no other word takes any, but for start's --with-parent: end when standard input does (a
    supervisor's pipe).
    """
    words = list(rest)
    if word == "start":
        return {"with_parent": bool(words)} if words in ([], ["--with-parent"]) else None
    if word in ("kill", "stop"):
        return {"flatten": bool(words)} if words in ([], ["--flatten"]) else None
    if word == "unfreeze":
        return {"coin": words[0]} if len(words) == 1 and words[0].isalnum() else None
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
    folder = control_folder(settings)
    client = ControlClient(folder, clock, IdSource(clock, os.urandom).new)
    if word == "status":
        state = client.state()
        _tell("no bot is running here" if state is None else describe(state))
        return 0 if state is not None else 3
    if word == "kill" or (word == "stop" and details["flatten"]):
        return kill_here(settings, folder, client, flatten=details["flatten"], stop=word == "stop")
    if word == "stop" and client.state() is None:
        _tell("no bot is running here")
        return 0
    if word == "guide":
        read_guidance(details["text"], details.get("hours"), clock.now())
    _tell(client.send(cast("Verb", word), details))
    return 0


async def _start(settings: Settings, *, with_parent: bool) -> int:
    config = BotConfig.from_settings(settings)
    ignored = require_names()
    undo = configure_bot_logging(
        settings.log_dir, settings.log_level, settings.motherhaven_bot or "bot",
        mark=config.mark, secrets=settings.secrets,
    )  # fmt: skip
    for warning in ignored:
        _LOG.warning("Settings: %s", warning)
    stop = asyncio.Event()
    stop_on_signals(stop)
    kill_on_signal(KillLatch(control_folder(settings)), SystemClock())
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
    url = config.market_url or MAINNET
    choice = asyncio.ensure_future(
        choose_feed(config.market, config.coins, clock, _LOG.warning, url)
    )
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
    live = None
    if config.live:
        limits = config.limits.changed(coins=frozenset(feed.coins))
        access, folder = partial(venue_access, settings), control_folder(settings)
        live = await open_live(config.venue, access, limits, folder, clock, ids, stop)
        if live is None:
            return
    try:
        await _trade(settings, config, feed, clock, ids, control, live, stop)
    finally:
        if live is not None:
            await live.close()


async def _trade(
    settings: Settings,
    config: BotConfig,
    feed: Feed,
    clock: Clock,
    ids: IdSource,
    control: ControlServer,
    live: LiveAccount | None,
    stop: asyncio.Event,
) -> None:
    """Open the journal, put the bot together and let it run until it is told to stop."""
    invented = feed.simulated and not config.live
    path = simulated_journal(config.journal, feed) if invented else config.journal
    mode: Mode = "simulated" if invented else config.mode.value
    logger = open_logger(settings, clock=clock, ids=ids, mode=mode, bot_name=config.name, path=path)
    sink = JournalSink(logger.recorder, logger.shipper)
    lag = timedelta(seconds=1 + settings.cycle_offset_seconds)
    latch = KillLatch(control_folder(settings))
    bot = build_bot(
        config, feed, sink, clock, ids, control=control, lag=lag, latch=latch, live=live,
        allow_resume=settings.control_allow_resume,
    )  # fmt: skip
    if config.mode is TradingMode.SHADOW and settings.hyperliquid_account_address:
        bot.cycle.notes.append(await shadow_of(settings, clock))
    _LOG.info(
        "%s %s: %s, %s decides every %d s, journal %s",
        config.name, how(config, live), feed.name, bot.cycle.decider.name, config.interval_seconds,
        path,
    )  # fmt: skip
    with StrategyThread() as thread, _shipped_log(settings, config, logger):
        bot.cycle.think = thread.think
        _fetch_commands(settings, bot, logger)
        try:
            await bot.run(stop)
        finally:
            if bot.runner.station is not None:
                bot.runner.station.close()


def _fetch_commands(settings: Settings, bot: Bot, logger: TradingLogger) -> None:
    """Fetch commands from the server that the records go to, unless that is switched off."""
    station = bot.runner.station
    if station is None or logger.shipper is None or settings.motherhaven_control == "off":
        return
    url, key = settings.motherhaven_api_url.rstrip("/"), settings.motherhaven_api_key or ""
    station.fetch_from(HttpTransport(url, key), logger.recorder.journal.bot_id)


def _shipped_log(
    settings: Settings, config: BotConfig, logger: TradingLogger
) -> AbstractContextManager[object]:
    """Sends the log to the server that the records go to, where that is switched on."""
    level = level_of(settings.motherhaven_ship_log)
    if level is None or logger.shipper is None:
        return nullcontext()
    url, key = settings.motherhaven_api_url.rstrip("/"), settings.motherhaven_api_key or ""
    return shipped_log(
        HttpTransport(url, key), logger.bot_id, level, mark=config.mark, secrets=settings.secrets
    )


async def shadow_of(settings: Settings, clock: Clock) -> str:
    """What the account that a shadow follows has; it is read once, and without a key."""
    try:
        view = await asyncio.to_thread(view_account, settings, clock)
    except MotherhavenError as error:
        return f"shadow: the account could not be read ({error})"
    held = ", ".join(f"{coin} {plain(one.size)}" for coin, one in view.positions.items())
    told = f"shadow of {view.identity.account} ({view.identity.network})"
    return f"{told}: equity {plain(view.identity.equity)} USD, open {held or 'nothing'}"


def how(config: BotConfig, live: LiveAccount | None) -> str:
    """What kind of money the bot trades with, for the log's first line."""
    if live is not None:
        who = live.identity
        return (
            f"trades LIVE at {who.venue} ({who.network}), account {who.account}, equity "
            f"{plain(who.equity)} USD; entries need `motherhaven arm`"
        )
    if config.mode is TradingMode.SHADOW:
        return "trades as a SHADOW: paper money, beside the real order book"
    return "trades on paper"


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
    lines += _live_lines(state)
    lines += venue_lines(state)
    if state.get("kill_switch"):
        lines.append("kill switch ENGAGED: no entries until it is re-armed")
    lines += [f"latch       {latch}" for latch in state.get("latches") or ()]
    if state.get("guidance"):
        lines.append(f"guidance    {state['guidance']}")
    if state.get("trouble"):
        lines.append(f"trouble     {state['trouble']}")
    return "\n".join(lines)


def _live_lines(state: Mapping[str, Any]) -> list[str]:
    """What a status says of real money and of the kill latch."""
    lines = []
    if state.get("account"):
        lines.append(f"LIVE        {state['account']} ({state.get('network')})")
        left = state.get("may_lose")
        armed = f"ARMED; {left} USD may still be lost" if state.get("armed") else "NOT ARMED: "
        lines.append(
            f"armed       {armed}{'' if state.get('armed') else state.get('not_armed_why')}"
        )
    if state.get("not_flat"):
        lines.append(f"NOT FLAT    {state['not_flat']}")
    return lines


def _tell(text: str, *, error: bool = False) -> None:
    (sys.stderr if error else sys.stdout).write(for_terminal(text, lines=True) + "\n")
