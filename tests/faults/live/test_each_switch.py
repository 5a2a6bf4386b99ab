"""Each switch of the fake venue at random moments: one order once, stops in time, books equal."""

import pytest
from sweeping import BARE_AT_MOST, run

from motherhaven.testing.fake_venue.happenings import HAPPENINGS
from motherhaven.testing.fake_venue.switches import FAULTS

TIMES = 50


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", sorted({**FAULTS, **HAPPENINGS}))
def test_each_switch_fifty_times(wire, name):
    """Fifty times that it has acted, not only was thrown; the seed is 11."""
    assert run(wire, name, TIMES, seed=11) <= BARE_AT_MOST


@pytest.mark.parametrize("name", sorted({**FAULTS, **HAPPENINGS}))
def test_a_switch_a_few_times(wire, name):
    """The same in little."""
    assert run(wire, name, 2, seed=5) <= BARE_AT_MOST
