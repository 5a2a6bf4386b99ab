"""What is remembered of bots is forgotten once another server has committed, whatever its time."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from motherhaven.stores.firestore import paths
from motherhaven.stores.firestore.known import KnownBot, KnownBots
from tests.conformance.stores.kit import START
from tests.unit.stores.stepped_firestore import TICK, Snapshot


class Asked:
    """A Firestore with the commits of two servers; each bot's document counts its commits."""

    def __init__(self) -> None:
        self.now = START
        self.commits: list[Snapshot] = []

    def commit(self, name: str, bot: str) -> None:
        """A commit now; one of the same moment may follow."""
        data = {"at": self.now, "bots": [bot]}
        self.commits.append(Snapshot(name, data, self.now, self.now))

    async def get(self, wanted: Iterable[paths.Path]) -> Mapping[paths.Path, Any]:
        """The store's document, or bots."""
        found = {}
        for path in wanted:
            count = sum(1 for one in self.commits if path[-1] in one.data["bots"])
            one = Snapshot(path[-1], {"count": count}, START, self.now)
            one.update_time = self.now
            found[path] = one
        return found

    async def query(self, shape: Any, *, since: Any = None, limit: int | None = None) -> Any:
        """The commits."""
        found = [one for one in self.commits if one.data["at"] >= since]
        return [Snapshot(one.id, one.data, one.create_time, self.now) for one in found]

    async def counted_since(self, collection: str, field: str, since: Any) -> tuple[int, Any]:
        """Their number."""
        return sum(1 for one in self.commits if one.data["at"] >= since), self.now


@pytest.mark.parametrize("later", [timedelta(0), TICK], ids=["one moment", "later"])
def test_a_commit_of_another_server_beside_ours(later: timedelta) -> None:
    """Ours is known; theirs is noticed though Firestore gave both the same time."""

    async def scenario() -> None:
        asked = Asked()
        known = KnownBots(asked)
        before = await known.some(["ours", "theirs"])
        assert {one.get("count") for one in before.values()} == {0}
        asked.now += TICK
        asked.commit("a", "ours")
        known.committed("a", asked.now)
        known.take(KnownBot("ours", {"count": 1}, asked.now))
        asked.now += later
        asked.commit("b", "theirs")
        after = await known.some(["ours", "theirs"])
        assert {one.id: one.get("count") for one in after.values()} == {"ours": 1, "theirs": 1}

    asyncio.run(scenario())


def test_an_answer_from_before_our_own_commit_is_not_remembered() -> None:
    """It was read before the commit and arrived after it: the next one asks again."""

    async def scenario() -> None:
        known, told = KnownBots(Asked()), ["before", "after"]

        async def slow() -> str:
            known.drop_answers("ours")
            known.drop_answers("ours")
            return told[0]

        async def quick() -> str:
            return told[1]

        assert await known.answer("ours", "curve", slow) == "before"
        assert await known.answer("ours", "curve", quick) == "after"

        async def beside() -> str:
            known.drop_answers("theirs")
            return told[0]

        assert await known.answer("ours", "prices", beside) == "before"
        assert await known.answer("ours", "prices", quick) == "before"

    asyncio.run(scenario())
