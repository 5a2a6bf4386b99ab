"""How much of the venue's allowance of an address a live bot uses: counted, minute by minute."""

from collections import Counter

from tests.live_minutes import COINS, Minutes

FIRST, LATER = 600, 200
CYCLE = 3
"""Minutes: what a busy machine delays counts in the minute after, so a cycle's mean is judged."""


def test_a_live_bot_stays_far_below_what_the_venue_allows(tmp_path):
    """Three coins, a cycle each 180 s: the start, the entries, and then a quarter of an hour."""
    minutes = Minutes(tmp_path).run(16)
    assert set(minutes.held) == set(COINS), "it has entered"
    used = minutes.weights()
    assert not [one for one in minutes.requests if one.status == 429]
    assert used[0].total() <= FIRST, used[0]
    quiet = [used.get(n, Counter()) for n in range(6, 15)]
    assert max(one.total() for one in quiet) <= FIRST, max(quiet, key=Counter.total)
    cycles = [sum(quiet[n : n + CYCLE], Counter()) for n in range(len(quiet) - CYCLE + 1)]
    assert max(one.total() for one in cycles) <= CYCLE * LATER, max(cycles, key=Counter.total)
