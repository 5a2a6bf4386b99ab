"""Orders that were lost on their way: taken back by their nonce, in seconds and for good."""

from decimal import Decimal

import httpx
from livewire import COIN, PRICE, entry

D = Decimal
QUESTIONS = 2
"""At once and half a second later; the second one takes it back."""


def lose(wire, number, times=1):
    """Lose the `number`-th placing from now on (0 the next) on its way, and `times` of them."""
    venue = wire.trader.account.venue
    passed, submit = iter(range(99)), venue.submit

    def sent(commands):
        at = next(passed)
        if number <= at < number + times:
            wire.fake.switch("drop_reply", 1, only="order", before=True)
        return submit(commands)

    venue.submit = sent


def ask(wire, seconds=0.5):
    """Let the next question be due, and ask."""
    wire.step(seconds)
    wire.resolve()


def noops(wire):
    """How many nonces were used up."""
    return [one.kind for one in wire.fake.requests].count("noop")


def test_an_entry_that_never_arrived_is_known_in_half_a_second(wire):
    """It blocks its coin no longer, and the bytes are refused whenever they come."""
    wire.decide(entry())
    wire.settle(1)
    wire.decide({"coin": COIN, "signal": "close", "justification": "because"})
    lose(wire, 0)
    (done,) = wire.decide(entry())
    assert done["execution_status"] == "unknown"
    began = wire.now
    ask(wire)
    assert wire.trader.account.orders.unknown == []
    assert (wire.now - began).total_seconds() < 1
    last = wire.told("order")[-1]
    assert (last["state"], "nonce" in last["reason"]) == ("never_landed", True)
    lost = [one.body for one in wire.fake.requests if one.kind == "order" and one.reply is None][-1]
    with httpx.Client(trust_env=False) as client:
        late = client.post(f"{wire.fake.url}/exchange", json=lost).json()
    assert "duplicate nonce" in late["response"]
    wire.settle(2)
    assert (wire.held, wire.booked, noops(wire)) == (0, 0, 1)


def test_a_stop_that_never_arrived_is_placed_again_in_a_second(wire):
    """Not after its deadline: what only reduces goes out again in the same bytes."""
    lose(wire, 1)
    wire.decide(entry())
    began = wire.now
    assert wire.held > 0
    for _ in range(QUESTIONS):
        ask(wire)
    (stop,) = wire.stops
    assert (stop.price, noops(wire)) == (PRICE * D("0.98"), 0)
    assert (wire.now - began).total_seconds() <= 1
    wire.settle(2)
    assert len(wire.stops) == 1
    assert wire.equal() == 0


def test_an_order_that_landed_is_never_undone(wire):
    """The venue forgets its state and shows nothing for a while: the nonce was used, it waits."""
    wire.fake.switch("delay_visibility", seconds=4.0)
    wire.fake.switch("drop_reply", 1, only="order")
    wire.decide(entry())
    for _ in range(QUESTIONS):
        ask(wire, 1)
    wire.settle(3)
    assert wire.held == wire.booked > 0
    assert not wire.trader.account.orders.unknown
    assert wire.equal() == 0


def test_a_flatten_is_not_held_up_by_an_entry_on_its_way(wire):
    """Flat at once: without it the account would wait for the entry's deadline."""
    lose(wire, 0)
    wire.decide(entry())
    began = wire.now
    done = wire.trader.flatten(wire.now, None, "kill")
    assert (done.flat, noops(wire)) == (True, 1)
    assert (wire.now - began).total_seconds() < 1
    assert wire.held == 0
