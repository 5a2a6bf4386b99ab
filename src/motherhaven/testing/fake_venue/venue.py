"""The fake venue as tests and rehearsals use it: a server, a clock, prices and switches."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Self, TypeVar

from motherhaven.bot.market.instruments import Bar, FeeRates, Prices
from motherhaven.contract.clock import Clock
from motherhaven.testing.clock import FakeClock
from motherhaven.testing.fake_venue.account import Account
from motherhaven.testing.fake_venue.app import FakeVenueApp
from motherhaven.testing.fake_venue.log import SeenRequest
from motherhaven.testing.fake_venue.market import UNIVERSE, Listing
from motherhaven.testing.fake_venue.server import LOOPBACK, ServerThread
from motherhaven.testing.fake_venue.signing import address_of
from motherhaven.testing.fake_venue.state import AGENT_DAYS, State
from motherhaven.testing.fake_venue.users import TestAccount

Result = TypeVar("Result")
DEPOSIT: Final = Decimal(10_000)


class FakeVenue:
    """A Hyperliquid of one's own on a loopback port, from `with` until its end.

    There is one funded account with an agent from the start: `address`, `key()`. Time moves
    only by `step`, where `clock` is a FakeClock (the default); prices by `move` and `bar`.
    Signatures are checked; those for mainnet are refused unless `mainnet` is true. Every
    method may be called from any thread. `weight_per_minute` is what the venue allows an address
    of the network (1,200); None, the default, counts it only.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        listings: Sequence[Listing] = UNIVERSE,
        deposit: Decimal = DEPOSIT,
        fees: FeeRates | None = None,
        mode: str = "disabled",
        name: str = "rehearsal",
        seed: int = 0,
        port: int = 0,
        mainnet: bool = False,
        weight_per_minute: int | None = None,
    ) -> None:
        self.clock: Clock = clock or FakeClock()
        self.state = State(
            self.clock, listings, seed=seed, mainnet=mainnet, fees=fees,
            weight_per_minute=weight_per_minute,
        )  # fmt: skip
        self._server = ServerThread(FakeVenueApp(self.state), port)
        self.state.cut_all = self._server.cut_all
        self.test_account = self.open_account(name, deposit, mode=mode)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()

    # --- where it is and who is there ---------------------------------------------------

    @property
    def url(self) -> str:
        """The address to give as HYPERLIQUID_API_URL."""
        return f"http://{LOOPBACK}:{self._server.port}"

    @property
    def ws_url(self) -> str:
        """The address of its stream."""
        return f"ws://{LOOPBACK}:{self._server.port}/ws"

    @property
    def address(self) -> str:
        """The address of the account that is there from the start."""
        return self.test_account.address

    def key(self) -> str:
        """The private key of that account's agent: worthless."""
        return self.test_account.agent_key

    def open_account(
        self, name: str, deposit: Decimal = DEPOSIT, *, mode: str = "disabled"
    ) -> TestAccount:
        """A further account with money and an agent; its keys follow from its name."""
        made = TestAccount.named(name)

        def run() -> None:
            self.state.open_account(made, deposit, mode)
            until = self.clock.now() + timedelta(days=AGENT_DAYS)
            self.state.approve(address_of(made.agent_key), made.address, "motherhaven", until)

        self.call(run)
        return made

    def approve_agent(
        self, address: str, *, master: str | None = None, name: str | None = "extra",
        valid_until: datetime | None = None,
    ) -> None:  # fmt: skip
        """Let an address trade for an account, as its owner does on the venue's page."""
        until = valid_until or self.clock.now() + timedelta(days=AGENT_DAYS)
        self.call(lambda: self.state.approve(address.lower(), master or self.address, name, until))

    def account(self, address: str | None = None) -> Account:
        """An account as the venue itself has it, for comparing books.

        Raises:
            KeyError: there is none at this address.
        """
        return self.state.users.accounts[(address or self.address).lower()]

    @property
    def requests(self) -> tuple[SeenRequest, ...]:
        """Every request so far, with who signed it and what was answered."""
        return self.call(lambda: tuple(self.state.requests))

    # --- what happens -------------------------------------------------------------------

    def step(self, seconds: float) -> None:
        """Let time pass; hourly funding is paid on the way.

        Raises:
            TypeError: the clock is not one that can be moved.
        """
        if not isinstance(self.clock, FakeClock):
            raise TypeError("this venue's clock moves by itself; give it a FakeClock to step")
        self.clock.advance(seconds)
        self.call(self.state.tick)

    def move(
        self, coin: str, price: Decimal | str, *, mid: Decimal | None = None,
        oracle: Decimal | None = None,
    ) -> None:  # fmt: skip
        """Let a coin's mark go to a price in USD, mid and oracle with it unless given."""
        mark = Decimal(price)

        def run() -> None:
            now = self.state.now()
            self.state.move(Prices(coin, mark, mid or mark, oracle or mark, now))

        self.call(run)

    def bar(self, bar: Bar) -> None:
        """Let a closed bar happen, with its path from open to close.

        A FakeClock that is behind goes to the bar's end first.
        """
        behind = (bar.end - self.clock.now()).total_seconds()
        if isinstance(self.clock, FakeClock) and behind > 0:
            self.step(behind)
        self.call(lambda: self.state.bar(bar))

    def preload(self, bars: Iterable[Bar]) -> None:
        """Give closed bars of the past, oldest first: candles show them, and nothing happens."""
        known = list(bars)
        self.call(lambda: self.state.market.preload(known))

    def fund(self, coin: str, rate: Decimal | str) -> None:
        """Pay one funding of a coin now, at an hourly rate."""
        self.call(lambda: self.state.fund(coin, Decimal(rate), self.state.now()))

    def set_rate(self, coin: str, rate: Decimal | str) -> None:
        """Set the hourly funding rate that a coin pays from now on at every full hour."""
        self.call(lambda: self.state.market.rates.__setitem__(coin, Decimal(rate)))

    def switch(self, name: str, times: int | None = 1, **arguments: Any) -> None:
        """Switch a fault on: for so many times, None until it is switched off; 0 is off.

        What acts at once (`happenings.HAPPENINGS`) happens so many times.

        Raises:
            ConfigError: there is no such switch, or it has no such argument.
        """
        self.call(lambda: self.state.switch(name, times, arguments))

    def call(self, function: Callable[[], Result]) -> Result:
        """The result of a function that runs while nothing else changes the venue."""
        return self._server.call(function)
