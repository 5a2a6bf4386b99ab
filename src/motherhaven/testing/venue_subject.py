"""What the suite of venues works with: a subject, orders of it, and answers that were lost."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final, Protocol

from motherhaven.bot.execution import states
from motherhaven.bot.execution.commands import PlaceOrders
from motherhaven.bot.execution.orders import (
    Accepted,
    Grouping,
    OrderIntent,
    OrderKind,
    Outcome,
    Unknown,
)
from motherhaven.bot.execution.port import Venue
from motherhaven.bot.execution.resolve import Inquiries, outcome_of
from motherhaven.bot.portfolio.events import MarginMode, Side

ZERO: Final = Decimal(0)
LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)
PRICE: Final = Decimal(50_000)
SIZE: Final = Decimal("0.01")
QUESTIONS: Final = 20
"""How often a lost order is asked about before the case gives up."""


class Subject(Protocol):
    """A venue under test: flat, its `coin` at PRICE, at least 5,000 USD available."""

    @property
    def venue(self) -> Venue:
        """The venue."""
        ...

    @property
    def coin(self) -> str:
        """The coin to trade, in the venue's own spelling."""
        ...

    def move(self, price: Decimal) -> None:
        """Let the market go to `price`: mark, and what rests on the way."""
        ...


Case = Callable[[Subject], None]


def cloid(number: int) -> str:
    """A client order id as venues want it: 0x and 32 hexadecimal digits."""
    return f"0x{number:032x}"


def buy(subject: Subject, size: Decimal = SIZE, number: int = 1) -> OrderIntent:
    """A market entry at 5x, bounded 5 % above PRICE."""
    bound = PRICE * Decimal("1.05")
    return OrderIntent(
        subject.coin, Side.BUY, size, price=bound, leverage=5, mode=MarginMode.CROSS,
        cloid=cloid(number),
    )  # fmt: skip


def sell(subject: Subject, size: Decimal, number: int) -> OrderIntent:
    """A reduce-only market order."""
    return OrderIntent(subject.coin, Side.SELL, size, reduce_only=True, cloid=cloid(number))


def trigger(subject: Subject, kind: OrderKind, price: Decimal, number: int) -> OrderIntent:
    """A stop or target of a long, for its whole size."""
    return OrderIntent(
        subject.coin, Side.SELL, ZERO, kind, price, reduce_only=True, cloid=cloid(number)
    )


def sent(
    subject: Subject, intents: Sequence[OrderIntent], grouping: Grouping = Grouping.NA
) -> list[Outcome]:
    """The outcomes of orders, sent once; what is unknown is asked for."""
    outcomes = subject.venue.submit([PlaceOrders(tuple(intents), grouping)])
    assert len(outcomes) == len(intents), "one outcome per intent"
    found = zip(intents, outcomes, strict=True)
    return [
        _asked(subject, intent, one) if isinstance(one, Unknown) else one for intent, one in found
    ]


def _asked(subject: Subject, intent: OrderIntent, outcome: Unknown) -> Outcome:
    now = subject.venue.prices([subject.coin])[subject.coin].time
    plan = states.planned(intent, outcome.cloid, now, deadline=now)
    record = states.lost(states.sent(plan), outcome.reason)
    inquiries = Inquiries(subject.venue)
    for number in range(QUESTIONS):
        found = inquiries.ask(record, now + timedelta(seconds=3 * number))
        if found is not record:
            return outcome_of(found)
    raise AssertionError(f"{outcome.cloid} stays unknown after {QUESTIONS} questions")


def one(subject: Subject, intent: OrderIntent) -> Outcome:
    """The single outcome of a single order."""
    outcomes = sent(subject, [intent])
    return outcomes[0]


def opened(subject: Subject) -> Accepted:
    """A long of SIZE."""
    outcome = one(subject, buy(subject))
    assert isinstance(outcome, Accepted), outcome
    return outcome
