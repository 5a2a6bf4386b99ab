"""The guide's `trading.account`: re-exports of `motherhaven.bot.account_manager`. Paper only."""

from motherhaven.bot.account_manager import AccountManager
from motherhaven.bot.exchange.types import AccountSnapshot, Position, Trade

__all__ = ["AccountManager", "AccountSnapshot", "Position", "Trade"]
