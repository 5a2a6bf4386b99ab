"""A local stand-in for a venue's ccxt class: unified answers, floats and all; no network."""

from shell_support import NOON


def market(base, quote="USDT", **fields):
    """A linear perpetual future as ccxt lists it."""
    return {
        "symbol": f"{base}/{quote}:{quote}", "base": base, "quote": quote, "swap": True,
        "linear": True, "active": True, "contractSize": 1.0,
        "precision": {"amount": 0.001, "price": 0.1},
        "limits": {"leverage": {"max": 50.0}, "cost": {"min": 5.0}}, **fields,
    }  # fmt: skip


def ms(moment):
    """Unix milliseconds."""
    return int(moment.timestamp() * 1000)


class FakeVenue:
    """Answers what `markets`, `rows`, `rates`, `tickers` say; `fails` raises at a call."""

    def __init__(self, *markets, step_ms=60_000, **answers):
        self.markets = {one["symbol"]: one for one in markets or (market("BTC"), market("ETH"))}
        self.rows = answers.get("rows", {})
        self.rates = answers.get("rates", {})
        self.ticker = answers.get("ticker", {"bid": 50_000.0, "ask": 50_000.2, "last": 50_000.1})
        self.funding = answers.get(
            "funding",
            {
                "fundingRate": 0.0001,
                "interval": "8h",
                "markPrice": 50_001.5,
                "indexPrice": 50_002.0,
            },
        )
        self.interest = answers.get("interest", {"openInterestAmount": 1_234.5})
        self.book = answers.get("book", {"bids": [[50_000.0, 1.5]], "asks": [[50_000.2, 2.0]]})
        self.tiers = answers.get("tiers", [])
        self.page = answers.get("page", 500)
        self.fails = answers.get("fails", {})
        self.has = {"fetchFundingRate": True, "fetchOpenInterest": True,
                    "fetchFundingRateHistory": True, **answers.get("has", {})}  # fmt: skip
        self.step_ms = step_ms
        self.calls = []
        self.closed = False

    def _called(self, name, *args):
        self.calls.append((name, *args))
        fault = self.fails.get(name) or self.fails.get((name, args[0] if args else None))
        if fault is not None:
            raise fault

    async def load_markets(self):
        """The markets by symbol."""
        self._called("load_markets")
        return self.markets

    async def fetch_ohlcv(self, symbol, timeframe, since, limit):
        """The first rows from `since` on, at most a page."""
        self._called("fetch_ohlcv", symbol, timeframe, since, limit)
        rows = [row for row in self.rows.get(symbol, []) if row[0] >= since]
        return rows[: min(limit, self.page)]

    async def fetch_funding_rate_history(self, symbol, since, limit):
        """The first rates from `since` on."""
        self._called("fetch_funding_rate_history", symbol, since, limit)
        rows = [row for row in self.rates.get(symbol, []) if row["timestamp"] >= since]
        return rows[: min(limit, self.page)]

    async def fetch_market_leverage_tiers(self, symbol):
        """The margin tiers."""
        self._called("fetch_market_leverage_tiers", symbol)
        return self.tiers

    async def fetch_ticker(self, symbol):
        """Prices of now."""
        self._called("fetch_ticker", symbol)
        return self.ticker

    async def fetch_funding_rate(self, symbol):
        """Funding of now."""
        self._called("fetch_funding_rate", symbol)
        return self.funding

    async def fetch_open_interest(self, symbol):
        """Open interest of now."""
        self._called("fetch_open_interest", symbol)
        return self.interest

    async def fetch_order_book(self, symbol, limit):
        """The book of now."""
        self._called("fetch_order_book", symbol, limit)
        return self.book

    async def close(self):
        """Let go."""
        self.closed = True


def rows(n, start=NOON, step_ms=60_000):
    """Candles from `start` on, as floats."""
    return [
        [ms(start) + k * step_ms, 100.1 + k, 101.1 + k, 99.1 + k, 100.6 + k, 1.5] for k in range(n)
    ]
