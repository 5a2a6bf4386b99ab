"""Stops and closes that are seen through: placed, read back, and repeated or told.

Whatever is sent here only reduces a position, and its size is the one that the venue itself
said in the same step. A stop is replaced new-first: the old one goes once the new one was read.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Final

from motherhaven.bot.execution.account import AccountEvent, VenueAccount
from motherhaven.bot.execution.orders import (
    Accepted,
    OpenOrder,
    OrderIntent,
    OrderKind,
    OrderState,
    Rejected,
    Unknown,
)
from motherhaven.bot.execution.protection import Cover, Look, Protection, audit, why_idle
from motherhaven.bot.execution.resting import at_venue
from motherhaven.bot.execution.sending import cancel, close_intent, send
from motherhaven.bot.portfolio.account import Position
from motherhaven.bot.portfolio.events import Side
from motherhaven.contract.ids import client_order_id

ZERO: Final = Decimal(0)
_NOT_THERE: Final = "the stop does not rest at the venue"
_PENDING: Final = "it is not known yet whether its stop rests; it is asked for by its id"
TRIES: Final = 2
"""So often a stop is tried before its position is closed at the market."""
SHOWN: Final = timedelta(seconds=30)
"""Within so long the venue shows a position that its answer told of."""
CLOSES: Final = 3
"""So many orders one step sends to close a position; what is left then is told."""


@dataclass(slots=True)
class Secured:
    """What became of a position that needed its stop.

    `closed` is whether it had to be closed, `left` the signed size that is still open without
    a stop, in coin; `pending` whether a stop is on its way. `error` says why, in words for
    people; `code` is of contract.reasons.
    """

    events: list[AccountEvent] = field(default_factory=list)
    closed: bool = False
    pending: bool = False
    left: Decimal = ZERO
    error: str | None = None
    code: str | None = None


def protect(account: VenueAccount, coin: str) -> Secured:
    """See that the coin's position has its stop and target; without a stop it is closed.

    A stop whose answer is out is waited for: no second one is sent before it is known; nor is a
    fill that the venue told and does not show yet.

    Raises:
        ExchangeError: the venue could not be read, so whether it is safe is not known.
    """
    done = Secured()
    with account.kept(done.events):
        return _protected(account, coin, done)


def _protected(account: VenueAccount, coin: str, done: Secured) -> Secured:
    held = account.venue.positions().get(coin)
    if held is None:
        done.events += account.take()
        done.pending = account.orders.fills_due(coin, account.now - SHOWN)
        return done
    wanted = account.wanted.get(coin)
    if wanted is None:  # it is somebody else's: nothing is placed or closed there
        done.events += account.take()
        return done
    if wanted.stop is None:
        return _settle(account, held, (), done)
    stop = placed(account, held, wanted.stop)
    for attempt in range(TRIES):
        found, orders = _look(account, held)
        if found.state is Cover.PROTECTED and _fits(orders, held, stop):
            done.error = done.code = None
            return _settle(account, held, orders, done)
        if _asks(account, coin):
            done.pending, done.error, done.code = True, _PENDING, "order_unknown"
            return done
        blocked = _blocked(held, stop)
        if blocked is not None:
            done.error, done.code = blocked
            break
        done.error = _place(account, held, OrderKind.STOP, stop, attempt) or _NOT_THERE
        done.code = "stop_not_resting"
        done.events += account.take()
        held = account.venue.positions().get(coin)
        if held is None:
            return Secured(done.events)
    found, orders = _look(account, held)
    if found.state is not Cover.PROTECTED:
        if _asks(account, coin):
            done.pending, done.error, done.code = True, _PENDING, "order_unknown"
            return done
        return _give_up(account, coin, done)
    if _fits(orders, held, stop):
        done.error = done.code = None
    return _settle(account, held, orders, done)


def is_secured(account: VenueAccount, held: Position, orders: Sequence[OpenOrder]) -> bool:
    """Whether `protect` would find nothing to do, by a position and orders that were just read."""
    wanted, coin = account.wanted.get(held.coin), held.coin
    if wanted is None:
        return False
    mine = account.orders.resting(coin)
    if wanted.stop is not None:
        rest = [one for one in orders if one.coin == coin]
        found = audit(Look({coin: held}, rest, account.now), account.now)[coin]
        fits = _fits(rest, held, placed(account, held, wanted.stop))
        if found.state is not Cover.PROTECTED or not fits:
            return False
        if sum(one.kind is OrderKind.STOP for one in mine) > 1:
            return False
    if wanted.target is None:
        return True
    price = account.spec(coin).round_price(wanted.target, up=held.size < 0)
    targets = [one for one in mine if one.kind is OrderKind.TARGET]
    fitting = [one for one in targets if one.price == price and one.size in (ZERO, abs(held.size))]
    return len(targets) == len(fitting) == 1


def close_whole(account: VenueAccount, coin: str, why: str) -> Secured:
    """Close the coin's position: again from the venue's own size until it is flat, or told.

    Raises:
        ExchangeError: the venue could not be read.
    """
    done = Secured(closed=True)
    with account.kept(done.events):
        return _closed(account, coin, why, done)


def _closed(account: VenueAccount, coin: str, why: str, done: Secured) -> Secured:
    for _ in range(CLOSES):
        held = account.venue.positions().get(coin)
        if held is None:
            done.left = ZERO
            break
        done.left = held.size
        outcome = send(account, [close_intent(account, held, why)])[0]
        done.events += account.take()
        if isinstance(outcome, Rejected | Unknown):
            done.error = outcome.reason
        if isinstance(outcome, Unknown):
            break  # it is asked about; another one now could only be refused
    else:
        held = account.venue.positions().get(coin)
        done.left = ZERO if held is None else held.size
    done.events += account.take()
    if done.left:
        done.error = f"{done.left} {coin} are still open: {done.error or 'not all was filled'}"
        done.code = "not_flat"
    else:
        done.error = None
        ours = [one.cloid for one in account.orders.resting(coin) if one.reduce_only]
        done.events += cancel(account, ours)
    return done


def _asks(account: VenueAccount, coin: str) -> bool:
    """Whether a stop of ours may be there already: its answer is still out."""
    return any(one.coin == coin and one.kind is OrderKind.STOP for one in account.orders.unknown)


def _blocked(held: Position, stop: Decimal) -> tuple[str, str] | None:
    """Why no stop can help, with its code: the position is closed then, unless one covers it."""
    code = why_idle(held, stop)
    if code is None:
        return None
    if code == "stop_passed":
        return f"the price {held.mark} is past the stop {stop} already", code
    told = f"the liquidation price {held.liquidation} comes before the stop {stop}, or too near"
    return f"{told} to it", code


def _fits(orders: Sequence[OpenOrder], held: Position, stop: Decimal) -> bool:
    """Whether a stop rests at that price for the position's size, no more and no less."""
    return any(
        order.kind is OrderKind.STOP
        and order.side is not held.side
        and order.price == stop
        and order.size in (ZERO, abs(held.size))
        for order in orders
    )


