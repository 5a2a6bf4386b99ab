"""Puts recorder, shipper and logger together: from settings, or from given parts."""

import logging
import os
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from motherhaven.contract.clock import Clock
from motherhaven.contract.events import Mode
from motherhaven.contract.ids import IdSource
from motherhaven.recorder.client import MotherhavenLogger
from motherhaven.recorder.console import configure_logging
from motherhaven.recorder.core import Recorder
from motherhaven.recorder.database import MEMORY, Synchronous
from motherhaven.recorder.journal import Journal
from motherhaven.recorder.sending.backlog_status import BacklogStatus
from motherhaven.recorder.sending.batch_sender import BatchSender
from motherhaven.recorder.sending.outbox import Outbox
from motherhaven.recorder.sending.shipper import Shipper
from motherhaven.recorder.sending.transport import HttpTransport, Transport
from motherhaven.recorder.trading_logger import LoggerParts, TradingLogger

if TYPE_CHECKING:
    from motherhaven.settings import Settings

_LOG: Final = logging.getLogger("motherhaven")


def journal_path(data: Path, trading_mode: str) -> Path:
    """The journal's file in the data folder, by kind of money (paper or live)."""
    return data / f"trading_bot_{trading_mode}.db"


def open_recorder(
    path: Path | str = MEMORY,
    *,
    clock: Clock,
    ids: IdSource,
    mode: Mode = "paper",
    synchronous: Synchronous = "full",
) -> Recorder:
    """A recorder over the journal at `path`; `:memory:` and `off` suit a replay.

    Raises:
        JournalError: the journal cannot be opened; says what to do.
    """
    journal = Journal(path, clock=clock, ids=ids, mode=mode, synchronous=synchronous)
    return Recorder(journal, clock=clock, ids=ids)


def open_shipper(
    recorder: Recorder,
    *,
    base_url: str,
    api_key: str,
    timeout: float = 10.0,
    bot_name: str | None = None,
    random: Random | None = None,
    transport: Transport | None = None,
) -> Shipper:
    """Begin to ship the recorder's journal in the background.

    Raises:
        ConfigError: the URL or the key cannot be used.
    """
    transport = HttpTransport(base_url, api_key) if transport is None else transport
    outbox = Outbox(recorder.journal, recorder.clock)
    sender = BatchSender(
        outbox,
        transport,
        clock=recorder.clock,
        random=Random() if random is None else random,  # noqa: S311  # jitter, not a secret
        timeout=timeout,
        bot_name=bot_name,
        drained=BacklogStatus(recorder).drained,
    )
    shipper = Shipper(recorder.journal, outbox, sender, transport)
    shipper.start()
    return shipper


def open_logger(
    settings: "Settings",
    *,
    clock: Clock | None = None,
    ids: IdSource | None = None,
    mode: Mode | None = None,
    bot_name: str | None = None,
    path: Path | None = None,
    synchronous: Synchronous = "full",
) -> TradingLogger:
    """A TradingLogger as `settings` say; the other arguments override them.

    `mode` is the kind of money (None: the trading mode); `path` the journal's file.

    Raises:
        JournalError: the journal cannot be opened; says what to do.
    """
    clock, ids = _sources(clock, ids)
    trading_mode: Mode = "live" if settings.trading_mode == "live" else "paper"
    recorder = open_recorder(
        path or journal_path(settings.motherhaven_data, trading_mode),
        clock=clock,
        ids=ids,
        mode=mode or trading_mode,
        synchronous=synchronous,
    )
    recorder.tags = settings.motherhaven_tags
    ok, problems = settings.validate_motherhaven_config()
    for problem in problems:
        _LOG.warning("[Motherhaven] %s", problem)
    if not settings.motherhaven_enabled or not ok:
        _LOG.info("[Motherhaven] Integration disabled - only logging to SQLite")
        return TradingLogger.build(recorder)
    url, key = settings.motherhaven_api_url.rstrip("/"), settings.motherhaven_api_key or ""
    _LOG.info("[Motherhaven] Integration enabled - posting to %s", _shown(url))
    shipper = open_shipper(
        recorder,
        base_url=url,
        api_key=key,
        timeout=settings.motherhaven_timeout,
        bot_name=bot_name or settings.bot_name,
    )
    client = MotherhavenLogger(url, key, timeout=settings.motherhaven_timeout, clock=clock)
    return TradingLogger.build(recorder, shipper, client)


def parts_from_settings() -> LoggerParts:
    """The parts of `TradingLogger()`: everything from the environment and `.env`.

    Raises:
        ConfigError: a setting is wrong.
        JournalError: the journal cannot be opened; says what to do.
    """
    from motherhaven.settings import get_settings  # reads files; only when asked for

    settings = get_settings()
    configure_logging(settings.log_dir, settings.log_level)
    logger = open_logger(settings)
    return logger.recorder, logger.shipper, logger.motherhaven


def _sources(clock: Clock | None, ids: IdSource | None) -> tuple[Clock, IdSource]:
    if clock is None:
        from motherhaven.settings.clock import SystemClock  # settings are heavy

        clock = SystemClock()
    return clock, IdSource(clock, os.urandom) if ids is None else ids


def _shown(url: str) -> str:
    """A URL without what may be secret in it."""
    parts = urlsplit(url)
    if "@" not in parts.netloc and not parts.query:
        return url
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"
