"""The table of venues: the one place in the bot that names them."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

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

VENUES: Final[Mapping[str, Callable[[VenueSetup], Venue | AsyncVenue]]] = {
    PAPER: open_simulated,
}
"""Every venue by its name; a new one is its folder and a line here."""


def open_venue(
    name: str, setup: VenueSetup, loop: asyncio.AbstractEventLoop | None = None
) -> Venue:
    """The venue of this name, ready for the core.

    An asynchronous one lives on `loop` (None: the running one) behind a bridge, whose `pump`
    the runner must call.

    Raises:
        ConfigError: there is no venue of this name.
    """
    opened = VENUES.get(name)
    if opened is None:
        known = ", ".join(sorted(VENUES))
        raise ConfigError(f"there is no venue {name!r}; choose one of: {known}")
    made = opened(setup)
    if isinstance(made, Venue):
        return made
    return VenueBridge(made, loop or asyncio.get_running_loop())


def paper_trader(
    setup: TraderSetup,
    now: datetime,
    new_id: Callable[[], str],
    slippage: Slippage | None = None,
) -> Trader:
    """A core on a new paper account; `slippage` is what takers pay beyond the mid."""
    given = VenueSetup(now, new_id, setup.specs, setup.deposit, setup.fees, slippage)
    return Trader(setup, open_venue(PAPER, given), now, new_id)
