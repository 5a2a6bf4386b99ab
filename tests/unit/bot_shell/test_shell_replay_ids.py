"""Ids of a replay: of the market's time, in order, none twice."""

from datetime import UTC, datetime, timedelta
from uuid import RFC_4122, UUID

from motherhaven.bot.replay.market_time import MarketClock, market_ids
from motherhaven.settings import SystemClock

START = datetime(2026, 1, 5, tzinfo=UTC)


def test_ids_are_those_of_the_market_s_time() -> None:
    """Version 7 with the clock's milliseconds, though they are worked out once a moment."""
    clock = MarketClock(SystemClock(), START)
    new = market_ids(clock, "1")
    found: list[str] = []
    for minute in range(3):
        clock.time = START + minute * timedelta(minutes=1, milliseconds=7)
        made = [new() for _ in range(5_000)]
        for one in made[:3]:
            known = UUID(one)
            assert (known.version, known.variant, str(known)) == (7, RFC_4122, one)
            assert known.int >> 80 == int(clock.time.timestamp() * 1000)
        found += made
    assert len(set(found)) == len(found)
