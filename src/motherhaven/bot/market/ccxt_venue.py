"""Opens a venue of ccxt for public data, saying what is missing."""

import importlib
from typing import Any

from motherhaven.contract.errors import ConfigError
from motherhaven.contract.similar import closest

NEEDED = 'TRADING_MARKET=ccxt:NAME needs ccxt: pip install "motherhaven[ccxt]"'


def open_venue(name: str) -> Any:
    """The ccxt exchange of that name, without a key, with its rate limit kept.

    Raises:
        ConfigError: ccxt is not installed, or has no such venue.
    """
    check_venue(name)
    try:
        module = importlib.import_module("ccxt.async_support")
    except ImportError as error:
        raise ConfigError(f"{NEEDED} ({error})") from None
    if name not in module.exchanges:
        meant = closest(name, module.exchanges)
        advice = f"did you mean ccxt:{meant}?" if meant else "e.g. ccxt:binanceusdm or ccxt:bybit"
        raise ConfigError(f"TRADING_MARKET=ccxt:{name}: ccxt has no such venue; {advice}")
    options = {"defaultType": "swap"}
    return getattr(module, name)({"enableRateLimit": True, "timeout": 10_000, "options": options})


def check_venue(name: str) -> None:
    """Whether `name` may name a venue; nothing is imported.

    Raises:
        ConfigError: it cannot.
    """
    if not (name.isascii() and name.isidentifier() and len(name) <= 40):
        raise ConfigError(
            f"TRADING_MARKET=ccxt:{name[:40]}: name a venue of ccxt, e.g. ccxt:binanceusdm"
        )
