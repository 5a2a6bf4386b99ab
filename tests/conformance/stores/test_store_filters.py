"""The filters of the feed beyond bot, coin and signal, and reading from the origin."""

from datetime import timedelta
from typing import Any

import pytest

from motherhaven.contract.errors import CursorGone
from motherhaven.stores import DecisionFilter, Store
from tests.conformance.stores.kit import START, Bot, Place

ALLOWED = {"verdict": {"allowed": True}}
REFUSED = {"verdict": {"allowed": False, "rule": "max_leverage"}}


async def fill(store: Store) -> None:
    """Seven decisions a minute apart, numbered from 1, with all kinds of fates."""
    bot = Bot()
    await store.append(
        [
            bot.decision(1, **ALLOWED),
            bot.decision(2, signal="buy_to_enter", **ALLOWED),
            bot.decision(3, signal="buy_to_enter", **REFUSED),
            bot.decision(4, signal="close"),
            bot.decision(5, signal="sell_to_enter", coin="ETH", **ALLOWED),
            bot.decision(6, signal="close", **ALLOWED),
            bot.decision(7, **REFUSED),
            bot.execution("bot-a-1-1", 8),
            bot.execution("bot-a-1-2", 8),
            bot.execution("bot-a-1-3", 8, execution_status="rejected"),
            bot.execution("bot-a-1-5", 8, execution_status="unknown"),
            bot.execution("bot-a-1-5", 9, execution_status="partial"),
            bot.execution("bot-a-1-6", 8, execution_status="pending"),
        ]
    )


def minute(number: int) -> Any:
    return START + timedelta(minutes=number)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"verdict": "allowed"}, [6, 5, 2, 1]),
        ({"verdict": "rejected"}, [7, 3]),
        ({"only_trades": True}, [6, 5, 4, 3, 2]),
        ({"executed": True}, [5, 2]),
        ({"executed": True, "coin": "ETH"}, [5]),
        ({"executed": True, "signal": "hold"}, []),
        ({"only_trades": True, "signal": "hold"}, []),
        ({"only_trades": True, "signal": "close"}, [6, 4]),
        ({"only_trades": True, "verdict": "rejected", "bot_id": "bot-a"}, [3]),
        ({"since": minute(3), "until": minute(6)}, [5, 4, 3]),
        ({"since": minute(3), "only_trades": True, "verdict": "allowed"}, [6, 5]),
        ({"until": minute(2), "bot_id": "bot-a"}, [1]),
        ({"verdict": "allowed", "bot_id": "nobody"}, []),
    ],
)
@pytest.mark.parametrize("limit", [1, 99])
def test_filters_hold_together_and_page(
    place: Place, asked: dict[str, Any], expected: list[int], limit: int
) -> None:
    """Every combination gives exactly what holds for all, newest first, page by page."""

    async def scenario(store: Store) -> None:
        await fill(store)
        found: list[str] = []
        before: str | None = None
        while True:
            page = await store.decisions(DecisionFilter(**asked), before=before, limit=limit)
            found += [row.id for row in page.items]
            before = page.next
            if before is None:
                break
        assert found == [f"bot-a-1-{number}" for number in expected]

    place.run(scenario)


def test_the_origin_is_before_everything_that_is_kept(place: Place) -> None:
    """From origin() on, tail() gives all; after prune, all that is left."""

    async def scenario(store: Store) -> None:
        assert await store.origin() == await store.head()
        bot = Bot()
        origin = await store.origin()
        await store.append([bot.status(0), bot.status(1)])
        await store.append([bot.at(START + timedelta(days=2)).status(2)])
        assert await store.origin() == origin
        everything = await store.tail(origin, 99)
        assert [stored.event.seq for stored in everything.events] == [1, 2, 3]
        assert await store.prune(START + timedelta(days=1)) == 2
        left = await store.tail(await store.origin(), 99)
        assert [stored.event.seq for stored in left.events] == [3]
        with pytest.raises(CursorGone):
            await store.tail(origin, 99)

    place.run(scenario)
