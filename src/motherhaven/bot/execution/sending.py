"""Orders on their way to the venue: on record first, past the account's gate, each sent once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from motherhaven.bot.execution.access import code_of
from motherhaven.bot.execution.account import AccountEvent, VenueAccount
from motherhaven.bot.execution.commands import CancelOrders, PlaceOrders
from motherhaven.bot.execution.orders import (
    Grouping,
    OrderIntent,
    OrderKind,
    Outcome,
    Rejected,
    Unknown,
)
from motherhaven.bot.execution.resolve import outcome_of
from motherhaven.bot.portfolio.account import Position
from motherhaven.bot.portfolio.events import Side
from motherhaven.contract.ids import client_order_id

ENTRY_LASTS: Final = timedelta(seconds=15)
"""After that a venue no longer takes an entry: so long can its outcome be unknown."""
EXIT_LASTS: Final = timedelta(seconds=60)
"""A close may come late; a trigger may not, for no second one is sent while it is unknown."""

_BROKE: Final = "sending it failed on the way, so whether it has landed is not known"


def send(
    account: VenueAccount,
    intents: Sequence[OrderIntent],
    decision_id: str | None = None,
    grouping: Grouping = Grouping.NA,
) -> list[Outcome]:
    """Record the plans, send them once, and ask once about what got no answer.

    What the gate does not let through is Rejected with the gate's code, and nothing is sent.

    Raises:
        JournalError: a plan could not be recorded; nothing was sent.
    """
    now = account.now
    if account.venue.capabilities.outlives_process:
        intents = [_until(intent, account.clock()) for intent in intents]
    account.orders.plan_all(intents, now, decision_id)
    refused = account.gate(all(intent.reduce_only for intent in intents))
    if refused is not None:
        outcomes: list[Outcome] = [
            Rejected(one.cloid, refused, code_of(refused)) for one in intents
        ]
        account.orders.answered(outcomes)
        return outcomes
    try:
        outcomes = account.submit([PlaceOrders(tuple(intents), grouping)])
    except BaseException:  # it may have landed all the same: it is asked about
        account.orders.answered([Unknown(one.cloid or "", _BROKE) for one in intents])
        raise
    return [_asked(account, one) if isinstance(one, Unknown) else one for one in outcomes]


def cancel(account: VenueAccount, cloids: Sequence[str]) -> list[AccountEvent]:
    """Cancel resting orders of ours; the gate counts it as a reduction. Returns what is new."""
    if cloids and account.gate(True) is None:
        account.submit([CancelOrders(tuple(cloids))])
    return account.take()


def close_intent(account: VenueAccount, held: Position, why: str) -> OrderIntent:
    """A reduce-only order at the market for the whole of a position that the venue has.

    Each call gives another order: `why`, the time and a running number make its id.
    """
    leg = f"{why} {account.now.isoformat()}"
    cloid = client_order_id(held.position_id, held.coin, leg)
    number = 1
    while account.orders.find(cloid) is not None:
        number += 1
        cloid = client_order_id(held.position_id, held.coin, f"{leg} {number}")
    side = Side.SELL if held.size > 0 else Side.BUY
    return OrderIntent(held.coin, side, abs(held.size), reduce_only=True, cloid=cloid)


def _asked(account: VenueAccount, outcome: Unknown) -> Outcome:
    record = account.orders.find(outcome.cloid)
    if record is None:
        return outcome
    found = account.inquiries.ask(record, account.now)
    if found is not record:
        account.orders.resolved(found)
    return outcome_of(found)


def _until(intent: OrderIntent, now: datetime) -> OrderIntent:
    """The intent with the time after which the venue must not take it; `now` is the clock's."""
    closes = intent.reduce_only and intent.kind is OrderKind.MARKET
    lasts = EXIT_LASTS if closes else ENTRY_LASTS
    return replace(intent, deadline=now + lasts)
