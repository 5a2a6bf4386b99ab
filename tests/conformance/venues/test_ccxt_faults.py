"""What goes wrong at an exchange, by the names of docs and of the switches, against a fake Binance.

Each test is one way in which live bots have lost money, and what this adapter does about it.
"""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from ccxt_subject import CcxtSubject, submitted

from motherhaven.bot.execution.commands import PlaceOrders
from motherhaven.bot.execution.orders import (
    Accepted,
    OrderIntent,
    OrderState,
    Rejected,
    Unknown,
)
from motherhaven.bot.portfolio.events import (
    CashFlow,
    Fill,
    FillReason,
    FundingPayment,
    MarginMode,
    Side,
)
from motherhaven.contract.errors import ExchangeError, NoPrice, OrderRejected
from motherhaven.testing.venue_subject import (
    LONG_AGO,
    PRICE,
    SIZE,
    buy,
    cloid,
    one,
    opened,
    sell,
    sent,
)

STOP = PRICE * Decimal("0.98")


@pytest.mark.parametrize("fault", ["drop_reply", "half_body", "server_busy"])
def test_a_lost_reply_is_found_and_not_sent_again(subject, fault):
    """Row 1: the order had filled though the answer was lost, cut in half, or said "unknown"."""
    subject.fake.switch(fault)
    (outcome,) = submitted(subject, buy(subject))
    assert isinstance(outcome, Accepted), outcome
    assert outcome.filled == SIZE
    assert len(subject.fake.sent()) == 1


def test_a_request_lost_on_the_way_is_unknown_and_never_resent(subject):
    """Row 1: without proof nothing is called refused; the exchange is asked, not told again."""
    subject.fake.switch("drop_reply", before=True)
    (outcome,) = submitted(subject, buy(subject))
    assert isinstance(outcome, Unknown)
    assert subject.bridge.order_by_cloid(cloid(1)) is None
    (again,) = submitted(subject, buy(subject))
    assert isinstance(again, Unknown)
    assert len(subject.fake.sent()) == 1
    assert not subject.venue.positions()


def test_an_order_that_is_not_shown_yet_is_not_called_lost(subject):
    """Rows 1 and 24: the exchange shows it late; asked a little later it is there."""
    subject.fake.switch("delay_visibility", times=2)
    (outcome,) = submitted(subject, buy(subject))
    assert isinstance(outcome, Accepted)
    assert sum(subject.slept) > 0


def test_a_rate_limit_is_a_refusal_and_not_unknown(subject):
    """Row 16: the exchange's gate turned it away, so nothing happened, and it says so."""
    opened(subject)
    subject.fake.switch("rate_limited")
    (outcome,) = submitted(subject, replace(sell(subject, SIZE, 2), reduce_only=True))
    assert isinstance(outcome, Rejected)
    assert outcome.code == "venue_rate"
    assert subject.venue.positions()[subject.coin].size == SIZE


def test_a_wrong_clock_is_refused_with_its_code_and_mended(subject):
    """The exchange's clock jumps: the order is refused, not unknown, and the next one is taken."""
    opened(subject)
    subject.fake.switch("clock_skew", seconds=30)
    (outcome,) = submitted(subject, sell(subject, SIZE, 2))
    assert isinstance(outcome, Rejected)
    assert outcome.code == "venue_expired"
    assert isinstance(submitted(subject, sell(subject, SIZE, 3))[0], Accepted)
    assert subject.venue.health().offset_seconds == pytest.approx(30)


def test_a_question_after_a_jump_of_the_clock_is_answered(subject):
    """It is asked once more with the exchange's time; a question changes nothing."""
    opened(subject)
    subject.fake.switch("clock_skew", seconds=-30)
    assert subject.venue.positions()[subject.coin].size == SIZE
    subject.fake.switch("clock_skew", seconds=30)
    assert subject.venue.order_by_cloid(cloid(1)).state is OrderState.FILLED


