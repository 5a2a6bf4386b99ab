"""The fake exchange's state: one account of the paper engine, with Binance's orders over it."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any, Final

from motherhaven.bot.execution.commands import CancelOrders, PlaceOrders
from motherhaven.bot.execution.orders import (
    Accepted,
    OrderClosed,
    OrderIntent,
    OrderKind,
    OrderState,
    Outcome,
)
from motherhaven.bot.execution.port import Stepped, Venue
from motherhaven.bot.execution.venue_setup import VenueSetup
from motherhaven.bot.market.instruments import FeeRates, Level, Prices
from motherhaven.bot.portfolio.events import (
    CashFlow,
    Fill,
    FillReason,
    FundingPayment,
    Liquidity,
    MarginMode,
    Side,
)
from motherhaven.bot.running.venues import PAPER, open_venue
from motherhaven.contract.clock import Clock
from motherhaven.contract.exact import exact
from motherhaven.contract.money import plain
from motherhaven.testing.fake_binance.faults import PartialFill
from motherhaven.testing.fake_binance.market import LISTINGS, QUOTE, Listing, Market
from motherhaven.testing.fake_binance.records import ZERO, Algo, Order, to_ms
from motherhaven.testing.fake_binance.switches import Switches

FEES: Final = FeeRates(Decimal("0.0005"), Decimal("0.0002"))
LEVERAGE: Final = 20


class State:
    """One account and its market."""

    def __init__(self, clock: Clock, deposit: Decimal) -> None:
        self._clock = clock
        self.skew = timedelta(0)
        self.hedge = False
        self.withdrawals = False
        now = clock.now()
        self.market = Market(LISTINGS, now)
        self.switches = Switches()
        ids = count(1)
        setup = VenueSetup(
            now, lambda: f"P{next(ids)}", self.market.specs, deposit=deposit, fees=FEES
        )
        self.inside: Venue = open_venue(PAPER, setup)
        self.orders: dict[int, Order] = {}
        self.algos: dict[int, Algo] = {}
        self.trades: list[dict[str, Any]] = []
        self.income: list[dict[str, Any]] = []
        self.leverage: dict[str, int] = {}
        self.isolated: set[str] = set()
        self.hidden_after: int | None = None
        self._numbers = count(1001)
        self._by_inner: dict[str, Order | Algo] = {}
        for prices in self.market.prices.values():
            self.stepped.on_prices(prices)
        self.inside.drain()

    @property
    def stepped(self) -> Stepped:
        """The paper engine's inside."""
        found = self.inside.stepped
        assert found is not None
        return found

    def now(self) -> datetime:
        """The exchange's time."""
        return self._clock.now() + self.skew

    def number(self) -> int:
        """The next id."""
        return next(self._numbers)

    def held(self, listing: Listing) -> Decimal:
        """The signed size of the account's position."""
        return self.stepped.sizes().get(listing.spec.coin, ZERO)

    def mode(self, symbol: str) -> MarginMode:
        """The margin mode of a market."""
        return MarginMode.ISOLATED if symbol in self.isolated else MarginMode.CROSS

    # --- the market ---------------------------------------------------------------------

    def move(self, prices: Prices) -> None:
        """Let a market's prices go there, and what rests on the way happen."""
        self.market.prices[self.market.coins[prices.coin]] = prices
        self.stepped.on_prices(prices)
        self.settle()

    def fund(self, coin: str, rate: Decimal) -> None:
        """Pay funding of a coin at a rate now."""
        prices = self.market.prices[self.market.coins[coin]]
        self.stepped.on_funding(coin, rate, prices.oracle, self.now())
        self.settle()

    # --- orders -------------------------------------------------------------------------

    def place(self, order: Order, listing: Listing) -> Outcome:
        """Give a plain order to the engine, and take in what came of it at once."""
        self.stepped.now = self.now()
        self.orders[order.id] = order
        self._by_inner[order.inner] = order
        limit = order.type == "LIMIT"
        rests = limit and order.tif == "GTC"
        part = self.switches.take(PartialFill)
        if part is not None:
            level = [Level(self.market.prices[order.symbol].mid, part.size)]
            self.stepped.on_book(listing.spec.coin, level, level)
        intent = OrderIntent(
            listing.spec.coin, Side(order.side.lower()), order.quantity,
            OrderKind.LIMIT if rests else OrderKind.MARKET, order.price if limit else None,
            order.reduce, self.leverage.get(order.symbol, LEVERAGE), self.mode(order.symbol),
            order.inner,
        )  # fmt: skip
        (outcome,) = self.inside.submit([PlaceOrders((intent,))])
        self.settle()
        if part is not None:
            self.stepped.on_prices(replace(self.market.prices[order.symbol], time=self.now()))
        if isinstance(outcome, Accepted) and not outcome.resting and order.status == "NEW":
            order.status = "FILLED" if order.filled >= order.quantity else "EXPIRED"
        return outcome

    def rest(self, algo: Algo, listing: Listing) -> Outcome:
        """Give a conditional order to the engine."""
        self.stepped.now = self.now()
        algo.inner = f"a{algo.id}-{self.number()}"
        self._by_inner[algo.inner] = algo
        kind = OrderKind.STOP if algo.type.startswith("STOP") else OrderKind.TARGET
        intent = OrderIntent(
            listing.spec.coin, Side(algo.side.lower()), algo.quantity, kind, algo.trigger, True,
            cloid=algo.inner,
        )  # fmt: skip
        (outcome,) = self.inside.submit([PlaceOrders((intent,))])
        if isinstance(outcome, Accepted):
            self.algos[algo.id] = algo
        self.settle()
        return outcome

    def cancel(self, one: Order | Algo) -> None:
        """Cancel what rests."""
        one.status = "CANCELED"
        if one.inner is not None:
            self.inside.submit([CancelOrders((one.inner,))])
        self.settle()

    def close(self, listing: Listing) -> None:
        """Close the position by an order of somebody else's, as the owner does on the page."""
        size = self.held(listing)
        self._foreign(listing, -size, FillReason.CLOSE)
        self.settle()

    def _foreign(self, listing: Listing, size: Decimal, why: FillReason) -> None:
        number = self.number()
        order = Order(
            number, f"web_{number}", listing.symbol, "BUY" if size > 0 else "SELL", "MARKET",
            "GTC", abs(size), ZERO, why is FillReason.CLOSE, self.now(), f"o{number}",
        )  # fmt: skip
        self.place(order, listing)

    # --- what came of it ----------------------------------------------------------------

    def settle(self) -> None:
        """Take in what the engine tells, as this exchange tells it."""
        for event in self.inside.drain():
            if isinstance(event, Fill):
                self._filled(event)
            elif isinstance(event, OrderClosed):
                self._closed(event)
            elif isinstance(event, FundingPayment):
                symbol = self.market.coins[event.coin]
                self._book("FUNDING_FEE", event.amount, symbol)
            elif isinstance(event, CashFlow):
                self._book("TRANSFER", event.amount, "")
        self._readmit()

    def _filled(self, fill: Fill) -> None:
        symbol = self.market.coins[fill.coin]
        one = self._by_inner.get(fill.cloid or "")
        order = one if isinstance(one, Order) else self._became(fill, symbol, one)
        with exact():
            order.filled += abs(fill.size)
            order.value += abs(fill.size) * fill.price
        if order.filled >= order.quantity:
            order.status = "FILLED"
        trade = self.number()
        self.trades.append(
            {
                "symbol": symbol, "id": trade, "orderId": order.id, "side": order.side,
                "price": plain(fill.price), "qty": plain(abs(fill.size)),
                "realizedPnl": plain(fill.realized), "marginAsset": QUOTE,
                "quoteQty": plain(abs(fill.size) * fill.price), "commission": plain(fill.fee),
                "commissionAsset": QUOTE, "time": to_ms(self.now()), "positionSide": "BOTH",
                "maker": fill.liquidity is Liquidity.MAKER, "buyer": fill.size > 0,
            }
        )  # fmt: skip
        self._book("COMMISSION", -fill.fee, symbol, trade)
        if fill.realized:
            self._book("REALIZED_PNL", fill.realized, symbol, trade)

    def _became(self, fill: Fill, symbol: str, algo: Algo | None) -> Order:
        """The plain order that a triggered one, or a liquidation, turns into."""
        number = self.number()
        client = f"child_{number}" if algo is not None else f"autoclose-{number}"
        order = Order(
            number, client, symbol, "BUY" if fill.size > 0 else "SELL", "MARKET", "GTC",
            abs(fill.size), ZERO, True, self.now(), f"o{number}",
        )  # fmt: skip
        self.orders[number] = order
        if algo is not None:
            algo.status, algo.became, algo.inner = "FINISHED", number, None
        return order

    def _closed(self, event: OrderClosed) -> None:
        one = self._by_inner.get(event.cloid)
        if isinstance(one, Algo) and one.status == "NEW":
            one.inner = None  # a sized reduce-only order outlives its position here
            if one.closes:
                one.status = "EXPIRED"
        elif isinstance(one, Order) and one.status == "NEW":
            one.status = "CANCELED" if event.state is OrderState.CANCELED else "EXPIRED"

    def _readmit(self) -> None:
        """Conditional orders that outlived their position wait for the next one."""
        for algo in list(self.algos.values()):
            listing = self.market.listings[algo.symbol]
            size = self.held(listing)
            against = size * Side(algo.side.lower()).sign < 0
            waits = algo.status == "NEW" and algo.inner is None and against
            if waits and not isinstance(self.rest(algo, listing), Accepted):
                algo.status = "EXPIRED"

    def _book(self, kind: str, amount: Decimal, symbol: str, trade: int | None = None) -> None:
        self.income.append(
            {
                "symbol": symbol, "incomeType": kind, "income": plain(amount), "asset": QUOTE,
                "info": kind, "time": to_ms(self.now()), "tranId": self.number(),
                "tradeId": "" if trade is None else str(trade),
            }
        )  # fmt: skip
