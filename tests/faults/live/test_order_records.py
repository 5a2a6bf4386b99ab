"""What is on record of a live account's orders: every state, and the position of each exit."""

from livewire import entry


def test_an_exit_names_its_position_and_an_entry_goes_through_its_states(wire):
    """From an order one comes to its position, and back, without a fill between them."""
    wire.decide(entry())
    wire.settle(2)
    orders, (opened,) = wire.told("order"), wire.told("position_opened")
    exits = [one for one in orders if one["reduce_only"] and one["state"] == "acknowledged"]
    assert {one["kind"] for one in exits} == {"stop", "target"}
    assert {one.get("position_id") for one in exits} == {opened["position_id"]}
    states = [one["state"] for one in orders if not one["reduce_only"]]
    assert states == ["planned", "acknowledged", "filled"]
