"""The table of venues: the one place in the bot that names them."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from importlib import import_module
from typing import Final, cast

from motherhaven.bot.core.setup import TraderSetup
from motherhaven.bot.core.trader import Trader
from motherhaven.bot.execution.port import AsyncVenue, Venue
from motherhaven.bot.execution.slippage import Slippage
from motherhaven.bot.execution.venue_setup import VenueSetup
from motherhaven.bot.running.bridge import VenueBridge
from motherhaven.bot.venues.simulated.venue import open_simulated
from motherhaven.contract.errors import ConfigError

PAPER: Final = "simulated"
"""The venue of paper trading, demo and replay."""

Opener = Callable[[VenueSetup], Venue | AsyncVenue]

VENUES: Final[Mapping[str, Opener]] = {
    PAPER: open_simulated,
}
"""Venues inside this process, by name; a new one is its folder and a line here."""

_PACKAGE: Final = "motherhaven.bot.venues"
_LIVE: Final = ("hyperliquid", "ccxt:NAME")
ADAPTERS: Final[Mapping[tuple[str, bool], tuple[str, str]]] = {
    ("hyperliquid", False): (f"{_PACKAGE}.hyperliquid.venue", "open_hyperliquid"),
    ("ccxt", True): (f"{_PACKAGE}.ccxt.venue", "open_ccxt"),
}
"""Venues with real money: by kind and whether a name follows it, the module and its opener."""


def open_venue(
    name: str, setup: VenueSetup, loop: asyncio.AbstractEventLoop | None = None
) -> Venue:
    """The venue of this name, ready for the core; ccxt:NAME is one that ccxt reaches.

    An asynchronous one lives on `loop` (None: the running one) behind a bridge, whose `pump`
    the runner must call.

    Raises:
        ConfigError: there is no venue of this name.
    """
    made = _opener(name)(setup)
    if isinstance(made, Venue):
        return made
    return VenueBridge(made, loop or asyncio.get_running_loop())


def _opener(name: str) -> Opener:
    """What opens the venue of this name; an adapter's own packages are loaded only for it."""
    kind, _, rest = name.partition(":")
    if not rest and kind in VENUES:
        return VENUES[kind]
    if (kind, bool(rest)) not in ADAPTERS:
        known = ", ".join(sorted((*VENUES, *_LIVE)))
        raise ConfigError(f"there is no venue {name!r}; choose one of: {known}")
    module, verb = ADAPTERS[kind, bool(rest)]
    try:
        opener = getattr(import_module(module), verb)
    except ImportError as error:
        extra = "ccxt" if rest else "live"
        raise ConfigError(
            f'{name}: a package is missing ({error.name}); pip install "motherhaven[{extra}]"'
        ) from error
    return cast("Opener", partial(opener, name=rest) if rest else opener)


def paper_trader(
    setup: TraderSetup,
    now: datetime,
    new_id: Callable[[], str],
    slippage: Slippage | None = None,
) -> Trader:
    """A core on a new paper account; `slippage` is what takers pay beyond the mid."""
    given = VenueSetup(now, new_id, setup.specs, setup.deposit, setup.fees, slippage)
    return Trader(setup, open_venue(PAPER, given), now, new_id)
