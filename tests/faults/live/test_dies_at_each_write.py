"""The bot dies at a write: what only the venue can have done stops entries in the next life too."""

from contextlib import suppress
from itertools import count

import pytest
from livewire import COIN, entry


class Died(BaseException):
    """The process is gone; nothing of it catches that."""


class Deadly:
    """Counts what is written to disk, and dies before or after the write of a number."""

    def __init__(self, wire, number, *, after):
        self.left, self.after, self.dead = number, after, False
        self._wire = wire
        wire.sink.write = self._deadly(wire.sink.write)
        wire.killer.latch._write = self._deadly(wire.killer.latch._write)

    def _deadly(self, write):
        def written(what):
            self.left -= 1
            dies = not self.left
            done = write(what) if not dies or self.after else None
            if dies:
                self.dead = True
                raise Died
            return done

        return written

    def off(self):
        """The next life writes as ever; what was kept stays."""
        del self._wire.sink.write


def live_through(wire, heard):
    """What happened is heard and recorded, and a status tells of it."""
    if heard == "stream":
        wire.step(1)
    else:
        wire.fake.step(1)
        wire.reconcile()
    wire.cycle.flush()
    wire.cycle.status("running", wire.now)
    wire.cycle.flush()


def lives(wire, name, heard, arguments):
    """A new life after a death at each write in turn, until none is left to die at."""
    for after in (False, True):
        for number in count(1):
            wire.arm()
            wire.step(60)
            (done,) = wire.decide(entry(usd=1000, leverage=5, stop="0.9"))
            assert done["execution_status"] == "executed", (number, done["reason_code"])
            wire.step(3)
            wire.reconcile()
            wire.fake.switch(name, 1, **arguments)
            deadly = Deadly(wire, number, after=after)
            with suppress(Died):
                live_through(wire, heard)
            deadly.off()
            wire.end()
            wire.begin()
            yield number, after
            wire.step(60)
            wire.arm()
            wire.fake.switch("external_close")
            wire.settle(2)
            if not deadly.dead:
                break


@pytest.mark.parametrize("heard", ["stream", "look"])
@pytest.mark.parametrize("name", ["liquidation", "adl"])
def test_a_kill_by_the_venue_outlives_every_death(wire, name, heard):
    """Known at the start of the next life, or found by its first look: nothing is opened."""
    deaths = 0
    for number, after in lives(wire, name, heard, {}):
        deaths += 1
        wire.reconcile()
        told = (number, after)
        assert wire.trader.kill.engaged, told
        assert wire.killer.latch.read() is not None, told
        (refused,) = wire.decide(entry())
        assert refused["reason_code"] == "kill_switch", told
        assert wire.booked == wire.held, told
    assert deaths > 4


@pytest.mark.parametrize("heard", ["stream", "look"])
def test_a_coin_that_others_traded_stays_frozen(wire, heard):
    """Somebody adds to our position: no entry in the coin before the user has said so."""
    for number, after in lives(wire, "external_open", heard, {"coin": COIN, "size": "0.001"}):
        wire.reconcile()
        assert COIN in wire.trader.watch.frozen, (number, after)
        (refused,) = wire.decide(entry())
        assert refused["reason_code"] == "coin_frozen", (number, after)
