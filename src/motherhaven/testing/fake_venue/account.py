"""One account at the fake venue: a simulated venue, and what the real one tells about it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any, Final

from motherhaven.bot.execution.commands import CancelOrders
from motherhaven.bot.execution.orders import OrderClosed
from motherhaven.bot.execution.port import Stepped, Venue
from motherhaven.bot.execution.venue_setup import VenueSetup
from motherhaven.bot.market.instruments import FeeRates
from motherhaven.bot.portfolio.account import AccountSnapshot, LeverageSetting
from motherhaven.bot.portfolio.events import (
    CashFlow,
    Fill,
    FillReason,
    FlowReason,
    FundingPayment,
    Liquidity,
    MarginMode,
)
from motherhaven.bot.running.venues import PAPER, open_venue
from motherhaven.contract.exact import exact
from motherhaven.testing.fake_venue.market import DEFAULT_LEVERAGE, Market
from motherhaven.testing.fake_venue.orders import OPEN, VenueOrder
from motherhaven.testing.fake_venue.records import WireFill, direction_of, flow_form, funding_form
from motherhaven.testing.fake_venue.table import OrderTable

ZERO: Final = Decimal(0)
FUNDED_BEFORE: Final = timedelta(days=1)
"""So long before the account is opened here its money came in, as the ledger tells it."""
REQUESTS: Final = 10_000
"""Actions that an account may send before it has traded anything."""

Told = Callable[["Account", str, Any], None]
"""Is told what happened: an account, the kind of news, and the news."""


@dataclass(slots=True)
class View:
    """What questions about an account are answered from."""

    snapshot: AccountSnapshot
    table: OrderTable
    fills: list[WireFill]
    funding: list[dict[str, Any]]
    ledger: list[dict[str, Any]]


@dataclass(slots=True)
class Usage:
    """What an account has used of its requests. `volume` is what it has traded in USD."""

    cap: int = REQUESTS
    used: int = 0
    volume: Decimal = ZERO

    @property
    def most(self) -> int:
        """How many requests it may have sent so far."""
        return self.cap + int(self.volume)


@dataclass
class Account:
    """An account by its address. `mode` is the venue's word for how balances are kept."""

    address: str
    market: Market
    ids: "Numbers"
    told: Told
    now: datetime
    deposit: Decimal = Decimal(10_000)
    fees: FeeRates = field(default_factory=FeeRates)
    mode: str = "disabled"
    role: str = "user"
    usage: Usage = field(default_factory=Usage)

    def __post_init__(self) -> None:
        self._names = count(1)
        setup = VenueSetup(
            self.now, lambda: f"P{next(self._names)}", self.market.specs, self.deposit, self.fees
        )
        self.venue: Venue = open_venue(PAPER, setup)
        inside = self.venue.stepped
        assert inside is not None, "the simulated venue is stepped"
        self.inside: Stepped = inside
        self.table = OrderTable()
        self.fills: list[WireFill] = []
        self.funding: list[dict[str, Any]] = []
        self.ledger: list[dict[str, Any]] = []
        self.leverages: dict[str, LeverageSetting] = {}
        self.sizes: dict[str, Decimal] = {}
        self.endings: dict[int, str] = {}
        """The status of orders once what is under way with them is done, by oid."""
        self.parked: dict[int, Decimal] = {}
        """What is left in coin of orders that filled in part, until the price moves, by oid."""
        self.names: dict[int, str] = {}
        """By which name the simulated venue knows an order at the moment, by oid."""
        self.direction: str | None = None
        """What the venue calls the fills that are under way, where it is not an order's doing."""
        self.veil: tuple[View, datetime] | None = None
        if self.deposit:
            flow = CashFlow(0, self.deposit, FlowReason.DEPOSIT, self.now - FUNDED_BEFORE)
            self.ledger.append(flow_form(flow))

    # --- what is asked ------------------------------------------------------------------

    def live(self) -> View:
        """The account as it is."""
        return View(self.venue.account(), self.table, self.fills, self.funding, self.ledger)

    def view(self) -> View:
        """The account as questions show it: for a while an older one, under `delay_visibility`."""
        if self.veil is not None and self.inside.now < self.veil[1]:
            return self.veil[0]
        self.veil = None
        return self.live()

    def hide_changes(self, until: datetime) -> None:
        """Answer questions until then as if nothing happened any more."""
        if self.veil is not None and self.inside.now < self.veil[1]:
            self.veil = (self.veil[0], max(until, self.veil[1]))
            return
        live = self.live()
        frozen = View(
            live.snapshot, live.table.copy(), live.fills.copy(), live.funding.copy(),
            live.ledger.copy(),
        )  # fmt: skip
        self.veil = (frozen, until)

    def leverage(self, coin: str) -> LeverageSetting:
        """The coin's leverage and mode: as set, else the venue's default."""
        found = self.leverages.get(coin)
        if found is not None:
            return found
        listed = self.market.listing(coin)
        isolated = listed is not None and listed.only_isolated
        most = self.market.specs[coin].max_leverage
        mode = MarginMode.ISOLATED if isolated else MarginMode.CROSS
        return LeverageSetting(coin, min(DEFAULT_LEVERAGE, most), mode)

    # --- what happens -------------------------------------------------------------------

    def cancel(self, order: VenueOrder, status: str = "canceled") -> None:
        """End a resting order, and the children that wait for it."""
        for one in [*self.table.children(order.oid), order]:
            self.endings[one.oid] = status
        self.parked.pop(order.oid, None)
        self.withdraw(order)
        found = self.table.find(order.oid)
        if found is not None and found.open:
            self.end(found, status)
        self.endings.pop(order.oid, None)

    def withdraw(self, order: VenueOrder) -> None:
        """Take an order out of the simulated venue."""
        name = self.names.get(order.oid)
        if name is not None:
            self.venue.submit([CancelOrders((name,))])
            self.absorb()

    def name(self, order: VenueOrder) -> str:
        """A new name for an order at the simulated venue, which takes each only once."""
        made = self.names[order.oid] = f"{order.oid}.{next(self._names)}"
        return made

    def absorb(self) -> None:
        """Take what happened at the simulated venue into what the real one would tell."""
        events = self.venue.drain()
        causes = _causes(events)
        for event in merged(events, self.sizes):
            if isinstance(event, Fill):
                self._filled(event)
            elif isinstance(event, OrderClosed):
                self._closed(event, causes.get(event.coin))
            elif isinstance(event, CashFlow):
                self.ledger.append(flow_form(event))
                self.told(self, "ledger", self.ledger[-1])
            elif isinstance(event, FundingPayment):
                self.funding.append(funding_form(event))
                self.told(self, "funding", event)
        if events:
            self._shrink()

    def end(self, order: VenueOrder, status: str) -> VenueOrder:
        """Give an order its last status and tell it."""
        ended = self.table.change(order.oid, self.inside.now, status=status)
        self.names.pop(order.oid, None)
        self.told(self, "order", ended)
        return ended

    def accept(self, order: VenueOrder) -> None:
        """Keep a new order and tell it."""
        self.table.put(order)
        self.told(self, "order", order)

    def _filled(self, fill: Fill) -> None:
        order = self._order_of(fill.cloid)
        start = self.sizes.get(fill.coin, ZERO)
        with exact():
            self.sizes[fill.coin] = start + fill.size
            value = abs(fill.size) * fill.price
            self.usage.volume += value
        known = WireFill(
            fill.time, fill.coin, fill.price, abs(fill.size), fill.size > 0, start,
            self._direction(fill, start), fill.realized, fill.fee,
            fill.liquidity is Liquidity.TAKER and self.direction != "Auto-Deleveraging",
            order.oid if order else self.ids.oid(), self.ids.tid(),
            order.cloid if order else None,
            self.address if fill.reason is FillReason.LIQUIDATION else None,
            self.market.prices[fill.coin].mark,
        )  # fmt: skip
        self.fills.append(known)
        if order is not None:
            self._book(order, abs(fill.size), value, fill.time)
        self.told(self, "fill", known)

    def _book(self, order: VenueOrder, size: Decimal, value: Decimal, time: datetime) -> None:
        for child in self.table.children(order.oid):
            if order.oid not in self.endings:
                self.table.change(child.oid, parent=None)
        if order.trigger is not None and order.open:
            self.told(self, "order", replace(order, status="triggered", changed_at=time))
        status = self.endings.pop(order.oid, "filled")
        with exact():
            filled, worth = order.filled + size, order.value + value
        changes: dict[str, Any] = {"filled": filled, "value": worth, "status": status}
        if order.trigger is not None and not order.size:
            changes["size"] = filled
        if status != OPEN:
            self.names.pop(order.oid, None)
        self.told(self, "order", self.table.change(order.oid, time, **changes))

    def _closed(self, event: OrderClosed, cause: str | None) -> None:
        order = self._order_of(event.cloid)
        if order is None or not order.open:
            return
        status = self.endings.pop(order.oid, None)
        if status == OPEN:
            return
        if status is None:
            status = "marginCanceled"
            if cause == "liquidated":
                status = "liquidatedCanceled"
            elif order.parent is not None:
                status = "canceled"
            elif order.reduce_only:
                sibling = cause == "sibling" and order.trigger is not None
                status = "siblingFilledCanceled" if sibling else "reduceOnlyCanceled"
        self.end(order, status)

    def _direction(self, fill: Fill, start: Decimal) -> str:
        if fill.reason is FillReason.LIQUIDATION:
            mode = "Isolated" if fill.mode is MarginMode.ISOLATED else "Cross"
            return f"Liquidated {mode} {'Long' if start > 0 else 'Short'}"
        return self.direction or direction_of(start, fill.size)

    def _shrink(self) -> None:
        """Resting reduce-only orders never add up to more than the position: older ones give way.

        One that nothing is left for is cancelled.
        """
        room = {coin: abs(size) for coin, size in self.sizes.items()}
        for order in reversed(list(self.table.resting.values())):
            if not order.reduce_only or order.trigger is not None:
                continue
            held = room.get(order.coin, ZERO)
            with exact():
                room[order.coin] = held - min(order.left, held)
            if order.left > held:
                self.table.change(order.oid, cap=held)
            if not held:
                self.cancel(order, "reduceOnlyCanceled")

    def _order_of(self, name: str | None) -> VenueOrder | None:
        """The order that the simulated venue knows by this name: its oid."""
        number = (name or "").partition(".")[0]
        return self.table.find(int(number)) if number.isdigit() else None


