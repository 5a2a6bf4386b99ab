"""A stop between the liquidation price and the buffer before it protects nothing: refused once."""

from decimal import Decimal

import pytest
from livewire import COIN, LIMITS, PRICE, LiveWire, entry

from motherhaven.bot.guard.liquidation import liquidation_alone
from motherhaven.testing.fake_venue import info_account

D = Decimal
STATE = "clearinghouseState"
LEVERAGE = 20


@pytest.fixture
def bare(tmp_path):
    """A live trader whose guard has no buffer of its own."""
    none = {"stop_liquidation_buffer": D(0), "max_leverage": LEVERAGE}
    made = LiveWire(tmp_path, limits=LIMITS.model_copy(update=none))
    made.reconcile()
    yield made
    made.close()


@pytest.mark.parametrize(("away", "taken"), [("0.0005", False), ("0.003", True)])
def test_before_the_entry(bare, away, taken):
    """Refused with a code and nothing sent, where the audit would not take it for a stop."""
    spec, usd = bare.venue.spec(COIN), 100
    liquidation = liquidation_alone(PRICE, 1, LEVERAGE, spec, D(usd * LEVERAGE))
    stop = (liquidation + D(away) * PRICE) / PRICE
    (done,) = bare.decide(entry(usd=usd, leverage=LEVERAGE, stop=str(stop)))
    if taken:
        assert done["execution_status"] == "executed"
        assert len(bare.stops) == 1
    else:
        assert (done["execution_status"], done["reason_code"]) == ("rejected", "idle_stop")
        assert bare.sent() == []
        assert not bare.held


def test_where_the_position_stands(wire, monkeypatch):
    """The venue's own liquidation price has come near: no second stop is sent to the same price."""
    wire.decide(entry())
    near, sent = D("0.98") * PRICE - D("0.0005") * PRICE, len(wire.sent())
    tell = info_account.QUESTIONS[STATE]

    def told(account, ask):
        state = tell(account, ask)
        for one in state["assetPositions"]:
            one["position"]["liquidationPx"] = str(near)
        return state

    monkeypatch.setitem(info_account.QUESTIONS, STATE, told)
    wire.settle(2)
    assert not wire.held
    assert len(wire.sent()) == sent + 1  # the close alone
