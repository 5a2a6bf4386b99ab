"""What the venue tells at another time than it shows it: nothing is lost, no stop is late."""

from datetime import timedelta

import pytest
from anything import Anything
from livewire import COIN, entry

from motherhaven.contract.errors import ExchangeError


@pytest.mark.parametrize("seconds", [1.0, 1.5, 2.0, 2.5, 3.0])
def test_a_fill_that_shows_late_has_its_stop_as_soon_as_it_shows(tmp_path, seconds):
    """The answer said "filled", and the lists show nothing for some seconds."""
    drawn = Anything(tmp_path, 1)
    wire = drawn.wire
    try:
        wire.fake.switch("silent_socket", None)
        wire.fake.switch("delay_visibility", 1, seconds=seconds)
        wire.decide(entry())
        drawn.look()
        drawn.pass_time((0.5,) * 10)
        assert drawn.barest[COIN] <= timedelta(seconds=seconds)
    finally:
        wire.close()


@pytest.mark.parametrize("seconds", [1.0, 2.0, 3.0])
def test_a_fill_that_shows_after_a_restart_has_its_stop_too(tmp_path, seconds):
    """The answer is on record, its fill is not, and the stream tells nothing of it."""
    drawn = Anything(tmp_path, 1)
    wire = drawn.wire
    try:
        wire.fake.switch("delay_visibility", 1, seconds=seconds)
        wire.decide(entry())
        drawn.look()
        wire.end()
        wire.begin()
        drawn.new_loop()
        drawn.pass_time((0.5,) * 14)
        assert drawn.barest[COIN] <= timedelta(seconds=seconds + 2)
        drawn.judge()
    finally:
        wire.close()


@pytest.mark.parametrize("reads", [1, 2, 3])
@pytest.mark.parametrize("why", ["entry", "look"])
def test_what_was_told_before_a_read_failed_is_on_record(wire, why, reads):
    """A fill that was folded and never recorded would be missing from the next life's books."""
    if why == "look":
        wire.decide(entry())
        wire.step()
        wire.fake.switch("manual_stop_cancel")
        wire.step()
    happens_at_a_stop(wire, reads)
    if why == "entry":
        wire.decide(entry())
    else:
        wire.reconcile()
    wire.settle(2)
    assert len(wire.told("fill")) == len(wire.fake.account().fills) == 2
    assert wire.booked == wire.held
    assert wire.equal() == 0


def happens_at_a_stop(wire, reads):
    """Half is closed by hand as a stop is sent, and the read of a number after that fails."""
    submit = wire.venue.submit

    def submitted(commands):
        outcomes = submit(commands)
        orders = [one for command in commands for one in getattr(command, "intents", ())]
        if orders and orders[0].kind.value == "stop":
            wire.venue.submit = submit
            wire.fake.switch("external_close", fraction="0.5")
            wire.fake.step(3)
            wire.hear()
            wire.pump_only()
            fails_at(wire, reads)
        return outcomes

    wire.venue.submit = submitted


def fails_at(wire, number):
    """The question of a number after this one about positions or orders is not answered."""
    left = [number]
    for name in ("positions", "open_orders"):
        setattr(wire.venue, name, failing(getattr(wire.venue, name), left))


def failing(read, left):
    def asked(*arguments):
        left[0] -= 1
        if not left[0]:
            raise ExchangeError("it does not answer")
        return read(*arguments)

    return asked