class Numbers:
    """Order and trade ids of a fake venue: they rise, and are the same in every run."""

    def __init__(self) -> None:
        self._oids = count(90_000_001)
        self._tids = count(700_000_000_000_001)

    def oid(self) -> int:
        """A new order id."""
        return next(self._oids)

    def tid(self) -> int:
        """A new trade id."""
        return next(self._tids)


def merged(events: Iterable[Any], sizes: Mapping[str, Decimal]) -> list[Any]:
    """The events with the two fills of a flip made one, as the venue tells it."""
    found: list[Any] = []
    held = dict(sizes)
    for event in events:
        before = found[-1] if found else None
        if (
            isinstance(event, Fill)
            and isinstance(before, Fill)
            and event.cloid is not None
            and (event.cloid, event.coin) == (before.cloid, before.coin)
            and not held.get(event.coin, ZERO)
            and (event.size > 0) == (before.size > 0)
        ):
            with exact():
                found[-1] = replace(
                    event, size=event.size + before.size, fee=event.fee + before.fee,
                    realized=event.realized + before.realized,
                )  # fmt: skip
        else:
            found.append(event)
        if isinstance(event, Fill):
            with exact():
                held[event.coin] = held.get(event.coin, ZERO) + event.size
    return found


def _causes(events: Iterable[Any]) -> dict[str, str]:
    """Why orders of a coin end, where a fill among the events is the reason."""
    causes: dict[str, str] = {}
    for event in events:
        if isinstance(event, Fill):
            if event.reason is FillReason.LIQUIDATION:
                causes[event.coin] = "liquidated"
            elif event.reason in (FillReason.STOP, FillReason.TARGET):
                causes.setdefault(event.coin, "sibling")
    return causes
