"""The recorder: a durable journal of all that a bot does, and its way to the server.

TradingLogger      what a bot calls; also as module functions over one shared logger
Recorder           records any kind of event into a Journal
Journal            the append-only SQLite file
Shipper            sends the journal to the server in the background
MotherhavenLogger  posts single events, synchronously
"""

from motherhaven.recorder.client import MotherhavenLogger
from motherhaven.recorder.console import configure_logging
from motherhaven.recorder.core import NewEvent, Recorder
from motherhaven.recorder.factory import (
    journal_path,
    open_logger,
    open_recorder,
    open_shipper,
)
from motherhaven.recorder.functions import (
    get_logger,
    log_account_state,
    log_bot_status,
    log_decision,
    log_position_entry,
    log_position_exit,
)
from motherhaven.recorder.journal import Journal
from motherhaven.recorder.sending.shipper import Shipper
from motherhaven.recorder.sending.stats import ShippingStats
from motherhaven.recorder.trading_logger import TradingLogger
from motherhaven.recorder.writer import Recorded

__all__ = [
    "Journal",
    "MotherhavenLogger",
    "NewEvent",
    "Recorded",
    "Recorder",
    "Shipper",
    "ShippingStats",
    "TradingLogger",
    "configure_logging",
    "get_logger",
    "journal_path",
    "log_account_state",
    "log_bot_status",
    "log_decision",
    "log_position_entry",
    "log_position_exit",
    "open_logger",
    "open_recorder",
    "open_shipper",
]
