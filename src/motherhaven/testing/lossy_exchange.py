"""An exchange whose answers get lost: the order takes effect, or not, and nobody says which."""

from collections.abc import Callable, Sequence
from typing import Any

from motherhaven.bot.execution.orders import Grouping, OrderIntent, OrderStatus, Outcome, Unknown
from motherhaven.bot.execution.port import Exchange
from motherhaven.contract.errors import ExchangeError


class LossyExchange:
    """`inner` with a connection that fails as `next_fault` says; all else is passed through.

    For each call of `place`: "reply" executes the orders and loses the answer, "request"
    loses them on the way, None lets everything through. `silent` questions by cloid get
    no answer before one does.
    """

    def __init__(
        self, inner: Exchange, next_fault: Callable[[], str | None], silent: int = 0
    ) -> None:
        self._inner = inner
        self._next_fault = next_fault
        self._silent = silent
        self.sent = 0

    def __getattr__(self, name: str) -> Any:
        """Every other verb is the inner exchange's."""
        return getattr(self._inner, name)

    async def place(
        self, intents: Sequence[OrderIntent], grouping: Grouping = Grouping.NA
    ) -> Sequence[Outcome]:
        """Send orders over the bad connection."""
        fault = self._next_fault()
        self.sent += 1
        if fault is None:
            return await self._inner.place(intents, grouping)
        if fault == "reply":
            await self._inner.place(intents, grouping)
        return [Unknown(intent.cloid or "", "the connection broke") for intent in intents]

    async def order_by_cloid(self, cloid: str) -> OrderStatus | None:
        """What became of an order, once the connection is back.

        Raises:
            ExchangeError: no answer this time.
        """
        if self._silent > 0:
            self._silent -= 1
            raise ExchangeError("the venue does not answer; ask again")
        return await self._inner.order_by_cloid(cloid)
