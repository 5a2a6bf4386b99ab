"""Bring an account to net zero: a goal, not a list of steps, so it is called until it is reached.

Entries are cancelled, positions are closed by reduce-only orders of the size that the venue
itself has, and stops and targets go only once a fresh read shows that their position is gone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from motherhaven.bot.execution.account import AccountEvent, VenueAccount
from motherhaven.bot.execution.orders import OpenOrder, Outcome, Rejected, Unknown
from motherhaven.bot.execution.resting import at_venue
from motherhaven.bot.execution.sending import cancel, close_intent, send
from motherhaven.bot.execution.states import OrderRecord
from motherhaven.bot.portfolio.account import Position
from motherhaven.contract.errors import ExchangeError


@dataclass(frozen=True, slots=True)
class FlattenResult:
    """What flattening came to. `events` are the account's, in order.

    `left` holds the signed size of each position that is still open, in coin: by the venue,
    or by our books where it could not be read (`checked_at` None then). `waits` are orders
    of which it is not known yet whether the venue still opens something by them. `foreign`
    are entries of others that rest there; they are never touched. `errors` says what the
    venue, or the gate, had against it.
    """

    events: list[AccountEvent] = field(default_factory=list)
    flat: bool = False
    left: Mapping[str, Decimal] = field(default_factory=dict)
    checked_at: datetime | None = None
    waits: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()


def flatten(account: VenueAccount, coins: frozenset[str] | None, why: str) -> FlattenResult:
    """Close the positions of `coins` (None: all) and cancel our orders there.

    `why` names the orders. Call it again until the result is flat: it does not wait, and a
    second call sends only what is still missing.
    """
    events: list[AccountEvent] = []
    errors: list[str] = []
    resting = _resting(account, coins, _at_venue(account, errors))
    events += cancel(account, [one.cloid for one in resting if not one.reduce_only])
    try:
        _ask_unknown(account, coins)
        for held in _held(account, coins).values():
            errors += _refusals(held.coin, send(account, [close_intent(account, held, why)]))
        events += account.take()
        left, orders = _held(account, coins), at_venue(account)
        resting = _resting(account, coins, orders)
        exits = [one.cloid for one in resting if one.reduce_only and one.coin not in left]
        events += cancel(account, exits)
    except ExchangeError as error:
        events += account.take()
        held_by_books = account.ledger.holdings.items()
        open_there = {c: one.size for c, one in held_by_books if _wanted(c, coins)}
        told = f"the venue could not be read, so its stops stay: {error}"
        waits = _waits(account, coins)
        return FlattenResult(events, False, open_there, None, waits, errors=(*errors, told))
    entries = [one for one in orders if not one.reduce_only and _wanted(one.coin, coins)]
    ours = [one.cloid for one in entries if account.orders.find(one.cloid) is not None]
    foreign = [
        one.cloid or f"{one.coin} {one.oid or '?'}" for one in entries if one.cloid not in ours
    ]
    waits = (*_waits(account, coins), *ours)
    return FlattenResult(
        events,
        not left and not waits,
        {coin: held.size for coin, held in left.items()},
        account.now,
        waits,
        tuple(foreign),
        tuple(errors),
    )


def _at_venue(account: VenueAccount, errors: list[str]) -> Sequence[OpenOrder]:
    """What rests at the venue; closing does not wait for a list that cannot be read."""
    try:
        return at_venue(account)
    except ExchangeError as error:
        errors.append(f"its orders could not be read, so ours are cancelled by our list: {error}")
        return ()


def _wanted(coin: str, coins: frozenset[str] | None) -> bool:
    return coins is None or coin in coins


def _held(account: VenueAccount, coins: frozenset[str] | None) -> dict[str, Position]:
    """The positions that the venue has, read now."""
    return {coin: one for coin, one in account.venue.positions().items() if _wanted(coin, coins)}


def _resting(
    account: VenueAccount, coins: frozenset[str] | None, at_venue: Iterable[OpenOrder]
) -> list[OrderRecord]:
    """Our orders that rest, by our list or the venue's; never one that is not ours."""
    found = {one.cloid: one for one in account.orders.resting()}
    for order in at_venue:
        known = account.orders.find(order.cloid)
        if known is not None:
            found[known.cloid] = known
    return [one for one in found.values() if _wanted(one.coin, coins)]


def _ask_unknown(account: VenueAccount, coins: frozenset[str] | None) -> None:
    """Ask once more about each order that may have landed."""
    for record in account.orders.unknown:
        if _wanted(record.coin, coins):
            found = account.inquiries.ask(record, account.now)
            if found is not record:
                account.orders.resolved(found)


def _waits(account: VenueAccount, coins: frozenset[str] | None) -> tuple[str, ...]:
    """Entries that the venue may still take: their deadline bounds how long."""
    unknown = account.orders.unknown
    return tuple(o.cloid for o in unknown if not o.reduce_only and _wanted(o.coin, coins))


def _refusals(coin: str, outcomes: Sequence[Outcome]) -> list[str]:
    bad = [one for one in outcomes if isinstance(one, Rejected | Unknown)]
    return [f"{coin}: {one.reason}" for one in bad]
