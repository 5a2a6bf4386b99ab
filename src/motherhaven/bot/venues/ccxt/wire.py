"""The way to an exchange through ccxt: its client made quiet, and each call with what is known.

ccxt is imported here, at the first use, and nowhere else. Its client is changed in five places:
numbers stay the exchange's own text (no float), ours are sent as we wrote them (ccxt truncates
or rounds), referral headers are taken off, and whether a request left and which answer was read
is kept, because that alone says whether an order was refused.
"""

import asyncio
import importlib
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit, urlunsplit

from motherhaven.bot.execution.access import VenueAccess
from motherhaven.bot.venues.ccxt.keys import ApiKeys, keys_of
from motherhaven.bot.venues.ccxt.profile import Profile, at
from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import ConfigError, ExchangeError

T = TypeVar("T")
REQUEST_MS: Final = 6_000
"""How long one request may take; a call of the bridge waits longer."""
NEEDED: Final = 'TRADING_VENUE=ccxt:NAME needs ccxt: pip install "motherhaven[ccxt]"'
REFERRALS: Final = frozenset({"referer", "x-channel-api-code", "x-referer", "broker-id"})
_ORIGIN: Final = datetime(1970, 1, 1, tzinfo=UTC)
EXPIRED: Final = "venue_expired"
"""Our code for a request whose time the exchange did not accept."""
MOST: Final = 300
"""Characters of an exchange's words that are kept."""


@dataclass
class Trace:
    """What is known of one call: did a request leave, and what was read of the answer."""

    left: bool = False
    status: int | None = None
    answer: object = None
    judged: bool = False
    """The exchange's own words were read and mean an error."""


_trace: ContextVar[Trace | None] = ContextVar("ccxt_trace", default=None)


@contextmanager
def traced() -> Iterator[Trace]:
    """A block whose requests are kept track of."""
    trace = Trace()
    token = _trace.set(trace)
    try:
        yield trace
    finally:
        _trace.reset(token)


def check_installed() -> None:
    """See that ccxt is there, without the seconds that loading it takes.

    Raises:
        ConfigError: it is not installed.
    """
    if find_spec("ccxt") is None:
        raise ConfigError(NEEDED)


def load(name: str) -> Any:
    """ccxt's class of an exchange.

    Raises:
        ConfigError: ccxt is not installed.
    """
    try:
        module = importlib.import_module("ccxt.async_support")
    except ImportError as error:
        raise ConfigError(f"{NEEDED} ({error})") from None
    return getattr(module, name)


def connect(profile: Profile, access: VenueAccess, clock: Clock, base: Any = None) -> Any:
    """The exchange's client for one account, on our clock, without waiting for anything.

    Without a secret it reads prices only. `base` is another class than ccxt's own.

    Raises:
        ConfigError: ccxt is not installed, or the key is not complete.
    """
    keys = ApiKeys("", "") if access.secret is None else keys_of(profile, access)
    made = quiet(base or load(profile.venue))({
        "apiKey": keys.key, "secret": keys.secret, "password": keys.password,
        "enableRateLimit": access.url is None, "timeout": REQUEST_MS,
    })  # fmt: skip
    settle(profile, made)
    if access.url is not None:
        made.urls["api"] = _moved(made.urls["api"], access.url)
    elif access.testnet and profile.testnet == "demo":
        made.enable_demo_trading(True)
    elif access.testnet:
        made.set_sandbox_mode(True)
    made.milliseconds = lambda: milliseconds(clock.now())
    return made


def settle(profile: Profile, made: Any) -> None:
    """The options of a profile, and those that hold for all: no retries, no referrals."""
    made.options.update(profile.options)
    made.options.update(
        maxRetriesOnFailure=0, adjustForTimeDifference=True, defaultType="swap",
        defaultSubType="linear", defaultMarginMode="cross",
    )  # fmt: skip
    made.has["fetchCurrencies"] = False


