"""The guide's `trading.logger`: re-exports of `motherhaven.recorder`."""

from motherhaven.recorder import (
    TradingLogger,
    get_logger,
    log_account_state,
    log_bot_status,
    log_decision,
    log_position_entry,
    log_position_exit,
)

__all__ = [
    "TradingLogger",
    "get_logger",
    "log_account_state",
    "log_bot_status",
    "log_decision",
    "log_position_entry",
    "log_position_exit",
]
