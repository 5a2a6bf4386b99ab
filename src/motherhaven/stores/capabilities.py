"""What a store can promise beyond or below the port; ask it, never for a backend's name."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

from motherhaven.contract.events import Kind
from motherhaven.stores.protocol import Store


@dataclass(frozen=True, slots=True)
class Capabilities:
    """`documents_per_commit`: a longer append is kept in several commits, in order; None: never.

    `billed`: each read costs money, so what looks only in case something came does so rarely.
    """

    documents_per_commit: int | None = None
    billed: bool = False


@runtime_checkable
class Adopting(Protocol):
    """A store whose place may hold documents of the server that was there before."""

    async def adopt(self) -> int:
        """Take over what is new of them; returns how many events that made. Again is safe."""
        ...

    async def adopted(self) -> None:
        """Wait until what the first open() takes over is there."""
        ...


@runtime_checkable
class Bulk(Protocol):
    """A store where asking for many payloads at once is far cheaper than one by one."""

    async def full_payloads(self, event_ids: Sequence[str]) -> dict[str, tuple[Kind, bytes]]:
        """Kinds and canonical payloads by event id; those that are gone or damaged are left out.

        What is damaged is noted in `unreadable`.
        """
        ...


_ALL: Final = Capabilities()


def capabilities_of(store: Store) -> Capabilities:
    """What `store` declares; everything, if it declares nothing."""
    declared = getattr(store, "capabilities", _ALL)
    assert isinstance(declared, Capabilities)
    return declared
