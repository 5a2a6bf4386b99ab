"""Placing orders: the checks in the venue's order, the simulated venue, and the answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from motherhaven.bot.execution.commands import PlaceOrders
from motherhaven.bot.execution.orders import Grouping, Rejected
from motherhaven.bot.portfolio.events import Side
from motherhaven.testing.fake_venue import admission, faults
from motherhaven.testing.fake_venue.account import Account
from motherhaven.testing.fake_venue.actions import OrderRequest, Place
from motherhaven.testing.fake_venue.admission import Refusal
from motherhaven.testing.fake_venue.orders import OPEN, VenueOrder
from motherhaven.testing.fake_venue.resting import intent_of
from motherhaven.testing.fake_venue.switches import Switches
from motherhaven.testing.fake_venue.wire import wire

ZERO: Final = Decimal(0)
_MARKETABLE: Final = ("Ioc", "FrontendMarket")

Status = dict[str, Any] | str
"""One element of `statuses`."""


@dataclass(slots=True)
class Placing:
    """The orders of one action at one account."""

    account: Account
    switches: Switches

    def place(self, command: Place) -> list[Status]:
        """Take orders; one status an order, or one error for them all."""
        wrong = self._batch_error(command)
        if wrong is not None:
            return [{"error": wrong}]
        if command.grouping == "normalTpsl":
            return self._group(command.orders)
        position = command.grouping == "positionTpsl"
        return [self._single(request, position=position) for request in command.orders]

    # --- the whole batch ----------------------------------------------------------------

    def _batch_error(self, command: Place) -> str | None:
        orders = command.orders
        if not orders:
            return "Order batch is empty."
        for request in orders:
            if self.account.market.asset(request.asset) is None:
                return f"Asset {request.asset} is not traded."
            if request.trigger is not None and not request.reduce_only:
                return f"TP/SL orders must be reduce only. asset={request.asset}"
        triggers = [request.trigger is not None for request in orders]
        if command.grouping == "normalTpsl":
            if triggers[0]:
                return "Main order cannot be trigger order."
            if len(orders) == 1 or not all(triggers[1:]):
                return "Unexpected number of trigger orders."
        if command.grouping == "positionTpsl" and not all(triggers):
            return "Unexpected number of trigger orders."
        return None

    # --- single orders ------------------------------------------------------------------

    def _single(self, request: OrderRequest, *, position: bool = False) -> Status:
        refusal = self._refusal(request, position=position)
        if refusal is not None:
            return self._refused(request, refusal)
        if request.trigger is None:
            return self._limit(request)
        order = self._new(request, position=position)
        if not self._send(order, request.size):
            return self._no_margin(request)
        return "waitingForTrigger" if position else self._resting(order)

    def _refusal(self, request: OrderRequest, *, position: bool = False) -> Refusal | None:
        account, coin = self.account, self._coin(request)
        market = account.market
        spec, held = market.specs[coin], account.sizes.get(coin, ZERO)
        whole = position and request.size == 0
        found = admission.form_refusal(request, spec, whole=whole)
        if found is None and request.tif != "Alo" and self._window_is_on():
            found = admission.UPGRADED
        if found is None and self._cloid_rests(request):
            found = admission.DUPLICATE
        if found is None and len(account.table.resting) >= admission.MOST_OPEN:
            found = admission.TOO_MANY if request.tif not in _MARKETABLE else None
        if found is None and not whole:
            found = admission.value_refusal(request, spec, held)
        if found is not None:
            return found
        return (
            admission.trigger_refusal(request, market.prices[coin].mark)
            or admission.reduction_refusal(request, held)
            or admission.distance_refusal(request, market, coin)
            or admission.post_only_refusal(account, request, coin)
            or (None if request.reduce_only else admission.tier_refusal(account, request, coin))
        )

    def _window_is_on(self) -> bool:
        return self.switches.take(faults.UpgradeWindow) is not None

    def _limit(self, request: OrderRequest, children: Sequence[VenueOrder] = ()) -> Status:
        """An order without a trigger; the children go with it where it fills in whole."""
        if not self._crosses(request):
            if request.tif in _MARKETABLE:
                return self._refused(request, admission.NO_MATCH)
            size = request.size
            if not request.reduce_only and size > self._affordable(request):
                return self._refused(request, admission.NO_MARGIN)
            return self._rest(request, children)
        size = self._fillable(request)
        if size <= 0:
            return self._refused(request, admission.NO_MARGIN)
        part = self._part(request, size)
        order = self._new(request)
        self._adopt(order, children)
        if part < size or (size < request.size and not request.reduce_only):
            ioc = request.tif in _MARKETABLE
            self.account.endings[order.oid] = "canceled" if ioc else OPEN
        together = children if part == size else ()
        if not self._send(order, part, together, market=True):
            return self._no_margin(request)
        for child in together:
            self.account.table.change(child.oid, parent=None)
        self._let_go(children, together)
        found = self.account.table.find(order.oid)
        if found is not None and found.open:
            self.account.parked[order.oid] = found.left
        return self._filled(order)

    def _rest(self, request: OrderRequest, children: Sequence[VenueOrder]) -> Status:
        order = self._new(request)
        self._adopt(order, children)
        if not self._send(order, request.size, children):
            return self._no_margin(request)
        if request.reduce_only:
            self._bound_reductions(order)
        return self._resting(order)

    # --- groups -------------------------------------------------------------------------

    def _group(self, requests: Sequence[OrderRequest]) -> list[Status]:
        """A parent and its stop and target: they live only if it fills in whole."""
        parent, rest = requests[0], requests[1:]
        refusal = self._refusal(parent)
        if refusal is not None:
            return [self._refused(one, refusal) for one in requests]
        mark = self.account.market.prices[self._coin(parent)].mark
        for leg in rest:
            spec = self.account.market.specs[self._coin(leg)]
            wrong = admission.form_refusal(leg, spec, whole=False)
            if wrong is None and (leg.buy == parent.buy or leg.asset != parent.asset):
                wrong = admission.INCREASES
            wrong = wrong or admission.trigger_refusal(leg, mark)
            wrong = wrong or admission.value_refusal(leg, spec, ZERO)
            if wrong is not None:
                return [self._refused(one, wrong) for one in requests]
        children = [self._new(leg) for leg in rest]
        first = self._limit(parent, children)
        if isinstance(first, dict) and "error" in first:
            for child in children:
                self.account.end(child, "rejected")
            return [first, *(first for _ in children)]
        dropped = "filled" in first and self.switches.take(faults.NormalTpslDropped) is not None
        words: list[Status] = []
        for child in children:
            found = self.account.table.find(child.oid)
            waits = found is not None and (found.parent is not None or not found.open)
            words.append("waitingForFill" if waits else "waitingForTrigger")
            if dropped and found is not None and found.open:
                self.account.cancel(found)
        return [first, *words]

    def _adopt(self, parent: VenueOrder, children: Sequence[VenueOrder]) -> None:
        for child in children:
            self.account.table.change(child.oid, parent=parent.oid)

    def _let_go(self, children: Sequence[VenueOrder], kept: Sequence[VenueOrder]) -> None:
        """The children of a parent that filled in part are cancelled."""
        for child in children if not kept else ():
            self.account.end(child, "canceled")

    # --- inside -------------------------------------------------------------------------

    def _coin(self, request: OrderRequest) -> str:
        return self.account.market.listings[request.asset].name

    def _cloid_rests(self, request: OrderRequest) -> bool:
        if request.cloid is None:
            return False
        found = self.account.table.find_cloid(request.cloid)
        return found is not None and found.open

    def _crosses(self, request: OrderRequest) -> bool:
        """Whether the order matches at once: takers trade at the mid."""
        mid = self.account.market.prices[self._coin(request)].mid
        return (request.price - mid) * (1 if request.buy else -1) >= 0

    def _affordable(self, request: OrderRequest) -> Decimal:
        coin = self._coin(request)
        side = Side.BUY if request.buy else Side.SELL
        prices = self.account.market.prices[coin]
        at = request.price if not self._crosses(request) else max(prices.mid, prices.mark)
        return admission.affordable(self.account, coin, side, at)

    def _fillable(self, request: OrderRequest) -> Decimal:
        """As much as the position or the margin allows."""
        if request.reduce_only:
            return min(request.size, abs(self.account.sizes.get(self._coin(request), ZERO)))
        most = self._affordable(request)
        if request.tif in _MARKETABLE:
            return min(request.size, most)
        return request.size if request.size <= most else ZERO

    def _part(self, request: OrderRequest, size: Decimal) -> Decimal:
        """What of `size` the book has: all of it, but for a switch."""
        spec = self.account.market.specs[self._coin(request)]
        fraction = None
        partial = self.switches.take(faults.PartialFill)
        if partial is not None:
            fraction = partial.fraction
        elif request.tif in _MARKETABLE and self.switches.take(faults.IocShrunk) is not None:
            fraction = Decimal(self.switches.random.randint(1, 99)).scaleb(-2)
        if fraction is None:
            return size
        return min(size, max(spec.floor_size(size * fraction), spec.lot))

    def _new(self, request: OrderRequest, *, position: bool = False) -> VenueOrder:
        account = self.account
        order = VenueOrder(
            account.ids.oid(), self._coin(request), request.asset, request.buy, request.price,
            request.size, request.reduce_only, request.tif, request.trigger, request.cloid,
            account.inside.now, position,
        )  # fmt: skip
        account.accept(order)
        return order

    def _send(
        self,
        order: VenueOrder,
        size: Decimal,
        children: Sequence[VenueOrder] = (),
        *,
        market: bool = False,
    ) -> bool:
        """Hand an order to the simulated venue; False where its margin does not suffice."""
        intents = [intent_of(self.account, order, size, market=market)]
        intents += [intent_of(self.account, child, child.size) for child in children]
        grouping = Grouping.NORMAL_TPSL if children else Grouping.NA
        outcomes = self.account.venue.submit([PlaceOrders(tuple(intents), grouping)])
        self.account.absorb()
        if not isinstance(outcomes[0], Rejected):
            return True
        self.account.endings.pop(order.oid, None)
        found = self.account.table.find(order.oid)
        if found is not None and found.open:
            self.account.end(found, "perpMarginRejected")
        return False

    def _bound_reductions(self, newest: VenueOrder) -> None:
        """Reduce-only orders that rest never add up to more than the position: older ones go."""
        account = self.account
        held = abs(account.sizes.get(newest.coin, ZERO))
        if newest.left > held:
            account.table.change(newest.oid, cap=held)
        same = [
            one
            for one in account.table.resting.values()
            if one.coin == newest.coin and one.reduce_only and one.trigger is None
        ]
        while len(same) > 1 and sum((one.left for one in same), ZERO) > held:
            account.cancel(same.pop(0), "reduceOnlyCanceled")

    def _refused(self, request: OrderRequest, refusal: Refusal) -> Status:
        if refusal.status is not None:
            self.account.end(self._new(request), refusal.status)
        return {"error": f"{refusal.text} asset={request.asset}"}

    def _no_margin(self, request: OrderRequest) -> Status:
        return {"error": f"{admission.NO_MARGIN.text} asset={request.asset}"}

    def _resting(self, order: VenueOrder) -> Status:
        return {"resting": _named(order)}

    def _filled(self, order: VenueOrder) -> Status:
        found = self.account.table.find(order.oid) or order
        told = {"totalSz": wire(found.filled), "avgPx": wire(found.average)}
        return {"filled": {**told, **_named(order)}}


def _named(order: VenueOrder) -> dict[str, Any]:
    return {"oid": order.oid} | ({"cloid": order.cloid} if order.cloid else {})
