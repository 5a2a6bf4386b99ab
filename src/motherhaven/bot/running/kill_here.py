"""`kill` and `stop --flatten` from another terminal: through the bot where one runs, else alone.

The latch is on disk before anything else, so entries end at once whatever the bot does. Where
no bot runs, live positions are closed from here, under the bot's own lock.
"""

import asyncio
import logging
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

from motherhaven.bot.decider.types import Answer, Context
from motherhaven.bot.execution.kill_latch import Kill, KillLatch
from motherhaven.bot.running.access import venue_access
from motherhaven.bot.running.build import make_trader
from motherhaven.bot.running.config import BotConfig
from motherhaven.bot.running.control import ControlClient, ControlServer
from motherhaven.bot.running.cycle import Cycle, Facts
from motherhaven.bot.running.journal_sink import JournalSink
from motherhaven.bot.running.killing import KillObeyer
from motherhaven.bot.running.live_account import LiveAccount, open_live
from motherhaven.bot.running.recover import KINDS, Saved, fold
from motherhaven.bot.running.sink import MemorySink, Sink
from motherhaven.contract.clock import Clock
from motherhaven.contract.display import for_terminal
from motherhaven.contract.errors import ConfigError, ContractError, JournalError
from motherhaven.contract.ids import IdSource
from motherhaven.recorder.factory import open_logger
from motherhaven.settings import Settings, SystemClock, TradingMode

_LOG: Final = logging.getLogger("motherhaven")
_OBEYED_SECONDS: Final = 20.0
_FLAT_SECONDS: Final = 120.0
_POLL_SECONDS: Final = 0.1
_TURN_SECONDS: Final = 0.5
Tell = Callable[[str], None]


class Nobody:
    """Decides nothing: the account is only being closed."""

    name = "nobody"
    is_model = False

    async def decide(self, _context: Context) -> Answer:
        """Nothing at all."""
        return Answer()


def kill_here(
    settings: Settings, folder: Path, client: ControlClient, *, flatten: bool, stop: bool
) -> int:
    """Kill the bot of this folder; 0 when all that was asked for is done, else 1.

    Raises:
        ConfigError: the latch cannot be written, or the account cannot be opened.
    """
    clock = SystemClock()
    reason = f"motherhaven kill{' --flatten' if flatten else ''} in a terminal"
    state = client.state()
    try:
        kill = KillLatch(folder).engage(clock.now(), reason, flatten=flatten)
    except ConfigError as error:
        if state is None:
            raise
        raise ConfigError(
            f"{error}; the bot runs on. To close everything without the disk: kill -USR1 "
            f"{state.get('pid', 'PID')}"
        ) from None
    if state is not None:
        return _through_bot(client, kill, flatten=flatten, stop=stop)
    if settings.trading_mode is TradingMode.LIVE and flatten:
        return asyncio.run(_alone(settings, folder, clock, _tell))
    _tell("no bot runs here; the next start begins with the kill switch engaged")
    return 0


def _through_bot(client: ControlClient, kill: Kill, *, flatten: bool, stop: bool) -> int:
    """Wait until the running bot has obeyed this kill, and say what is left until it is flat.

    What the bot published before it saw this kill tells of an earlier one.
    """
    begun, said = time.monotonic(), ""
    while True:
        state = client.state()
        if state is None:
            _tell("the bot has ended; the kill switch stays engaged")
            return 1 if flatten else 0
        passed = time.monotonic() - begun
        if state.get("kill_obeyed") is True and state.get("killed_at") == kill.at:
            left = state.get("not_flat")
            if left is None or not flatten:
                _tell(str(state.get("kill_told") or "the kill switch is engaged"))
                return _stopped(client) if stop else 0
            if left != said:
                said = str(left)
                _tell(f"NOT FLAT yet: {said}")
            if passed > _FLAT_SECONDS:
                _tell("the bot goes on closing and was not ended; look: motherhaven bot status")
                return 1
        elif passed > _OBEYED_SECONDS:
            _tell(_stuck(state, flatten=flatten))
            return 1
        time.sleep(_POLL_SECONDS)


def _stuck(state: dict[str, Any], *, flatten: bool) -> str:
    again = ", then run motherhaven kill --flatten again: it closes without the bot"
    return (
        f"the bot (pid {state.get('pid')}) has not answered within {_OBEYED_SECONDS:g} s. No entry "
        f"is sent: the kill is on disk. End that process{again if flatten else ''}"
    )


def _stopped(client: ControlClient) -> int:
    _tell(client.send("stop"))
    return 0


async def _alone(settings: Settings, folder: Path, clock: Clock, tell: Tell) -> int:
    """Open the account and close everything, with the bot's lock held so that none starts."""
    config, ids = BotConfig.from_settings(settings), IdSource(clock, os.urandom)
    control = ControlServer(folder, clock)
    control.enter(ids.new())
    try:
        tell("no bot runs here; the account is opened to close what is open")
        async with asyncio.timeout(_FLAT_SECONDS):
            live = await open_live(
                config.venue, partial(venue_access, settings), config.limits, folder, clock, ids,
                asyncio.Event(),
            )  # fmt: skip
        if live is None:
            return 1
        sink = _sink(settings, config, clock, ids)
        try:
            return await _close(config, live, sink, folder, clock, ids, tell)
        finally:
            sink.close()
            await live.close()
    except TimeoutError:
        raise ConfigError(
            f"{config.venue} did not answer within {_FLAT_SECONDS:g} s; close the positions at the "
            "venue's own page, or try again"
        ) from None
    finally:
        control.leave()


async def _close(
    config: BotConfig,
    live: LiveAccount,
    sink: Sink,
    folder: Path,
    clock: Clock,
    ids: IdSource,
    tell: Tell,
) -> int:
    saved, specs = _saved(config, sink), await asyncio.to_thread(live.venue.specs)
    now = clock.now()
    trader = await asyncio.to_thread(
        partial(
            make_trader, config, specs, saved, now, ids.new, clock.now, detailed=False, live=live
        )
    )
    cycle = Cycle(trader, Nobody(), sink, Facts(config.venue, config.interval_seconds, config.tags))
    killer, said = KillObeyer(KillLatch(folder), cycle), None
    deadline = clock.monotonic() + _FLAT_SECONDS
    while True:
        told = await cycle.core(killer.obey_latch, clock.now())
        if told is not None and told != said:
            tell(told)
            said = told
        cycle.flush()
        if killer.left is None or clock.monotonic() > deadline:
            break
        await asyncio.sleep(_TURN_SECONDS)
        await live.pump()
    cycle.status("bot stopped", clock.now(), state="stopped")
    cycle.flush()
    return 0 if killer.left is None else 1


def _saved(config: BotConfig, sink: Sink) -> Saved:
    """What is on record; a record that cannot be read must not keep positions open."""
    try:
        return fold(sink.read(KINDS), config.zone)
    except (ContractError, JournalError) as error:
        _LOG.error("Kill: the journal cannot be read (%s); the venue's own word counts", error)
        return Saved()


def _sink(settings: Settings, config: BotConfig, clock: Clock, ids: IdSource) -> Sink:
    """The bot's journal, or memory where it cannot be opened: closing goes on without it."""
    try:
        logger = open_logger(
            settings, clock=clock, ids=ids, mode="live", bot_name=config.name, path=config.journal
        )
    except JournalError as error:
        _LOG.error("Kill: the journal cannot be opened (%s); closing is not on record", error)
        return MemorySink()
    return JournalSink(logger.recorder, logger.shipper)


def _tell(text: str) -> None:
    sys.stdout.write(for_terminal(text, lines=True) + "\n")
    sys.stdout.flush()
