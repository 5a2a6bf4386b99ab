"""`motherhaven fake-venue`: a Hyperliquid on this machine, for rehearsing with worthless money."""

import signal
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from motherhaven.bot.market.choose import bar_files
from motherhaven.bot.market.files import read_bars
from motherhaven.cli.output import emit, say
from motherhaven.contract.errors import ConfigError, InvalidMoney
from motherhaven.contract.money import to_decimal
from motherhaven.settings import SystemClock
from motherhaven.testing.fake_venue import FakeVenue
from motherhaven.testing.fake_venue.rehearsal import (
    PriceSource,
    RecordedSource,
    Rehearsal,
    SimulatedSource,
    listings_of,
    parse_switch,
)

WEIGHT: Final = 1_200
"""What the venue allows an address of the network in a minute."""
_SECOND: Final = 1.0
_MOST: Final = Decimal(1_000_000_000)


@dataclass(frozen=True, slots=True)
class Options:
    """`bars` are COIN=FILE; without any the prices are simulated. `deposit` in USD, as text."""

    port: int = 8645
    seed: int = 7
    bars: Sequence[str] = ()
    switches: Sequence[str] = ()
    deposit: str = "10000"


def fake_venue(options: Options, stop: threading.Event | None = None) -> None:
    """Serve until `stop` is set, or without one until SIGINT or SIGTERM.

    Raises:
        ConfigError: an option means nothing, or the port is in use.
        MarketError: a file of bars cannot be used.
    """
    clock = SystemClock()
    ended = stop or _stop_on_signals()
    source = _source(options, clock)
    venue = FakeVenue(
        clock=clock,
        listings=listings_of(source, clock.now()),
        deposit=_deposit(options.deposit),
        seed=options.seed,
        port=options.port,
        weight_per_minute=WEIGHT,
    )
    rehearsal = Rehearsal(venue, source)
    rehearsal.preload()
    with venue:
        rehearsal.beat()
        for text in options.switches:
            name, times, arguments = parse_switch(text)
            venue.switch(name, times, **arguments)
        for line in env_lines(venue):
            emit(line)
        say(_told(venue))
        while not ended.wait(_SECOND):
            rehearsal.beat()


def env_lines(venue: FakeVenue) -> list[str]:
    """What to put into .env so that a bot trades here."""
    return [
        "# a fake venue on this machine: neither its money nor its keys are worth anything",
        "TRADING_MODE=live",
        "TRADING_VENUE=hyperliquid",
        "TRADING_MARKET=hyperliquid",
        f"HYPERLIQUID_API_URL={venue.url}",
        "HYPERLIQUID_TESTNET=true",
        f"HYPERLIQUID_ACCOUNT_ADDRESS={venue.address}",
        "# worthless: anybody can work this key out, so never send money to its address",
        f"HYPERLIQUID_WALLET_PRIVATE_KEY={venue.key()}",
    ]


def _told(venue: FakeVenue) -> str:
    wanted = '{"name": "drop_reply", "times": 1}'
    return (
        f"The fake venue listens at {venue.url}; all that it knows is gone when it ends (Ctrl-C).\n"
        f"Set a switch while it runs: curl -d '{wanted}' {venue.url}/switch"
    )


def _source(options: Options, clock: SystemClock) -> PriceSource:
    if not options.bars:
        return SimulatedSource(options.seed)
    files = bar_files(options.bars)
    bars = {coin: read_bars(coin, path).bars for coin, path in files.items()}
    return RecordedSource(bars, clock.now())


def _deposit(text: str) -> Decimal:
    try:
        amount = to_decimal(text, "--deposit")
    except InvalidMoney as error:
        raise ConfigError(str(error)) from None
    if not 0 < amount <= _MOST:
        raise ConfigError(f"--deposit {text}: give more than 0 and at most {_MOST} USD")
    return amount


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda *_: stop.set())
    return stop
