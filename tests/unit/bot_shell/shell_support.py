"""What the tests of the bot's shell share: a market, a trader, a clock that sleeps."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

from motherhaven.bot.core.setup import TraderSetup
from motherhaven.bot.execution.commands import PlaceOrders
from motherhaven.bot.execution.orders import Grouping
from motherhaven.bot.execution.states import planned
from motherhaven.bot.market.feed import Quote, Slice
from motherhaven.bot.market.instruments import Bar
from motherhaven.bot.market.simulated import SimulatedFeed
from motherhaven.bot.running.cycle import Cycle, Facts
from motherhaven.bot.running.sink import MemorySink
from motherhaven.bot.running.venues import paper_trader
from motherhaven.contract.limits import RiskLimits
from motherhaven.testing.clock import FakeClock

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def bar(coin, start, opening, high=None, low=None, close=None):
    """A one-minute bar; what is left out is flat."""
    opening = Decimal(opening)
    close = opening if close is None else Decimal(close)
    high = max(opening, close) if high is None else Decimal(high)
    low = min(opening, close) if low is None else Decimal(low)
    return Bar(coin, start, opening, high, low, close, Decimal(1))


def piece(start, **bars):
    """A slice of one-minute bars that start at `start`; each is given as bar's arguments."""
    made = {c: bar(c, start, *(v if isinstance(v, tuple) else (v,))) for c, v in bars.items()}
    return Slice(start + MINUTE, made)


def new_trader(coins=("BTC",), now=NOON, limits=None, slippage=None, **setup):
    """A trader with counted ids."""
    numbers = count(1)
    limits = limits or RiskLimits(max_position_size_usd=Decimal(1000))
    setup.setdefault("candles", False)
    made = TraderSetup(coins=coins, limits=limits, **setup)
    return paper_trader(made, now, lambda: f"id-{next(numbers):06d}", slippage)


def placed(trader, *intents, grouping=Grouping.NA):
    """Orders of ours, placed past the decisions; what came of them is on record."""
    account = trader.account
    made = [replace(one, cloid=f"0x{n:032x}") for n, one in enumerate(intents, 1)]
    for intent in made:
        account.orders.plan(planned(intent, intent.cloid, trader.now))
    outcomes = account.submit([PlaceOrders(tuple(made), grouping)])
    trader.log.note(account.take())
    return outcomes


def new_cycle(trader, decider, sink=None, **kwargs):
    """A cycle over a memory sink."""
    return Cycle(trader, decider, sink or MemorySink(), Facts("test", 60), **kwargs)


def quotes_of(**prices):
    """A coroutine function that gives quotes at NOON's prices."""

    async def quotes():
        return {c: Quote(c, Decimal(p), Decimal(p), Decimal(p), NOON) for c, p in prices.items()}

    return quotes


def answer(*decisions):
    """A model's raw answer."""
    return json.dumps({"decisions": list(decisions)})


def entry(coin="BTC", signal="buy_to_enter", **fields):
    """A well-formed entry around a price of 50,000, as a model writes it."""
    long = signal == "buy_to_enter"
    return {
        "coin": coin,
        "signal": signal,
        "quantity_usd": 100,
        "leverage": 2,
        "confidence": 0.8,
        "stop_loss": 49000 if long else 51000,
        "profit_target": 52000 if long else 48000,
        "justification": "because",
        **fields,
    }


def action(coin="BTC", signal="hold"):
    """A hold or close."""
    return {"coin": coin, "signal": signal, "justification": "because"}


def kinds(records):
    """The kinds of records, in order."""
    return [record.kind for record in records]


def of_kind(records, kind):
    """Payloads of one kind."""
    return [record.payload for record in records if record.kind == kind]


class SleepyClock(FakeClock):
    """A clock whose sleep moves it on at once; `until` ends a loop by setting `stop`."""

    def __init__(self, now=NOON, stop=None, until=None):
        super().__init__(now)
        self.stop = stop
        self.until = until

    async def sleep(self, seconds):
        """Let that much time pass without waiting."""
        self.advance(max(seconds, 0.001))
        if self.until is not None and self.now() >= self.until:
            self.stop.set()
        await asyncio.sleep(0)


def seen_context(hours, **told):
    """What a decider sees at noon after some hours of a simulated market."""
    feed = SimulatedFeed(("BTC", "ETH"), 1)
    ids = count()
    setup = TraderSetup(("BTC", "ETH"), RiskLimits(), feed.specs, detailed=True)
    trader = paper_trader(setup, NOON, lambda: f"id-{next(ids)}")
    for piece in feed.slices(NOON - timedelta(hours=hours), NOON):
        trader.on_slice(piece)
    return trader.context(NOON, **told)
