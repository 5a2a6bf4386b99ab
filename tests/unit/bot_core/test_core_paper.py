"""The paper engine: admission, bars, marks, children, partial fills, the asynchronous face."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from motherhaven.bot.execution.commands import PlaceOrders
from motherhaven.bot.execution.facade import AsyncFacade
from motherhaven.bot.execution.orders import (
    Accepted,
    Grouping,
    OrderClosed,
    OrderIntent,
    OrderKind,
    OrderState,
    Rejected,
)
from motherhaven.bot.execution.port import AsyncVenue, Venue
from motherhaven.bot.execution.slippage import Slippage, walk_book
from motherhaven.bot.market.instruments import Bar, Level, Prices, default_spec
from motherhaven.bot.portfolio.events import (
    Fill,
    FillReason,
    FundingPayment,
    Liquidity,
    MarginMode,
    Side,
    Trade,
)
from motherhaven.bot.venues.simulated.engine import PaperConfig, PaperEngine
from motherhaven.bot.venues.simulated.venue import SimulatedVenue
from motherhaven.contract.errors import OrderRejected
from motherhaven.contract.reasons import advice_of

D = Decimal
T0 = datetime(2026, 1, 1, tzinfo=UTC)
SPECS = {"BTC": default_spec("BTC"), "ETH": default_spec("ETH")}


def bar(*prices, coin="BTC", minute=0):
    """A bar from open, high, low, close."""
    numbers = [D(str(price)) for price in prices]
    return Bar(coin, T0 + timedelta(minutes=minute), *numbers, volume=D(1))


def engine(next_open=True, slippage=None, deposit=10_000):
    """An engine whose BTC stands at 50,000."""
    made = PaperEngine(PaperConfig(D(deposit), slippage=slippage, next_open=next_open), T0, SPECS)
    made.on_bar(bar(50_000, 50_000, 50_000, 50_000))
    return made


def buy(size="0.1", **more):
    """A market buy of BTC."""
    return OrderIntent("BTC", Side.BUY, D(size), **({"leverage": 5} | more))


def guards(stop=None, target=None, side=Side.SELL):
    """Whole-position triggers."""
    out = []
    for kind, price in ((OrderKind.STOP, stop), (OrderKind.TARGET, target)):
        if price is not None:
            out.append(OrderIntent("BTC", side, D(0), kind, D(price), reduce_only=True))
    return out


def fills(events):
    """Price, reason and liquidity of the fills."""
    return [(e.price, e.reason, e.liquidity) for e in events if isinstance(e, Fill)]


def test_a_signal_at_the_close_fills_at_the_next_open():
    """Nothing is filled at a price that was known when the decision was made."""
    paper = engine()
    outcome = paper.place([buy()])[0]
    assert isinstance(outcome, Accepted)
    assert (outcome.filled, outcome.resting) == (D(0), True)
    events = paper.on_bar(bar(50_100, 50_300, 50_050, 50_200))
    assert fills(events) == [(D(50_100), FillReason.ENTRY, Liquidity.TAKER)]
    assert paper.ledger.marks["BTC"] == D(50_200)
    status = paper.order_by_cloid(outcome.cloid)
    assert (status.state, status.filled, status.average) == (OrderState.FILLED, D("0.1"), D(50_100))


def test_an_entry_whose_open_is_already_through_its_stop_is_stopped_at_the_open():
    """Children are live from the entry's fill on: the pessimistic reading of a gap."""
    paper = engine()
    paper.place([buy(), *guards(stop=49_000)], Grouping.NORMAL_TPSL)
    events = paper.on_bar(bar(48_500, 48_900, 48_400, 48_800))
    assert [price for price, _, _ in fills(events)] == [D(48_500), D(48_500)]
    assert isinstance(events[-1], Trade)
    assert events[-1].net == -events[-1].fees


def test_an_exit_cancels_what_could_only_reduce():
    """After the stop the target is gone, with an event that says so; a Trade is reported."""
    paper = engine()
    paper.place([buy(), *guards(49_000, 52_000)], Grouping.NORMAL_TPSL)
    paper.on_bar(bar(50_000, 50_100, 49_900, 50_000))
    events = paper.on_bar(bar(50_000, 50_100, 48_900, 49_500))
    assert [type(event) for event in events] == [Fill, Trade, OrderClosed]
    trade = events[1]
    assert (trade.realized, trade.reason, trade.side) == (D(-100), FillReason.STOP, Side.BUY)
    assert trade.net == D(-100) - D("2.25") - D("2.205")
    assert paper.open_orders() == []
    assert paper.on_bar(bar(49_500, 53_000, 49_000, 53_000)) == []


