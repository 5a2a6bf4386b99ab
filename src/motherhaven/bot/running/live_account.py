"""An account with real money, opened for the bot: read first, bound to its journal, never sent to.

Who the account is comes from the venue before anything else is made; without that there is no
bot. What may be sent is the gate's business.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from motherhaven.bot.arming.gate import ArmingGate
from motherhaven.bot.arming.watch import ArmingWatch
from motherhaven.bot.execution.access import SendGate, VenueAccess
from motherhaven.bot.execution.identity import AccountIdentity
from motherhaven.bot.execution.port import Venue
from motherhaven.bot.execution.venue_setup import VenueSetup
from motherhaven.bot.market.instruments import FeeRates
from motherhaven.bot.running.bridge import VenueBridge
from motherhaven.bot.running.venues import open_venue
from motherhaven.contract import private
from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import ConfigError, ExchangeError, InvalidJson
from motherhaven.contract.ids import IdSource
from motherhaven.contract.jsonio import dumps, loads
from motherhaven.contract.limits import RiskLimits

_LOG: Final = logging.getLogger("motherhaven")
_RETRY_SECONDS: Final = 5.0
ACCOUNT_FILE: Final = "account.json"
_MOST: Final = 4_096
Answer = TypeVar("Answer")
OpenVenue = Callable[[str, VenueSetup], Venue]


@dataclass(frozen=True, slots=True)
class LiveAccount:
    """A venue, who the account there is, and the arming that is watched.

    `wallet` is the account's money in USD without what is unrealized, as the books begin;
    `fees` are its own rates, by which the guard reckons and of which the model is told.
    """

    venue: Venue
    identity: AccountIdentity
    watch: ArmingWatch
    wallet: Decimal
    fees: FeeRates = FeeRates()  # noqa: RUF009  (frozen)

    async def pump(self) -> None:
        """Bring in what the venue has told.

        Raises:
            ExchangeError: it cannot say now.
        """
        if isinstance(self.venue, VenueBridge):
            await self.venue.pump()

    async def close(self) -> None:
        """Let go of the venue's connections and of the signer's lock."""
        await close_venue(self.venue)


async def open_live(
    name: str,
    access: Callable[[SendGate], VenueAccess],
    limits: RiskLimits,
    folder: Path,
    clock: Clock,
    ids: IdSource,
    stop: asyncio.Event,
    *,
    opener: OpenVenue = open_venue,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> LiveAccount | None:
    """The account at the venue `name`; None when the bot is told to stop before it answers.

    `access` makes the account's access with a gate; `folder` is the bot's control folder.

    Raises:
        ConfigError: no such venue, or the folder's records are of another account.
    """
    gate = ArmingGate(folder, clock.now)
    venue = opener(name, VenueSetup(clock.now(), ids.new, access=access(gate)))
    try:
        read = await _answered(partial(_read, venue), stop, sleep)
        if read is not None:
            _bind(folder, read[0], gate, clock)
    except BaseException:
        await close_venue(venue)
        raise
    if read is None:
        await close_venue(venue)
        return None
    identity, wallet, fees = read
    watch = ArmingWatch(gate, limits)
    watch.know(identity)
    for problem in identity.problems:
        _LOG.error("Live: %s (%s): nothing is signed", problem.text, problem.code)
    return LiveAccount(venue, identity, watch, wallet, fees)


async def close_venue(venue: Venue) -> None:
    """Let go of a venue's connections, where it has any."""
    if isinstance(venue, VenueBridge):
        await venue.close()


async def _answered(
    question: Callable[[], Answer],
    stop: asyncio.Event,
    sleep: Callable[[float], Awaitable[None]],
) -> Answer | None:
    """The venue's answer, asked for until it comes; None when told to stop before."""
    while not stop.is_set():
        try:
            return await asyncio.to_thread(question)
        except ExchangeError as error:
            _LOG.error("Live: the account cannot be read yet: %s", error)
            await sleep(_RETRY_SECONDS)
    return None


def _read(venue: Venue) -> tuple[AccountIdentity, Decimal, FeeRates]:
    """Who the account is, its money without what is unrealized, and its fee rates."""
    found = venue.identity()
    if found is None:
        raise ConfigError(f"{venue.name} has no account with real money; TRADING_VENUE names it")
    account = venue.account()
    return found, account.equity - account.unrealized, _fees(venue)


def _fees(venue: Venue) -> FeeRates:
    """The account's own rates, else usual ones: for want of them nothing is left alone."""
    try:
        return venue.fees()
    except ExchangeError as error:
        usual = FeeRates()
        _LOG.warning(
            "Live: the account's fees cannot be read, so that taker %s and maker %s are reckoned "
            "with; check the venue's status and start the bot again (%s)",
            usual.taker, usual.maker, error,
        )  # fmt: skip
        return usual


def _bind(folder: Path, identity: AccountIdentity, gate: ArmingGate, clock: Clock) -> None:
    """A journal holds the books of one account: the first one that it was opened for."""
    path = folder / ACCOUNT_FILE
    mine = {
        "venue": identity.venue,
        "network": identity.network,
        "account": identity.account.lower(),
    }
    try:
        known = loads(path.read_bytes()[:_MOST])
    except FileNotFoundError:
        known = None
    except (OSError, InvalidJson) as error:
        raise ConfigError(f"{path}: cannot be read ({error}); restore it from a backup") from None
    if known is None:
        try:
            private.make_folder(folder)
            private.replace(path, dumps(mine))
        except OSError as error:
            raise ConfigError(f"{path}: cannot be written ({error.strerror})") from None
        return
    if known != mine:
        was = known.get("account") if isinstance(known, dict) else "another account"
        told = f"the records here are of {was}, and this is {mine['account']} ({mine['network']})"
        gate.store.disarm(clock.now(), "account_changed", told)
        raise ConfigError(
            f"{folder}: {told}; set HYPERLIQUID_ACCOUNT_ADDRESS back, or give this account its own "
            "MOTHERHAVEN_DATA. Live trading here is disarmed"
        )
