"""Shadow trading: paper fills as ever, and beside each what the real book would have given."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest
from arming_support import LIMITS, NOON
from live_support import CYCLE, PRICE, FlatMinutes

from motherhaven.bot.core.records import Record
from motherhaven.bot.market.feed import Book, Quote
from motherhaven.bot.market.instruments import Level, default_spec
from motherhaven.bot.running.build import build_bot
from motherhaven.bot.running.config import BotConfig
from motherhaven.bot.running.shadow import Shadow
from motherhaven.bot.running.sink import MemorySink
from motherhaven.contract.errors import ConfigError, MarketError
from motherhaven.contract.ids import IdSource
from motherhaven.settings import TradingMode, load_settings
from motherhaven.testing.clock import FakeClock
from tests.patience import within

D = Decimal
BOOK = Book((Level(D(49_990), D(1)),), (Level(D(50_100), D("0.0005")), Level(D(50_200), D(1))))


class Market(FlatMinutes):
    """Flat minutes with a real order book; `book` None: it is not to be had."""

    def __init__(self, book=BOOK):
        super().__init__()
        self.book = book

    async def quotes(self, now):
        """The price of now."""
        return {"BTC": Quote("BTC", PRICE, PRICE, PRICE, now)}

    async def books(self, coins):
        """The book of each coin."""
        if self.book is None:
            raise MarketError("no book")
        return dict.fromkeys(coins, self.book)


def run(market, decider="buy-and-hold", cycles=3, sink=None, mode=TradingMode.SHADOW):
    """A shadow for some cycles; what is on record."""
    clock, sink = FakeClock(NOON + timedelta(seconds=10)), sink or MemorySink()
    config = BotConfig(
        "shadow", ("BTC",), None, decider=decider, interval_seconds=120, limits=LIMITS, mode=mode
    )
    bot = build_bot(config, market, sink, clock, IdSource(clock, bytes), say=str, sleep=None)

    async def live():
        stop = asyncio.Event()

        async def sleep(seconds):
            clock.advance(max(seconds, 1.0))
            if clock.now() >= NOON + cycles * CYCLE:
                stop.set()
            await asyncio.sleep(0)

        bot.runner._sleep = sleep
        await within(bot.runner.run(stop))

    asyncio.run(live())
    return sink


def of(sink, kind):
    """Payloads of one kind."""
    return [one.payload for one in sink.kept if one.kind == kind]


def test_a_fill_says_what_the_book_would_have_given():
    """Paper fills by its formula; the book is walked for the same size, both on record."""
    sink = run(Market())
    (fill,) = of(sink, "fill")
    assert fill["size"] == D("0.00099")
    assert fill["book_size"] == D("0.00099")
    assert fill["book_price"] == D("50150")
    worse = D("50150") - fill["price"]
    assert worse > 0
    assert fill["shortfall_usd"] == worse * D("0.00099")
    assert fill["shortfall_bp"] == (worse / fill["price"] * 10_000).quantize(D("0.0001"))
    assert of(run(Market(), mode=TradingMode.PAPER), "fill")[0]["price"] == D("50150")


def test_every_status_tells_the_sum_and_a_restart_keeps_it():
    """Over all fills so far, in USD and in basis points of what was compared."""
    sink = run(Market())
    (fill,) = of(sink, "fill")
    told = of(sink, "status")[-1]
    assert told["shadow_usd"] == fill["shortfall_usd"]
    assert (told["shadow_compared"], told["shadow_fills"]) == (1, 1)
    assert told["shadow_bp"] == fill["shortfall_bp"]
    again = of(run(Market(), sink=sink), "status")
    assert again[-1]["shadow_usd"] == fill["shortfall_usd"]


def test_a_thin_book_fills_in_part_and_its_rest_is_seen():
    """What the book does not have is not made up."""
    thin = Book(BOOK.bids, (Level(D(50_010), D("0.0004")),))
    (fill,) = of(run(Market(thin)), "fill")
    assert (fill["size"], fill["book_size"]) == (D("0.00099"), D("0.00040"))
    assert fill["shortfall_usd"] == (D("50010") - fill["price"]) * D("0.00040")


@pytest.mark.parametrize("book", [None, Book((), ())])
def test_without_a_book_nothing_is_compared(book):
    """The paper fill stands; no figure is made up for it, and the count says so."""
    sink = run(Market(book))
    (fill,) = of(sink, "fill")
    assert "shortfall_usd" not in fill
    told = of(sink, "status")[-1]
    assert (told["shadow_compared"], told["shadow_fills"]) == (0, 1)
    assert told["shadow_usd"] == 0
    assert "shadow_bp" not in told


def test_a_stop_is_compared_with_the_book_of_that_moment():
    """Nobody decided it, so the book is read once the fill is seen; a long sells to the bids."""
    shadow = Shadow(type("A", (), {
        "orders": type("O", (), {"find": staticmethod(lambda _cloid: None)}),
        "spec": staticmethod(lambda _coin: default_spec("BTC")),
    }))  # fmt: skip
    fill = {"coin": "BTC", "size": D("-0.002"), "price": D(49_995), "cloid": "0x1"}
    records = [Record("fill", fill, NOON, "e1"), Record("status", {}, NOON, "e2")]
    assert shadow.wanted(records) == ("BTC",)
    shadow.look({"BTC": BOOK}, NOON)
    assert shadow.wanted(records) == ()
    shadow.amend(records)
    assert fill["book_price"] == D(49_990)
    assert fill["shortfall_usd"] == D("0.010")
    before = dict(fill)
    shadow.look({"BTC": BOOK}, NOON)
    shadow.amend(records)
    assert (fill, shadow.sum.fills) == (before, 1)


def test_a_shadow_holds_no_key(tmp_path, monkeypatch):
    """A process without a key cannot send, whatever goes wrong in it; the address may stand."""
    monkeypatch.chdir(tmp_path)
    for name in ("HYPERLIQUID_WALLET_PRIVATE_KEY", "CCXT_API_KEY", "CCXT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    settings = load_settings(trading_mode="shadow", hyperliquid_account_address="0x" + "a1" * 20)
    config = BotConfig.from_settings(settings)
    assert (config.market, config.mark, config.live) == ("hyperliquid", "SHADOW", False)
    assert config.journal.name == "trading_bot_shadow.db"
    for name in ("hyperliquid_wallet_private_key", "ccxt_secret"):
        with pytest.raises(ConfigError, match="shadow sends no order, so it takes no key"):
            BotConfig.from_settings(load_settings(trading_mode="shadow", **{name: "0x" + "1" * 64}))
    with pytest.raises(ConfigError, match="TRADING_MARKET=simulated:1: shadow mode trades"):
        BotConfig.from_settings(load_settings(trading_mode="shadow", trading_market="simulated:1"))
