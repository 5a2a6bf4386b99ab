"""A venue whose answers get lost: the order takes effect, or not, and nobody says which."""

from collections.abc import Callable, Sequence
from typing import Any

from motherhaven.bot.execution.commands import CancelOrders, Command
from motherhaven.bot.execution.orders import OrderStatus, Outcome, Unknown
from motherhaven.bot.execution.port import Venue
from motherhaven.contract.errors import ExchangeError


class LossyVenue:
    """`inner` with a connection that fails as `next_fault` says; all else is passed through.

    For each command that places orders: "reply" executes them and loses the answer,
    "request" loses them on the way, None lets everything through. Of the questions about a
    lost order `silent` get no answer before one does. `sent` holds the cloids of every order
    that was put on the wire, in order.
    """

    def __init__(self, inner: Venue, next_fault: Callable[[], str | None], silent: int = 0) -> None:
        self._inner: Any = inner
        self._next_fault = next_fault
        self._silent = silent
        self._unanswered: dict[str, int] = {}
        self.sent: list[str | None] = []

    def __getattr__(self, name: str) -> Any:
        """Every other verb is the inner venue's."""
        return getattr(self._inner, name)

    def submit(self, commands: Sequence[Command]) -> list[Outcome]:
        """Carry out commands over the bad connection."""
        outcomes: list[Outcome] = []
        for command in commands:
            if isinstance(command, CancelOrders):
                outcomes += self._inner.submit([command])
                continue
            fault = self._next_fault()
            self.sent += [intent.cloid for intent in command.intents]
            answers: list[Outcome] = [] if fault == "request" else self._inner.submit([command])
            if fault is not None:
                lost = "the connection broke"
                self._unanswered |= {one.cloid or "": self._silent for one in command.intents}
                answers = [Unknown(intent.cloid or "", lost) for intent in command.intents]
            outcomes += answers
        return outcomes

    def order_by_cloid(self, cloid: str) -> OrderStatus | None:
        """What became of an order, once the connection is back.

        Raises:
            ExchangeError: no answer this time.
        """
        left = self._unanswered.get(cloid, 0)
        if left > 0:
            self._unanswered[cloid] = left - 1
            raise ExchangeError("the venue does not answer; ask again")
        status: OrderStatus | None = self._inner.order_by_cloid(cloid)
        return status
