"""What a venue of its own tells, taken once each: it tells much twice, by stream and by answer."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from motherhaven.bot.execution.orders import OrderKind
from motherhaven.bot.execution.own_orders import OwnOrders
from motherhaven.bot.portfolio.events import Fill, FillReason, FundingPayment
from motherhaven.contract.exact import exact, quotient

ZERO: Final = Decimal(0)
KEPT: Final = 50_000
"""Ids of fills that are remembered; a venue is never asked about that many at once."""

_TOLD: Final = (FillReason.LIQUIDATION, FillReason.ADL)
"""Reasons that only the venue can know; every other follows from the order."""


class Arrivals:
    """Which fills and payments are in the books already, and what a new fill was for."""

    def __init__(self) -> None:
        self._fills: dict[str | None, None] = {}
        self._payments: set[tuple[str, datetime]] = set()
        self.newest: datetime | None = None
        """When the newest known fill happened: from there the venue is asked for more."""
        self.newest_payment: datetime | None = None

    def know(self, fills: Iterable[Fill], payments: Iterable[FundingPayment]) -> None:
        """Take what is in the books from an earlier run."""
        for fill in fills:
            self._remember(fill)
        for payment in payments:
            self.payment(payment)

    def payment(self, payment: FundingPayment) -> bool:
        """Whether a payment is new; it is known from then on."""
        key = payment.coin, payment.time
        new = key not in self._payments
        self._payments.add(key)
        if self.newest_payment is None or payment.time > self.newest_payment:
            self.newest_payment = payment.time
        return new

    def fill(self, fill: Fill, orders: OwnOrders, held: Mapping[str, Decimal]) -> list[Fill]:
        """The fill as the books take it: nothing if it is known, two if it turns a position.

        `held` gives the signed size of each position in the books. Without an order of ours
        it is EXTERNAL, and with one the order says what it was for.
        """
        if _name(fill) in self._fills:
            return []
        self._remember(fill)
        if fill.reason not in _TOLD:
            fill = replace(fill, reason=_reason(fill, orders))
        return _parts(fill, held.get(fill.coin, ZERO))

    def _remember(self, fill: Fill) -> None:
        if self.newest is None or fill.time > self.newest:
            self.newest = fill.time
        name = _name(fill)
        if name is None:
            return
        self._fills[name] = None
        if len(self._fills) > KEPT:
            for old in list(self._fills)[: KEPT // 2]:
                del self._fills[old]


def _name(fill: Fill) -> str | None:
    """By what a fill is known again: the venue's id, or the number that it gave."""
    if fill.external_id is not None:
        return fill.external_id
    return f"#{fill.seq}" if fill.seq else None


def _reason(fill: Fill, orders: OwnOrders) -> FillReason:
    record = orders.find(fill.cloid)
    if record is None:
        return FillReason.EXTERNAL
    if record.kind is OrderKind.STOP:
        return FillReason.STOP
    if record.kind is OrderKind.TARGET:
        return FillReason.TARGET
    return FillReason.CLOSE if record.reduce_only else FillReason.ENTRY


def _parts(fill: Fill, held: Decimal) -> list[Fill]:
    """A fill that turns a position as one that closes and one that opens; their fees add up."""
    if not held or (held > 0) == (fill.size > 0) or abs(fill.size) <= abs(held):
        return [fill]
    with exact():
        share = quotient(fill.fee * abs(held), abs(fill.size))
        rest = fill.size + held
        opened = None if fill.external_id is None else f"{fill.external_id}:opened"
        return [
            replace(fill, size=-held, fee=share),
            replace(
                fill, size=rest, fee=fill.fee - share, external_id=opened, realized=ZERO,
                absorbed=ZERO, position_id="",
            ),
        ]  # fmt: skip
