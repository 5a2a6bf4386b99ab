"""The table of the exchanges that are proven; every other name is refused."""

from collections.abc import Mapping
from typing import Final

from motherhaven.bot.venues.ccxt.profile import Profile
from motherhaven.bot.venues.ccxt.profiles.binanceusdm import BINANCE
from motherhaven.bot.venues.ccxt.profiles.bitget import BITGET
from motherhaven.bot.venues.ccxt.profiles.bybit import BYBIT
from motherhaven.bot.venues.ccxt.profiles.okx import OKX
from motherhaven.contract.errors import ConfigError
from motherhaven.contract.similar import closest

PROFILES: Final[Mapping[str, Profile]] = {
    profile.venue: profile for profile in (BINANCE, BYBIT, OKX, BITGET)
}


def profile_of(name: str) -> Profile:
    """The profile of an exchange by ccxt's name of it.

    Raises:
        ConfigError: it is not proven.
    """
    found = PROFILES.get(name)
    if found is None:
        meant = closest(name, tuple(PROFILES))
        hint = f" (did you mean ccxt:{meant}?)" if meant else ""
        known = ", ".join(f"ccxt:{one}" for one in PROFILES)
        raise ConfigError(
            f"TRADING_VENUE=ccxt:{name[:40]}: this exchange is not proven for live orders{hint}; "
            f"choose one of {known}, or trade it on paper with TRADING_MARKET=ccxt:{name[:40]}"
        )
    return found