def test_children_of_a_refused_entry_never_rest():
    """No orphaned stops: a rejected parent rejects its children."""
    paper = engine(deposit=100)
    outcomes = paper.place([buy("1"), *guards(49_000, 52_000)], Grouping.NORMAL_TPSL)
    assert all(isinstance(outcome, Rejected) for outcome in outcomes)
    assert "Insufficient margin" in outcomes[0].reason
    assert paper.open_orders() == []


def test_margin_is_checked_again_at_the_fill():
    """Two entries that each fit but not together: the second is refused at the open."""
    paper = engine(deposit=1_500)
    paper.place([buy("0.1"), buy("0.1")])
    events = paper.on_bar(bar(50_000, 50_000, 50_000, 50_000))
    assert len(fills(events)) == 1
    refused = next(event for event in events if isinstance(event, OrderClosed))
    assert (refused.state, refused.reason, refused.code) == (
        OrderState.REJECTED,
        "Insufficient margin to place order.",
        "venue_margin",
    )


@pytest.mark.parametrize(
    ("intent", "says", "code"),
    [
        (buy("0"), "zero size", "venue_size"),
        (buy("0.000001"), "invalid size", "venue_size"),
        (buy("0.0001"), "minimum value of $10", "venue_minimum"),
        (buy(leverage=41), "Invalid leverage", "venue_leverage"),
        (buy(leverage=0), "Invalid leverage", "venue_leverage"),
        (buy("1", kind=OrderKind.LIMIT, price=D("50000.5")), "tick size", "venue_tick"),
        (buy("1", kind=OrderKind.LIMIT), "no price", "venue_action"),
        (buy("5", leverage=1), "Insufficient margin", "venue_margin"),
        (buy(reduce_only=True), "would increase position", "venue_reduce_only"),
        (OrderIntent("BTC", Side.SELL, D(0), OrderKind.STOP, D(49_000)), "reduce only",
         "venue_action"),
        (guards(stop=49_000)[0], "would increase position", "venue_reduce_only"),
        (OrderIntent("DOGE", Side.BUY, D(100)), "No price for DOGE", "no_price"),
    ],
)  # fmt: skip
def test_what_the_venue_would_refuse_is_refused(intent, says, code):
    """In the venue's words and with a code that has advice, without any effect."""
    paper = engine()
    outcome = paper.place([intent])[0]
    assert isinstance(outcome, Rejected)
    assert says in outcome.reason
    assert outcome.code == code
    assert advice_of(code)
    assert paper.on_bar(bar(50_000, 50_000, 50_000, 50_000)) == []


@pytest.mark.parametrize("form", ["market", "limit", "next open", "book"])
@pytest.mark.parametrize("size", ["0.1", "0.11", "50"])
def test_a_reduce_only_larger_than_the_position_is_shrunk_to_it(form, size):
    """Filled for what is held, at the price of that size; nothing opens on the other side."""
    slippage = None if form == "book" else Slippage(D("0.0001"), D("0.05"), D(2_000_000))
    paper = engine(next_open=form == "next open", slippage=slippage)
    paper.place([buy()])
    paper.on_bar(bar(50_000, 50_000, 50_000, 50_000))
    if form == "book":
        paper.on_book("BTC", [Level(D(49_990), D("0.1")), Level(D(49_000), D(100))], [])
    kind, price = (OrderKind.LIMIT, D(48_000)) if form == "limit" else (OrderKind.MARKET, None)
    sell = OrderIntent("BTC", Side.SELL, D(size), kind, price, reduce_only=True, cloid="0x1")
    expected = paper.taker_price("BTC", Side.SELL, D("0.1"))
    assert isinstance(paper.place([sell])[0], Accepted)
    paper.on_bar(bar(50_000, 50_000, 50_000, 50_000))
    (fill,) = [fill for fill in paper.fills(T0) if fill.cloid == "0x1"]
    assert (fill.size, fill.price) == (D("-0.1"), expected)
    assert not paper.ledger.holdings
    status = paper.order_by_cloid("0x1")
    assert (status.state, status.filled) == (OrderState.FILLED, D("0.1"))


@pytest.mark.parametrize("bids", [[], [Level(D(49_990), D("0.000001"))]])
def test_a_close_against_an_empty_book_pays_the_slippage_formula(bids):
    """It is not refused for want of bids; an entry is."""
    paper = engine(next_open=False, slippage=Slippage(D("0.0001"), D("0.05"), D(2_000_000)))
    paper.place([buy()])
    expected = paper.taker_price("BTC", Side.SELL, D("0.1"))
    paper.on_book("BTC", bids, [])
    assert isinstance(paper.place([buy("0.01")])[0], Rejected)
    close = OrderIntent("BTC", Side.SELL, D("0.1"), reduce_only=True, cloid="0x1")
    assert isinstance(paper.place([close])[0], Accepted)
    (fill,) = [fill for fill in paper.fills(T0) if fill.cloid == "0x1"]
    assert (fill.size, fill.price) == (D("-0.1"), expected)
    assert not paper.ledger.holdings


