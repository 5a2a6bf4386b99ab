"""A trader over the Hyperliquid adapter and a fake venue, in step: its clock moves only by hand."""

import asyncio
import threading
from collections import deque
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from itertools import count
from types import SimpleNamespace

from motherhaven.bot.core.setup import TraderSetup
from motherhaven.bot.core.trader import Trader
from motherhaven.bot.decider.types import Answer
from motherhaven.bot.execution.access import VenueAccess
from motherhaven.bot.execution.kill_latch import KillLatch
from motherhaven.bot.execution.reconciler import Reconciler
from motherhaven.bot.execution.venue_setup import VenueSetup
from motherhaven.bot.guard.parse import parse_answer
from motherhaven.bot.market.feed import Quote, Slice
from motherhaven.bot.market.instruments import Bar
from motherhaven.bot.portfolio.fold import fold_equity
from motherhaven.bot.running.bridge import VenueBridge
from motherhaven.bot.running.cycle import Cycle, Facts
from motherhaven.bot.running.killing import KillObeyer
from motherhaven.bot.running.recover import KINDS, fold, restore
from motherhaven.bot.running.sink import MemorySink
from motherhaven.bot.venues.hyperliquid.venue import HyperliquidVenue
from motherhaven.contract.errors import ExchangeError
from motherhaven.contract.jsonio import dumps, loads
from motherhaven.contract.limits import RiskLimits
from motherhaven.testing.fake_venue import FakeVenue
from tests.stepped_stream import SteppedStream

D = Decimal
MINUTE = timedelta(minutes=1)
PRICE = D(50_000)
COIN = "BTC"
LIMITS = RiskLimits(
    max_position_size_usd=D(1000), max_total_margin_usd=D(5000), max_trades_per_day=100_000,
    entry_cooldown_seconds=0, daily_loss_limit_usd=D(1_000_000),
)  # fmt: skip


def entry(usd=100, leverage=2, stop="0.98", target="1.04", price=PRICE, coin=COIN):
    """A long of `usd` of margin; stop and target as shares of the price."""
    return {
        "coin": coin, "signal": "buy_to_enter", "quantity_usd": usd, "leverage": leverage,
        "confidence": 0.8, "stop_loss": float(price * D(stop)),
        "profit_target": float(price * D(target)), "justification": "because",
    }  # fmt: skip


CLOSE = {"coin": COIN, "signal": "close", "justification": "because"}


