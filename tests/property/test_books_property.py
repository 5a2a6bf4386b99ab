"""The bot's books follow the venue to the last digit, whatever happens there."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
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
MOVE = st.integers(-120, 120)
STEP = st.one_of(
    st.tuples(st.just("bar"), COIN, MOVE, MOVE),
    st.tuples(st.just("mark"), COIN, MOVE, st.just(0)),
    st.tuples(st.just("enter"), COIN, st.integers(-40, 40), st.integers(1, 20)),
    st.tuples(st.just("isolated"), COIN, st.integers(-40, 40), st.integers(1, 20)),
    st.tuples(st.just("reduce"), COIN, st.integers(1, 40), st.just(0)),
    st.tuples(st.just("limit"), COIN, st.integers(-20, 20), MOVE),
    st.tuples(st.just("cancel"), COIN, st.just(0), st.just(0)),
    st.tuples(st.just("leverage"), COIN, st.integers(1, 20), st.just(0)),
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
        elif kind == "leverage":
            try:
                account.set_leverage(coin, one, MarginMode.CROSS)
            except OrderRejected:
                return
        elif kind == "funding":
            account.funding(coin, D(one) / 10_000, self.price(coin, one), self.now)


@settings(max_examples=60, deadline=None)
@given(st.lists(STEP, min_size=1, max_size=40), st.booleans())
def test_the_books_are_the_venues_account(steps, slipped):
    """After each step: every figure, every position with its exits, every resting order."""
    world = World(Slippage(D("0.0002"), D("0.05"), D(1_000_000)) if slipped else None)
    for step in steps:
        world.do(*step)
        world.account.take()
        assert apart(world.account) == 0, step
        assert not world.account.orders.surprises
        assert not world.account.orders.unknown


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