def test_the_least_value_of_a_shrunk_order_is_that_of_what_is_closed():
    """More than a whole position below $10 closes it, as an order for exactly that does."""
    paper = engine(next_open=False)
    paper.place([buy("0.1")])
    paper.place([OrderIntent("BTC", Side.SELL, D("0.0999"), reduce_only=True)])
    assert isinstance(paper.place([OrderIntent("BTC", Side.SELL, D(1), reduce_only=True)])[0],
                      Accepted)  # fmt: skip
    assert not paper.ledger.holdings


def test_a_reduce_only_on_the_wrong_side_is_rejected():
    """Also a trigger that would fire at once."""
    paper = engine(next_open=False)
    paper.place([buy()])
    for intent in (buy("0.05", reduce_only=True), *guards(50_500), *guards(None, 49_500)):
        assert isinstance(paper.place([intent])[0], Rejected)
    assert isinstance(paper.place(guards(49_500))[0], Accepted)
    assert paper.account().positions["BTC"].stop == D(49_500)


def test_a_stop_for_more_than_is_left_closes_what_is_left():
    """A trigger placed for the old size is clamped to the live one."""
    paper = engine(next_open=False)
    paper.place([buy("0.1")])
    paper.place([OrderIntent("BTC", Side.SELL, D("0.1"), OrderKind.STOP, D(49_000), True)])
    paper.place([OrderIntent("BTC", Side.SELL, D("0.06"), reduce_only=True)])
    paper.take_events()
    events = paper.on_prices(Prices("BTC", D(48_900), D(48_900), D(48_900), T0))
    assert [event.size for event in events if isinstance(event, Fill)] == [D("-0.04")]


def test_marks_trigger_stops_at_the_mark_and_targets_at_their_price():
    """A polled mark may have jumped: the stop pays for it, the target does not gain."""
    for mark, expected in (
        (48_700, (D(48_700), FillReason.STOP, Liquidity.TAKER)),
        (52_600, (D(52_000), FillReason.TARGET, Liquidity.MAKER)),
    ):
        paper = engine(next_open=False)
        paper.place([buy(), *guards(49_000, 52_000)], Grouping.NORMAL_TPSL)
        paper.take_events()
        events = paper.on_prices(Prices("BTC", D(mark), D(mark), D(mark), T0))
        assert fills(events) == [expected]
        assert paper.ledger.marks["BTC"] == D(mark)


def test_a_limit_rests_and_fills_as_maker_never_better_than_its_price():
    """Reached on the way down it fills at its price; below it at the open, at the open."""
    for opening, expected in ((50_000, D(49_500)), (49_400, D(49_400))):
        paper = engine()
        paper.place([buy(kind=OrderKind.LIMIT, price=D(49_500))])
        assert fills(paper.on_bar(bar(50_000, 50_100, 49_900, 50_000))) == []
        events = paper.on_bar(bar(opening, 50_000, 49_300, 49_800))
        assert fills(events) == [(expected, FillReason.ENTRY, Liquidity.MAKER)]


def test_a_limit_that_crosses_takes():
    """A marketable limit pays the taker fee at the next open."""
    paper = engine()
    paper.place([buy(kind=OrderKind.LIMIT, price=D(50_500))])
    events = paper.on_bar(bar(50_100, 50_200, 50_000, 50_000))
    assert fills(events) == [(D(50_100), FillReason.ENTRY, Liquidity.TAKER)]


def test_a_limit_filled_inside_a_bar_can_be_stopped_in_the_same_bar():
    """The path goes on down after the entry, through its stop."""
    paper = engine()
    entry = buy(kind=OrderKind.LIMIT, price=D(49_500))
    paper.place([entry, *guards(49_000, 50_000)], Grouping.NORMAL_TPSL)
    events = paper.on_bar(bar(49_900, 50_400, 48_900, 49_800))
    assert [(price, reason) for price, reason, _ in fills(events)] == [
        (D(49_500), FillReason.ENTRY),
        (D(49_000), FillReason.STOP),
    ]


def test_ioc_fills_in_part_what_the_book_has_within_the_limit():
    """The rest is not sent again by itself; nothing within the limit is a rejection."""
    asks = [Level(D(50_010), D("0.04")), Level(D(50_020), D("0.03")), Level(D(50_500), D(9))]
    paper = engine(next_open=False)
    paper.on_book("BTC", [], asks)
    outcome = paper.place([buy(price=D(50_050))])[0]
    assert (outcome.filled, outcome.resting) == (D("0.07"), False)
    assert outcome.average == D(50_015)
    refused = paper.place([buy(price=D(50_000))])[0]
    assert "could not immediately match" in refused.reason


