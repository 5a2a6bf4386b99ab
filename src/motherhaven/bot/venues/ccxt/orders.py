"""Placing, canceling and finding orders: each is sent once, and what became of it is read back."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from motherhaven.bot.execution.access import code_of
from motherhaven.bot.execution.orders import (
    Accepted,
    Grouping,
    OrderIntent,
    OrderKind,
    OrderState,
    Outcome,
    Rejected,
    Unknown,
)
from motherhaven.bot.execution.slippage import ZERO
from motherhaven.bot.venues.ccxt import refusals
from motherhaven.bot.venues.ccxt.account import AccountReader
from motherhaven.bot.venues.ccxt.admission import Refusal, bound, is_past, refusal, rises
from motherhaven.bot.venues.ccxt.find import OrderFinder
from motherhaven.bot.venues.ccxt.leverage import LeverageKeeper
from motherhaven.bot.venues.ccxt.read import Market, SeenOrder
from motherhaven.bot.venues.ccxt.register import SentOrder
from motherhaven.bot.venues.ccxt.session import AGAIN, Session
from motherhaven.bot.venues.ccxt.wire import traced, words
from motherhaven.contract.errors import ExchangeError
from motherhaven.contract.exact import exact, quotient
from motherhaven.contract.money import plain

GONE: Final = "the order was never placed, or has been canceled or filled already"
_RECV_MS: Final = (1_000, 5_000)
"""The shortest and longest life of a request, where the exchange ends it itself."""


class OrderSender:
    """Sends orders and cancels; what became of each comes from the exchange, not from a reply."""

    def __init__(
        self,
        session: Session,
        account: AccountReader,
        finder: OrderFinder,
        leverage: LeverageKeeper,
    ) -> None:
        self._session = session
        self._account = account
        self._finder = finder
        self._leverage = leverage
        self._due: dict[str, Decimal] = {}
        """The signed size of a coin by our last fill, while the exchange may not show it."""

    async def place(self, intents: Sequence[OrderIntent], grouping: Grouping) -> list[Outcome]:
        """One outcome an order, in order. With NORMAL_TPSL the rest go once the first has filled.

        The exits of an entry are requests of their own: an exit that is refused or lost does not
        keep the next one from being sent.
        """
        if grouping is not Grouping.NORMAL_TPSL or len(intents) < 2:
            return [await self._place(intent) for intent in intents]
        first = await self._place(intents[0])
        if isinstance(first, Accepted) and first.filled:
            return [first, *[await self._place(intent, first.filled) for intent in intents[1:]]]
        why = "its entry is not filled" if isinstance(first, Accepted) else first.reason
        return [
            first, *(Rejected(one.cloid, f"not sent: {why}", "venue_parent") for one in intents[1:])
        ]  # fmt: skip

    async def cancel(self, cloid: str) -> Outcome:
        """Cancel one order of ours."""
        session = self._session
        try:
            sent = session.register.find(cloid) or await self._finder.adopt(cloid)
            if sent is None:
                return Rejected(cloid, GONE, "venue_gone")
            market = await session.market(sent.coin)
        except ExchangeError as error:
            return Unknown(cloid, str(error))
        refused = session.refused_now(reduces=True)
        if refused is not None:
            return Rejected(cloid, refused, code_of(refused))
        async with session.sender.turn(reduces=True):
            with traced() as trace:
                try:
                    await self._send_cancel(sent, market)
                except Exception as error:  # noqa: BLE001  # each class fails in its own way
                    if refusals.is_gone(session.profile, error, trace):
                        return Rejected(cloid, GONE, "venue_gone")
                    return await self._after_cancel(cloid, words(error, trace))
        return Accepted(cloid)

    async def _send_cancel(self, sent: SentOrder, market: Market) -> None:
        profile = self._session.profile
        params = {profile.plain[0].key: profile.ids.wire(sent.cloid)}
        if sent.trigger:
            params |= profile.triggers.cancel
        client = await self._session.wire.open()
        await client.cancel_order(None, market.symbol, params)

    async def _after_cancel(self, cloid: str, reason: str) -> Outcome:
        """The cancel's answer was lost: the order itself says whether it was carried out."""
        try:
            found = await self._finder.status(cloid)
        except ExchangeError:
            return Unknown(cloid, reason)
        if found is not None and found.state is OrderState.CANCELED:
            return Accepted(cloid)
        if found is None or found.state is OrderState.OPEN:
            return Unknown(cloid, reason)
        return Rejected(cloid, GONE, "venue_gone")

    # --- one order ------------------------------------------------------------------------

    async def _place(self, intent: OrderIntent, entered: Decimal = ZERO) -> Outcome:
        cloid = intent.cloid
        if cloid is None:
            return Rejected(
                None, "an order without a client id could not be found again", "venue_cloid"
            )
        session = self._session
        try:
            market = await session.market(intent.coin)
            known = session.register.find(cloid)
            if known is not None:
                return await self._again(known)
            refused = refusal(intent, market.spec, session.now)
            refused = refused or await self._leverage.refusal(intent)
            before = ZERO
            if refused is None and intent.kind in (OrderKind.STOP, OrderKind.TARGET):
                intent, refused = await self._sized(intent, entered)
            elif refused is None and not intent.reduce_only:
                before = await self._entering(intent)
        except ExchangeError as error:
            return Rejected(cloid, f"not sent: {error}", "venue_unreachable")
        if refused is not None:
            return Rejected(cloid, refused.text, refused.code)
        outcome = await self._send(cloid, intent, market)
        if intent.kind in (OrderKind.MARKET, OrderKind.LIMIT):
            self._expect(intent, before, outcome)
        return outcome

    async def _again(self, known: SentOrder) -> Outcome:
        """The outcome of an order whose id was used before; nothing is sent."""
        found = await self._finder.find(known)
        if found is None:
            return Unknown(known.cloid, "it was sent before, and the exchange does not show it")
        return _outcome(known.cloid, found)

    async def _sized(
        self, intent: OrderIntent, entered: Decimal
    ) -> tuple[OrderIntent, Refusal | None]:
        """A stop or target with the size of the position, unless it would trigger at once.

        Without a mark it is sent all the same: the exchange judges it too, and a stop matters
        more than a clear refusal.
        """
        with suppress(ExchangeError):
            mark = await self._account.mark(intent.coin)
            if is_past(intent, mark):
                text = f"the mark is {mark}: at {intent.price} it would trigger at once"
                return intent, Refusal("venue_trigger", text)
        held = await self._held(intent, entered)
        if not held:
            return intent, Refusal("venue_reduce_only", "there is no position that it would reduce")
        return (intent if intent.size else replace(intent, size=held)), None

    async def _held(self, intent: OrderIntent, entered: Decimal) -> Decimal:
        """The unsigned size that this exit can close; a fill just seen may not be shown yet.

        Raises:
            ExchangeError: nothing filled lately, and the positions cannot be read.
        """
        due = self._due.get(intent.coin, ZERO) * -intent.side.sign
        least, shown = max(due, entered), ZERO
        for pause in (*AGAIN, None):
            try:
                size = (await self._account.sizes()).get(intent.coin, ZERO)
            except ExchangeError:
                if not least:
                    raise
                size = ZERO
            shown = max(-intent.side.sign * size, ZERO)
            if shown >= least:
                self._due.pop(intent.coin, None)
                return shown
            if pause is not None:
                await self._session.sleep(pause)
        return max(shown, least)

    async def _entering(self, intent: OrderIntent) -> Decimal:
        """The signed size that is held before an entry goes, ours and shown.

        Raises:
            ExchangeError: it cannot be read; then no entry goes.
        """
        shown = (await self._account.sizes()).get(intent.coin, ZERO)
        due = self._due.get(intent.coin, ZERO)
        return due if abs(due) > abs(shown) and due * shown >= 0 else shown

    def _expect(self, intent: OrderIntent, before: Decimal, outcome: Outcome) -> None:
        """What is held after an order, until the exchange shows it: its stop has that size."""
        if intent.reduce_only:
            self._due.pop(intent.coin, None)
        elif isinstance(outcome, Accepted) and outcome.filled:
            with exact():
                self._due[intent.coin] = before + intent.side.sign * outcome.filled

    async def _send(self, cloid: str, intent: OrderIntent, market: Market) -> Outcome:
        session, reduces = self._session, intent.reduce_only
        async with session.sender.turn(reduces=reduces):
            late = refusal(intent, market.spec, session.now)
            if late is not None:
                return Rejected(cloid, late.text, late.code)
            try:
                client = await session.wire.open()
                why = session.refused_now(reduces=reduces)
                if why is not None:
                    return Rejected(cloid, why, code_of(why))
                if cloid in session.withdrawn:
                    return Rejected(cloid, "it was given up before it was sent", "venue_expired")
                session.register.add(cloid, intent, intent.size, session.now)
            except ExchangeError as error:
                return Rejected(cloid, f"not sent: {error}", "venue_unreachable")
            with traced() as trace:
                try:
                    raw = await client.create_order(*self._request(cloid, intent, market))
                except Exception as error:  # noqa: BLE001  # each class fails in its own way
                    found = refusals.verdict(session.profile, error, trace)
                    if isinstance(found, Refusal):
                        await session.wire.clock_again(trace)
                        return Rejected(cloid, found.text, found.code)
                    raw = None
        if isinstance(raw, Mapping) and raw.get("id") is not None:
            session.register.named(cloid, str(raw["id"])[:80])
        return await self._confirmed(cloid, intent)

    def _request(
        self, cloid: str, intent: OrderIntent, market: Market
    ) -> tuple[str, str, str, str, str | None, dict[str, Any]]:
        profile, triggers = self._session.profile, self._session.profile.triggers
        named = profile.ids.wire(cloid)
        params: dict[str, Any] = {"clientOrderId": named, **profile.order}
        kind, price = "market", None
        if intent.kind in (OrderKind.STOP, OrderKind.TARGET):
            stop = intent.kind is OrderKind.STOP
            params["stopLossPrice" if stop else "takeProfitPrice"] = plain(intent.price or ZERO)
            params |= {**triggers.place, **(triggers.stop if stop else triggers.target)}
            if triggers.id_key is not None:
                params[triggers.id_key] = named
        else:
            if intent.reduce_only:
                params["reduceOnly"] = True
            worst = bound(intent, market.spec)
            if worst is not None:
                kind, price = "limit", plain(worst)
                params["timeInForce"] = "IOC" if intent.kind is OrderKind.MARKET else "GTC"
        if profile.recv_window is not None and intent.deadline is not None:
            left = round((intent.deadline - self._session.now).total_seconds() * 1000)
            params[profile.recv_window] = min(max(left, _RECV_MS[0]), _RECV_MS[1])
        with exact():
            contracts = quotient(intent.size, market.contract)
        return market.symbol, kind, intent.side.value, plain(contracts), price, params

    async def _confirmed(self, cloid: str, intent: OrderIntent) -> Outcome:
        """What became of an order that was sent; the exchange may need a moment to show it."""
        sent = self._session.register.find(cloid)
        last: Outcome = Unknown(cloid, "the exchange does not show the order yet")
        for pause in (*AGAIN, None):
            try:
                found = None if sent is None else await self._finder.find(sent)
            except ExchangeError as error:
                last, found = Unknown(cloid, str(error)), None
            if found is not None:
                last = await self._judged(cloid, intent, found)
                if not isinstance(last, Unknown):
                    return last
            if pause is not None:
                await self._session.sleep(pause)
        return last

    async def _judged(self, cloid: str, intent: OrderIntent, found: SeenOrder) -> Outcome:
        if found.state is not OrderState.OPEN:
            return _outcome(cloid, found)
        if intent.kind is OrderKind.MARKET:
            return Unknown(cloid, "it is still being filled")
        if intent.kind is OrderKind.LIMIT:
            return _outcome(cloid, found)
        return await self._protects(cloid, intent, found)

    async def _protects(self, cloid: str, intent: OrderIntent, found: SeenOrder) -> Outcome:
        """A stop counts once the list of what rests shows it, as it was asked for."""
        try:
            resting = {one.cloid: one for one in await self._finder.resting(intent.coin)}
        except ExchangeError as error:
            return Unknown(cloid, str(error))
        shown = resting.get(cloid)
        if shown is None:
            return Unknown(cloid, "the list of what rests does not show it, so it counts as absent")
        asked = (intent.side, intent.price, intent.size)
        wrong = (shown.side, shown.price, shown.size) != asked or not shown.reduce_only
        if wrong or shown.rising not in (None, rises(intent)):
            await self.cancel(cloid)
            told = f"{shown.side} {shown.size} at {shown.price}"
            return Rejected(cloid, f"the exchange keeps it otherwise: {told}", "venue_trigger")
        return _outcome(cloid, found)


def _outcome(cloid: str, found: SeenOrder) -> Outcome:
    """What an order as it is now means to whoever placed it."""
    if found.state is OrderState.OPEN:
        return Accepted(cloid, found.filled, found.average, True, found.oid)
    if found.state is OrderState.REJECTED:
        return Rejected(cloid, "the exchange refused it", "venue")
    if not found.filled and found.state is OrderState.CANCELED:
        code = "venue" if found.trigger else "venue_no_match"
        return Rejected(cloid, "nothing was filled and nothing rests", code)
    return Accepted(cloid, found.filled, found.average, False, found.oid)
