"""The bot's books follow the venue to the last digit, whatever happens there."""

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import example, given, settings
from hypothesis import strategies as st

from motherhaven.bot.execution.account import VenueAccount
from motherhaven.bot.execution.agreement import apart
from motherhaven.bot.execution.commands import CancelOrders, PlaceOrders
from motherhaven.bot.execution.orders import Grouping, OrderIntent, OrderKind
from motherhaven.bot.execution.slippage import Slippage
from motherhaven.bot.execution.states import planned
from motherhaven.bot.execution.venue_setup import VenueSetup
from motherhaven.bot.market.instruments import Bar, FeeRates, Prices, default_spec
from motherhaven.bot.portfolio.events import MarginMode, Side
from motherhaven.bot.running.venues import open_venue
from motherhaven.contract.errors import OrderRejected

D = Decimal
T0 = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SPECS = {coin: default_spec(coin) for coin in ("BTC", "ETH")}
CENTRE = {"BTC": 50_000, "ETH": 3_000}

COIN = st.sampled_from(sorted(SPECS))
MOVE = st.one_of(st.integers(-120, 120), st.integers(-400, 400))
CASH = st.integers(-1_200, 400)
STEP = st.one_of(
    st.tuples(st.just("bar"), COIN, MOVE, MOVE),
    st.tuples(st.just("mark"), COIN, MOVE, st.just(0)),
    st.tuples(st.just("enter"), COIN, st.integers(-40, 40), st.integers(1, 20)),
    st.tuples(st.just("isolated"), COIN, st.integers(-40, 40), st.integers(1, 20)),
    st.tuples(st.just("reduce"), COIN, st.integers(1, 40), st.just(0)),
    st.tuples(st.just("limit"), COIN, st.integers(-20, 20), MOVE),
    st.tuples(st.just("cancel"), COIN, st.just(0), st.just(0)),
    st.tuples(st.just("leverage"), COIN, st.integers(1, 20), st.just(0)),
    st.tuples(st.just("quotes"), COIN, MOVE, st.integers(-15, 15)),
    st.tuples(st.just("margin"), COIN, st.integers(-300, 300), st.just(0)),
    st.tuples(st.just("cash"), COIN, CASH, st.integers(0, 3)),
    st.tuples(st.just("funding"), COIN, st.integers(-30, 30), st.just(0)),
)


class World:
    """An account at a simulated venue, with books that know only what it told."""

    def __init__(self, slippage):
        ids = iter(range(10**6))
        self.now, self.number, self.trades = T0, 0, 0
        setup = VenueSetup(T0, lambda: f"P{next(ids)}", SPECS, slippage=slippage)
        self.account = VenueAccount(
            open_venue("simulated", setup), T0, lambda: "none", SPECS,
            deposit=setup.deposit, fees=FeeRates(),
        )  # fmt: skip
        for coin in SPECS:
            self.account.prices(self.prices(coin, 0))

    def price(self, coin, move):
        """A legal price, `move` thousandths from the coin's centre."""
        return SPECS[coin].round_price(D(CENTRE[coin]) * (1000 + move) / 1000, up=True)

    def prices(self, coin, move):
        """Polled prices."""
        price = self.price(coin, move)
        return Prices(coin, price, price, price, self.now)

    def send(self, *intents, grouping=Grouping.NA):
        """Place orders of ours."""
        made = []
        for intent in intents:
            self.number += 1
            made.append(replace(intent, cloid=f"0x{self.number}"))
            self.account.orders.plan(planned(made[-1], made[-1].cloid, self.now))
        self.account.submit([PlaceOrders(tuple(made), grouping)])

    def do(self, kind, coin, one, two):
        """Let one thing happen."""
        self.now += MINUTE
        account, size = self.account, abs(D(one)) * SPECS[coin].lot * 500
        side = Side.BUY if one > 0 else Side.SELL
        if kind == "bar":
            opened, closed = self.price(coin, one), self.price(coin, two)
            low, high = min(opened, closed), max(opened, closed)
            account.bar(Bar(coin, self.now - MINUTE, opened, high, low, closed, D(1)))
        elif kind == "mark":
            account.prices(self.prices(coin, one))
        elif kind in ("enter", "isolated"):
            mode = MarginMode.CROSS if kind == "enter" else MarginMode.ISOLATED
            away = Side.SELL if side is Side.BUY else Side.BUY
            stop, target = (self.price(coin, -side.sign * 50), self.price(coin, side.sign * 60))
            self.send(
                OrderIntent(coin, side, size, leverage=two, mode=mode),
                OrderIntent(coin, away, D(0), OrderKind.STOP, stop, reduce_only=True),
                OrderIntent(coin, away, D(0), OrderKind.TARGET, target, reduce_only=True),
                grouping=Grouping.NORMAL_TPSL,
            )
        elif kind == "reduce" and coin in account.ledger.holdings:
            long = account.ledger.holdings[coin].size > 0
            self.send(OrderIntent(coin, Side.SELL if long else Side.BUY, size, reduce_only=True))
        elif kind == "limit":
            price = self.price(coin, two)
            self.send(OrderIntent(coin, side, size, OrderKind.LIMIT, price, leverage=3))
        elif kind == "cancel":
            resting = tuple(order.cloid for order in account.orders.resting(coin))
            account.submit([CancelOrders((*resting, "0xnone"))])
        elif kind == "funding":
            account.funding(coin, D(one) / 10_000, self.price(coin, one), self.now)
        elif kind == "quotes":
            mark, near = self.price(coin, one), self.price(coin, one + two)
            account.prices(Prices(coin, mark, near, near, self.now))
        else:
            with suppress(OrderRejected):
                self.move(kind, coin, one, two)

    def move(self, kind, coin, one, two):
        """Move margin or money, if the venue allows it."""
        account = self.account
        held = account.ledger.holdings.get(coin)
        if kind == "leverage":
            account.set_leverage(coin, one, MarginMode.CROSS if held is None else held.mode)
        elif kind == "margin":
            account.venue.engine.update_isolated_margin(coin, D(one))
        elif kind == "cash" and one:
            account.move_cash(D(one) * 10, self.now, f"bank-{one}" if two else None)


