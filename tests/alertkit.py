"""What the tests of alerts share: a target that remembers, a watch without its task, a bot."""

from typing import Any

from motherhaven.contract.errors import StoreUnavailable
from motherhaven.contract.wire import event_from_item
from motherhaven.server.alerts.send import AlertFailed
from motherhaven.server.alerts.task import Alerts
from motherhaven.stores import Store
from tests.serverkit import FakeClock, event


class Wire:
    """A target that remembers what arrived, or refuses."""

    shown = "a wire"

    def __init__(self) -> None:
        self.got: list[str] = []
        self.fails = False

    async def send(self, text: str) -> None:
        if self.fails:
            raise AlertFailed("a wire: cut")
        self.got.append(text)

    def heads(self) -> list[str]:
        """What arrived, each up to its first colon."""
        return [text.partition(":")[0] for text in self.got]


class Cut:
    """A server's own way to a store that others share; while it is cut, every call fails."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.is_cut = False

    def __getattr__(self, name: str) -> Any:
        if self.is_cut:
            raise StoreUnavailable("the store cannot be reached: the line is cut")
        return getattr(self._store, name)


_servers = iter(range(10**6))


def watch(store: Any, clock: FakeClock, *wires: Wire) -> Alerts:
    """A server's watch over a store, seen from outside its task; its random bytes are its own."""
    server = next(_servers)
    count = iter(range(server * 10**6, 10**12))
    return Alerts(store, clock, wires, None, lambda size: next(count).to_bytes(size, "big"))


class Sender:
    """Puts a bot's events into a store as they would arrive at the clock's time."""

    def __init__(self, store: Store, clock: FakeClock) -> None:
        self.store, self.clock, self.number = store, clock, 0

    async def send(self, kind: str, **payload: Any) -> None:
        self.number += 1
        one = event_from_item(event(self.number, kind, **payload), self.clock.now())
        [kept] = await self.store.append([one])
        assert kept.status == "stored"
