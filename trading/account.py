"""The guide's `trading.account`: re-exports of `motherhaven.bot.manual.account`. Paper only."""

from motherhaven.bot.manual.account import AccountManager
from motherhaven.bot.portfolio.account import AccountSnapshot, Position
from motherhaven.bot.portfolio.events import Trade

__all__ = ["AccountManager", "AccountSnapshot", "Position", "Trade"]
