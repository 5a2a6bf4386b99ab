"""What others do to the account is told with its reason, and the account's sums always close."""

from decimal import Decimal

import pytest
from hl_venue import COIN, SIZE, buy, number, sell, stop

from motherhaven.bot.execution.orders import Accepted, OrderClosed
from motherhaven.bot.portfolio.account import AccountSnapshot
from motherhaven.bot.portfolio.events import CashFlow, Fill, FillReason, FlowReason, FundingPayment
from motherhaven.bot.venues.hyperliquid.following import POLL
from motherhaven.contract.errors import ExchangeError
from motherhaven.testing.venue_subject import PRICE


def news(desk, venue, kind=Fill):
    """What is told of one kind by the next poll."""
    desk.fake.step(POLL)
    return [one for one in desk.run(venue.drain()) if isinstance(one, kind)]


def opened(desk, **more):
    """An adapter with a long whose fill was told."""
    venue = desk.open()
    desk.place(venue, buy(1, **more))
    desk.run(venue.drain())
    return venue


@pytest.mark.parametrize(
    ("switch", "reason"),
    [("liquidation", FillReason.LIQUIDATION), ("adl", FillReason.ADL),
     ("external_close", FillReason.CLOSE)],
)  # fmt: skip
def test_a_close_that_we_did_not_send_says_why(desk, switch, reason):
    """Without a cloid of ours; the position is gone at the venue."""
    venue = opened(desk, size=Decimal("0.5"), leverage=20)
    desk.fake.switch(switch)
    (fill,) = news(desk, venue)
    assert (fill.reason, fill.size, fill.cloid) == (reason, Decimal("-0.5"), None)
    assert desk.run(venue.positions()) == {}
    assert news(desk, venue) == []


def test_an_entry_by_hand_is_told_without_a_cloid(desk):
    """And its leverage is read, for the books count by it."""
    venue = desk.open()
    desk.fake.switch("external_open", coin="ETH", size=Decimal(1))
    (fill,) = news(desk, venue)
    assert (fill.coin, fill.size, fill.cloid) == ("ETH", 1, None)
    held = desk.run(venue.positions())["ETH"]
    assert (fill.leverage, held.stop) == (held.leverage, None)


def test_a_stop_that_is_cancelled_by_hand_ends_once(desk):
    """Its position then shows none."""
    venue = opened(desk)
    desk.place(venue, stop(2))
    desk.fake.switch("manual_stop_cancel")
    (closed,) = news(desk, venue, OrderClosed)
    assert closed.cloid == number(2)
    assert desk.run(venue.positions())[COIN].stop is None
    assert news(desk, venue, OrderClosed) == []


def test_money_that_comes_and_goes_is_told_with_its_id(desk):
    """In, out with its fee, and the same id in the list."""
    venue = desk.open()
    desk.run(venue.drain())
    desk.fake.switch("deposit", amount=Decimal(500))
    desk.fake.switch("deposit", amount=Decimal(-200))
    desk.fake.step(60)
    told = news(desk, venue, CashFlow)
    assert [(one.amount, one.reason) for one in told] == [
        (Decimal(500), FlowReason.DEPOSIT), (Decimal(-200), FlowReason.WITHDRAWAL),
    ]  # fmt: skip
    listed = desk.run(venue.cash_flows(desk.fake.clock.now().replace(year=2020)))
    assert [one.external_id for one in listed][-2:] == [one.external_id for one in told]


def test_funding_is_told_every_hour(desk):
    """As received: a long pays a positive rate."""
    venue = opened(desk)
    desk.fake.set_rate(COIN, "0.0001")
    for _ in range(2):
        desk.fake.step(3_600)
        (paid,) = news(desk, venue, FundingPayment)
        assert paid.amount == -SIZE * PRICE * Decimal("0.0001")
        assert (paid.size, paid.oracle) == (SIZE, PRICE)


def closes(account: AccountSnapshot):
    """Both sums that define an account."""
    total = account.deposits + account.realized - account.fees + account.funding
    assert account.wallet == total
    assert account.equity == account.wallet + account.unrealized


def test_the_accounts_sums_close_whatever_happens(desk):
    """Fills, funding, money in: deposits are what the account had and what moved since."""
    venue = desk.open()
    closes(desk.run(venue.account()))
    desk.place(venue, buy(1))
    desk.fake.move(COIN, PRICE * Decimal("1.02"))
    closes(desk.run(venue.account()))
    desk.place(venue, sell(2, SIZE / 2))
    desk.fake.set_rate(COIN, "0.0001")
    desk.fake.step(3_600)
    account = desk.run(venue.account())
    closes(account)
    assert account.deposits == 10_000
    assert (account.realized, account.funding < 0) == (SIZE / 2 * PRICE * Decimal("0.02"), True)
    desk.fake.switch("deposit", amount=Decimal(500))
    account = desk.run(venue.account())
    closes(account)
    assert account.deposits == 10_500


def test_a_position_knows_when_it_began_and_what_it_cost(desk):
    """From the fills that were seen; one that is older says only that it is there."""
    venue = opened(desk)
    began = desk.fake.clock.now()
    desk.fake.step(100)
    desk.place(venue, buy(2))
    desk.run(venue.drain())
    held = desk.run(venue.positions())[COIN]
    assert (held.opened_at, held.fees) == (began, 2 * SIZE * PRICE * Decimal("0.00045"))
    desk.run(venue.close())
    later = desk.run(desk.open().positions())[COIN]
    assert (later.size, later.fees) == (2 * SIZE, 0)
    assert later.position_id != held.position_id


def test_a_clock_that_differs_shows(desk):
    """How far the venue's is ahead of ours."""
    venue = desk.open()
    desk.run(venue.account())
    assert abs(venue.health().offset_seconds) < 1
    desk.fake.switch("clock_skew", seconds=90.0)
    desk.run(venue.account())
    assert 89 < venue.health().offset_seconds < 91


def test_it_goes_on_after_the_venue_was_away(desk):
    """Questions fail while it is; afterwards everything is as it was, and nothing twice."""
    venue = opened(desk)
    desk.fake.switch("rate_limited", times=None)
    for question in (venue.account, venue.drain, venue.positions):
        desk.fake.step(POLL)
        with pytest.raises(ExchangeError):
            desk.run(question())
    desk.fake.switch("rate_limited", times=0)
    assert news(desk, venue) == []
    assert isinstance(desk.place(venue, sell(2))[0], Accepted)
    assert [one.cloid for one in news(desk, venue)] == [number(2)]
