"""The execution engine: what the guard allowed becomes orders, and orders become results."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Final

from motherhaven.bot.execution import entering, seen_through
from motherhaven.bot.execution.access import code_of
from motherhaven.bot.execution.account import AccountEvent, VenueAccount, WantedExits
from motherhaven.bot.execution.exits import StopReplacement, close_order, replace_exits, unprotected
from motherhaven.bot.execution.orders import (
    Accepted,
    Grouping,
    OrderIntent,
    OrderKind,
    Outcome,
    Rejected,
    Unknown,
)
from motherhaven.bot.execution.resolve import outcome_of
from motherhaven.bot.execution.resting import at_venue
from motherhaven.bot.execution.results import ApprovedOrder, ExecutionResult
from motherhaven.bot.execution.sending import cancel, close_intent, send
from motherhaven.bot.guard.types import Action, Signal
from motherhaven.bot.portfolio.account import Position
from motherhaven.bot.portfolio.events import MarginMode
from motherhaven.bot.portfolio.margin import initial_margin
from motherhaven.contract.errors import ExchangeError, JournalError, NoPrice
from motherhaven.contract.events import ExecutionStatus
from motherhaven.contract.ids import client_order_id

_NOT_RECORDED: Final = "the order could not be put on record, so it was not sent"
_CLOSE: Final = Signal.CLOSE
_REDUCE: Final = Action.REDUCE
_Finish = Callable[[Outcome, list[AccountEvent]], ExecutionResult]


class ExecutionEngine:
    """Places orders at a venue and says what became of each.

    Whoever sends an order gets its result; one whose outcome is unknown gets it from
    `resolve` later. `mode` is the margin mode of entries.
    """

    def __init__(self, account: VenueAccount, mode: MarginMode = MarginMode.CROSS) -> None:
        self._account = account
        self._mode = mode
        self._alone = account.stepped is None  # the venue goes on without the core
        self._closing: dict[str, str] = {}
        self._later: dict[str, tuple[ApprovedOrder, _Finish]] = {}
        self._unverified: dict[str, ApprovedOrder] = {}

    @property
    def waits(self) -> bool:
        """Whether `resolve` has something to finish."""
        return bool(self._later or self._unverified)

    def closing_decision(self, coin: str) -> str | None:
        """The decision that closed the coin's position, None when a trigger did; asked once."""
        return self._closing.pop(coin, None)

    def trade(self, order: ApprovedOrder) -> ExecutionResult:
        """Place what the guard allowed and say what became of it."""
        try:
            signal = order.asked.signal
            if signal is _CLOSE:
                return self._close(order)
            return self._enter(order) if signal.is_entry else self._adjust(order)
        except JournalError as error:
            seen_through.unwant(self._account, order)
            told = f"{_NOT_RECORDED}: {error}"
            return ExecutionResult("rejected", error=told, code="not_recorded")
        except NoPrice as error:
            return ExecutionResult("rejected", error=str(error), code=error.code)
        except ExchangeError as error:
            return ExecutionResult("rejected", error=str(error), code="venue_unreadable")

    def resolve(
        self, now: datetime
    ) -> tuple[list[AccountEvent], list[tuple[ApprovedOrder, ExecutionResult]]]:
        """Ask about every unknown order that it is time to ask about; nothing is sent again.

        Returns what is new at the account, and the results of decisions that are known by now.
        """
        orders, inquiries = self._account.orders, self._account.inquiries
        events = []
        for record in orders.unknown:
            if inquiries.due(record, now):
                found = inquiries.ask(record, now)
                if found is not record:
                    orders.resolved(found)
                    if self._alone:
                        events += seen_through.fills_of(self._account, outcome_of(found))
        events += self._account.take()
        results = []
        for cloid, (order, finish) in list(self._later.items()):
            known = orders.find(cloid)
            outcome = None if known is None else outcome_of(known)
            if outcome is not None and not isinstance(outcome, Unknown):
                del self._later[cloid]
                results.append((order, finish(outcome, [])))
        look = self._secured if self._alone else self._verified
        for coin, order in list(self._unverified.items()):
            del self._unverified[coin]
            done = look(order, ExecutionResult("executed"))
            if done.error is not None and coin not in self._unverified:
                results.append((order, done))
            else:
                events += done.events
        return events, results

    # --- protection and closing, whatever anybody decided -------------------------------

    def restore(
        self, position_id: str, coin: str, size: Decimal, exits: tuple[Decimal | None, ...]
    ) -> bool:
        """See that a position has its stop and target after a restart; False if it has not.

        `exits` are its stop and its target in USD, None for none. At a venue that outlives
        the process they rest still. Elsewhere do it before new marks come in: a stop that
        prices went through while nobody watched must rest, so that the next bar strikes it.
        """
        venue = self._account.venue
        if venue.capabilities.outlives_process:
            return coin not in unprotected(
                venue.positions(), at_venue(self._account, coin), frozenset()
            )
        side = close_order(coin, size, "").side
        intents = [
            OrderIntent(
                coin, side, Decimal(0), kind, price, reduce_only=True,
                cloid=client_order_id(position_id, coin, f"restored {kind.value}"),
            )
            for kind, price in zip((OrderKind.STOP, OrderKind.TARGET), exits, strict=True)
            if price is not None
        ]  # fmt: skip
        return all(isinstance(one, Accepted) for one in send(self._account, intents))

    def close_now(self, coin: str) -> list[AccountEvent]:
        """Close the coin's position at the market, whatever anybody decided."""
        held = self._account.venue.positions().get(coin)
        if held is not None:
            send(self._account, [close_intent(self._account, held, "unprotected")])
        return self._account.take()

    def cancel_entries(self) -> list[AccountEvent]:
        """Cancel our orders that rest to open a position; exits stay."""
        entries = [one.cloid for one in self._account.orders.resting() if not one.reduce_only]
        return cancel(self._account, entries)

    # --- decisions ----------------------------------------------------------------------

    def _close(self, order: ApprovedOrder) -> ExecutionResult:
        held = self._account.held(order.asked.coin)
        if held is None:
            error = "the position was closed before the order was placed"
            return ExecutionResult("skipped", error=error, code="closed_before")
        size = held.size
        if order.asked.action is _REDUCE and order.verdict.size < abs(size):
            size = order.verdict.size if size > 0 else -order.verdict.size
            if self._alone and isinstance(held, Position):
                size = seen_through.whole_or_part(self._account, held, size)
        intent = close_order(order.asked.coin, size, order.decision_id)
        if size == held.size:
            self._closing[order.asked.coin] = order.decision_id
        finish = partial(self._closed, intent, held.entry, held.leverage)
        return self._result(order, send(self._account, [intent], order.decision_id)[0], finish)

    def _closed(
        self,
        intent: OrderIntent,
        entry: Decimal,
        leverage: int,
        outcome: Outcome,
        events: list[AccountEvent],
    ) -> ExecutionResult:
        if isinstance(outcome, Rejected):
            self._closing.pop(intent.coin, None)
            return ExecutionResult("rejected", events, outcome.reason, outcome.code, intent.cloid)
        done = self._done(intent, outcome, events, entry, leverage)
        if self._alone and intent.coin in self._closing and done.filled_usd is not None:
            return seen_through.close_rest(self._account, intent.coin, done)
        return done

    def _adjust(self, order: ApprovedOrder) -> ExecutionResult:
        """Move stop and target, each new-first: there is no moment without a stop."""
        account, coin, verdict = self._account, order.asked.coin, order.verdict
        held = account.snapshot().positions.get(coin)
        if held is None:
            error = "the position was closed before its exits were moved"
            return ExecutionResult("skipped", error=error, code="closed_before")
        if self._alone:
            return seen_through.adjust(account, order, held)
        resting = account.orders.resting(coin)
        parts = []
        for change in replace_exits(held, verdict.stop, verdict.target, order.decision_id, resting):
            outcome = send(account, [change.place], order.decision_id)[0]
            parts.append(self._result(order, outcome, partial(self._moved, held, change)))
        return _together(parts)

    def _moved(
        self,
        held: Position,
        change: StopReplacement,
        outcome: Outcome,
        events: list[AccountEvent],
    ) -> ExecutionResult:
        """A new stop or target was taken, so the old ones of its kind go; or it was not."""
        intent = change.place
        if not isinstance(outcome, Accepted):
            code = outcome.code if isinstance(outcome, Rejected) else "order_unknown"
            return ExecutionResult(
                "rejected", events, outcome.reason, code, position_id=held.position_id
            )
        events += cancel(self._account, change.cancel)
        stop = intent.kind is OrderKind.STOP
        name, before = ("stop_loss", held.stop) if stop else ("profit_target", held.target)
        moved = {name: intent.price or Decimal(0)}
        if before is not None:
            moved[f"{name}_before"] = before
        return ExecutionResult("executed", events, position_id=held.position_id, moved=moved)

    def _enter(self, order: ApprovedOrder) -> ExecutionResult:
        account = self._account
        prepared = entering.prepare(account, order, self._mode)
        if isinstance(prepared, ExecutionResult):
            return prepared
        refused = account.gate(False)
        if refused is not None:
            return ExecutionResult("rejected", error=refused, code=code_of(refused))
        mismatch = entering.leverage_refusal(account, order, self._mode)
        if mismatch is not None:
            return ExecutionResult("rejected", error=mismatch, code="leverage")
        grouped = account.venue.capabilities.tpsl_grouping
        together = prepared.intents if grouped else prepared.intents[:1]
        grouping = Grouping.NORMAL_TPSL if grouped else Grouping.NA
        seen_through.want(account, order, prepared.exits)
        outcome = send(account, together, order.decision_id, grouping)[0]
        return self._result(order, outcome, partial(self._entered, order, prepared))

    def _entered(
        self,
        order: ApprovedOrder,
        prepared: entering.Prepared,
        outcome: Outcome,
        events: list[AccountEvent],
    ) -> ExecutionResult:
        account, coin, intents = self._account, order.asked.coin, prepared.intents
        before, leverage = prepared.leverage_before, order.verdict.leverage
        if isinstance(outcome, Rejected):
            seen_through.unwant(account, order)
            if before is not None:
                with suppress(ExchangeError):
                    account.set_leverage(coin, before, self._mode)
                events += account.take()
            return ExecutionResult(
                "rejected", events, outcome.reason, outcome.code, intents[0].cloid
            )
        done = self._done(intents[0], outcome, events, None, leverage)
        if done.filled_usd is None and done.status != "unknown":
            seen_through.unwant(account, order)
        elif done.filled_usd is not None:
            account.wanted[coin] = WantedExits(*prepared.exits, order.decision_id)
            if prepared.older and intents[1:] and not self._alone:
                events += cancel(account, prepared.older)
        if before is not None and before != leverage:
            done = replace(done, leverage_before=before, leverage=leverage)
        return self._secured(order, done) if self._alone else self._verified(order, done)

    def _secured(self, order: ApprovedOrder, done: ExecutionResult) -> ExecutionResult:
        """The filled size has its stop, read back at the venue, or it is closed again."""
        found = seen_through.secured(self._account, order.asked.coin)
        if isinstance(found, str) or found.pending:
            self._unverified[order.asked.coin] = order
        elif found.closed:
            self._closing[order.asked.coin] = order.decision_id
        return seen_through.told(done, found)

    def _verified(self, order: ApprovedOrder, done: ExecutionResult) -> ExecutionResult:
        """A position whose stop does not rest is closed at once."""
        account, coin = self._account, order.asked.coin
        if not order.asked.requires_stop:
            return done
        try:
            held = account.held(coin)
            safe = held is None or coin not in unprotected(
                {coin: held}, at_venue(account, coin), frozenset()
            )
        except ExchangeError as error:
            self._unverified[coin] = order
            told = f"whether the stop rests at the exchange could not be read: {error}"
            return replace(done, error=told, code="unverified")
        if held is None or safe:
            return done
        self._closing[coin] = order.decision_id
        send(account, [close_order(coin, held.size, order.decision_id)], order.decision_id)
        done.events.extend(account.take())
        return replace(
            done,
            status="partial",
            code="stop_not_resting",
            error="the stop does not rest at the exchange, so the position was closed again",
        )

    # --- sending ------------------------------------------------------------------------

    def _result(self, order: ApprovedOrder, outcome: Outcome, finish: _Finish) -> ExecutionResult:
        """The result now, or "unknown" and the result from `resolve` later."""
        events = self._account.take()
        if self._alone:
            events += seen_through.fills_of(self._account, outcome)
        if not isinstance(outcome, Unknown):
            try:
                return finish(outcome, events)
            except BaseException:
                self._account.untell(events)
                raise
        self._later[outcome.cloid] = order, finish
        error = f"{outcome.reason}; it is asked for by its id and not sent again"
        return ExecutionResult("unknown", events, error, "order_unknown", outcome.cloid)

    def _done(
        self,
        intent: OrderIntent,
        outcome: Outcome,
        events: list[AccountEvent],
        entry: Decimal | None,
        leverage: int,
    ) -> ExecutionResult:
        """What the fills of an order came to, or the venue's word where they are still to come."""
        cloid, orders = intent.cloid or "", self._account.orders
        record, fill = orders.find(cloid), orders.last_fill(cloid)
        size = Decimal(0) if record is None else record.filled
        price = None if fill is None else fill.price
        if fill is None and isinstance(outcome, Accepted):
            size, price = outcome.filled, outcome.average
        if not size or price is None:
            reason = record.reason if record and record.reason else "nothing was filled"
            return ExecutionResult("rejected", events, reason, "not_filled", cloid)
        return ExecutionResult(
            "executed" if size == intent.size else "partial",
            events,
            cloid=cloid,
            position_id=None if fill is None else fill.position_id,
            filled_usd=initial_margin(size, price if entry is None else entry, leverage),
            fill_price=price,
        )


def _together(parts: Sequence[ExecutionResult]) -> ExecutionResult:
    """One result of the orders that one decision took: done, in part, unknown or refused."""
    moved = {name: price for one in parts for name, price in one.moved.items()}
    bad = [one for one in parts if one.error is not None]
    status: ExecutionStatus = "executed"
    if bad:
        unknown = any(one.status == "unknown" for one in bad)
        status = "partial" if moved else "unknown" if unknown else "rejected"
    return ExecutionResult(
        status,
        [event for one in parts for event in one.events],
        "; ".join(one.error or "" for one in bad) or None,
        bad[0].code if bad else None,
        position_id=parts[0].position_id if parts else None,
        moved=moved,
    )
