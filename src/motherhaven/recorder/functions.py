"""The module-level functions: one TradingLogger for the whole process."""

import threading
from collections.abc import Mapping
from typing import Any

from motherhaven.contract.events import BotState, SideName
from motherhaven.recorder.trading_logger import Number, TradingLogger

_guard = threading.RLock()  # a signal handler may log inside a log call
_shared: list[TradingLogger] = []


def get_logger() -> TradingLogger:
    """The process's TradingLogger, made on first use.

    Raises:
        ConfigError, JournalError: as TradingLogger().
    """
    if _shared:  # without the lock: an exception could leave it held
        return _shared[0]
    with _guard:
        if not _shared:
            _shared.append(TradingLogger())
        return _shared[0]


def log_decision(
    decision: Mapping[str, Any],
    raw_response: str | None = None,
    system_prompt: str | None = None,
    user_prompt: str | None = None,
    **more: Any,
) -> int:
    """As TradingLogger.log_decision."""
    return get_logger().log_decision(decision, raw_response, system_prompt, user_prompt, **more)


def log_account_state(
    balance: Number,
    equity: Number,
    unrealized_pnl: Number = 0.0,
    realized_pnl: Number = 0.0,
    sharpe_ratio: Number | None = None,
    num_positions: int = 0,
    **more: Any,
) -> int:
    """As TradingLogger.log_account_state."""
    return get_logger().log_account_state(
        balance, equity, unrealized_pnl, realized_pnl, sharpe_ratio, num_positions, **more
    )


def log_position_entry(
    position_id: str,
    coin: str,
    side: SideName,
    entry_price: Number,
    quantity_usd: Number,
    leverage: Number,
    **more: Any,
) -> int:
    """As TradingLogger.log_position_entry."""
    return get_logger().log_position_entry(
        position_id, coin, side, entry_price, quantity_usd, leverage, **more
    )


def log_position_exit(
    position_id: str, exit_price: Number, realized_pnl: Number, **more: Any
) -> bool:
    """As TradingLogger.log_position_exit."""
    return get_logger().log_position_exit(position_id, exit_price, realized_pnl, **more)


def log_bot_status(
    status: BotState, message: str | None = None, error: str | None = None, **more: Any
) -> None:
    """As TradingLogger.log_bot_status."""
    get_logger().log_bot_status(status, message, error, **more)
