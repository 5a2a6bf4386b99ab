"""How much of the venue's allowance of an address a live bot uses: counted, minute by minute."""

from collections import Counter

from tests.live_minutes import COINS, Minutes

FIRST, LATER = 600, 520  # a minute; a cycle's three minutes


def test_a_live_bot_stays_far_below_what_the_venue_allows(tmp_path):
    """Three coins, a cycle each 180 s: the start, the entries, and then a quarter of an hour."""
    minutes = Minutes(tmp_path).run(16)
    assert set(minutes.held) == set(COINS), "it has entered"
    used = minutes.weights()
    assert not [one for one in minutes.requests if one.status == 429]
    assert used[0].total() <= FIRST, used[0]
    # A request at the edge of a minute falls on either side of it, so a whole cycle is judged.
    cycles = [sum((used.get(n + k, Counter()) for k in range(3)), Counter()) for n in range(6, 13)]
    assert max(one.total() for one in cycles) <= LATER, max(cycles, key=Counter.total)
