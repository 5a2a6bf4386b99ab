"""What the venue holds against what our books hold: findings and what to do about each. Pure.

A plan is made from one whole look at the venue, in which every read has succeeded, and from
what the looks before it found. Nothing is healed by a single look: a difference must be seen
twice, some seconds apart, and an order must be missing for as long as the timers say.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from motherhaven.bot.execution.orders import OpenOrder
from motherhaven.bot.execution.protection import Look, orphans
from motherhaven.bot.execution.states import OrderRecord
from motherhaven.bot.execution.synthetic import synthetic_fills
from motherhaven.bot.execution.timers import Timers
from motherhaven.bot.portfolio.account import AccountSnapshot, Position
from motherhaven.bot.portfolio.events import Fill
from motherhaven.contract.exact import exact
from motherhaven.contract.money import plain

ZERO: Final = Decimal(0)
DRIFT_USD: Final = Decimal("0.01")
DRIFT_SHARE: Final = Decimal("0.000001")
HALT_SHARE: Final = Decimal("0.01")
"""Books that are further from the venue than this fraction of its equity stop all entries."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as our books have it. `code` is of contract.reasons.

    `freezes` says that nothing is opened in the coin while it is found, with `lasts` until the
    user confirms it or the coin is flat; `halts` that nothing is opened at all meanwhile.
    """

    code: str
    text: str
    coin: str | None = None
    freezes: bool = False
    lasts: bool = False
    halts: bool = False


@dataclass(frozen=True, slots=True)
class Books:
    """What we hold it to be, when the look was made. `resting` and `unknown` are our orders.

    `ours` says whether a client order id is one of ours, `open` or ended.
    """

    account: AccountSnapshot
    resting: Sequence[OrderRecord]
    unknown: Sequence[OrderRecord]
    ours: frozenset[str]
    external: frozenset[str] = frozenset()
    """Coins that hold what somebody else has opened: nothing is placed or closed there."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What earlier looks found: since when a position differs and how, or an order is missing."""

    differs: Mapping[str, tuple[Decimal, Decimal, datetime]] = field(default_factory=dict)
    absent: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do, in this order; `look_again` asks for another look soon.

    `gone` are orders that are missing for too long, each with what is told of it: they end
    unless the venue still knows them by their id.
    """

    findings: tuple[Finding, ...] = ()
    fills: tuple[Fill, ...] = ()
    look_up: tuple[OrderRecord, ...] = ()
    gone: tuple[tuple[OrderRecord, Finding], ...] = ()
    cancel: tuple[str, ...] = ()
    protect: tuple[str, ...] = ()
    leverages: Mapping[str, int] = field(default_factory=dict)
    drift: Decimal | None = None
    look_again: bool = False
    memory: Memory = field(default_factory=Memory)


def plan(theirs: AccountSnapshot, orders: Sequence[OpenOrder], books: Books, memory: Memory,
         timers: Timers) -> Plan:  # fmt: skip
    """Compare a whole look with the books; `theirs.time` is when it was made."""
    now = theirs.time
    empty = _emptied(theirs, orders, books)
    if empty is not None:
        return Plan((empty,), look_again=True, memory=memory)
    findings: list[Finding] = []
    differs, fills = _positions(theirs, books, memory, timers, findings)
    absent, look_up, gone = _missing(orders, books, memory, timers, now)
    cancels = _unwanted(theirs, orders, books, findings)
    settled = not differs and not fills
    drift = _drift(theirs, books, findings) if settled and not books.unknown else None
    leverages = _settings(theirs, books, findings)
    protect = [c for c in theirs.positions if c not in books.external and c not in differs]
    return Plan(
        tuple(findings),
        tuple(fills),
        tuple(look_up),
        tuple(gone),
        tuple(cancels),
        tuple(protect),
        leverages,
        drift,
        bool(differs),
        Memory(differs, absent),
    )


def _emptied(theirs: AccountSnapshot, orders: Sequence[OpenOrder], books: Books) -> Finding | None:
    """An account that is empty though we hold something: another address is asked, most likely."""
    held = books.account.positions
    nothing = not theirs.positions and not orders and theirs.equity <= 0
    if not nothing or (not held and books.account.equity <= 0):
        return None
    return Finding(
        "account_empty",
        f"the venue says that the account is empty, and the books have {len(held)} positions and "
        f"{books.account.equity:.2f} USD: nothing is taken over from it; check the address",
        halts=True,
    )


def _positions(
    theirs: AccountSnapshot,
    books: Books,
    memory: Memory,
    timers: Timers,
    findings: list[Finding],
) -> tuple[dict[str, tuple[Decimal, Decimal, datetime]], list[Fill]]:
    """Positions that differ: remembered at first, made equal by a fill once it was seen twice."""
    differs: dict[str, tuple[Decimal, Decimal, datetime]] = {}
    fills: list[Fill] = []
    ours, venue, now = books.account.positions, theirs.positions, theirs.time
    coins = sorted(ours.keys() | venue.keys())
    unequal = [coin for coin in coins if _size(ours.get(coin)) != _size(venue.get(coin))]
    for coin in unequal:
        mine, other = _size(ours.get(coin)), _size(venue.get(coin))
        known = memory.differs.get(coin)
        same = known is not None and known[:2] == (mine, other)
        since = known[2] if known is not None and same else now
        if not same or now - since < timers.apart:
            differs[coin] = (mine, other, since)
            findings.append(_differs(coin, mine, other))
            continue
        alone = len(unequal) == 1
        with exact():
            ahead = equity_at(books.account, venue.values()) - theirs.equity
        fills += synthetic_fills(
            coin, ours.get(coin), venue.get(coin), now, ahead if alone else None
        )
        findings.append(
            Finding(
                "position_adopted",
                f"{coin}: the venue has {plain(other)} and the fills make {plain(mine)}; no fill "
                "explains it, so one was made up to the venue's size and average",
                coin,
                freezes=True,
                lasts=True,
            )
        )
    return differs, fills


def _differs(coin: str, mine: Decimal, other: Decimal) -> Finding:
    return Finding(
        "position_differs",
        f"{coin}: the venue has {plain(other)} and the fills make {plain(mine)}; it is looked at "
        "again",
        coin,
        freezes=True,
    )


def _missing(
    orders: Sequence[OpenOrder],
    books: Books,
    memory: Memory,
    timers: Timers,
    now: datetime,
) -> tuple[dict[str, datetime], list[OrderRecord], list[tuple[OrderRecord, Finding]]]:
    """Our orders that do not rest at the venue: looked up, and gone after the ghost grace."""
    there = {order.cloid for order in orders}
    absent: dict[str, datetime] = {}
    look_up: list[OrderRecord] = []
    gone: list[tuple[OrderRecord, Finding]] = []
    for record in books.resting:
        if record.cloid in there or now - record.time < timers.recent:
            continue
        since = memory.absent.get(record.cloid, now)
        if now - since >= timers.ghost:
            text = (
                f"{record.coin}: our {record.kind} {record.cloid} has been missing at the venue "
                f"since {since:%H:%M:%S} UTC without a fill: it counts as cancelled"
            )
            gone.append((record, Finding("order_ghost", text, record.coin)))
        else:
            absent[record.cloid] = since
            look_up.append(record)
    return absent, look_up, gone


def _unwanted(
    theirs: AccountSnapshot, orders: Sequence[OpenOrder], books: Books, findings: list[Finding]
) -> list[str]:
    """Orders that must not rest: ours without a position go, those of others are only told."""
    cancels = []
    stray = {id(order) for order in orphans(Look(theirs.positions, orders, theirs.time))}
    resting = {record.cloid for record in books.resting}
    unknown = {record.cloid for record in books.unknown}
    for order in orders:
        ours = order.cloid in books.ours
        if not ours:
            findings.append(_foreign(order))
        elif id(order) in stray:
            cancels.append(order.cloid)
            findings.append(
                Finding(
                    "order_orphan",
                    f"{order.coin}: the {order.kind} {order.cloid} belongs to no position: "
                    "it is cancelled",
                    order.coin,
                )
            )
        elif not order.reduce_only and order.cloid not in resting | unknown:
            cancels.append(order.cloid)
            findings.append(
                Finding(
                    "order_revived",
                    f"{order.coin}: the {order.kind} {order.cloid} rests at the venue though it "
                    "ended by our books: it is cancelled",
                    order.coin,
                )
            )
    return cancels


def _foreign(order: OpenOrder) -> Finding:
    name = order.cloid or (f"number {order.oid}" if order.oid else "without a number")
    if order.unread is not None:
        return Finding(
            "order_unreadable",
            f"{order.coin or 'a coin that is not told'}: an order of somebody else ({name}) "
            f"cannot be read ({order.unread}): it counts as no protection and is not touched, "
            f"and nothing is opened{' in the coin' if order.coin else ''}",
            order.coin or None,
            freezes=bool(order.coin),
            halts=not order.coin,
        )
    return Finding(
        "order_foreign",
        f"{order.coin}: a {order.side} {order.kind} of somebody else rests there ({name}): it "
        "is not touched, and nothing is opened in the coin",
        order.coin,
        freezes=True,
    )


def _settings(theirs: AccountSnapshot, books: Books, findings: list[Finding]) -> dict[str, int]:
    """Leverage or margin mode that somebody else has changed; the books follow the leverage."""
    leverages = {}
    for coin, other in theirs.positions.items():
        mine = books.account.positions.get(coin)
        if mine is None or (mine.leverage, mine.mode) == (other.leverage, other.mode):
            continue
        leverages[coin] = other.leverage
        findings.append(
            Finding(
                "settings_changed",
                f"{coin}: the venue has {other.leverage}x {other.mode}, the bot had set "
                f"{mine.leverage}x {mine.mode}",
                coin,
                freezes=True,
                lasts=True,
            )
        )
    return leverages


def equity_at(books: AccountSnapshot, marks: Iterable[Position]) -> Decimal:
    """The books' equity in USD at the marks of other positions."""
    prices = {held.coin: held.mark for held in marks}
    with exact():
        total = books.equity
        for coin, held in books.positions.items():
            total += held.size * (prices.get(coin, held.mark) - held.mark)
        return total


def _drift(theirs: AccountSnapshot, books: Books, findings: list[Finding]) -> Decimal:
    """How far the books' equity is above the venue's, at the venue's own marks, in USD."""
    with exact():
        drift = equity_at(books.account, theirs.positions.values()) - theirs.equity
        allowed = DRIFT_USD + DRIFT_SHARE * abs(theirs.equity)
        halts = abs(drift) > max(HALT_SHARE * abs(theirs.equity), DRIFT_USD)
    if abs(drift) > allowed:
        findings.append(
            Finding(
                "equity_drift",
                f"the books' equity is {drift:+.6f} USD away from the venue's "
                f"{theirs.equity:.6f} USD",
                halts=halts,
            )
        )
    return drift


def _size(held: Position | None) -> Decimal:
    return ZERO if held is None else held.size