class LiveWire:
    """A live trader, its journal, and the fake venue that it trades at."""

    def __init__(self, folder, fake=None, limits=LIMITS, others=None):
        """`others` are more coins to trade, each with its price."""
        self.fake = fake or FakeVenue()
        self.prices = {COIN: PRICE, **(others or {})}
        self.fake.state.requests = deque(self.fake.state.requests)  # all of them, however many
        self._own = fake is None
        if self._own:
            self.fake.__enter__()
            for coin, price in self.prices.items():
                self.fake.move(coin, price)
            self.fake.step(1)
        self.folder, self.limits = folder, limits
        self.sink = MemorySink()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.ids = count(1)
        self.runs = 0
        self.begin()

    # --- a life of the bot --------------------------------------------------------------

    def begin(self):
        """Start the bot on what the journal has."""
        self.runs += 1
        fake = self.fake
        access = VenueAccess(
            fake.address, self.folder, url=fake.url, secret=fake.key, gate=lambda _: None
        )
        setup = VenueSetup(fake.clock.now(), self.new_id, access=access)
        self.adapter = HyperliquidVenue(setup, fake.clock)
        self.stream = SteppedStream(fake, self.adapter._heard)
        self.adapter._stream = self.stream
        self.venue = VenueBridge(self.adapter, self.loop)
        saved = fold(kept_again(self.sink.read(KINDS)))
        specs = {coin: self.venue.spec(coin) for coin in self.prices}
        made = TraderSetup(
            tuple(self.prices), self.limits, specs, candles=False, patience=timedelta(days=9),
            deposit=D(0) if saved.deposit is None else saved.deposit,
        )  # fmt: skip
        self.trader = Trader(made, self.venue, fake.clock.now(), self.new_id)
        self.trader.account.gate = lambda _: None
        self.trader.account.clock = fake.clock.now
        self.trader.armed = True
        restore(self.trader, saved)
        for decision_id, coin in saved.pending.items():
            self.trader.settle(decision_id, coin, "the life before ended first", fake.clock.now())
        self.trader.watch.reconciler = Reconciler(self.trader.account)
        self.trader.watch.reconciler.kept.update(saved.frozen)
        self.cycle = Cycle(self.trader, SimpleNamespace(name="none"), self.sink, Facts("test", 180))
        self.killer = KillObeyer(KillLatch(self.folder), self.cycle)
        self.killer.obey_latch(self.now)
        self.look_at()

    def end(self):
        """The process ends; what was not written is lost, the venue goes on."""
        self.stream.end()
        asyncio.run_coroutine_threadsafe(self.adapter.close(), self.loop).result()

    def arm(self):
        """Somebody has looked at what stopped entries, and ends it by hand."""
        self.killer.latch.clear()
        self.killer.obey_latch(self.now)
        self.trader.kill = self.trader.kill.rearm()
        for coin in list(self.trader.watch.frozen):
            self.trader.watch.reconciler.confirm(coin)
        self.cycle.status("armed by hand", self.now)
        self.cycle.flush()

    def close(self):
        """End everything."""
        self.end()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()
        if self._own:
            self.fake.__exit__()

    def new_id(self):
        """Ids that no life of the bot gives twice."""
        return f"r{self.runs}-{next(self.ids)}"

    # --- the market and time ------------------------------------------------------------

    @property
    def now(self):
        """The venue's time."""
        return self.fake.clock.now()

    def look_at(self):
        """The bot sees a closed bar of each coin at its price."""
        start = self.now.replace(second=0, microsecond=0) - MINUTE
        bars = {coin: Bar(coin, start, *(at,) * 4, D(1)) for coin, at in self.prices.items()}
        known = self.trader.series_by_coin.get(COIN)
        if known is None or known.end < bars[COIN].end:
            self.trader.on_slice(Slice(bars[COIN].end, bars))

    @property
    def price(self):
        """The price of BTC."""
        return self.prices[COIN]

    def move(self, price, coin=COIN):
        """The market goes to `price`."""
        self.prices[coin] = D(price)
        self.fake.move(coin, self.prices[coin])

    def step(self, seconds=3.0):
        """Let time pass, and let the bot hear what was told."""
        self.fake.step(seconds)
        self.hear()
        self.pump()

    def hear(self):
        """What the stream has told by now is heard."""

        async def turn():
            self.stream.turn()

        asyncio.run_coroutine_threadsafe(turn(), self.loop).result()

    def pump(self):
        """What the venue has told is folded; what it does not say now it says later."""
        self.pump_only()
        self.trader.account.at(self.now)
        self.trader.follow()

    def pump_only(self):
        """What the venue has told waits for the core."""
        with suppress(ExchangeError):
            asyncio.run_coroutine_threadsafe(self.venue.pump(), self.loop).result()

    # --- what the bot does --------------------------------------------------------------

    def decide(self, *decisions):
        """Judge and trade; the executions on record."""
        self.look_at()
        before = len(self.sink.kept)
        coins = frozenset(self.prices)
        parsed = parse_answer(dumps({"decisions": list(decisions)}).decode(), coins)
        assert not parsed.rejected, parsed.rejected
        now, trader = self.now, self.trader
        context = trader.context(now)
        trader.judge(Answer(decisions=parsed.decisions), context, now, "model", self.new_id())
        self.cycle.flush()
        trader.execute({c: Quote(c, *(at,) * 3, now) for c, at in self.prices.items()}, now)
        self.cycle.flush()
        return self.told("execution", before)

    def resolve(self):
        """Ask about what is unknown."""
        self.trader.account.at(self.now)
        self.trader.resolve_orders(self.now)
        self.cycle.flush()

    def reconcile(self, looks=1, apart=3.0):
        """So many whole looks, some seconds apart; the last one's result."""
        for number in range(looks):
            if number:
                self.fake.step(apart)
            done = self.trader.reconcile(self.now)
            self.cycle.flush()
        return done

    def settle(self, looks=5):
        """Time enough for everything that is unknown or differs; the last look's result."""
        for _ in range(looks):
            self.fake.step(8)
            self.resolve()
            done = self.reconcile()
        return done

    # --- what there is ------------------------------------------------------------------

    def told(self, kind, since=0):
        """The payloads of one kind on record."""
        return [one.payload for one in self.sink.kept[since:] if one.kind == kind]

    @property
    def held(self):
        """The venue's own size of the coin."""
        return self.fake.account().sizes.get(COIN, D(0))

    @property
    def booked(self):
        """The books' size of the coin."""
        one = self.trader.ledger.holdings.get(COIN)
        return D(0) if one is None else one.size

    @property
    def stops(self):
        """The stops that rest at the venue."""
        return [one for one in self.venue.open_orders() if one.kind.value == "stop"]

    def sent(self):
        """The cloids of all orders that were signed and sent, in order.

        The same bytes again, with the same number, are the same order: it lands at most once.
        What takes it back has its number too.
        """
        asked = [one for one in self.fake.requests if one.path == "/exchange"]
        signed = {one.body["nonce"]: one.action for one in reversed(asked)}
        firsts = reversed(signed.values())
        return [order.get("c") for one in firsts for order in one.get("orders", [])]

    def codes(self, done):
        """The codes of a look's findings."""
        return [one.code for one in done.findings]

    def equal(self):
        """Books and venue agree to the last digit, and so does a fold of the journal alone."""
        theirs = self.venue.account()
        ours = self.trader.account.snapshot()
        saved = fold(kept_again(self.sink.read(KINDS)))
        marks = {coin: held.mark for coin, held in theirs.positions.items()}
        marks = {**self.trader.ledger.marks, **marks}
        again = fold_equity(
            saved.fills, saved.payments, [saved.deposit or D(0), *flows(saved)], marks
        )
        assert {c: p.size for c, p in ours.positions.items()} == {
            c: p.size for c, p in theirs.positions.items()
        }
        assert again == ours.equity
        return abs(ours.equity - theirs.equity)


def flows(saved):
    """The cash flows of a fold."""
    return [one for one in saved.moved if type(one).__name__ == "CashFlow"]


def kept_again(events):
    """Events as they are read back from bytes."""
    for one in events:
        yield type(one)(one.kind, loads(dumps(one.payload)), one.time, one.event_id)
