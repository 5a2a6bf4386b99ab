"""What commands need of the bot: the port between control and the core that trades."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from motherhaven.contract.money import plain


@dataclass(frozen=True, slots=True)
class Reading:
    """The venue, read now. Sizes are signed, in coin.

    `entries` are our orders that may still open something: they rest, or it is not known yet
    what became of them. `foreign` are entries of others that rest there. `stops` has the
    nearest stop of each position in USD. `errors` says what was refused meanwhile.
    """

    at: datetime
    positions: Mapping[str, Decimal] = field(default_factory=dict)
    entries: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    orders: int = 0
    stops: Mapping[str, Decimal] = field(default_factory=dict)
    errors: tuple[str, ...] = ()

    def told(self) -> dict[str, Any]:
        """The reading as an acknowledgement has it."""
        return {
            "snapshot_at": self.at,
            "open_orders": self.orders,
            "positions": {coin: plain(size) for coin, size in self.positions.items()},
        }


class Refused(Exception):
    """A command cannot be done as it is: a code of contract.reasons, and why."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code


class Hands(Protocol):
    """Acts for commands, in the thread that owns the core.

    What asks the venue raises ExchangeError when it does not answer. None of it may need the
    decider, a model, figures or the server.
    """

    def stop_entries(self, why: str) -> None:
        """Give up the entries that wait, and refuse new ones."""
        ...

    def allow_entries(self) -> None:
        """Take entries again, as far as nothing else stops them."""
        ...

    def cancel_entries(self) -> None:
        """Cancel our orders that rest to open a position; stops and targets stay."""
        ...

    def close(self, coins: frozenset[str] | None, why: str) -> tuple[str, ...]:
        """Do what is missing to close `coins` (None: all); what was refused, in words."""
        ...

    def look(self) -> Reading:
        """Read the venue now."""
        ...

    def part_of(self, coin: str, fraction: Decimal) -> Decimal:
        """The unsigned size that reducing the position by `fraction` leaves.

        Raises:
            Refused: there is no position, or the part is below the venue's smallest.
        """
        ...

    def reduce_to(self, coin: str, size: Decimal, side: int) -> None:
        """Close what is above the unsigned `size` of a position on this side (1 or -1)."""
        ...

    def tightened(self, coin: str, price: Decimal) -> Decimal:
        """The price in the venue's ticks, if a stop there is nearer than the one that rests.

        Raises:
            Refused: it would loosen, the price has passed it, or there is no position.
        """
        ...

    def move_stop(self, coin: str, price: Decimal, why: str) -> None:
        """Place a stop at `price`, and only then cancel the old ones."""
        ...

    def guide(self, text: str, hours: float | None) -> str:
        """Set or clear the guidance; what to tell.

        Raises:
            Refused: it is too long, or the hours are out of bounds.
        """
        ...

    def ask_again(self) -> None:
        """Ask the decider as soon as it may be."""
        ...

    def asked_at(self) -> datetime | None:
        """When the last cycle ended."""
        ...

    def report(self, told: str) -> None:
        """Put the account and a status on record; what fails there must not stop a command."""
        ...
