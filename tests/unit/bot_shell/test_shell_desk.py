"""The desk: what a moved market, a thin book or another leverage do to an allowed entry."""

from decimal import Decimal

import pytest
from shell_support import MINUTE, NOON, new_trader, piece

from motherhaven.bot.execution.agreement import apart
from motherhaven.bot.execution.orders import Grouping
from motherhaven.bot.execution.results import ApprovedOrder
from motherhaven.bot.execution.slippage import Slippage
from motherhaven.bot.guard.judgement import judge
from motherhaven.bot.guard.types import OpenPosition, RiskContext, Signal, TradeDecision
from motherhaven.bot.market.instruments import Level, Prices
from motherhaven.bot.portfolio.events import Fill, MarginMode, MarginTransfer
from motherhaven.contract.limits import RiskLimits

D = Decimal
LIMITS = RiskLimits(max_position_size_usd=D(100))


def market(**setup):
    """A trader that has seen one bar of 50,000."""
    trader = new_trader(**setup)
    trader.on_slice(piece(NOON - MINUTE, BTC="50000"))
    return trader


def approved(signal=Signal.BUY, leverage=2, number=1, limits=LIMITS, held=None):
    """An entry of 100 USD that the guard has allowed at 50,000."""
    stop = D(49000) if signal is Signal.BUY else D(51000)
    asked = TradeDecision("BTC", signal, D(100), leverage, D("0.8"), stop)
    view = RiskContext(NOON, D(10_000), D(10_000), {"BTC": D(50_000)}, held or {})
    (verdict,) = judge([asked], view, limits)
    assert verdict.allowed, verdict.reason
    return ApprovedOrder(f"decision-{number}", asked, verdict, D(50_000))


@pytest.mark.parametrize("slippage", [None, Slippage(D("0.0001"), D("0.05"), D(20_000))])
@pytest.mark.parametrize("signal", [Signal.BUY, Signal.SELL])
@pytest.mark.parametrize("price", ["49100", "50000", "50900"])
def test_a_moved_market_never_carries_an_entry_past_its_margin(price, signal, slippage):
    """Whatever the price at which it fills, the margin stays within what was allowed."""
    trader = market(slippage=slippage)
    moved = D(price)
    trader.account.prices(Prices("BTC", moved, moved, moved, NOON))
    done = trader.execution.trade(approved(signal))
    assert done.status == "executed"
    margin = trader.account.snapshot().positions["BTC"].margin
    assert D(98) < margin <= D(100)
    assert done.filled_usd == margin


def test_what_a_thin_book_gives_is_recorded_as_partial():
    """The rest of the order is gone, the part has its stop for its whole size."""
    trader = market()
    trader.account.book("BTC", [Level(D(49999), D(1))], [Level(D(50001), D("0.001"))])
    done = trader.execution.trade(approved())
    assert done.status == "partial"
    held = trader.account.snapshot().positions["BTC"]
    assert held.size == D("0.001")
    assert held.stop == 49000
    assert done.filled_usd == held.margin


def test_a_book_without_offers_within_the_bound_fills_nothing():
    """The entry is an IOC limit: beyond our own mark and a slip nothing is bought."""
    trader = market()
    trader.account.book("BTC", [], [Level(D(51_500), D(9))])
    done = trader.execution.trade(approved())
    assert done.status == "rejected"
    assert "immediately match" in done.error
    assert not trader.ledger.holdings


def test_a_refused_entry_leaves_the_old_leverage():
    """An order that has no effect has none on the position's leverage either."""
    trader = market()
    trader.execution.trade(approved(leverage=2))
    trader.account.book("BTC", [], [Level(D(51_500), D(9))])
    done = trader.execution.trade(
        approved(leverage=5, number=2, limits=RiskLimits(max_position_size_usd=D(500)))
    )
    assert done.status == "rejected"
    assert trader.ledger.holdings["BTC"].leverage == 2


def test_a_refused_entry_leaves_an_isolated_position_s_margin_in_the_books():
    """Margin moved for the entry's leverage and back; the books heard of both at once."""
    trader = market(margin_mode=MarginMode.ISOLATED)
    trader.execution.trade(approved(leverage=2))
    trader.account.book("BTC", [], [Level(D(51_500), D(9))])
    done = trader.execution.trade(
        approved(leverage=5, number=2, limits=RiskLimits(max_position_size_usd=D(500)))
    )
    moved = [event for event in done.events if isinstance(event, MarginTransfer)]
    assert (done.status, [event.leverage for event in moved]) == ("rejected", [5, 2])
    assert trader.ledger.holdings["BTC"].leverage == 2
    assert apart(trader.account) == 0


def test_a_lower_leverage_takes_the_old_position_s_margin_with_it():
    """250 USD at 5x is 50 of margin; at 1x it is 250, and the coin's limit says no."""
    held = {"BTC": OpenPosition(D("0.005"), D(50_000), 5)}
    asked = TradeDecision("BTC", Signal.BUY, D(20), 1, D("0.8"), D(49000))
    view = RiskContext(NOON, D(10_000), D(10_000), {"BTC": D(50_000)}, held)
    limits = RiskLimits(max_position_size_usd=D(100), max_total_margin_usd=D(1_000))
    (verdict,) = judge([asked], view, limits)
    assert (verdict.allowed, verdict.rule) == (False, "max_coin_size")
    (verdict,) = judge([TradeDecision(**{**_fields(asked), "leverage": 5})], view, limits)
    assert verdict.allowed


def _fields(decision):
    return {name: getattr(decision, name) for name in decision.__dataclass_fields__}


def test_a_position_whose_stop_does_not_rest_is_closed_again(monkeypatch):
    """A venue that takes the entry and loses its stop: the position does not stay."""
    trader = market()
    engine = trader.account.venue.engine
    place = engine.place

    def without_stops(intents, grouping=Grouping.NA):
        return place(intents[:1], grouping)

    monkeypatch.setattr(engine, "place", without_stops)
    done = trader.execution.trade(approved())
    assert (done.status, "stop does not rest" in done.error) == ("partial", True)
    assert not trader.ledger.holdings
    assert len([event for event in done.events if isinstance(event, Fill)]) == 2
