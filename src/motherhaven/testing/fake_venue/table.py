"""The orders of an account by oid: what rests, and the last that have ended."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from motherhaven.testing.fake_venue.orders import VenueOrder

RETENTION: Final = 2_000
"""So many orders that have ended are remembered; the venue forgets by count, not by age."""


class OrderTable:
    """Orders by oid. An order is replaced, never changed, so a copy of the table is a view."""

    def __init__(self) -> None:
        self.resting: dict[int, VenueOrder] = {}
        self.ended: OrderedDict[int, VenueOrder] = OrderedDict()

    def put(self, order: VenueOrder) -> None:
        """Keep an order in the state that it has."""
        if order.open:
            self.resting[order.oid] = order
            return
        self.resting.pop(order.oid, None)
        self.ended[order.oid] = order
        if len(self.ended) > RETENTION:
            self.ended.popitem(last=False)

    def change(self, oid: int, time: datetime | None = None, **changes: Any) -> VenueOrder:
        """Replace fields of an order; a `time` says that its status changes then."""
        order = self.find(oid)
        if order is None:
            raise KeyError(oid)
        if time is not None:
            changes["changed_at"] = time
        order = replace(order, **changes)
        self.put(order)
        return order

    def find(self, oid: int) -> VenueOrder | None:
        """The order with this oid, as long as it is remembered."""
        return self.resting.get(oid) or self.ended.get(oid)

    def find_cloid(self, cloid: str) -> VenueOrder | None:
        """The order with this cloid: the one that rests, else the newest that has ended."""
        for orders in (self.resting, self.ended):
            for order in reversed(orders.values()):
                if order.cloid == cloid:
                    return order
        return None

    def children(self, oid: int) -> list[VenueOrder]:
        """The orders that wait for this one to fill."""
        return [one for one in self.resting.values() if one.parent == oid]

    def newest_first(self) -> Iterator[VenueOrder]:
        """Every order that is remembered."""
        both = [*self.ended.values(), *self.resting.values()]
        return iter(sorted(both, key=lambda one: one.oid, reverse=True))

    def copy(self) -> "OrderTable":
        """The table as it is now; later changes of this one do not show in it."""
        other = OrderTable()
        other.resting = dict(self.resting)
        other.ended = OrderedDict(self.ended)
        return other
