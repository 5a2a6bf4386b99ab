"""What is on record of a live account's orders: every state, and the position of each exit."""

from motherhaven.bot.running.sink import Kept
from tests.live_minutes import COINS, Minutes


def of_kind(kept: list[Kept], kind: str) -> list[dict[str, object]]:
    """The payloads of one kind, in order."""
    return [one.payload for one in kept if one.kind == kind]


def test_an_exit_names_its_position_and_an_entry_goes_through_its_states(tmp_path):
    """From the order one comes to the position, and back, without a fill between them."""
    kept = Minutes(tmp_path, decider="random", walks=True).run(60).sink.kept
    orders = of_kind(kept, "order")
    opened = {one["coin"]: one["position_id"] for one in of_kind(kept, "position_opened")}
    assert opened, "it has traded"
    stops = [one for one in orders if one["kind"] == "stop" and one["state"] == "acknowledged"]
    assert {one["coin"] for one in stops} <= set(COINS)
    assert stops
    assert {one["position_id"] for one in stops} <= set(opened.values())
    entries = {one["cloid"]: [] for one in orders if not one["reduce_only"]}
    for one in orders:
        if one["cloid"] in entries:
            entries[one["cloid"]].append(one["state"])
    assert all(states[0] == "planned" and states[-1] == "filled" for states in entries.values())
