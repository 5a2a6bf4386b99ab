"""An asynchronous venue driven for the core: the same story, no event lost, an end to each call."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from shell_support import MINUTE, NOON, answer, entry, new_cycle, new_trader, piece, quotes_of

from motherhaven.bot.core.setup import TraderSetup
from motherhaven.bot.core.trader import Trader
from motherhaven.bot.execution.commands import CancelOrders, PlaceOrders
from motherhaven.bot.execution.facade import AsyncFacade
from motherhaven.bot.execution.orders import OrderIntent, Unknown
from motherhaven.bot.execution.venue_setup import VenueSetup
from motherhaven.bot.market.instruments import Prices, default_spec
from motherhaven.bot.portfolio.events import Fill, Side
from motherhaven.bot.running.bridge import VenueBridge
from motherhaven.bot.running.sink import MemorySink
from motherhaven.bot.running.venues import open_venue
from motherhaven.bot.venues._template.venue import TemplateVenue, open_template
from motherhaven.contract.errors import ConfigError, ExchangeError
from motherhaven.contract.limits import RiskLimits
from motherhaven.testing.scripted_model import ScriptedModel

D = Decimal
SPECS = {"BTC": default_spec("BTC")}
SAID = (
    answer(entry(quantity_usd=100)),
    answer({"coin": "BTC", "signal": "close", "justification": "because"}),
)


def inside():
    """A simulated venue at 50,000."""
    ids = iter(range(10**6))
    venue = open_venue("simulated", VenueSetup(NOON, lambda: f"P{next(ids)}", SPECS))
    polled(venue)
    return venue


def polled(venue, price="50000"):
    """The market at the venue goes to `price`."""
    venue.on_prices(Prices("BTC", D(price), D(price), D(price), NOON))


async def two_cycles(trader, pump=None):
    """An entry and a close; what is on record."""
    sink = MemorySink()
    cycle = new_cycle(trader, ScriptedModel(SAID), sink)
    trader.on_slice(piece(NOON - MINUTE, BTC="50000"))
    for _ in SAID:
        assert await cycle.run(lambda: NOON, quotes_of(BTC="50000"), None) is None
        if pump is not None:
            await pump()
            trader.follow()
    cycle.flush()
    return sink.kept


def told(kept):
    """Kinds and what matters of the payloads; ids differ between two bots."""
    names = ("execution_status", "filled_usd", "fill_price", "size", "price", "net_pnl", "fee")
    return [
        (one.kind, {name: one.payload[name] for name in names if name in one.payload})
        for one in kept
    ]


def test_a_bot_over_a_bridge_does_what_it_does_in_step():
    """The same records in the same order, through a thread, a loop and a queue."""
    direct = asyncio.run(two_cycles(new_trader(specs=SPECS, patience=timedelta(hours=1))))

    async def bridged():
        bridge = VenueBridge(AsyncFacade(inside()), asyncio.get_running_loop())
        ids = iter(range(10**6))
        limits = RiskLimits(max_position_size_usd=D(1000))
        setup = TraderSetup(("BTC",), limits, SPECS, candles=False, patience=timedelta(hours=1))
        trader = Trader(setup, bridge, NOON, lambda: f"id-{next(ids)}")
        return await two_cycles(trader, bridge.pump)

    found = told(asyncio.run(bridged()))
    assert found == told(direct)
    assert [kind for kind, _ in found].count("fill") == 2


def test_what_the_client_tells_waits_until_the_core_takes_it():
    """Pumped on the loop, drained without waiting, each event once and in order."""
    venue = inside()

    async def session():
        bridge = VenueBridge(AsyncFacade(venue), asyncio.get_running_loop())
        intent = OrderIntent("BTC", Side.BUY, D("0.01"), leverage=2, cloid="0x1")
        venue.submit([PlaceOrders((intent,))])
        assert bridge.drain() == []
        await bridge.pump()
        await bridge.pump()
        (fill,) = bridge.drain()
        assert isinstance(fill, Fill)
        assert bridge.drain() == []

    asyncio.run(session())


class Silent(AsyncFacade):
    """A client whose every call hangs until it is let go."""

    def __init__(self, venue):
        super().__init__(venue)
        self.let_go = asyncio.Event()

    async def submit(self, commands):
        """Never answers in time."""
        await self.let_go.wait()
        return await super().submit(commands)

    async def positions(self):
        """Never answers in time."""
        await self.let_go.wait()
        return await super().positions()


def test_a_call_without_an_answer_ends():
    """An order is Unknown, a question is an error; nothing waits for ever."""

    async def session():
        bridge = VenueBridge(Silent(inside()), asyncio.get_running_loop(), seconds=0.01)
        intent = OrderIntent("BTC", Side.BUY, D("0.01"), leverage=2, cloid="0x1")
        commands = [PlaceOrders((intent, replace(intent, cloid="0x2"))), CancelOrders(("0x3",))]
        outcomes = await asyncio.to_thread(bridge.submit, commands)
        assert [type(one) for one in outcomes] == [Unknown] * 3
        assert [one.cloid for one in outcomes] == ["0x1", "0x2", "0x3"]
        with pytest.raises(ExchangeError, match=r"did not answer within 0\.01 s"):
            await asyncio.to_thread(bridge.positions)
        return bridge

    bridge = asyncio.run(session())
    with pytest.raises(ExchangeError, match="its client has ended"):
        bridge.positions()


def test_a_venue_that_is_not_in_the_table_is_refused():
    """With the names that are."""
    with pytest.raises(
        ConfigError, match="no venue 'nosuch'; choose one of: ccxt:NAME, hyperliquid, simulated"
    ):
        open_venue("nosuch", VenueSetup(NOON, lambda: "P"))


QUESTIONS = {
    "account": (), "positions": (), "open_orders": (), "order_by_cloid": ("0x1",), "burn": ("0x1",),
    "fills": (NOON,), "funding": (NOON,), "cash_flows": (NOON,), "identity": (), "fees": (),
    "specs": (), "spec": ("BTC",),
    "prices": (["BTC"],), "taker_price": ("BTC", Side.BUY, D(1)),
}  # fmt: skip


def test_the_template_sends_nothing_and_says_what_is_missing():
    """Each verb of the port names itself; an order is Unknown and never taken for done."""

    async def session():
        venue = open_template(VenueSetup(NOON, lambda: "P"))
        assert isinstance(venue, TemplateVenue)
        for verb, given in QUESTIONS.items():
            with pytest.raises(ExchangeError, match=rf"{verb} is not filled in; see docs/how-to"):
                await getattr(venue, verb)(*given)
        with pytest.raises(ExchangeError, match="set_leverage is not filled in"):
            await venue.set_leverage("BTC", 2, "cross")
        intent = OrderIntent("BTC", Side.BUY, D(1), cloid="0x1")
        outcomes = await venue.submit([PlaceOrders((intent,)), CancelOrders(("0x2",))])
        assert [(type(one), one.cloid) for one in outcomes] == [(Unknown, "0x1"), (Unknown, "0x2")]
        assert await venue.drain() == []
        verbs = {name for name in vars(TemplateVenue) if not name.startswith("_")}
        rest = {"set_leverage", "submit", "drain", "health", "name", "capabilities"}
        assert verbs == {*QUESTIONS} | rest

    asyncio.run(session())
