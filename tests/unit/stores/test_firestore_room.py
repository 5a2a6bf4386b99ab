"""How full Firestore's commits are planned, after some that were too full."""

from motherhaven.stores.firestore.writer import MAX_WRITES, Room


def test_a_burst_of_huge_events_does_not_make_all_commits_small() -> None:
    """A small commit writes the sums of its bots again: a hundred too full ones cost no more."""
    room = Room()
    for _ in range(100):
        assert 1 <= room.too_full(0.01, 2) < 2
    assert room.writes >= MAX_WRITES / 4
    for _ in range(300):
        room.kept()
    assert room.writes == MAX_WRITES


def test_what_did_not_fit_is_tried_with_fewer_events_each_time() -> None:
    """However little would fit, the next try is smaller, down to one event."""
    room, events = Room(), 500
    while events > 1:
        fewer = room.too_full(0.999, events)
        assert 1 <= fewer < events
        events = fewer
