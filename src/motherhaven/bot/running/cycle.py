"""One cycle: what is known → decide → guard → trade → record, and never a silent failure."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, ParamSpec, TypeVar

from motherhaven.bot.control.latches import Latch
from motherhaven.bot.core.records import Record
from motherhaven.bot.core.trader import Trader
from motherhaven.bot.decider.guidance import Guidance
from motherhaven.bot.decider.types import Answer, Context, Decider
from motherhaven.bot.execution.states import OrderRecord
from motherhaven.bot.guard.liquidation import StopPlace, idle_stops
from motherhaven.bot.market.feed import Quote
from motherhaven.bot.running.sink import Sink
from motherhaven.contract.errors import ContractError, JournalError, MarketError
from motherhaven.contract.events import BotState
from motherhaven.contract.events.base import Payload
from motherhaven.contract.money import plain

CANDLE_BATCH: Final = 240
"""Bars of a coin in one record where nobody waits for them."""

COMPLETED: Final = "cycle completed"
"""The message of a cycle that went well."""

MAX_MESSAGE: Final = 2_000
"""Characters of a status message; the warnings stand beside it in full."""

P = ParamSpec("P")
T = TypeVar("T")

_LOG: Final = logging.getLogger("motherhaven")

Think = Callable[[Decider, Context], Awaitable[Answer]]
Quotes = Callable[[], Awaitable[Mapping[str, Quote]]]
Now = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Facts:
    """What every status says about the bot."""

    market: str
    interval_seconds: int
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a cycle failed or held: a code of contract.reasons, and its words."""

    code: str
    text: str


async def _think(decider: Decider, context: Context) -> Answer:
    return await decider.decide(context)


def _in_order(limits: Mapping[str, str | None]) -> dict[str, str | None]:
    """As every status has them: its keys are in order."""
    return dict(sorted(limits.items()))


def _stops(trader: Trader) -> Iterator[StopPlace]:
    """The stop of each open position that has one."""
    for coin, held in trader.ledger.holdings.items():
        long = held.size > 0
        stop = trader.account.orders.exits(coin, long=long)[0]
        if stop is not None:
            yield StopPlace(coin, 1 if long else -1, stop, trader.ledger.liquidation(coin))