def test_a_liquidation_is_told_as_one(subject):
    """Row 10: the exchange closed it; the fill says so and has no order of ours."""
    account = subject.venue.account()
    size = (account.available * 4 / PRICE).quantize(Decimal("0.001"))
    assert isinstance(one(subject, buy(subject, size=size)), Accepted)
    subject.venue.drain()
    subject.move(PRICE * Decimal("0.7"))
    fills = [event for event in subject.venue.drain() if isinstance(event, Fill)]
    assert [(fill.reason, fill.cloid) for fill in fills] == [(FillReason.LIQUIDATION, None)]


def test_an_unreadable_state_is_a_failed_read(subject):
    """Row 24: what is not understood is never taken for "no such order"."""
    opened(subject)
    subject.fake.switch("unknown_status")
    with pytest.raises(ExchangeError, match="not known"):
        subject.venue.order_by_cloid(cloid(1))


def test_hedge_mode_is_a_problem_with_its_remedy(subject):
    """Rows 14 and 25: reduce-only does not hold there, so nothing may be signed."""
    subject.fake.switch("hedge_mode")
    identity = subject.venue.identity()
    assert [problem.code for problem in identity.problems] == ["venue_mode"]
    assert "One-way" in identity.problems[0].text


def test_a_key_that_may_withdraw_is_a_problem(subject):
    """The key is a trading key: one that can move money out is refused, with what to do."""
    subject.fake.switch("withdrawals")
    identity = subject.venue.identity()
    assert [problem.code for problem in identity.problems] == ["venue_withdrawal"]
    assert "without withdrawal" in identity.problems[0].text


def test_a_sound_account_has_no_problems(subject):
    """What is shown of it: account, network, modes, money, and a key cut short."""
    identity = subject.venue.identity()
    assert identity.problems == ()
    assert (identity.network, identity.mode) == ("local", "one-way, cross")
    assert identity.equity == 10_000
    assert identity.minimum == 100
    assert "0123456789" not in identity.signer


def test_leverage_is_set_once_when_flat_and_read_back(subject):
    """Row 25: a second entry sets nothing; under a position another leverage is refused."""
    assert subject.venue.set_leverage("BTC", 5, MarginMode.CROSS).leverage == 5
    opened(subject)
    one(subject, buy(subject, number=2))
    assert len(subject.fake.sent(path="leverage")) == 1
    with pytest.raises(OrderRejected, match="position is open"):
        subject.venue.set_leverage("BTC", 7, MarginMode.CROSS)
    assert len(subject.fake.sent(path="leverage")) == 1


def test_isolated_margin_at_the_exchange_is_set_to_cross(subject):
    """Row 25: the mode is read, changed while flat, and read back before an entry goes."""
    subject.fake.state.isolated.add("BTCUSDT")
    opened(subject)
    assert subject.fake.sent(path="marginType") == [
        {**subject.fake.sent(path="marginType")[0], "marginType": "CROSSED"}
    ]
    assert not subject.fake.state.isolated


def test_the_gate_is_asked_before_each_send(tmp_path):
    """A gate that closes lets no entry and no leverage through; exits only if it says so."""
    asked = []

    def gate(reduces):
        asked.append(reduces)
        return None if reduces else "killed"

    subject = CcxtSubject(tmp_path, gate=gate)
    try:
        (outcome,) = submitted(subject, replace(buy(subject), leverage=None))
        assert isinstance(outcome, Rejected)
        assert outcome.reason == "killed"
        assert not [one for one in subject.fake.requests if one.method != "GET"]
        subject.fake.state.leverage["BTCUSDT"] = 5
        assert asked == [False]
        submitted(subject, sell(subject, SIZE, 2))
        assert asked == [False, True]
    finally:
        subject.close()


def test_a_deadline_that_has_passed_sends_nothing(subject):
    """Row 1: an entry that is late is not sent; one in time ends at the exchange by itself."""
    now = subject.fake.clock.now()
    late = replace(buy(subject), deadline=now)
    (outcome,) = submitted(subject, late)
    assert isinstance(outcome, Rejected)
    assert outcome.code == "venue_expired"
    soon = replace(buy(subject, number=2), deadline=now + timedelta(seconds=4))
    assert isinstance(submitted(subject, soon)[0], Accepted)
    (request,) = subject.fake.sent()
    assert request["recvWindow"] == "4000"


