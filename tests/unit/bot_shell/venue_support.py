"""A loopback copy of the venue's /info, and a feed that asks it."""

import asyncio
import json

from shell_support import NOON

from motherhaven.bot.market.hyperliquid import HyperliquidFeed
from motherhaven.testing.clock import FakeClock

META = [
    {"universe": [
        {"name": "BTC", "szDecimals": 5, "maxLeverage": 40},
        {"name": "ETH", "szDecimals": 4, "maxLeverage": 25},
    ]},
    [
        {"markPx": "50010.0", "midPx": "50000.5", "oraclePx": "50005", "funding": "0.0000125"},
        {"markPx": "3000", "midPx": None, "oraclePx": "3001", "funding": "-0.00002"},
    ],
]  # fmt: skip


def candle(start, close="50000", **fields):
    """A candle as the venue sends it."""
    stamp = int(start.timestamp() * 1000)
    return {"t": stamp, "T": stamp + 59_999, "o": close, "h": close, "l": close, "c": close,
            "v": "1.5", "n": 3, **fields}  # fmt: skip


class Venue:
    """Answers /info: `answers` by request type, as JSON, raw bytes or (status, bytes)."""

    def __init__(self, **answers):
        self.answers = {"metaAndAssetCtxs": META, "candleSnapshot": [], **answers}
        self.requests = []

    async def __aenter__(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_):
        self.server.close()

    async def _serve(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        request = json.loads(await reader.readexactly(length))
        self.requests.append(request)
        answer = self.answers[request["type"]]
        if callable(answer):
            answer = answer(request)
        status, body = answer if isinstance(answer, tuple) else (200, answer)
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        writer.write(
            b"HTTP/1.1 %d X\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"
            % (status, len(body))
            + body
        )
        await writer.drain()
        writer.close()


def use(venue, work, coins=("BTC", "ETH")):
    """Run `work(feed)` against the venue."""

    async def run():
        async with venue:
            feed = HyperliquidFeed(coins, FakeClock(NOON), venue.url)
            try:
                return await work(feed)
            finally:
                await feed.close()

    return asyncio.run(run())


def levels(*pairs):
    """Levels as the venue sends them."""
    return [{"px": price, "sz": size, "n": 1} for price, size in pairs]