def placed(account: VenueAccount, held: Position, stop: Decimal) -> Decimal:
    """A stop's price on the market's grid, moved towards the mark."""
    return account.spec(held.coin).round_price(stop, up=held.size > 0)


def _settle(
    account: VenueAccount, held: Position, orders: Sequence[OpenOrder], done: Secured
) -> Secured:
    """The position has its stop among `orders`: older ones go, and the target comes."""
    _drop_old(account, held, {order.cloid for order in orders}, done)
    _target(account, held, done)
    return done


def _give_up(account: VenueAccount, coin: str, done: Secured) -> Secured:
    closed = close_whole(account, coin, "unprotected")
    done.events += closed.events
    done.closed, done.left = True, closed.left
    if closed.error is not None:
        done.error = f"{done.error}; and it could not be closed: {closed.error}"
    return done


def _look(account: VenueAccount, held: Position) -> tuple[Protection, list[OpenOrder]]:
    """The position's protection, by what the venue says rests now, or knows by our ids."""
    orders = list(at_venue(account, held.coin))
    seen = {order.cloid for order in orders}
    for record in account.orders.resting(held.coin):
        if record.kind is OrderKind.STOP and record.cloid not in seen:
            status = account.venue.order_by_cloid(record.cloid)
            if status is not None and status.state is OrderState.OPEN:
                orders.append(
                    OpenOrder(
                        record.cloid, record.coin, record.side, record.size, record.kind,
                        record.price, record.reduce_only, record.time,
                    )
                )  # fmt: skip
            elif status is not None:
                account.orders.looked(status)
    look = Look({held.coin: held}, orders, account.now)
    return audit(look, account.now)[held.coin], orders


