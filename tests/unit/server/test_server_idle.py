"""A server that nobody looks at costs nothing where reads are billed."""

import asyncio
from collections import Counter
from typing import Any

from motherhaven.server import create_app
from motherhaven.stores import MemoryStore
from motherhaven.stores.capabilities import Capabilities
from tests.serverkit import FakeClock, config

DAY = 86_400
STEP = 5.0


class FastLoop(asyncio.SelectorEventLoop):
    """An event loop whose time a test moves."""

    ahead = 0.0

    def time(self) -> float:
        """The loop's time."""
        return super().time() + self.ahead


class Billed(MemoryStore):
    """A store that counts what it is asked; it declares that each is billed."""

    capabilities = Capabilities(billed=True)

    def __init__(self) -> None:
        super().__init__()
        self.asked: Counter[str] = Counter()

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if callable(found) and not name.startswith("_"):
            self.asked[name] += 1
        return found


async def a_day(store: Billed) -> Counter[str]:
    """What an idle server asks in a day; its loop's time and the clock are moved by steps."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, FastLoop)
    clock = FakeClock()
    app = create_app(config(), store, clock)
    async with app.router.lifespan_context(app):
        store.asked.clear()
        for _ in range(int(DAY / STEP)):
            loop.ahead += STEP
            clock.advance(STEP)
            for _ in range(5):
                await asyncio.sleep(0)
        return Counter(store.asked)


def test_an_idle_server_asks_nothing_all_day() -> None:
    """No page, no bots: at most a thousand reads in a day of a fake clock; in truth none."""
    with asyncio.Runner(loop_factory=FastLoop) as runner:
        asked = runner.run(a_day(Billed()))
    asked.pop("unreadable", None)
    assert asked.total() <= 1_000, asked
    assert set(asked) <= {"get_shared_record"}, "each is one read of one document"
