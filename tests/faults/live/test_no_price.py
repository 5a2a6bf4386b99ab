"""A market without a price, or with nobody on one side: its own order is refused, no other."""

from decimal import Decimal

import pytest
from livewire import COIN, LiveWire, entry

from motherhaven.testing.fake_venue import info_market

D = Decimal
OTHER = "ETH"
AT = D(2_500)


@pytest.fixture
def two(tmp_path):
    """A live trader of two coins."""
    made = LiveWire(tmp_path, others={OTHER: AT})
    made.reconcile()
    yield made
    made.close()


def short(decision):
    """The same as a short."""
    price = D(str(decision["stop_loss"])) / D("0.98")
    return {
        **decision, "signal": "sell_to_enter",
        "stop_loss": float(price * D("1.02")), "profit_target": float(price * D("0.96")),
    }  # fmt: skip


def empty(wire, *sides):
    """Nobody stands on these sides of the first coin's book any more."""
    market = wire.fake.state.market
    whole = market.book

    def book(coin):
        bids, asks = whole(coin)
        if coin == COIN:
            return [] if "bids" in sides else bids, [] if "asks" in sides else asks
        return bids, asks

    market.book = book


@pytest.mark.parametrize("sides", [("asks",), ("bids",), ("bids", "asks")])
@pytest.mark.parametrize("turn", [lambda one: one, short], ids=["long", "short"])
def test_an_empty_side_of_a_book_refuses_its_own_coin_alone(two, sides, turn):
    """The coin's entry is refused with a code where its side is empty; the other coin goes on."""
    empty(two, *sides)
    done = two.decide(turn(entry()), turn(entry(coin=OTHER, price=AT)))
    found = {one["coin"]: one for one in done}
    assert found[OTHER]["execution_status"] == "executed"
    taken = "asks" if turn is not short else "bids"
    if taken in sides:
        refused = found[COIN]
        assert (refused["execution_status"], refused["reason_code"]) == ("rejected", "no_price")
        assert f"nobody {'sells' if taken == 'asks' else 'buys'} {COIN}" in str(refused)
        assert not two.held
    else:
        assert found[COIN]["execution_status"] == "executed"
    assert two.stops


@pytest.mark.parametrize("gone", ["markPx", "midPx", "oraclePx"])
def test_a_market_without_a_mark_mid_or_oracle_stops_no_other(two, gone, monkeypatch):
    """What the venue does not tell of one coin fails neither the cycle nor the other coin."""
    tell = info_market.context

    def context(market, coin):
        told = tell(market, coin)
        return {**told, gone: None} if coin == COIN else told

    monkeypatch.setattr(info_market, "context", context)
    done = two.decide(entry(), entry(coin=OTHER, price=AT))
    assert {one["coin"]: one["execution_status"] for one in done}[OTHER] == "executed"