def _place(
    account: VenueAccount, held: Position, kind: OrderKind, price: Decimal, attempt: int
) -> str | None:
    """Send a trigger for the whole size; why it was not taken, None if it was or may have been."""
    size, away = abs(held.size), Side.SELL if held.size > 0 else Side.BUY
    price = account.spec(held.coin).round_price(price, up=(held.size > 0) is (kind.value == "stop"))
    leg = f"{kind.value} {size} {price} {account.now.isoformat()}"
    cloid = client_order_id(held.position_id, held.coin, f"{leg} {attempt}")
    number = 1
    while account.orders.find(cloid) is not None:  # an id is used once, whatever the time is
        number += 1
        cloid = client_order_id(held.position_id, held.coin, f"{leg} {attempt} {number}")
    intent = OrderIntent(held.coin, away, size, kind, price, reduce_only=True, cloid=cloid)
    wanted = account.wanted.get(held.coin)
    outcome = send(account, [intent], None if wanted is None else wanted.decision_id)[0]
    return None if isinstance(outcome, Accepted) else outcome.reason


def _drop_old(account: VenueAccount, held: Position, seen: set[str], done: Secured) -> None:
    """Cancel our stops that are not needed beside one that was seen to cover the position."""
    wanted = account.wanted.get(held.coin)
    stops = [one for one in account.orders.resting(held.coin) if one.kind is OrderKind.STOP]
    if wanted is None or wanted.stop is None or len(stops) < 2:
        return
    price = placed(account, held, wanted.stop)
    fitting = [one for one in stops if one.price == price and one.size in (ZERO, abs(held.size))]
    whole = [one for one in fitting if one.cloid in seen]
    if whole:
        keep = whole[-1].cloid
        done.events += cancel(account, [one.cloid for one in stops if one.cloid != keep])


def _target(account: VenueAccount, held: Position, done: Secured) -> None:
    """Place a target that is missing; without it the position is safe, so it is only told."""
    wanted = account.wanted.get(held.coin)
    if wanted is None or wanted.target is None:
        return
    targets = [one for one in account.orders.resting(held.coin) if one.kind is OrderKind.TARGET]
    price = account.spec(held.coin).round_price(wanted.target, up=held.size < 0)
    fitting = [o for o in targets if o.price == price and o.size in (ZERO, abs(held.size))]
    if fitting:
        keep = fitting[-1].cloid
        done.events += cancel(account, [one.cloid for one in targets if one.cloid != keep])
        return
    if any(o.coin == held.coin and o.kind is OrderKind.TARGET for o in account.orders.unknown):
        return
    refused = _place(account, held, OrderKind.TARGET, wanted.target, 0)
    if refused is not None:
        done.error, done.code = f"the target was not taken: {refused}", "target_missing"
    else:
        done.events += cancel(account, [one.cloid for one in targets])
    done.events += account.take()