def test_walking_a_book_rounds_against_the_taker():
    """Average 50,014.28… becomes 50,015 for a buyer and 50,014 for a seller."""
    levels = [Level(D(50_010), D("0.04")), Level(D(50_020), D("0.03"))]
    up = walk_book(levels, Side.BUY, D("0.07"), None, SPECS["BTC"])
    down = walk_book(levels[::-1], Side.SELL, D("0.07"), None, SPECS["BTC"])
    assert (up.average, down.average) == (D(50_015), D(50_014))


def test_slippage_applies_to_entries_and_stops_not_to_targets():
    """Takers pay it, makers do not."""
    slip = Slippage(D("0.001"))
    for moves, price in (((50_000, 50_000, 48_900, 49_000), D(48_951)),
                         ((50_100, 52_100, 50_000, 52_000), D(52_000))):  # fmt: skip
        paper = engine(slippage=slip)
        paper.place([buy(), *guards(49_000, 52_000)], Grouping.NORMAL_TPSL)
        entry = paper.on_bar(bar(50_000, 50_000, 50_000, 50_000))
        assert fills(entry)[0][0] == D(50_050)
        assert fills(paper.on_bar(bar(*moves)))[0][0] == price


def test_a_cross_account_is_liquidated_as_a_whole_account():
    """The loss of one coin brings the other's liquidation price to its mark."""
    paper = engine(deposit=1_000, next_open=False)
    paper.on_bar(bar(3_000, 3_000, 3_000, 3_000, coin="ETH"))
    paper.place([buy("0.1", leverage=10), OrderIntent("ETH", Side.SELL, D(1), leverage=10)])
    before = paper.ledger.liquidation("BTC")
    paper.on_bar(bar(3_000, 3_500, 3_000, 3_500, coin="ETH"))
    after = paper.ledger.liquidation("BTC")
    assert before < after < D(50_000)
    events = paper.on_bar(bar(50_000, 50_000, 45_000, 46_000))
    assert fills(events)[0][1:] == (FillReason.LIQUIDATION, Liquidity.TAKER)
    assert "ETH" in paper.ledger.holdings


def test_leverage_is_set_and_read_back_and_used():
    """The coin's setting applies to orders that name none; the mode cannot change while open."""
    paper = engine(next_open=False)
    setting = paper.set_leverage("BTC", 8, MarginMode.ISOLATED)
    assert (setting.leverage, setting.mode) == (8, MarginMode.ISOLATED)
    paper.place([buy(leverage=None)])
    held = paper.account().positions["BTC"]
    assert (held.leverage, held.mode) == (8, MarginMode.ISOLATED)
    with pytest.raises(OrderRejected, match="Cannot switch"):
        paper.set_leverage("BTC", 8, MarginMode.CROSS)
    with pytest.raises(OrderRejected, match="1 to 40"):
        paper.set_leverage("BTC", 50, MarginMode.ISOLATED)


def test_close_all_flattens_and_cancels():
    """Everything that rests is gone and every position is closed."""
    paper = engine(next_open=False)
    paper.place([buy(), *guards(49_000, 52_000)], Grouping.NORMAL_TPSL)
    paper.close_all()
    assert paper.ledger.holdings == {}
    assert paper.open_orders() == []


def test_a_resumed_engine_has_the_same_account():
    """Fills and funding from the records rebuild it, numbers going on where they ended."""
    paper = engine(next_open=False)
    paper.place([buy()])
    paper.on_funding("BTC", D("0.0001"), D(50_000), T0)
    again = PaperEngine(paper.config, paper.now, SPECS)
    paper.take_events()
    again.resume(paper.fills(T0), paper.funding(T0))
    assert again.account() == paper.account()
    assert again.ledger.seq == paper.ledger.seq


def test_the_adapter_answers_from_the_engine():
    """SimulatedVenue satisfies the port; its asynchronous face says the same."""
    inside = SimulatedVenue(engine(next_open=False))
    venue: Venue = inside
    (outcome,) = venue.submit([PlaceOrders((buy(),))])
    assert outcome.filled == D("0.1")
    inside.on_funding("BTC", D("0.0001"), D(50_000), T0)
    assert [type(event) for event in venue.drain()] == [Fill, FundingPayment]
    assert len(venue.fills(T0)) == len(venue.funding(T0)) == 1
    assert venue.set_leverage("ETH", 3, MarginMode.CROSS).leverage == 3

    async def session():
        face: AsyncVenue = AsyncFacade(venue)
        assert (await face.positions())["BTC"].size == D("0.1")
        assert (await face.prices(["BTC", "XYZ"])).keys() == {"BTC"}
        assert (await face.fees()).taker == D("0.00045")
        assert (await face.specs())["BTC"] == await face.spec("BTC") == SPECS["BTC"]
        return await face.account()

    assert asyncio.run(session()) == venue.account()
