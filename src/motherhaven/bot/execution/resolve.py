"""What became of an order whose answer was lost: ask by cloid, never sign it again.

What only reduces, and is not found, goes out in the same bytes again where the venue takes
those at most once: a position must not wait for its stop until the lost one cannot land.

A question that is not answered counts as nothing. An order is held to have never landed
only when the venue can no longer take it: its nonce was used up by something harmless, or
its deadline has passed and two looks, some seconds apart, found nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, cast

from motherhaven.bot.execution import states
from motherhaven.bot.execution.orders import Accepted, Outcome, Rejected, Unknown
from motherhaven.bot.execution.port import Resender, Venue
from motherhaven.bot.execution.states import OrderRecord, Stage
from motherhaven.contract.errors import ExchangeError, OrderRejected
from motherhaven.contract.exact import exact, quotient

PAUSES: Final = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds from one question to the next; the last one repeats."""

MARGIN: Final = timedelta(seconds=5)
"""How long after its deadline an order may still appear: a block, and clocks that differ."""

APART: Final = timedelta(seconds=2)
"""How far apart the two looks are that find nothing."""

LOOK_BACK: Final = timedelta(seconds=60)
"""Fills are looked for from so long before the order was planned: clocks differ."""


@dataclass(slots=True)
class _Inquiry:
    """How far the questions about one order have come."""

    next_at: datetime
    asked: int = 0
    used_up: bool = False
    empty_since: datetime | None = None


class Inquiries:
    """Asks a venue about unknown orders, at growing pauses."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._open: dict[str, _Inquiry] = {}

    def due(self, record: OrderRecord, now: datetime) -> bool:
        """Whether it is time to ask about an unknown order."""
        known = self._open.get(record.cloid)
        return known is None or now >= known.next_at

    def ask(self, record: OrderRecord, now: datetime) -> OrderRecord:
        """The record after one question; the same while nothing is known."""
        inquiry = self._open.setdefault(record.cloid, _Inquiry(now))
        pause = PAUSES[min(inquiry.asked, len(PAUSES) - 1)]
        inquiry.asked += 1
        inquiry.next_at = now + timedelta(seconds=pause)
        try:
            found = self._look(record)
        except ExchangeError:
            return record
        if found is None:
            found = self._again(record, now)
        if found is None and self._burnt(record, inquiry, now):
            found = states.never_landed(record, "its nonce was used up before it arrived")
        elif found is None and self._proven(record, inquiry, now):
            found = states.never_landed(record)
        if found is None:
            return record
        del self._open[record.cloid]
        return found

    def _look(self, record: OrderRecord) -> OrderRecord | None:
        """What the venue has of it: by its cloid, among the fills, among what rests."""
        venue, cloid = self._venue, record.cloid
        status = venue.order_by_cloid(cloid)
        if status is not None:
            return states.told(record, status)
        fills = [one for one in venue.fills(record.time - LOOK_BACK) if one.cloid == cloid]
        if fills:
            with exact():
                size = sum((abs(one.size) for one in fills), states.ZERO)
                value = sum((abs(one.size) * one.price for one in fills), states.ZERO)
                average = quotient(value, size)
            return states.answered(record, Accepted(cloid, size, average))
        found = [one for one in venue.open_orders(record.coin) if one.cloid == cloid]
        if any(one.unread is not None for one in found):
            raise ExchangeError(f"{cloid} rests, and cannot be read: {found[0].unread}")
        if found:
            return states.answered(record, Accepted(cloid, resting=True))
        return None

    def _again(self, record: OrderRecord, now: datetime) -> OrderRecord | None:
        """The record after its bytes were sent again, None where that told nothing."""
        in_time = record.deadline is not None and now < record.deadline
        if not (self._venue.capabilities.resends and record.reduce_only and in_time):
            return None
        try:
            outcome = cast("Resender", self._venue).resend(record.cloid)
        except (ExchangeError, OrderRejected):
            return None
        return states.answered(record, outcome) if isinstance(outcome, Accepted) else None

    def _burnt(self, record: OrderRecord, inquiry: _Inquiry, now: datetime) -> bool:
        """Whether the order was made never to land: from the second look that found nothing on.

        Not past its deadline, where no look costs anything, and no more once the venue has
        said that the nonce had been used: it shows sooner or later.
        """
        past = record.deadline is not None and now >= record.deadline + MARGIN
        if not self._venue.capabilities.burns or inquiry.used_up or inquiry.asked < 2:
            return False
        if past or record.filled:
            return False
        try:
            burnt = self._venue.burn(record.cloid)
        except ExchangeError:
            return False
        inquiry.used_up = not burnt
        return burnt

    def _proven(self, record: OrderRecord, inquiry: _Inquiry, now: datetime) -> bool:
        if not self._venue.capabilities.outlives_process:
            return True
        if record.deadline is None or now < record.deadline + MARGIN:
            return False
        if inquiry.empty_since is None:
            inquiry.empty_since = now
        return now - inquiry.empty_since >= APART


def outcome_of(record: OrderRecord) -> Outcome:
    """The answer to whoever placed it, as far as it is known by now."""
    if record.state is Stage.REFUSED:
        return Rejected(record.cloid, record.reason or "rejected", record.reason_code or "venue")
    if record.state is Stage.NEVER_LANDED:
        return Rejected(record.cloid, "the venue never had this order")
    if record.state in (Stage.PLANNED, Stage.SENT, Stage.UNKNOWN):
        return Unknown(record.cloid, record.reason or "the venue's answer was lost")
    return Accepted(record.cloid, record.due or record.filled, record.average, record.rests)
