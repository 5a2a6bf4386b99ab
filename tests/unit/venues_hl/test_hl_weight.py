"""How much the client asks in a minute, and what it still asks when that is much."""

import pytest
from hl_venue import COIN, Desk, buy, sell, stop

from motherhaven.bot.execution.orders import Accepted
from motherhaven.bot.venues.hyperliquid.weight import BOUND, Weight
from motherhaven.contract.errors import ExchangeError
from motherhaven.testing.clock import FakeClock
from motherhaven.testing.fake_venue.info import WEIGHTS, base_weight, rows_weight


@pytest.fixture
def desk(tmp_path):
    """A fake venue and what is opened on it."""
    with Desk(tmp_path) as made:
        yield made


def fill_up(weight):
    """Use all that may be used."""
    while weight.used + base_weight("userFees") <= BOUND:
        weight.ask("userFees")
    with pytest.raises(ExchangeError, match="kept for exits"):
        weight.ask("userFees")


def test_it_counts_as_the_venue_does():
    """Each question costs what is documented, a long list and a long batch more."""
    weight = Weight(FakeClock())
    kinds = (*WEIGHTS, "userFees", "metaAndAssetCtxs")
    for kind in kinds:
        weight.ask(kind)
    assert weight.used == sum(map(base_weight, kinds))
    before = weight.used
    weight.answered([{}] * 45)
    assert weight.used - before == rows_weight("userFillsByTime", [{}] * 45) == 2
    weight.sent(80)
    assert weight.used - before == 2 + 3


def test_a_minute_later_it_is_free_again():
    """What is older than a minute counts no more."""
    clock = FakeClock()
    weight = Weight(clock)
    fill_up(weight)
    assert BOUND - 20 < weight.used <= BOUND
    clock.advance(61)
    assert weight.used == 0
    weight.ask("userRole")


def test_beyond_the_bound_an_exit_and_its_verification_still_go(desk):
    """Who the account is waits; the close, the stop and the reads that prove them do not."""
    venue = desk.open()
    assert isinstance(desk.place(venue, buy(1))[0], Accepted)
    fill_up(venue._client.weight)
    with pytest.raises(ExchangeError, match="kept for exits"):
        desk.run(venue.identity())
    assert isinstance(desk.place(venue, stop(2))[0], Accepted)
    assert [one.coin for one in desk.run(venue.open_orders())] == [COIN]
    assert isinstance(desk.place(venue, sell(3))[0], Accepted)
    assert desk.run(venue.positions()) == {}


def test_orders_are_read_once_with_the_account_and_anew_after_a_send(desk):
    """One look asks for them once; what was sent since is never judged by an older list."""
    venue = desk.open()
    desk.place(venue, buy(1))
    asked = desk.asked_for("frontendOpenOrders")
    desk.run(venue.account())
    assert desk.run(venue.open_orders()) == []
    assert desk.asked_for("frontendOpenOrders") == asked + 1
    desk.run(venue.account())
    desk.place(venue, stop(2))
    assert len(desk.run(venue.open_orders())) == 1
    desk.run(venue.account())
    desk.fake.step(2)
    before = desk.asked_for("frontendOpenOrders")
    desk.run(venue.open_orders())
    assert desk.asked_for("frontendOpenOrders") == before + 1
