"""Everything that a fake venue is: its clock, its markets, its accounts and what it was asked."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from motherhaven.bot.market.instruments import Bar, FeeRates, Prices
from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import ConfigError, InvalidJson
from motherhaven.contract.jsonio import loads
from motherhaven.testing.fake_venue.account import Account, Numbers
from motherhaven.testing.fake_venue.exchange import UNREADABLE, ExchangeEndpoint
from motherhaven.testing.fake_venue.happenings import HAPPENINGS
from motherhaven.testing.fake_venue.info import InfoEndpoint
from motherhaven.testing.fake_venue.log import SeenRequest
from motherhaven.testing.fake_venue.market import HOUR, Listing, Market
from motherhaven.testing.fake_venue.resting import miss_triggers, resume_parked
from motherhaven.testing.fake_venue.stream import Stream
from motherhaven.testing.fake_venue.switches import FAULTS, Switches, check_name, made
from motherhaven.testing.fake_venue.users import Agent, TestAccount, Users

LOG_KEPT: Final = 20_000
MOST_TIMES: Final = 1_000
MINUTE_SECONDS: Final = 60.0
AGENT_DAYS: Final = 90


class State:
    """A fake venue without its server. All of it is used by one thread at a time."""

    def __init__(
        self,
        clock: Clock,
        listings: Sequence[Listing],
        *,
        seed: int = 0,
        mainnet: bool = False,
        fees: FeeRates | None = None,
        weight_per_minute: int | None = None,
    ) -> None:
        self.clock = clock
        self.skew = timedelta(0)
        self.fees = fees or FeeRates()
        self.market = Market(listings, clock.now())
        self.users = Users()
        self.switches = Switches(seed)
        self.requests: deque[SeenRequest] = deque(maxlen=LOG_KEPT)
        self._ids = Numbers()
        self._hour = _full_hour(clock.now())
        self._exchange = ExchangeEndpoint(self.users, self.switches, self.now, mainnet=mainnet)
        self._info = InfoEndpoint(self.market, self.users, self.now, self._stranger, self.switches)
        self.stream = Stream(self.market, self.switches, self.now, self._seen_as)
        self.weights = Weights(weight_per_minute, clock)
        self.cut_all: Callable[[], None] = _nothing_to_cut
        """Cuts every connection; the server that serves this sets it."""
        self._down_until: datetime | None = None

    def now(self) -> datetime:
        """The venue's time."""
        return self.clock.now() + self.skew

    # --- requests -----------------------------------------------------------------------

    def ask(self, seen: SeenRequest) -> SeenRequest:
        """Answer a request to /exchange or /info."""
        if seen.status != 200:
            return seen
        if seen.path == "/exchange":
            return self._exchange.answer(seen.body, seen)
        status, reply = self._info.answer(seen.body)
        return replace(seen, status=status, reply=reply)

    def unanswered(self, path: str, body: bytes) -> SeenRequest:
        """A request that was read, and nothing done about it."""
        seen = SeenRequest(path, "", None, self.now())
        try:
            read = loads(body)
        except InvalidJson as error:
            return replace(seen, status=422, reply=f"{UNREADABLE}: {error}")
        return replace(seen, body=read, kind=_kind(path, read))

    # --- accounts -----------------------------------------------------------------------

    def open_account(self, account: TestAccount, deposit: Decimal, mode: str) -> Account:
        """An account with money and an agent."""
        opened = self._account(account.address, deposit)
        opened.mode = mode
        self.users.accounts[account.address] = opened
        for prices in self.market.prices.values():
            opened.inside.on_prices(prices)
        return opened

    def approve(self, address: str, master: str, name: str | None, until: datetime) -> None:
        """Let an address trade for an account."""
        self.users.agents[address] = Agent(address, master, name, until)

    def _account(self, address: str, deposit: Decimal) -> Account:
        return Account(
            address, self.market, self._ids, self.stream.told, self.now(), deposit, self.fees
        )

    def _stranger(self, address: str) -> Account:
        return self._account(address, Decimal(0))

    def _seen_as(self, address: str) -> Account:
        """The account at an address, an empty one where there is none."""
        return self.users.accounts.get(address) or self._stranger(address)

    def account_of(self, address: str | None) -> Account:
        """An account by its address; None gives the first.

        Raises:
            ConfigError: there is none.
        """
        accounts = self.users.accounts
        found = next(iter(accounts.values())) if address is None else accounts.get(address.lower())
        if found is None:
            raise ConfigError(f"there is no account {str(address)[:42]} at this fake venue")
        found.inside.now = self.now()
        return found

    # --- switches -----------------------------------------------------------------------

    def switch(self, name: str, times: int | None, arguments: Mapping[str, Any]) -> None:
        """Switch a fault on, or let something happen so many times.

        Raises:
            ConfigError: there is no such switch, or it cannot have such an argument.
        """
        check_name(name, {**FAULTS, **HAPPENINGS})
        kind = HAPPENINGS.get(name)
        if kind is None:
            self.switches.arm(name, times, arguments)
            return
        for _ in range(min(1 if times is None else times, MOST_TIMES)):
            made(kind, name, arguments).apply(self)

    def restart(self, seconds: float) -> None:
        """Cut every connection, and take none for so long."""
        self._down_until = self.now() + timedelta(seconds=seconds)
        self.cut_all()

    @property
    def down(self) -> bool:
        """Whether no connection is taken at the moment."""
        return self._down_until is not None and self.now() < self._down_until

    # --- the market ---------------------------------------------------------------------

    def move(self, prices: Prices) -> None:
        """Let new prices of a coin happen at every account."""
        self.market.set(prices)
        for account in self.users.accounts.values():
            account.inside.now = prices.time
            resume_parked(account)
            miss_triggers(account, prices)
            account.inside.on_prices(prices)
            account.absorb()
        self.stream.moved(prices.coin)

    def bar(self, bar: Bar) -> None:
        """Let a closed bar happen at every account, as in a replay."""
        self.market.set_bar(bar)
        for account in self.users.accounts.values():
            resume_parked(account)
            account.inside.on_bar(bar)
            account.absorb()
        self.stream.moved(bar.coin)

    def tick(self) -> None:
        """Pay the funding of every full hour that has passed; end connections gone silent."""
        self.stream.close_silent()
        self.market.fill(self.now())
        while self._hour + HOUR <= self.now():
            self._hour += HOUR
            for coin, rate in self.market.rates.items():
                self.fund(coin, rate, self._hour)

    def fund(self, coin: str, rate: Decimal, time: datetime) -> None:
        """Pay one funding of a coin."""
        self.market.rate_history[coin].append((time, rate))
        oracle = self.market.prices[coin].oracle
        for account in self.users.accounts.values():
            account.inside.on_funding(coin, rate, oracle, time)
            account.absorb()


class Weights:
    """What an address of the network may ask in a minute; None for no bound."""

    def __init__(self, most: int | None, clock: Clock) -> None:
        self._most = most
        self._clock = clock
        self._spent: deque[tuple[float, int]] = deque()
        self.used = 0
        """The weight of all requests so far."""

    def spend(self, weight: int) -> bool:
        """Take the weight of a request; False where there is no room for it."""
        now = self._clock.monotonic()
        while self._spent and self._spent[0][0] <= now - MINUTE_SECONDS:
            self._spent.popleft()
        running = sum(spent for _, spent in self._spent)
        if self._most is not None and running + weight > self._most:
            return False
        self.used += weight
        if self._most is not None:
            self._spent.append((now, weight))
        return True


def _nothing_to_cut() -> None:
    """Where there is no server yet."""


def _kind(path: str, body: Any) -> str:
    holder = body
    if path == "/exchange" and isinstance(body, dict):
        holder = body.get("action")
    kind = holder.get("type") if isinstance(holder, dict) else None
    return kind[:40] if isinstance(kind, str) else ""


def _full_hour(time: datetime) -> datetime:
    return time.replace(minute=0, second=0, microsecond=0)
