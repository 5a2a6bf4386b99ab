"""ccxt's own client of an exchange with its requests taken down and answered here: no network."""

import asyncio
import json
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

from motherhaven.bot.execution.access import VenueAccess
from motherhaven.bot.execution.venue_setup import VenueSetup
from motherhaven.bot.venues.ccxt.known import PROFILES
from motherhaven.bot.venues.ccxt.venue import CcxtVenue
from motherhaven.bot.venues.ccxt.wire import connect, load
from motherhaven.testing.clock import FakeClock

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
MS = int(NOW.timestamp() * 1000)
IDS = {
    "binanceusdm": "BTCUSDT", "bybit": "BTCUSDT", "okx": "BTC-USDT-SWAP", "bitget": "BTCUSDT",
}  # fmt: skip
SYMBOL = "BTC/USDT:USDT"
KEYS = json.dumps({"key": "test-key-0123456789", "secret": "c2VjcmV0", "password": "pass"})


class Seen:
    """One request: method, path, what it carries, and its headers."""

    def __init__(self, method, url, headers, body):
        parts = urlsplit(url)
        self.method, self.host, self.path = method, parts.netloc, parts.path
        self.headers = dict(headers or {})
        self.raw = f"{method} {url} {json.dumps(self.headers)} {body or ''}"
        self.params = dict(parse_qsl(parts.query))
        if body and body[0] in "[{":
            self.params = json.loads(body)
        elif body:
            self.params |= dict(parse_qsl(body))


def recording(venue, answer, seen):
    """ccxt's class of the exchange that asks `answer` in place of the network."""
    base = load(venue)

    class Recording(base):
        """The real client without a socket."""

        async def fetch(self, url, method="GET", headers=None, body=None):
            """Take a request down and answer it."""
            request = Seen(method, url, self.prepare_request_headers(headers), body)
            seen.append(request)
            reply = answer(request)
            if isinstance(reply, Exception):
                raise reply
            status, found = reply if isinstance(reply, tuple) else (200, reply)
            text = found if isinstance(found, str) else json.dumps(found)
            parsed = self.parse_json(text)
            self.handle_errors(status, "", url, method, {}, text, parsed, headers, body)
            self.handle_http_status_code(status, "", url, method, text)
            return text if parsed is None else parsed

    return Recording


def market(venue, **fields):
    """The one market, as ccxt lists it; sizes at OKX are contracts of 0.01 coin."""
    okx = venue == "okx"
    return {
        "id": IDS[venue], "symbol": SYMBOL, "base": "BTC", "quote": "USDT", "settle": "USDT",
        "baseId": "BTC", "quoteId": "USDT", "settleId": "USDT", "type": "swap", "spot": False,
        "swap": True, "future": False, "option": False, "contract": True, "linear": True,
        "inverse": False, "active": True, "contractSize": "0.01" if okx else "1",
        "taker": "0.0005", "maker": "0.0002",
        "precision": {"amount": "0.1" if okx else "0.001", "price": "0.1"},
        "limits": {"cost": {"min": "5"}, "leverage": {"max": "50"}, "amount": {}, "price": {}},
        "margin": False,
        "info": {
            "uly": "BTC-USDT",
            "orderTypes": ["LIMIT", "MARKET", "STOP_MARKET", "TAKE_PROFIT_MARKET"],
        },
        **fields,
    }  # fmt: skip


class Exchange:
    """The adapter of one exchange over a client whose requests are answered by `answer`."""

    def __init__(
        self, venue, folder, answer, gate=lambda _reduces: None, testnet=False, locks=None
    ):
        self.seen = []
        self.profile = PROFILES[venue]
        self.clock = FakeClock(NOW)
        access = VenueAccess(
            f"ccxt:{venue}", folder, testnet=testnet, secret=lambda: KEYS, gate=gate, locks=locks
        )

        def connected():
            base = recording(venue, answer, self.seen)
            made = connect(self.profile, access, self.clock, base)
            made.enableRateLimit = False
            made.set_markets([market(venue)])
            made.options["leverageBrackets"] = {}
            made.options["enableUnifiedMargin"] = False
            made.options["enableUnifiedAccount"] = True
            self.client = made
            return made

        setup = VenueSetup(NOW, lambda: "P", access=access)
        self.venue = CcxtVenue(self.profile, setup, self.clock, self.sleep, connected)

    async def sleep(self, seconds):
        """A pause on the fake clock."""
        self.clock.advance(seconds)

    def run(self, work):
        """The result of `work(venue)`; the client is closed after it."""

        async def act():
            try:
                return await work(self.venue)
            finally:
                await self.venue.close()

        return asyncio.run(act())

    def sent(self, *paths):
        """Requests that change something, to paths that end so."""
        return [
            one for one in self.seen
            if one.method != "GET" and (not paths or one.path.endswith(paths))
        ]  # fmt: skip
