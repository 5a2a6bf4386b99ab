"""How far each position is covered by stops at the venue, from one dated look at it. Pure.

Only a resting stop counts, by its trigger and its side: a target is none. It must lie between
mark and liquidation. What was looked at too long ago is unknown, and unknown is not protected.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from motherhaven.bot.execution.orders import OpenOrder, OrderKind
from motherhaven.bot.portfolio.account import Position
from motherhaven.contract.exact import exact, quotient
from motherhaven.contract.quick_init import quick_inside

ZERO: Final = Decimal(0)


class Cover(StrEnum):
    """How a position stands."""

    PROTECTED = "protected"
    PARTLY = "partly"
    UNPROTECTED = "unprotected"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class AuditRules:
    """By what a stop is judged; fractions are of a price.

    `buffer`: so far a stop stays from the liquidation price at least. `slip`: so much worse
    than its trigger a stop at the market may fill. `tight`: a limit nearer to its trigger than
    this may not fill in a gap. `max_age`: an older look says nothing.
    """

    buffer: Decimal = Decimal("0.001")
    slip: Decimal = Decimal("0.05")
    tight: Decimal = Decimal("0.02")
    max_age: timedelta = timedelta(minutes=5)


@quick_inside
@dataclass(frozen=True, slots=True)
class Protection:
    """One position's protection. Sizes unsigned, in coin; prices and money in USD.

    `covered` counts what acts in time. `stop` is the first of the stops that act, or of those
    that do not where none does. `to_stop` and `to_liquidation` are fractions of the mark;
    `inside` is whether the stop lies before the liquidation (None: there is no stop or no
    such price). `worst_fill` is the price that is reckoned with, `at_risk` what is lost from
    the mark to there. `orphans` are triggers that do not belong to the position. `code` is of
    contract.reasons, None where nothing is wrong; `warnings` do not change the state.
    """

    coin: str
    position_id: str
    size: Decimal
    covered: Decimal
    state: Cover
    age: timedelta | None
    stop: Decimal | None = None
    inside: bool | None = None
    to_stop: Decimal | None = None
    to_liquidation: Decimal | None = None
    worst_fill: Decimal | None = None
    at_risk: Decimal | None = None
    orphans: tuple[str, ...] = ()
    code: str | None = None
    warnings: tuple[str, ...] = ()


@quick_inside
@dataclass(frozen=True, slots=True)
class Look:
    """What the venue held at one time; `at` None where it could not be read."""

    positions: Mapping[str, Position]
    orders: Sequence[OpenOrder]
    at: datetime | None


_DEFAULT: Final = AuditRules()
BUFFER: Final = _DEFAULT.buffer
"""So far a stop stays from the liquidation price at least, as a fraction of the mark."""


def audit(
    look: Look, now: datetime, rules: AuditRules = _DEFAULT, exempt: frozenset[str] = frozenset()
) -> dict[str, Protection]:
    """Each position's protection at `now`; `exempt` are coins that are held openly without."""
    age = None if look.at is None else now - look.at
    old = age is None or age > rules.max_age
    found = {}
    for coin, held in look.positions.items():
        if old:
            code = "venue_unreadable" if age is None else "snapshot_old"
            found[coin] = Protection(
                coin, held.position_id, abs(held.size), ZERO, Cover.UNKNOWN, age, code=code
            )
        else:
            mine = [order for order in look.orders if order.coin == coin]
            found[coin] = _audited(held, mine, age, rules, exempt=coin in exempt)
    return found


def orphans(look: Look) -> list[OpenOrder]:
    """Triggers that belong to no position as it is: none there, or the position's own side."""
    found = []
    for order in look.orders:
        held = look.positions.get(order.coin)
        if order.reduce_only and (held is None or order.side is held.side) and not order.parent:
            found.append(order)
    return found


def too_large(held: Position, orders: Iterable[OpenOrder]) -> list[OpenOrder]:
    """Stops of the position that name more than it has."""
    return [
        order
        for order in orders
        if order.coin == held.coin
        and order.kind is OrderKind.STOP
        and order.side is not held.side
        and order.size > abs(held.size)
    ]