def test_a_restart_knows_what_was_sent(subject, tmp_path):
    """Row 23: a new process finds the order by its id and does not send it again."""
    first = opened(subject)
    subject.run(subject.adapter.close())
    subject.adapter = subject.opened()
    again = type(subject.bridge)(subject.adapter, subject.loop, seconds=60)
    assert again.submit([PlaceOrders((buy(subject),))]) == [first]
    assert len(subject.fake.sent()) == 1


def test_funding_and_transfers_are_told_once(subject):
    """Rows 3 and 10: money that moved without a trade is told, with the exchange's id of it."""
    opened(subject)
    subject.venue.drain()
    subject.fake.fund("BTC", Decimal("0.0001"))
    subject.fake.transfer(Decimal(-50))
    subject.fake.step(120)
    subject.pump()
    told = subject.venue.drain()
    assert [type(event) for event in told] == [FundingPayment, CashFlow]
    assert told[0].amount == -SIZE * PRICE * Decimal("0.0001")
    assert told[1].amount == -50
    assert told[1].external_id
    subject.fake.step(120)
    subject.pump()
    assert subject.venue.drain() == []
    assert subject.venue.funding(LONG_AGO) == [told[0]]
    assert subject.venue.cash_flows(LONG_AGO)[-1] == told[1]


def test_a_trade_of_somebody_else_in_another_coin_is_found(subject):
    """Row 10: fills are asked for by market, and the ledger says in which there were any."""
    state = subject.fake.state
    subject.fake._call(
        lambda: state._foreign(state.market.listing("ETHUSDT"), Decimal(1), FillReason.ENTRY)
    )
    (fill,) = subject.venue.fills(LONG_AGO)
    assert (fill.coin, fill.size, fill.cloid) == ("ETH", 1, None)


def test_an_exit_overtakes_an_entry_that_waits(subject):
    """Row 15: one sender, and what reduces risk goes first."""
    opened(subject)
    intents = [
        OrderIntent("BTC", buy(subject).side, SIZE, price=PRICE * Decimal("1.05"), cloid=cloid(5)),
        OrderIntent("BTC", buy(subject).side, SIZE, price=PRICE * Decimal("1.05"), cloid=cloid(6)),
        sell(subject, SIZE, 7),
    ]
    assert [type(one) for one in sent(subject, intents)] == [Accepted] * 3


def test_without_a_key_prices_are_read_and_nothing_is_sent(tmp_path):
    """A shadow has no key: it sees the market and the book, and cannot place an order."""
    subject = CcxtSubject(tmp_path, secret=None)
    try:
        assert subject.venue.prices(["BTC"])["BTC"].mark == PRICE
        assert subject.venue.taker_price("BTC", buy(subject).side, SIZE) > PRICE
        (outcome,) = submitted(subject, replace(buy(subject), leverage=None))
        assert isinstance(outcome, Rejected)
        assert outcome.reason
        with pytest.raises(ExchangeError, match="apiKey"):
            subject.venue.positions()
        assert all(one.method == "GET" for one in subject.fake.requests)
    finally:
        subject.close()


@pytest.mark.parametrize("sides", [("bids",), ("asks",), ("bids", "asks")])
def test_an_empty_side_of_the_book_is_no_price_and_says_so(subject, sides, monkeypatch):
    """Neither a KeyError nor a 0: the side that is empty has no price, the other one has."""
    whole = subject.fake.state.market.book

    def book(symbol):
        return tuple(
            [] if name in sides else one
            for name, one in zip(("bids", "asks"), whole(symbol), strict=True)
        )

    monkeypatch.setattr(subject.fake.state.market, "book", book)
    for side, taken in ((Side.BUY, "asks"), (Side.SELL, "bids")):
        if taken in sides:
            with pytest.raises(NoPrice, match="BTC"):
                subject.venue.taker_price("BTC", side, SIZE)
        else:
            assert subject.venue.taker_price("BTC", side, SIZE) > 0
    assert subject.venue.prices(["BTC"]) == {}
