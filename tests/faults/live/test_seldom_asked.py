"""When a live bot asks who the account is: seldom, and at once when something is wrong."""

from decimal import Decimal

from livewire import CLOSE, entry

DAY = 24 * 3_600


def roles(wire):
    """How often it was asked who an address is."""
    return sum(one.kind == "userRole" for one in wire.fake.requests)


def test_it_is_read_at_the_start_and_once_a_day(wire):
    """A quarter of an hour of looks asks nothing of it; a day later one look does."""
    assert roles(wire) == 2
    wire.reconcile(6, apart=180)
    assert roles(wire) == 2
    wire.step(DAY)
    wire.reconcile(3)
    assert roles(wire) == 4


def test_an_equity_that_jumps_has_it_read_at_the_next_look(wire):
    """A difference that no list explains is a reason to ask; while it lasts, not each time."""
    wire.trader.ledger.deposit(Decimal(500))
    assert "equity_drift" in wire.codes(wire.reconcile())
    assert roles(wire) == 2
    wire.reconcile(8, apart=10)
    assert roles(wire) == 4


def test_a_signer_that_is_refused_has_it_read_at_the_next_look(wire):
    """The agent was taken away: the refusal of an exit is followed by the question."""
    wire.decide(entry())
    agents = wire.fake.state.users.agents
    wire.fake.call(agents.clear)
    wire.decide(CLOSE)
    before = roles(wire)
    done = wire.reconcile()
    assert roles(wire) == before + 2, done
    assert "agent" in wire.trader.watch.blocked(wire.now)


def test_a_position_that_is_well_protected_is_not_asked_about_again(wire):
    """One look reads account and orders once each, and sees by them that its stop is right."""
    wire.decide(entry())
    wire.reconcile(2)
    wire.fake.step(60)
    before = len(wire.fake.requests)
    wire.reconcile()
    kinds = [one.kind for one in wire.fake.requests[before:]]
    assert kinds.count("frontendOpenOrders") == 1
    assert kinds.count("clearinghouseState") == 1


def test_a_stop_that_is_gone_is_placed_again_by_the_same_look(wire):
    """What spares questions spares none where the stop does not rest."""
    wire.decide(entry())
    wire.reconcile(2)
    wire.fake.switch("manual_stop_cancel")
    wire.step(40)
    wire.reconcile(2)
    assert len(wire.stops) == 1


def test_five_requests_lie_between_a_fill_and_its_verified_stop(wire):
    """Each is a round trip without a stop: fills, the position, orders, the stop, its proof."""
    wire.step(60)
    before = len(wire.fake.requests)
    wire.decide(entry())
    seen = wire.fake.requests[before:]
    filled = next(n for n, one in enumerate(seen) if one.kind == "order")
    kinds = [one.kind for one in seen[filled + 1 :]]
    proof = kinds.index("frontendOpenOrders", kinds.index("order"))
    assert kinds[: proof + 1] == [
        "userFillsByTime", "clearinghouseState", "frontendOpenOrders", "order",
        "frontendOpenOrders",
    ]  # fmt: skip
    # It counts once a position and its orders were read that are younger than the stop.
    later = kinds[proof + 1 :]
    assert later[later.index("clearinghouseState") + 1] == "frontendOpenOrders"