@dataclass(slots=True)
class _Found:
    """What the stops of one position come to."""

    good: list[OpenOrder] = field(default_factory=list)
    bad: list[tuple[OpenOrder, str]] = field(default_factory=list)


def _audited(
    held: Position,
    orders: Sequence[OpenOrder],
    age: timedelta | None,
    rules: AuditRules,
    *,
    exempt: bool,
) -> Protection:
    size, stops, foreign, found = abs(held.size), [], [], _Found()
    for order in orders:
        if order.reduce_only and order.side is held.side:
            foreign.append(order.cloid or order.oid or "?")
        elif order.kind is OrderKind.STOP and order.side is not held.side:
            stops.append(order)
    for order in stops:
        wrong = why_idle(held, order.price, rules)
        if wrong is None:
            found.good.append(order)
        else:
            found.bad.append((order, wrong))
    with exact():
        covered = min(size, sum((one.size or size for one in found.good), ZERO))
    state = Cover.PROTECTED if covered >= size else Cover.PARTLY if covered else Cover.UNPROTECTED
    code = None
    if state is not Cover.PROTECTED:
        fallback = "stop_partial" if covered else "stop_none"
        code = found.bad[0][1] if found.bad else "stop_exempt" if exempt else fallback
    chosen = _first(held, found.good or [order for order, _ in found.bad])
    return Protection(
        held.coin, held.position_id, size, covered, state, age,
        *_measures(held, chosen, size, rules),
        tuple(foreign), code, _warnings(held, found, rules),
    )  # fmt: skip


def why_idle(held: Position, stop: Decimal | None, rules: AuditRules = _DEFAULT) -> str | None:
    """Why a stop at a price would not protect a position, as a code; None when it would."""
    sign = held.side.sign
    if stop is None or (held.mark - stop) * sign <= 0:
        return "stop_passed"
    if held.liquidation is None:
        return None
    with exact():
        room = (stop - held.liquidation) * sign
        return None if room > rules.buffer * held.mark else "stop_behind_liquidation"


def _first(held: Position, stops: Sequence[OpenOrder]) -> OpenOrder | None:
    """The stop that the market reaches first."""
    priced = [stop for stop in stops if stop.price is not None]
    if not priced:
        return None
    return (max if held.size > 0 else min)(priced, key=lambda stop: stop.price or ZERO)


def _measures(
    held: Position, stop: OpenOrder | None, size: Decimal, rules: AuditRules
) -> tuple[
    Decimal | None, bool | None, Decimal | None, Decimal | None, Decimal | None, Decimal | None
]:
    """The stop's price, whether it is inside, both distances, the worst fill, what is at risk."""
    sign, mark, liquidation = held.side.sign, held.mark, held.liquidation
    price = None if stop is None else stop.price
    inside = to_stop = worst = at_risk = None
    with exact():
        away = None if liquidation is None else quotient((mark - liquidation) * sign, mark)
        if stop is not None and price is not None:
            to_stop = quotient((mark - price) * sign, mark)
            worst = price * (1 - sign * rules.slip) if stop.limit is None else stop.limit
            at_risk = max((mark - worst) * sign * size, ZERO)
        if price is not None and liquidation is not None:
            inside = (price - liquidation) * sign > 0
    return price, inside, to_stop, away, worst, at_risk


def _warnings(held: Position, found: _Found, rules: AuditRules) -> tuple[str, ...]:
    """What does not change the state: limits that a gap jumps over, and sizes beyond it."""
    told = []
    stops = [*found.good, *(order for order, _ in found.bad)]
    for stop in stops:
        if stop.limit is None or stop.price is None:
            continue
        with exact():
            room = quotient(abs(stop.limit - stop.price), stop.price)
        if room < rules.tight:
            told.append("stop_limit")
    if too_large(held, stops):
        told.append("stop_too_large")
    return tuple(dict.fromkeys(told))
