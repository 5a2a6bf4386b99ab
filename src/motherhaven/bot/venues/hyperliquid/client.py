"""HTTP to the venue: one deadline a call, no redirects, no second try of what was signed."""

import asyncio
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import httpx

from motherhaven.bot.venues.hyperliquid.weight import Weight
from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import ConfigError, ExchangeError, InvalidJson
from motherhaven.contract.jsonio import loads
from motherhaven.settings.clock import SystemClock

MAINNET: Final = "https://api.hyperliquid.xyz"
TESTNET: Final = "https://api.hyperliquid-testnet.xyz"
INFO_SECONDS: Final = 6.0
EXCHANGE_SECONDS: Final = 8.0
VERB_SECONDS: Final = 9.5
"""All calls of one verb together."""

DRAIN_SECONDS: Final = 5.0
"""All calls that look for news; the bridge waits for a verb and the news after it."""

MOST_INFO: Final = 16 << 20
MOST_REPLY: Final = 1 << 20
_LEAST: Final = 0.5
_CONTAINERS: Final = 200_000
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})

_ends: ContextVar[float | None] = ContextVar("verb_ends", default=None)


@contextmanager
def verb(seconds: float = VERB_SECONDS) -> Iterator[None]:
    """A block whose calls together take no longer than `seconds`; inner blocks change nothing."""
    if _ends.get() is not None:
        yield
        return
    token = _ends.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends.reset(token)


def network_of(
    url: str | None, *, testnet: bool
) -> tuple[str, Literal["mainnet", "testnet", "local"]]:
    """The address to talk to, without a slash at its end, and what money is there.

    Raises:
        ConfigError: the address is neither the venue's own nor on this machine.
    """
    given = TESTNET if testnet else MAINNET
    if url is None or url.rstrip("/") == given:
        return given, "testnet" if testnet else "mainnet"
    parts = urlsplit(url)
    if parts.scheme in ("http", "https") and parts.hostname in _LOOPBACK and not parts.query:
        return url.rstrip("/"), "local"
    raise ConfigError(
        "HYPERLIQUID_API_URL: only an address on this machine (http://127.0.0.1:PORT) may take the "
        f"place of {given}; leave it empty, and choose the network by HYPERLIQUID_TESTNET"
    )


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back for a signed action: the HTTP status and the body, bounded."""

    status: int
    body: bytes


class NotSent(ExchangeError):
    """No byte of it has left: there was no connection, or no time."""


class Lost(ExchangeError):
    """It has left, or may have; what became of it is not known."""


class Client:
    """Talks to one address. Never logs a body, and never sends anything twice."""

    def __init__(
        self,
        base: str,
        transport: httpx.AsyncBaseTransport | None = None,
        *,
        proxied: bool = True,
        clock: Clock | None = None,
    ) -> None:
        """`proxied`: through the proxy of the environment, if it names one."""
        self.weight = Weight(clock or SystemClock())
        self._base = base
        self._http = httpx.AsyncClient(
            timeout=EXCHANGE_SECONDS, follow_redirects=False, transport=transport, trust_env=proxied
        )

    async def info(self, request: Mapping[str, Any]) -> Any:
        """The answer to a question, parsed.

        Raises:
            ExchangeError: no answer, or one that cannot be read: never an empty result; or too
                much was asked in the last minute.
        """
        what = str(request.get("type"))
        self.weight.ask(what)
        try:
            async with asyncio.timeout(_left(INFO_SECONDS, what)):
                reply = await self._post("/info", json.dumps(dict(request)).encode(), MOST_INFO)
        except (httpx.HTTPError, TimeoutError) as error:
            raise ExchangeError(
                f"Hyperliquid did not answer {what} ({_named(error)}); it is asked again"
            ) from None
        if reply.status != 200:
            raise ExchangeError(
                f"Hyperliquid answered {what} with HTTP {reply.status}; it is asked again"
            )
        try:
            answer = loads(reply.body, containers=_CONTAINERS)
        except InvalidJson as error:
            raise ExchangeError(f"Hyperliquid's answer to {what} is unreadable: {error}") from None
        self.weight.answered(answer)
        return answer

    async def exchange(self, body: bytes, items: int = 1) -> Reply:
        """Send signed bytes once; `items` is how many orders or cancels are in them.

        Raises:
            NotSent: nothing has left.
            Lost: no readable answer came.
        """
        self.weight.sent(items)
        try:
            async with asyncio.timeout(_left(EXCHANGE_SECONDS, "an order")):
                return await self._post("/exchange", body, MOST_REPLY)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise NotSent(
                f"Hyperliquid cannot be reached ({_named(error)}); nothing was sent"
            ) from None
        except (httpx.HTTPError, TimeoutError, _TooLong) as error:
            raise Lost(f"the answer was lost ({_named(error)})") from None

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _post(self, path: str, body: bytes, most: int) -> Reply:
        headers = {"Content-Type": "application/json"}
        url = f"{self._base}{path}"
        async with self._http.stream("POST", url, content=body, headers=headers) as got:
            found = bytearray()
            async for chunk in got.aiter_bytes():
                found += chunk
                if len(found) > most:
                    raise _TooLong(f"Hyperliquid's answer is longer than {most} bytes")
            return Reply(got.status_code, bytes(found))


class _TooLong(ExchangeError):
    pass


def _left(most: float, what: str) -> float:
    """The seconds that this call may take.

    Raises:
        NotSent: the verb's time is used up.
    """
    ends = _ends.get()
    seconds = most if ends is None else min(most, ends - time.monotonic())
    if seconds < _LEAST:
        raise NotSent(f"no time is left to ask Hyperliquid for {what}; nothing was sent")
    return seconds


def _named(error: Exception) -> str:
    return type(error).__name__
