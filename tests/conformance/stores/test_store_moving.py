"""One run through every durable store and back: nothing is lost or changed on the way."""

import asyncio
from contextlib import AsyncExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from motherhaven.stores import Store
from motherhaven.stores.moving import StoreSource, copy, differing_bots, tally
from tests.conformance.stores.histories import everything, fill
from tests.conformance.stores.kit import BACKENDS, StillClock

CHAIN = ("sqlite", "postgresql", "firestore", "sqlite")


async def chain(folder: Path, count: int) -> list[dict[str, Any]]:
    """Copy a history from store to store; the tally of each. Answers must be equal too."""
    made = {backend.name: backend.make for backend in BACKENDS}
    tallies: list[dict[str, Any]] = []
    async with AsyncExitStack() as stack:
        stores: list[Store] = []
        for number, name in enumerate(CHAIN):
            place = folder / str(number)
            place.mkdir()
            store = made[name](place, StillClock())
            await store.open()
            stack.push_async_callback(store.close)
            stores.append(store)
        await fill(stores[0], count)
        for origin, target in pairwise(stores):
            assert await copy(StoreSource(origin), target, lambda done: None) == 0
        for store in stores:
            tallies.append((await tally(StoreSource(store))).manifest())
        answers = await everything(stores[0])
        assert answers[0]
        for store in stores[1:]:
            assert await everything(store) == answers
            assert differing_bots(await stores[0].bots(), await store.bots()) == []
    return tallies


def test_a_run_moves_through_every_store_and_back_unchanged(tmp_path: Path) -> None:
    """sqlite, postgresql, firestore, sqlite: identical digests over every event and answer."""
    tallies = asyncio.run(chain(tmp_path, 400))
    assert tallies[0]["events"] == 402
    assert [one == tallies[0] for one in tallies] == [True] * len(CHAIN)


@pytest.mark.soak
def test_ten_thousand_events_move_through_every_store_and_back(tmp_path: Path) -> None:
    """The same with 10,000 events; the figures are printed."""
    tallies = asyncio.run(chain(tmp_path, 9_998))
    print(f"\n{tallies[0]['events']} events through {' -> '.join(CHAIN)}: {tallies[0]['sha256']}")
    assert tallies[0]["events"] == 10_000
    assert [one == tallies[0] for one in tallies] == [True] * len(CHAIN)