class Cycle:
    """Runs cycles of one bot and records what they bring."""

    def __init__(
        self,
        trader: Trader,
        decider: Decider,
        sink: Sink,
        facts: Facts,
    ) -> None:
        self.trader = trader
        self.decider = decider
        self.sink = sink
        self.facts = facts
        self.paused = False
        self.guidance: Guidance | None = None
        self.notes: list[str] = []
        """What the user must know for as long as the bot runs so."""
        self.before: Callable[[datetime], Awaitable[None]] | None = None
        """Done before each decision: at a venue of its own the account is read whole."""
        self.phase: str | None = None
        """How far a live bot has come: reconciling, then ready; None on paper."""
        self.set_aside: Mapping[str, str] = {}
        """Coins that are left out at the moment, and why."""
        self.amend: Callable[[Sequence[Record]], None] | None = None
        """Completes new records before they are kept."""
        self.more: Callable[[], Mapping[str, Any]] = dict
        """What else every status tells."""
        self.watched: Callable[[], Sequence[str]] = tuple
        """What is not right with a live account, in sentences."""
        self.latches: Callable[[], Sequence[Latch]] = tuple
        """What stops entries until somebody lifts it, told with every status."""
        self.meanwhile: Callable[[], Awaitable[None]] | None = None
        """Done again and again while the decider thinks; each call waits a moment by itself."""
        self.think: Think = _think
        """How the decider is asked: in this loop, or in a thread that it may block."""
        self._waiting: list[Record] = []
        self._shown = trader.setup.limits, _in_order(trader.setup.limits.shown())
        self._serial = asyncio.Lock()
        if trader.account.venue.capabilities.outlives_process:
            trader.account.orders.emit = self._record_order

    async def core(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Let the core do what may ask a venue: at once, or in a thread where that waits.

        One piece of work at a time: the core is not made for two threads.
        """
        if self.trader.account.stepped is not None:
            return work(*args, **kwargs)
        async with self._serial:
            thread = asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs))
            try:
                return await asyncio.shield(thread)
            except asyncio.CancelledError:
                # A thread cannot be ended: nobody else may enter the core before it is done.
                await asyncio.wait({thread})
                raise

    async def run(
        self,
        now: Now,
        quotes: Quotes,
        next_at: datetime | None,
        *,
        heartbeat: bool = True,
        durable: bool = True,
    ) -> str | None:
        """One cycle; returns why it failed or held, None when all went well.

        `now` gives the time of the run's own clock, `quotes` the prices to trade at;
        `heartbeat` False leaves the status out unless something is wrong. With `durable`
        decisions are on disk before any order, and all else when the cycle ends; without
        it the caller flushes when it likes (a market of the past can be had again).
        """
        trader = self.trader
        asked_at = now()
        if trader.asks:
            await self.core(trader.resolve_orders, asked_at)
        if self.before is not None:
            await self.before(asked_at)
        wish = None if self.guidance is None else self._wish(asked_at)
        context = trader.context(asked_at, wish)
        answer = None
        if context.series_by_coin and not self.paused:
            answer = await self._answer(context)
            if trader.setup.brief and answer.holds:
                trader.log.unread += len(answer.decisions)
                return None
        cycle_id = trader.new_id()
        trouble = None
        if not context.series_by_coin:
            trouble = Trouble("market", "no decision: no coin has fresh data")
        if answer is not None:
            trouble = await self._trade(answer, context, cycle_id, now, quotes, durable=durable)
        if not trader.setup.brief:
            trader.report_account(now(), cycle_id)
        trader.log.keep_candles(now(), 1 if durable else CANDLE_BATCH)
        if heartbeat or trouble is not None:
            self.status(self._message(trouble), now(), cycle_id, next_at, trouble)
        if durable:
            self.flush()
        return None if trouble is None else trouble.text

    async def _answer(self, context: Context) -> Answer:
        """What the decider says; a live account is looked after for as long as it thinks."""
        if self.meanwhile is None:
            return await self.think(self.decider, context)
        thinking = asyncio.ensure_future(self.think(self.decider, context))
        tasks: set[asyncio.Future[Any]] = {thinking}
        try:
            while not thinking.done():
                tasks = {thinking, beside := asyncio.ensure_future(self.meanwhile())}
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                if not beside.done() and not self._serial.locked():
                    beside.cancel()  # it sleeps; a look that has begun is carried to its end
                await asyncio.gather(beside, return_exceptions=True)
            return thinking.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def status(
        self,
        message: str,
        now: datetime,
        cycle_id: str | None = None,
        next_at: datetime | None = None,
        error: Trouble | None = None,
        state: BotState | None = None,
    ) -> None:
        """Queue a status; `flush` records it."""
        payload = self.status_payload(message, now, cycle_id, next_at, error, state)
        self.trader.log.keep("status", payload, now)

    def status_payload(
        self,
        message: str,
        now: datetime,
        cycle_id: str | None = None,
        next_at: datetime | None = None,
        error: Trouble | None = None,
        state: BotState | None = None,
    ) -> Payload:
        """What a status says: how the bot stands, what is wrong, what it was told."""
        chosen: BotState = state or ("paused" if self.paused else "running")
        warnings = self.warnings()
        told = "; ".join([message, *(f"warning: {one}" for one in warnings)])
        guidance = self.guidance
        return self.trader.status_payload(
            chosen,
            told[:MAX_MESSAGE],
            now,
            warnings=warnings,
            error=error and error.text,
            error_code=error and error.code,
            cycle_id=cycle_id,
            decider=self.decider.name,
            market=self.facts.market,
            interval_seconds=self.facts.interval_seconds,
            next_cycle_at=next_at,
            coins=self.trader.setup.coins,
            day_zone=self.trader.setup.zone,
            limits=self._limits(),
            tags=list(self.facts.tags),
            guidance=guidance and guidance.text,
            guidance_until=guidance and guidance.until,
            phase=self.phase,
            **self.more(),
            latches=[one.encoded() for one in self.latches()],
            **self.sink.lag(),
        )

    def _limits(self) -> Mapping[str, str | None]:
        """The limits as text, written out again only where they are others.

        Every status has them: the newest one is all that a server reads of how a bot is set up.
        """
        limits = self.trader.setup.limits
        if self._shown[0] is not limits:
            self._shown = limits, _in_order(limits.shown())
        return self._shown[1]

    def warnings(self) -> list[str]:
        """What is not right and does not stop the bot: shown with every status."""
        aside = [f"{coin} is set aside: {why}" for coin, why in self.set_aside.items()]
        trader = self.trader
        borne, self.trader.log.shortfalls = self.trader.log.shortfalls, []
        self.trader.notices.extend(
            f"{one.coin} was closed {plain(one.amount)} USD past what its margin could lose, at "
            f"{one.time:%Y-%m-%d %H:%M} UTC: the venue bears that"
            for one in borne
        )
        return [
            *self.watched(),
            *self.notes,
            *aside,
            *self.trader.notices,
            *idle_stops(_stops(trader)),
        ]

    def _wish(self, now: datetime) -> str | None:
        """The user's guidance while it holds; what has expired is forgotten, on the record."""
        guidance = self.guidance
        if guidance is None:
            return None
        if guidance.active(now):
            return guidance.text
        self.guidance = None
        self.status("the guidance has expired", now)
        return None

    def flush(self) -> bool:
        """Record what is queued; False if the journal cannot take it: it is tried again."""
        taken = self.trader.take()
        if self.amend is not None:
            self.amend(taken)
        self._waiting.extend(taken)
        if not self._waiting:
            return True
        try:
            self.sink.write(self._waiting)
        except JournalError:
            self.trader.recording = False
            return False
        except ContractError:
            return self._flush_singly()
        self._waiting = []
        self.trader.recording = True
        return True

    def _record_order(self, record: OrderRecord) -> None:
        """Have an order's state on disk before this returns: it is on its way after that.

        Raises:
            JournalError: the journal does not take it.
        """
        self.trader.log.order(record)
        if not self.flush():
            raise JournalError("the journal does not take the order's record; free some space")

    def _flush_singly(self) -> bool:
        """One record cannot be kept by its nature: keep all others, and say which was not."""
        while self._waiting:
            record = self._waiting[0]
            try:
                self.sink.write([record])
            except JournalError:
                self.trader.recording = False
                return False
            except ContractError as error:
                _LOG.critical("A %s cannot be recorded and is left out: %s", record.kind, error)
            self._waiting.pop(0)
        self.trader.recording = True
        return True

    async def _trade(
        self,
        answer: Answer,
        context: Context,
        cycle_id: str,
        now: Now,
        quotes: Quotes,
        *,
        durable: bool,
    ) -> Trouble | None:
        """Let an answer be judged and what the guard allows be traded; why not, if not."""
        trader = self.trader
        await self.core(trader.judge, answer, context, now(), self.decider.name, cycle_id)
        if self.paused:
            trader.drop_entries("the bot was paused while the decider thought", now())
        if durable and not self.flush():
            trader.drop_entries("the journal cannot take records; entries wait until it can", now())
        trouble = None
        if answer.failure is not None:
            told = f"held: {type(answer.failure).__name__}: {answer.failure}"
            trouble = Trouble(answer.failure.code, told)
        if trader.has_orders:
            try:
                prices = await quotes()
            except MarketError as error:
                prices, trouble = {}, Trouble(error.code, f"nothing traded: {error}")
            await self.core(trader.execute, prices, now())
        return trouble

    def _message(self, trouble: Trouble | None) -> str:
        if trouble is not None:
            return trouble.text
        if self.paused:
            return "paused: no decisions; stops and targets stay"
        return COMPLETED
