"""A clock that shows 1970 or 2201 costs nothing: the event is recorded and delivered, marked."""

from datetime import UTC, datetime, timedelta

import pytest

from motherhaven.contract.jsonio import loads
from motherhaven.recorder import TradingLogger
from motherhaven.testing.clock import FakeClock
from tests.unit.recorder.support import DECISION, Shipping, decision, open_recorder

WRONG = [
    datetime(1970, 1, 1, 0, 0, 5, tzinfo=UTC),
    datetime(2201, 5, 6, tzinfo=UTC),
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, tzinfo=UTC),
]


def set_to(clock, moment):
    """Let the time of day be `moment`."""
    clock.jump((moment - clock.now()).total_seconds())


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_the_time_is_estimated_from_the_last_good_one(shipping, server, wrong):
    """The last good time and what passed since; the original beside it; delivered in order."""
    first = shipping.recorder.record("decision", decision(1)).event_id
    good = shipping.clock.now()
    shipping.clock.advance(60)
    set_to(shipping.clock, wrong)
    second = shipping.recorder.record("decision", decision(2)).event_id
    set_to(shipping.clock, good + timedelta(seconds=90))
    third = shipping.recorder.record("decision", decision(3)).event_id
    shipping.drain()
    assert server.order == [first, second, third]
    event = server.events[second]
    assert (event.time, event.recorded_at) == (good + timedelta(seconds=60),) * 2
    payload = loads(event.payload)
    assert payload["time_replaced"] == payload["recorded_replaced"]
    assert int(payload["time_replaced"].split("-")[0]) == wrong.year
    assert "time_replaced" not in loads(server.events[third].payload)
    assert shipping.outbox.quarantined == 0


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_a_machine_that_starts_with_a_wrong_clock_takes_the_journals_time(tmp_path, wrong):
    """No battery: the newest time on record; without any record the year 2000."""
    clock = FakeClock()
    recorder = open_recorder(tmp_path / "journal.db", clock)
    recorder.record("decision", decision(1))
    last = clock.now()
    recorder.journal.close()
    set_to(clock, wrong)
    again = open_recorder(tmp_path / "journal.db", clock, seed=8)
    clock.advance(5)
    assert again.entry_time()[0] - last <= timedelta(seconds=5)
    TradingLogger.build(again).log_decision(DECISION)
    again.journal.close()
    fresh = open_recorder(tmp_path / "fresh.db", clock, seed=9)
    assert fresh.entry_time()[0].year == 2000
    fresh.journal.close()


def test_a_wrong_time_of_the_market_is_marked_too(shipping, server):
    """A given time of 1970, as exchanges send it for "never": the time of recording, marked."""
    logger = TradingLogger.build(shipping.recorder)
    logger.log_decision(DECISION, time=datetime(1970, 1, 1, tzinfo=UTC), event_id="a")
    shipping.drain()
    assert server.events["a"].time == shipping.clock.now()
    assert loads(server.events["a"].payload)["time_replaced"].startswith("1970")


def test_a_clock_that_jumps_about_loses_nothing(tmp_path, server):
    """Fifty jumps between all years: all events arrive once, in the order of recording."""
    shipping = Shipping(tmp_path, server)
    ids = []
    for n in range(50):
        set_to(shipping.clock, [*WRONG, datetime(2026, 1, 2, n % 24, tzinfo=UTC)][n % 5])
        ids.append(shipping.recorder.record("decision", decision(n)).event_id)
    shipping.drain()
    assert server.order == ids
    assert shipping.outbox.quarantined == 0
