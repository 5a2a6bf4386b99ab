"""`motherhaven replay` without its command line: journal, shipping and decider around a replay."""

import asyncio
import logging
import os
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from motherhaven.bot.decider.choose import BASELINES, choose_decider
from motherhaven.bot.decider.config import ModelConfig
from motherhaven.bot.decider.recorded import RecordedDecider, read_answers
from motherhaven.bot.decider.types import Decider
from motherhaven.bot.market.files import FileFeed
from motherhaven.bot.replay.engine import Replay, ReplayConfig, Sleep
from motherhaven.bot.replay.report import ReplayReport
from motherhaven.bot.replay.settled import settled_objects
from motherhaven.bot.running.journal_sink import JournalSink
from motherhaven.bot.running.sink import MemorySink
from motherhaven.contract.clock import Clock
from motherhaven.contract.ids import IdSource
from motherhaven.recorder.factory import open_recorder, open_shipper

_LOG: Final = logging.getLogger("motherhaven")
SHIP_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class ShipTo:
    """A server to ship a replay's records to."""

    base_url: str
    api_key: str = field(repr=False)
    timeout: float = 10.0
    bot_name: str | None = None


@dataclass(frozen=True, slots=True)
class ReplayRequest:
    """A replay with what surrounds it.

    `journal` None puts nothing on record; the audit then folds what the books were told. `decider`
    is any name that TRADING_DECIDER takes; `decisions` names a journal whose recorded
    answers decide in its place.
    """

    config: ReplayConfig
    decider: str = "ema-cross"
    journal: Path | None = None
    ship: ShipTo | None = None
    model: ModelConfig = field(default_factory=ModelConfig)
    decisions: Path | None = None


async def run_replay(
    request: ReplayRequest,
    *,
    clock: Clock,
    sleep: Sleep = asyncio.sleep,
    stop: asyncio.Event | None = None,
    say: Callable[[str], None] = _LOG.warning,
    feed: FileFeed | None = None,
) -> ReplayReport:
    """Replay bars and report. Equal requests with a baseline give equal reports.

    `sleep` paces the run when `config.pace` is set; `stop` ends it early, with a report of
    what was replayed until then. `feed` holds the bars where they were read already.

    Raises:
        MarketError: the bars cannot be used; the message names file and line.
        ConfigError: no such decider, or the server's address cannot be used.
        JournalError: the journal cannot be opened or written.
    """
    decider = _decider(request, clock, say)
    if request.journal is None and request.ship is None:
        # Nobody will read a record: the audit folds what the books were told instead.
        config = replace(request.config, brief=True)
        replay = Replay(config, decider, MemorySink(), clock, sleep, feed)
        with settled_objects():
            return await replay.run(stop)
    with ExitStack() as stack:
        path = request.journal
        if path is None:
            folder = tempfile.TemporaryDirectory(prefix="motherhaven-replay-")
            path = Path(stack.enter_context(folder)) / "replay.db"
        sink = _sink(request, path, decider, clock)
        stack.callback(sink.close)
        config = replace(request.config, candles=True, bulk=True)
        replay = Replay(config, decider, sink, clock, sleep, feed)
        with settled_objects():
            return await replay.run(stop)


async def run_side_by_side(
    requests: Sequence[ReplayRequest],
    *,
    clock: Clock,
    sleep: Sleep = asyncio.sleep,
    stop: asyncio.Event | None = None,
    say: Callable[[str], None] = _LOG.warning,
) -> list[ReplayReport]:
    """Several replays of the same bars, read once; one report each, in order.

    Raises:
        MarketError, ConfigError, JournalError: as `run_replay`.
    """
    feed = FileFeed(requests[0].config.bars)
    for note in feed.notes:
        say(note)
    reports = []
    for request in requests:
        reports.append(
            await run_replay(request, clock=clock, sleep=sleep, stop=stop, say=say, feed=feed)
        )
    return reports


def _decider(request: ReplayRequest, clock: Clock, say: Callable[[str], None]) -> Decider:
    interval = request.config.interval_seconds
    if request.decisions is None:
        return choose_decider(request.decider, request.model, clock, interval, say)
    return RecordedDecider(read_answers(request.decisions))


def _sink(request: ReplayRequest, path: Path, decider: Decider, clock: Clock) -> JournalSink:
    temporary = request.journal is None
    recorder = open_recorder(
        path,
        clock=clock,
        ids=IdSource(clock, os.urandom),
        mode="paper",
        # Nothing is lost with a temporary journal: the run can be repeated.
        synchronous="off" if temporary else "full",
    )
    shipper = None
    if request.ship is not None:
        shipper = open_shipper(
            recorder,
            base_url=request.ship.base_url,
            api_key=request.ship.api_key,
            timeout=request.ship.timeout,
            bot_name=request.ship.bot_name or f"replay {decider.name}",
        )
    # A baseline's records hold nothing but our own words and numbers.
    trusted = decider.name in BASELINES
    return JournalSink(recorder, shipper, SHIP_SECONDS, trusted=trusted)