# An entry against a position takes a part of it away; its exits are for the other side.
@example([("enter", "ETH", 2, 1), ("enter", "ETH", -1, 1), ("bar", "ETH", 0, 0)], False)
@settings(max_examples=60, deadline=None)
@given(st.lists(STEP, min_size=12, max_size=40), st.booleans())
def test_the_books_are_the_venues_account(steps, slipped):
    """After each step: every figure, every position with its exits, every resting order."""
    world = World(Slippage(D("0.0002"), D("0.05"), D(1_000_000)) if slipped else None)
    for step in steps:
        world.do(*step)
        world.account.take()
        assert apart(world.account) == 0, step
        assert not world.account.orders.surprises
        assert not world.account.orders.unknown


def test_every_kind_of_event_reaches_the_books():
    """Cash, margin, leverage, funding and a loss past the bucket, in one account's life."""
    world = World(None)
    seen = Counter()
    drain = world.account.venue.drain

    def told():
        events = drain()
        seen.update(type(event).__name__ for event in events)
        return events

    world.account.venue.drain = told
    for step in (
        ("isolated", "BTC", 20, 5), ("cash", "BTC", 30, 1), ("cash", "BTC", 30, 1),
        ("margin", "BTC", 40, 0), ("leverage", "BTC", 3, 0), ("leverage", "BTC", 9, 0),
        ("quotes", "BTC", -4, 3), ("funding", "BTC", 9, 0), ("cash", "BTC", -20, 0),
        ("enter", "ETH", -30, 20), ("bar", "ETH", 0, 3), ("bar", "BTC", -400, -390),
        ("bar", "ETH", 390, 400),
    ):  # fmt: skip
        world.do(*step)
        world.account.take()
        assert apart(world.account) == 0, step
    assert seen["CashFlow"] == 2
    assert seen["MarginTransfer"] == 3
    assert seen["FundingPayment"] == 1
    assert seen["Shortfall"] >= 1
    assert not world.account.ledger.holdings


def test_a_difference_is_seen():
    """A fill that the books never heard of, an order that is not ours: each is a difference."""
    world = World(None)
    world.do("enter", "BTC", 20, 5)
    world.account.take()
    assert apart(world.account) == 0
    engine = world.account.venue.engine
    engine.place([OrderIntent("BTC", Side.SELL, D(0), OrderKind.STOP, D(40_000), reduce_only=True)])
    assert apart(world.account) == 1
    engine.place([OrderIntent("ETH", Side.BUY, D(1), leverage=2)])
    assert apart(world.account) > 1
