"""Decisions at a venue that outlives this process: each is seen through to what the venue has."""

from dataclasses import replace
from decimal import Decimal
from typing import Final

from motherhaven.bot.execution.account import AccountEvent, VenueAccount, WantedExits
from motherhaven.bot.execution.orders import Accepted, Outcome
from motherhaven.bot.execution.resolve import LOOK_BACK
from motherhaven.bot.execution.results import ApprovedOrder, ExecutionResult
from motherhaven.bot.execution.stops import Secured, close_whole, protect
from motherhaven.bot.portfolio.account import Position
from motherhaven.contract.errors import ExchangeError
from motherhaven.contract.events import ExecutionStatus
from motherhaven.contract.exact import exact

LEAST_STEP: Final = Decimal("0.0005")
"""A stop that would move by less, as a fraction of the mark, stays: each move costs requests."""


def want(
    account: VenueAccount, order: ApprovedOrder, exits: tuple[Decimal | None, Decimal | None]
) -> None:
    """Remember where the exits of an entry belong, before it is sent.

    A position that is there already keeps its own until the entry has filled.
    """
    if order.asked.coin not in account.ledger.holdings:
        account.wanted[order.asked.coin] = WantedExits(*exits, order.decision_id)


def unwant(account: VenueAccount, order: ApprovedOrder) -> None:
    """Forget where an entry's exits belong: nothing of it filled, and what comes is not ours."""
    coin, known = order.asked.coin, account.wanted.get(order.asked.coin)
    ours = known is not None and known.decision_id == order.decision_id
    if ours and coin not in account.ledger.holdings:
        del account.wanted[coin]


def fills_of(account: VenueAccount, outcome: Outcome) -> list[AccountEvent]:
    """Read the fills that an answer tells of, where the venue's stream has not told them yet."""
    record = account.orders.find(outcome.cloid)
    if record is None or not isinstance(outcome, Accepted) or record.filled >= outcome.filled:
        return []
    try:
        return account.adopt(account.venue.fills(record.time - LOOK_BACK))
    except ExchangeError:
        return []  # the next look at the account brings them


def secured(account: VenueAccount, coin: str) -> Secured | str:
    """The position with its stop, or closed again; a text where it could not be read."""
    try:
        return protect(account, coin)
    except ExchangeError as error:
        return f"whether the stop rests at the exchange could not be read: {error}"


def told(done: ExecutionResult, found: Secured | str) -> ExecutionResult:
    """The result of an entry with what became of its protection."""
    if isinstance(found, str):
        return replace(done, error=found, code="unverified")
    done.events.extend(found.events)
    if found.closed:
        text = "the stop does not rest at the exchange, so the position was closed again"
        if found.error is not None:
            text = f"{text}: {found.error}"
        code = found.code if found.left else "stop_not_resting"
        return replace(done, status="partial", code=code, error=text)
    if found.error is not None and done.error is None:
        return replace(done, code=found.code, error=found.error)
    return done


def adjust(account: VenueAccount, order: ApprovedOrder, held: Position) -> ExecutionResult:
    """Move stop and target new-first, each read back before the old one goes."""
    verdict, coin, before = order.verdict, order.asked.coin, account.wanted.get(order.asked.coin)
    old = before or WantedExits(held.stop, held.target)
    stop = None if _near(verdict.stop, held.stop, held.mark) else verdict.stop
    if stop is None and verdict.target is None:
        why = f"the stop would move by less than {LEAST_STEP:%} of the price"
        return ExecutionResult("skipped", error=why, code="stop_step")
    account.wanted[coin] = WantedExits(
        stop or old.stop, verdict.target or old.target, order.decision_id
    )
    found = secured(account, coin)
    if isinstance(found, str):
        found = Secured(error=found, code="unverified")
    now = account.snapshot().positions.get(coin)
    moved = {} if now is None else _moved(held, now)
    status: ExecutionStatus = "executed"
    if found.error is not None:
        status = "unknown" if found.pending else "partial" if moved else "rejected"
        if not found.pending and coin in account.wanted:
            account.wanted[coin] = old
    return ExecutionResult(
        status, found.events, found.error, found.code, position_id=held.position_id, moved=moved
    )


def close_rest(account: VenueAccount, coin: str, done: ExecutionResult) -> ExecutionResult:
    """Close what a close at the market has left; what is open after that is told."""
    try:
        found = close_whole(account, coin, "rest")
    except ExchangeError as error:
        return replace(done, code="not_flat", error=f"whether it is flat is not known: {error}")
    done.events.extend(found.events)
    if found.left:
        return replace(done, status="partial", error=found.error, code=found.code)
    return done


def whole_or_part(account: VenueAccount, held: Position, size: Decimal) -> Decimal:
    """The signed size to close: the whole where the part or the rest is below the minimum."""
    with exact():
        least = account.spec(held.coin).min_notional
        rest = abs(held.size) - abs(size)
        small = min(abs(size), rest) * held.mark < least
    return held.size if small else size


def _near(one: Decimal | None, other: Decimal | None, mark: Decimal) -> bool:
    if one is None or other is None:
        return one is None
    with exact():
        return abs(one - other) < LEAST_STEP * mark


def _moved(before: Position, now: Position) -> dict[str, Decimal]:
    """Where the exits are and were, by the execution's field names."""
    moved: dict[str, Decimal] = {}
    pairs = (("stop_loss", before.stop, now.stop), ("profit_target", before.target, now.target))
    for name, old, new in pairs:
        if new is not None and new != old:
            moved[name] = new
            if old is not None:
                moved[f"{name}_before"] = old
    return moved
