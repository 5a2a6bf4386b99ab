"""The account as the venue has it now, read once for people: nothing is sent and nothing kept."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from motherhaven.bot.execution.identity import AccountIdentity, VenueHealth
from motherhaven.bot.execution.orders import OpenOrder
from motherhaven.bot.execution.port import Venue
from motherhaven.bot.execution.venue_setup import VenueSetup
from motherhaven.bot.portfolio.account import Position
from motherhaven.bot.running.access import venue_access
from motherhaven.bot.running.live_account import OpenVenue, close_venue
from motherhaven.bot.running.venues import open_venue
from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import ConfigError, ExchangeError
from motherhaven.contract.ids import IdSource
from motherhaven.settings import Settings

SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class AccountView:
    """Who the account is and what it has: positions by coin, orders that rest, the connection."""

    identity: AccountIdentity
    positions: Mapping[str, Position]
    orders: Sequence[OpenOrder]
    health: VenueHealth


def view_account(settings: Settings, clock: Clock, opener: OpenVenue = open_venue) -> AccountView:
    """Read the account of these settings.

    Raises:
        ConfigError: a setting is wrong, or the venue has no account with real money.
        ExchangeError: the venue does not answer.
    """
    return asyncio.run(_view(settings, clock, opener))


async def _view(settings: Settings, clock: Clock, opener: OpenVenue) -> AccountView:
    access, ids = venue_access(settings), IdSource(clock, os.urandom)
    venue = opener(settings.trading_venue, VenueSetup(clock.now(), ids.new, access=access))
    try:
        async with asyncio.timeout(SECONDS):
            return await asyncio.to_thread(_read, venue)
    except TimeoutError:
        raise ExchangeError(
            f"{venue.name} did not answer within {SECONDS:g} s; check the network, and try again"
        ) from None
    finally:
        await close_venue(venue)


def _read(venue: Venue) -> AccountView:
    identity = venue.identity()
    if identity is None:
        raise ConfigError(f"{venue.name} has no account with real money; TRADING_VENUE names it")
    return AccountView(identity, venue.positions(), venue.open_orders(), venue.health())