def quiet(base: Any) -> Any:
    """`base` with exact numbers, without referrals, and telling what it read."""

    class Quiet(base):  # type: ignore[misc]
        """ccxt's client as the adapter needs it."""

        number = str

        def sign(self, *args: Any, **named: Any) -> Any:
            """The signed request, without headers that name a broker."""
            request = super().sign(*args, **named)
            headers = request.get("headers")
            if isinstance(headers, dict):
                request["headers"] = {
                    name: value
                    for name, value in headers.items()
                    if value is not None and name.lower() not in REFERRALS
                }
            return request

        async def fetch(self, *args: Any, **named: Any) -> Any:
            """One request; from here on the exchange may have it."""
            trace = _trace.get()
            if trace is not None:
                trace.left, trace.judged, trace.status = True, False, None
            return await super().fetch(*args, **named)

        def handle_errors(self, *args: Any) -> Any:
            """Keep what was answered; an error here is the exchange's own word."""
            trace = _trace.get()
            if trace is not None:
                trace.status, trace.answer = args[0], args[6]
            try:
                return super().handle_errors(*args)
            except Exception:
                if trace is not None:
                    trace.judged = args[6] is not None
                raise

        def amount_to_precision(self, _symbol: str, amount: Any) -> str:
            """As it is: sizes are put on the lot before they come here."""
            return str(amount)

        def price_to_precision(self, _symbol: str, price: Any) -> str:
            """As it is: prices are put on the tick before they come here."""
            return str(price)

    return Quiet


def code_of(profile: Profile, trace: Trace) -> str | None:
    """The exchange's own code of what it answered, None where there is none."""
    for path in profile.code:
        found = at(trace.answer, path)
        if isinstance(found, (str, int)) and not isinstance(found, bool):
            text = str(found)[:20]
            if text.strip("0"):
                return text
    return None


def words(error: BaseException, trace: Trace | None = None) -> str:
    """What went wrong in short; no address, so no signature, comes into it."""
    answer = None if trace is None else trace.answer
    if trace is not None and trace.judged and answer is not None:
        return json.dumps(answer)[:MOST]
    name = type(error).__name__
    if trace is not None and trace.status is not None:
        return f"{name}, HTTP status {trace.status}"
    text = str(error)
    return name if "://" in text else f"{name}: {text[:MOST]}"


class Wire:
    """One account at one exchange: questions through it either answer or raise ExchangeError."""

    def __init__(self, profile: Profile, connect_: Callable[[], Any]) -> None:
        """`connect_` makes ccxt's client, at the first question."""
        self.profile = profile
        self._connect = connect_
        self._made: Any = None
        self._opening = asyncio.Lock()

    @property
    def client(self) -> Any:
        """ccxt's client, once `open` was called."""
        return self._made

    async def open(self) -> Any:
        """The client, with its markets and the exchange's clock known.

        Raises:
            ExchangeError: the exchange does not answer.
            ConfigError: ccxt is not installed, or the key is not complete.
        """
        async with self._opening:
            if self._made is None:
                made = self._connect()
                try:
                    await made.load_time_difference()
                    await made.load_markets()
                except Exception as error:  # whatever a venue's class raises
                    await made.close()
                    raise ExchangeError(self._failed("its markets", error, None)) from error
                self._made = made
            return self._made

    async def ask(self, what: str, call: Callable[[Any], Awaitable[T]]) -> T:
        """The answer to a question; `call` is given ccxt's client.

        Raises:
            ExchangeError: there was none that can be read; the message has the venue's words.
        """
        client = await self.open()
        with traced() as trace:
            try:
                return await call(client)
            except Exception as error:  # each venue's class fails in its own way
                if not await self.clock_again(trace):
                    raise ExchangeError(self._failed(what, error, trace)) from error
        with traced() as trace:
            try:
                return await call(client)
            except Exception as error:
                raise ExchangeError(self._failed(what, error, trace)) from error

    async def clock_again(self, trace: Trace) -> bool:
        """After a refusal for the time, take the exchange's clock anew; whether that was done."""
        code = code_of(self.profile, trace) if trace.judged else None
        if self._made is None or self.profile.refused.get(code or "") != EXPIRED:
            return False
        with traced():
            try:
                await self._made.load_time_difference()
            except Exception:  # noqa: BLE001  # the next request says that it is off still
                return False
        return True

    async def close(self) -> None:
        """Close the connections."""
        if self._made is not None:
            made, self._made = self._made, None
            await made.close()

    def _failed(self, what: str, error: BaseException, trace: Trace | None) -> str:
        told = words(error, trace)
        return f"{self.profile.title}: {what} could not be read ({told}); it is asked again"


def milliseconds(time: datetime) -> int:
    """A time as Unix milliseconds, cut off."""
    return (time - _ORIGIN) // timedelta(milliseconds=1)


def _moved(urls: Any, base: str) -> Any:
    """Every address of a client with another scheme and host, for a venue on this machine."""
    if isinstance(urls, dict):
        return {name: _moved(one, base) for name, one in urls.items()}
    if not isinstance(urls, str):
        return urls
    to, old = urlsplit(base), urlsplit(urls)
    return urlunsplit((to.scheme, to.netloc, old.path, old.query, ""))
