"""Ids that clients choose freely may be long, and differ in their last letter only."""

import pytest

from motherhaven.stores import Store
from tests.conformance.stores.kit import Bot, Place

LONG = "😀/ü" * 341
"""1,023 characters, the most that an id may have less one, in 2,387 bytes."""


@pytest.mark.parametrize("name", ["p", LONG], ids=["short", "long"])
def test_positions_and_executions_are_found_by_ids_of_any_length(place: Place, name: str) -> None:
    """Opened, marked, closed and executed under ids that no index could hold."""

    async def scenario(store: Store) -> None:
        bot = Bot()
        mark = {"coin": "BTC", "size": "1", "entry_price": "1", "mark": "2", "leverage": "1",
                "unrealized_pnl": "1"}  # fmt: skip
        results = await store.append([
            bot.opened(0, position_id=name + "a", decision_id=name),
            bot.opened(1, position_id=name + "b"),
            bot.account(2, positions=[mark | {"position_id": name + "b"}]),
            bot.closed(3, position_id=name + "a"),
            bot.execution(name, 4),
            bot.execution(name, 5, execution_status="unknown"),
        ])  # fmt: skip
        assert {one.status for one in results} == {"stored"}
        closed = await store.position("bot-a", name + "a")
        opened = await store.position("bot-a", name + "b")
        assert (closed.status, closed.id) == ("closed", name + "a")
        assert (opened.status, opened.mark) == ("open", 2)
        found = await store.opened_by("bot-a", name)
        assert found is not None
        assert found.id == name + "a"
        assert (await store.bots())[0].stats.errors == 1

    place.run(scenario)
