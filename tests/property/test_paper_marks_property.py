"""Marks that the paper exchange passes over reach nothing, whatever happened in between."""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from motherhaven.bot.market.instruments import Prices
from motherhaven.bot.portfolio.events import MarginMode
from motherhaven.bot.venues.simulated.calm import NOWHERE
from motherhaven.contract.errors import OrderRejected
from tests.property.test_paper_property import BAR, CENTRE, FUND, MANY, ORDER, SLIPPAGE, World

D = Decimal
COIN = st.sampled_from(["BTC", "ETH"])
MOVE = st.integers(-700, 700) | st.integers(-3_000, 3_000)
MARKS = st.tuples(st.just("marks"), COIN, MOVE, st.sampled_from([0, 0, 0, -5, 5, 60]))
CASH = st.tuples(st.just("cash"), st.integers(-6_000, 3_000))
LEVERAGE = st.tuples(st.just("leverage"), COIN, st.integers(1, 25), st.booleans())
MARGIN = st.tuples(st.just("margin"), COIN, st.integers(-800, 800))
HISTORY = st.lists(
    st.one_of(MARKS, MARKS, MARKS, BAR, ORDER, ORDER, FUND, CASH, LEVERAGE, MARGIN),
    min_size=20,
    max_size=40,
)
KNOWN = [("marks", coin, 0, 0) for coin in CENTRE]


class Polled(World):
    """The paper exchange between bars: polled prices, money and leverages that change."""

    def step(self, op):
        """One operation; one that the exchange refuses changes nothing."""
        name, *values = op
        deed = {"marks": self.marks, "cash": self.cash, "leverage": self.lever}
        deed["margin"] = self.margin
        if name not in deed:
            super().step(op)
            return
        with suppress(OrderRejected):
            deed[name](*values)
        self.fills += [event for event in self.engine.take_events() if hasattr(event, "fee")]

    def marks(self, coin, move, apart):
        """A coin's prices, the mid perhaps apart from the mark."""
        mark = (D(CENTRE[coin]) * (10_000 + move) / 10_000).quantize(D("0.1"))
        mid = (mark * (10_000 + apart) / 10_000).quantize(D("0.1"))
        self.now += timedelta(seconds=5)
        self.fills += self.engine.on_prices(Prices(coin, mark, mark, mid, self.now))

    def cash(self, amount):
        """Money that comes or goes."""
        if amount > 0:
            self.engine.deposit(D(amount))
        else:
            self.engine.withdraw(D(-amount))

    def lever(self, coin, leverage, isolated):
        """Another leverage, under a position or before one."""
        mode = MarginMode.ISOLATED if isolated else MarginMode.CROSS
        self.engine.set_leverage(coin, leverage, mode)

    def margin(self, coin, amount):
        """Money into or out of an isolated position."""
        self.engine.update_isolated_margin(coin, D(amount))


@MANY
@given(HISTORY, st.booleans(), SLIPPAGE)
def test_passing_over_quiet_marks_changes_nothing(history, next_open, slippage):
    """An exchange that looks at every mark closely does the same, with two coins in any mode."""
    quick, close = Polled(next_open, slippage), Polled(next_open, slippage)
    close.engine._matcher._band = lambda coin, version: NOWHERE
    for op in [*KNOWN, *history]:
        quick.step(op)
        close.step(op)
        assert quick.fills == close.fills
        assert quick.engine.account() == close.engine.account()
        assert quick.engine.open_orders() == close.engine.open_orders()
