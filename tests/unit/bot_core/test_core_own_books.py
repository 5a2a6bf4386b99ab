"""The bot's books complete what a venue tells in part, and take nothing twice."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from motherhaven.bot.market.instruments import FeeRates, Prices, default_spec
from motherhaven.bot.portfolio.events import (
    CashFlow,
    Fill,
    FillReason,
    FlowReason,
    FundingPayment,
    Liquidity,
    MarginMode,
    MarginTransfer,
    Shortfall,
    Trade,
)
from motherhaven.bot.portfolio.own_books import OwnBooks
from motherhaven.bot.venues.simulated.engine import PaperConfig, PaperEngine

D = Decimal
T0 = datetime(2026, 1, 1, tzinfo=UTC)
SPECS = {"BTC": default_spec("BTC")}


def books():
    """Books with 10,000 USD that give the id "ours"."""
    made = OwnBooks(FeeRates(), lambda: "ours", SPECS)
    made.deposit(D(10_000))
    return made


def bought(mode=MarginMode.CROSS, **known):
    """A fill that opens 1 BTC at 5x; without a number, as a live venue tells it."""
    fill = Fill(
        0, "BTC", D(1), D(50_000), D(1), Liquidity.TAKER, D(0), FillReason.ENTRY, "", T0,
        leverage=5, mode=mode,
    )  # fmt: skip
    return replace(fill, **known)


def bare(event):
    """An event as a live venue tells it: without what only the books know."""
    if isinstance(event, Fill):
        return replace(event, seq=0, position_id="", realized=D(0), absorbed=D(0))
    if isinstance(event, CashFlow):
        return replace(event, seq=0)
    return replace(event, seq=0, position_id="")


@pytest.mark.parametrize("mode", MarginMode)
def test_what_a_venue_leaves_out_is_worked_out(mode):
    """Numbers, ids, realized and the loss past the margin come to what a full account tells."""
    engine = PaperEngine(PaperConfig(D(10_000), next_open=False), T0, SPECS)
    engine.on_prices(Prices("BTC", D(50_000), D(50_000), D(50_000), T0))
    engine.deposit(D(500), "bank-1")
    engine.book_fill("BTC", D(2), D(50_000), Liquidity.TAKER, 10, mode)
    if mode is MarginMode.ISOLATED:
        engine.update_isolated_margin("BTC", D(100))
    told = engine.take_events()
    told.append(engine.on_funding("BTC", D("0.0001"), D(50_000), T0))
    told += engine.on_prices(Prices("BTC", D(30_000), D(30_000), D(30_000), T0))
    kinds = Fill | CashFlow | MarginTransfer | FundingPayment
    told = sorted((one for one in told if isinstance(one, kinds)), key=lambda one: one.seq)
    ours = books()
    made = [done for one in told for done in ours.apply(bare(one))]
    assert ours.snapshot(T0) == engine.account()
    assert [one.seq for one in made if hasattr(one, "seq")] == [one.seq for one in told]
    (lost,) = [one for one in made if isinstance(one, Shortfall)]
    (ended,) = [one for one in made if isinstance(one, Trade)]
    assert lost.amount == sum(one.absorbed for one in told if isinstance(one, Fill)) > 0
    assert lost.position_id == ended.position_id == "ours"


def test_what_a_numbered_fill_says_the_venue_bore_is_taken_as_told():
    """The marks that it went by are the venue's; the books add nothing of their own."""
    ours = books()
    opening = bought(seq=1, position_id="P1", fee=D(0))
    ours.apply(opening)
    closing = replace(opening, seq=2, size=D(-1), reason=FillReason.CLOSE, absorbed=D(7))
    done, trade = ours.apply(closing)
    assert (done.absorbed, done.realized, trade.realized) == (7, 7, 7)
    assert ours.wallet() == D(10_007)


def test_a_loss_that_the_venue_tells_is_not_counted_again():
    """A Shortfall repeats what its fill has said."""
    ours = books()
    before = ours.equity()
    told = Shortfall("BTC", D(5), "P1", T0)
    assert ours.apply(told) == [told]
    assert ours.equity() == before


def test_a_cash_flow_with_a_known_id_changes_nothing():
    """Told again after a reconnect, it is the same money."""
    ours = books()
    flow = CashFlow(0, D(500), FlowReason.DEPOSIT, T0, "bank-1")
    (first,) = ours.apply(flow)
    assert (first.seq, ours.apply(flow), ours.wallet()) == (1, [], D(10_500))


@pytest.mark.parametrize("mode", [None, MarginMode.CROSS])
def test_margin_of_what_is_not_isolated_is_not_ours(mode):
    """Without such a position there is no bucket for it."""
    ours = books()
    if mode is not None:
        ours.apply(bought(mode))
        ours.follow_leverage("BTC", 3)
        assert ours.holdings["BTC"].leverage == (5 if mode is MarginMode.ISOLATED else 3)
        (moved,) = ours.apply(MarginTransfer(0, "BTC", D(7), 2, "", T0)) or [None]
        if mode is MarginMode.ISOLATED:
            assert (moved.position_id, ours.holdings["BTC"].leverage) == ("ours", 2)
