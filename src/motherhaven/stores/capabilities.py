"""What a store can promise beyond or below the port; ask it, never for a backend's name."""

from dataclasses import dataclass
from typing import Final

from motherhaven.stores.protocol import Store


@dataclass(frozen=True, slots=True)
class Capabilities:
    """`documents_per_commit`: a longer append is kept in several commits, in order; None: never.

    `poll_seconds`: how late changes() may tell of another process' commit; 0: at once,
    or the store's own short poll.
    """

    documents_per_commit: int | None = None
    poll_seconds: float = 0.0


_ALL: Final = Capabilities()


def capabilities_of(store: Store) -> Capabilities:
    """What `store` declares; everything, if it declares nothing."""
    declared = getattr(store, "capabilities", _ALL)
    assert isinstance(declared, Capabilities)
    return declared
