"""The one place that reads the environment, `.env` and `.env.local`."""

from motherhaven.settings.bot import (
    Settings,
    TradingMode,
    child_environment,
    get_settings,
    is_live_trading,
    is_paper_trading,
    load_settings,
)
from motherhaven.settings.clock import SystemClock
from motherhaven.settings.names import check_names, require_names
from motherhaven.settings.server import ServerSettings, load_server_settings

__all__ = [
    "ServerSettings",
    "Settings",
    "SystemClock",
    "TradingMode",
    "check_names",
    "child_environment",
    "get_settings",
    "is_live_trading",
    "is_paper_trading",
    "load_server_settings",
    "load_settings",
    "require_names",
]
