"""The guide's `config.settings`: re-exports of `motherhaven.settings`."""

from motherhaven.settings import (
    Settings,
    TradingMode,
    get_settings,
    is_live_trading,
    is_paper_trading,
)

__all__ = [
    "Settings",
    "TradingMode",
    "get_settings",
    "is_live_trading",
    "is_paper_trading",
    "settings",
]

settings: Settings = get_settings()
