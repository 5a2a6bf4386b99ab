"""How a venue that outlives this process is reached, and whether it may be sent anything."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

SendGate = Callable[[bool], str | None]
"""Why an order must not be sent now, None when it may; the argument says that it only reduces.

It is asked right before each send, so it must be quick, and it must read what is on disk:
a kill by another process counts at once.
"""


class GateRefusal(str):
    """Why an order must not be sent, in words; `code` is of contract.reasons."""

    __slots__ = ("code",)

    def __new__(cls, text: str, code: str) -> "GateRefusal":
        """The words with their code."""
        made = super().__new__(cls, text)
        made.code = code
        return made

    code: str


def code_of(refusal: str) -> str:
    """The code of what a gate said."""
    return refusal.code if isinstance(refusal, GateRefusal) else "gate_closed"


def every(*gates: SendGate) -> SendGate:
    """The gate that opens where all of `gates` do; the first that refuses is heard."""

    def ask(reduces: bool, /) -> str | None:
        return next((told for gate in gates if (told := gate(reduces)) is not None), None)

    return ask


CLOSED: Final = GateRefusal("live trading is not armed; arm it: motherhaven arm", "not_armed")


def closed(_reduces: bool, /) -> str | None:
    """The gate of an account that nobody has armed: nothing passes, exits neither."""
    return CLOSED


@dataclass(frozen=True, slots=True)
class VenueAccess:
    """One account at a live venue.

    `account` is the address or name of the account, never the signer's. `folder` is where
    the adapter keeps its nonces and its lock. `secret` gives the key that signs (None: the
    account is only read). `url` is another address of the venue: a fake one on this machine.
    `locks` is where this user's bots keep one lock for each key, whatever their folders.
    """

    account: str
    folder: Path
    testnet: bool = True
    url: str | None = None
    secret: Callable[[], str] | None = field(default=None, repr=False)
    gate: SendGate = closed
    locks: Path | None = None
