"""What to do when an order was sent and its answer was lost: ask by cloid, never send again."""

from collections.abc import Awaitable, Callable

from motherhaven.bot.execution.orders import (
    Accepted,
    OrderState,
    OrderStatus,
    Outcome,
    Rejected,
    Unknown,
)
from motherhaven.bot.execution.port import Exchange
from motherhaven.contract.errors import ExchangeError

ATTEMPTS = 5
PAUSE_SECONDS = 1.0


async def settled(
    exchange: Exchange,
    outcome: Outcome,
    sleep: Callable[[float], Awaitable[None]],
    attempts: int = ATTEMPTS,
) -> Outcome:
    """`outcome`, or for an Unknown one what the venue says of its cloid.

    An order that the venue does not know after `attempts` questions, a pause apart, never
    reached it and counts as rejected; one that it does not answer about stays Unknown.
    """
    if not isinstance(outcome, Unknown):
        return outcome
    reason, answered = outcome.reason, False
    for attempt in range(attempts):
        if attempt:
            await sleep(PAUSE_SECONDS * 2 ** (attempt - 1))
        try:
            status = await exchange.order_by_cloid(outcome.cloid)
        except ExchangeError as error:
            reason, answered = str(error), False
            continue
        if status is not None:
            return from_status(status)
        answered = True
    if answered:
        return Rejected(outcome.cloid, "the venue never had this order")
    return Unknown(outcome.cloid, f"the venue does not say what became of it: {reason}")


def from_status(status: OrderStatus) -> Outcome:
    """The outcome that a venue's answer by cloid stands for."""
    if status.state is OrderState.REJECTED:
        return Rejected(status.cloid, status.reason or "rejected")
    resting = status.state is OrderState.OPEN
    return Accepted(status.cloid, status.filled, status.average, resting)
