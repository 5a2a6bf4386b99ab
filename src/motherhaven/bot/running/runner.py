"""The running bot: the asynchronous shell around the core, on the wall clock."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeVar

from motherhaven.bot.core.funding import HOUR
from motherhaven.bot.market.feed import Book, Feed, Quote
from motherhaven.bot.running.coins import watch_coins
from motherhaven.bot.running.commands import handle_command
from motherhaven.bot.running.control import Command, ControlServer
from motherhaven.bot.running.cycle import Cycle, Trouble
from motherhaven.bot.running.live import LiveLoop
from motherhaven.bot.running.missed import PastFunding, learn_funding, settle_funding
from motherhaven.bot.running.shadow import Shadow
from motherhaven.bot.running.state import published
from motherhaven.bot.running.station import ControlStation
from motherhaven.bot.running.supervision import Supervisor
from motherhaven.bot.running.warming import catch_up
from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import MarketError, MotherhavenError

T = TypeVar("T")
Sleep = Callable[[float], Awaitable[None]]

_LOG: Final = logging.getLogger("motherhaven")
TICK_SECONDS: Final = 0.25
_RETRY: Final = timedelta(seconds=5)
_PUBLISH_EVERY: Final = timedelta(seconds=2)


class Runner:
    """Drives one bot until it is told to stop.

    Bars are pulled `lag` after they close and acted on at once; decisions are made on a
    fixed grid of times. A decision that is more than half an interval late (the machine
    slept) is left out, and the next one comes on schedule.
    """

    def __init__(
        self,
        cycle: Cycle,
        feed: Feed,
        clock: Clock,
        control: ControlServer | None = None,
        *,
        lag: timedelta = timedelta(seconds=1),
        sleep: Sleep = asyncio.sleep,
        pump: Callable[[], Awaitable[None]] | None = None,
        live: LiveLoop | None = None,
        watch: Supervisor | None = None,
        shadow: Shadow | None = None,
        allow_resume: bool = False,
    ) -> None:
        """`pump` brings in what a venue has told, `live` keeps the books there.

        `watch` obeys the kill latch and watches the arming, `shadow` compares paper fills with
        the real books; `allow_resume` lets a command from afar lift what no_entries set.
        """
        self._shadow = shadow
        self._supervisor = watch
        self._killer = None if watch is None else watch.killer
        self._live = live
        if live is not None:
            live.attach(sleep, TICK_SECONDS, clock)
        self._cycle = cycle
        self._pump = pump
        self._trader = cycle.trader
        self._feed = feed
        self._clock = clock
        self._control = control
        self._lag = lag
        self._sleep = sleep
        self._step = cycle.facts.interval_seconds
        self._seen = self._next_pull = self._next_cycle = clock.now()
        self._next_publish = self._next_marks = self._seen
        self._since: datetime | None = None
        self._warm = False
        self._behind = True
        self._trouble: str | None = None
        self._last_command: str | None = None
        self._told: str | None = None
        self._last_cycle: datetime | None = None
        self._stop = asyncio.Event()
        self._obeying = False
        self.station = None if control is None else self._station(control, allow_resume)

    def _station(self, control: ControlServer, allow_resume: bool) -> ControlStation:
        return ControlStation(
            control.folder, self._cycle, self._clock, ask=self._ask_now,
            asked_at=lambda: self._last_cycle, allow_resume=allow_resume,
        )  # fmt: skip

    def _ask_now(self) -> None:
        self._next_cycle = self._clock.now()

    async def run(
        self, stop: asyncio.Event, since: datetime | None = None, *, warm: bool = False
    ) -> None:
        """Run until `stop` is set or a stop command comes.

        `since` is the time up to which an earlier run had seen the market: bars since
        then are acted on first, so that stops work even while the bot was away. `warm`
        says that the series_by_coin have seen all bars before.
        """
        self._stop = stop
        now = self._clock.now()
        self._since, self._warm = since, warm
        if self.station is not None:
            self.station.start()
        await self._guarded(self._catch_up(now))
        if self._supervisor is not None:
            self._supervisor.begin()
        self._next_cycle = self._grid(now) + self._lag
        for coin, why in self._cycle.set_aside.items():
            _LOG.error("Market: %s is set aside: %s", coin, why)
        self._cycle.status("bot started", now, next_at=self._next_cycle)
        self._flush()
        self._publish()
        try:
            while not stop.is_set():
                await self._turn()
        finally:
            self._trader.abandon(
                "the bot was stopped before the order was placed", self._clock.now()
            )
            self._trader.log.keep_candles(self._clock.now())
            self._cycle.status("bot stopped", self._clock.now(), state="stopped")
            self._flush()

    # --- one turn of the loop -----------------------------------------------------------

    async def _turn(self) -> None:
        await self._handle_commands()
        await self._follow()
        now = self._clock.now()
        self._mind_the_clock(now)
        if now >= self._next_publish:
            self._publish()
        if now >= self._next_pull:
            await self._guarded(self._pull(now))
        if now >= self._next_marks:
            await self._guarded(self._poll_marks(now))
        if now >= self._next_cycle and not self._stop.is_set():
            due, self._next_cycle = self._next_cycle, self._grid(now) + self._lag
            late = (now - due).total_seconds()
            if late > max(self._step / 2, 10):
                self._left_out(due, late)
            else:
                await self._guarded(self._run_cycle())
        if not self._stop.is_set():
            wait = (min(self._next_pull, self._next_cycle) - self._clock.now()).total_seconds()
            await self._or_stop(self._sleep(min(max(wait, 0.0), TICK_SECONDS)))

    async def _follow(self) -> None:
        """Put on record what an asynchronous venue has told since the last turn."""
        if self._pump is not None:
            await self._guarded(self._pump())
            await self._cycle.core(self._trader.follow)
        if self._live is not None:
            await self._guarded(self._live.turn(self._clock.now()))
            if self._trader.records:
                self._flush()

    async def _pull(self, now: datetime) -> None:
        """Let the bars happen that have closed since the last look."""
        self._next_pull = now + _RETRY
        if self._behind:
            await self._catch_up(now)
        pieces = await self._feed.closed(self._seen, now)
        past = PastFunding()
        if now - self._seen > HOUR and pieces:
            past = await learn_funding(self._trader, self._feed, self._seen, now, self._sleep)
        for piece in pieces:
            self._trader.on_slice(piece)
            self._seen = piece.time
            for gap in piece.gaps:
                _LOG.warning("Market: %s", gap.told)
                self._cycle.status(gap.told, now, next_at=self._next_cycle)
        for told in settle_funding(self._trader, past):
            _LOG.warning("Funding: %s", told)
            self._cycle.status(told, now, next_at=self._next_cycle)
        self._watch_coins(now)
        interval = self._feed.interval
        following = self._seen + interval + self._lag
        self._next_pull = following if following > now else now + timedelta(seconds=1)
        self._trouble = None
        await self._report_fills(now)

    async def _poll_marks(self, now: datetime) -> None:
        """Let the feed's own marks happen, where it has any; without them the bars do."""
        every = self._feed.mark_every
        if every is None:
            self._next_marks = now + timedelta(days=1)
            return
        self._next_marks = now + self._marks_every(every)
        try:
            self._take_quotes(await self._feed.quotes(now))
        except MarketError as error:
            _LOG.warning("Market: no marks (%s); the bars are looked at instead", error)
            return
        await self._report_fills(now)

    def _marks_every(self, every: timedelta) -> timedelta:
        """Live, looks bring the marks of what is held: only cycles that fail leave this to do."""
        return every if self._live is None else max(every, timedelta(seconds=2 * self._step))

    def _take_quotes(self, quotes: Mapping[str, Quote]) -> None:
        """Prices of now: for the decider, the rates of funding, and marks where they are own."""
        self._trader.quotes = quotes
        self._trader.funding_rates = {
            coin: quote.funding for coin, quote in quotes.items() if quote.funding is not None
        }
        if self._feed.mark_every is not None:
            self._trader.on_marks(quotes, now := self._clock.now())
            self._next_marks = now + self._marks_every(self._feed.mark_every)

    async def _run_cycle(self) -> None:
        if self._trouble is not None:
            self._failed(self._trouble, "market")
            return
        quotes = await self._feed.quotes(self._clock.now())
        self._watch_coins(self._clock.now())
        self._take_quotes(quotes)

        async def prices() -> Mapping[str, Quote]:
            # Bars that closed while the decider thought happen before its order does.
            await self._pull(self._clock.now())
            await self._read_books()
            return await self._feed.quotes(self._clock.now())

        failed = await self._cycle.run(self._clock.now, prices, self._next_cycle)
        self._last_cycle = self._clock.now()
        if failed is not None:
            _LOG.warning("Cycle: %s", failed)
        self._flush()
        self._publish()

    def _watch_coins(self, now: datetime) -> None:
        """Put on record which coins the market has set aside, and which are back."""
        told = watch_coins(self._cycle, self._feed)
        if told is not None:
            self._cycle.status(told, now, next_at=self._next_cycle)
            self._flush()

    async def _read_books(self) -> None:
        """The books that orders walk; a shadow fills by its formula and is compared with them."""
        books = await self._books(self._trader.waiting_coins)
        if self._shadow is None:
            self._trader.books = books
        else:
            self._shadow.look(books, self._clock.now())

    async def _report_fills(self, now: datetime) -> None:
        """Put the account on record where something happened at it."""
        if not self._trader.records:
            return
        if self._shadow is not None:
            coins = self._shadow.wanted(self._trader.records)
            if coins:
                self._shadow.look(await self._books(coins), self._clock.now())
        self._trader.report_account(now)
        self._flush()

    async def _books(self, coins: Sequence[str]) -> Mapping[str, Book]:
        """The books to trade against; without them takers pay the slippage formula."""
        try:
            return await self._feed.books(coins)
        except MarketError as error:
            _LOG.warning("Market: no order books (%s); slippage is estimated", error)
            return {}

    async def _catch_up(self, now: datetime) -> None:
        seen = await catch_up(self._trader, self._feed, now, self._since, warm=self._warm)
        self._behind = False
        self._seen = self._seen if seen is None else seen
        self._trader.now = self._seen
        if self._trader.records:
            self._trader.report_account(now)

    async def _handle_commands(self) -> None:
        if self._supervisor is not None and await self._supervisor.look():
            self._flush()
            self._publish()
        if self._control is None or self.station is None:
            return
        for command in self._control.take():
            await self._do(command, self.station)
            self._last_command = command.command_id
            self._flush()
            self._publish()
        if self.station.busy and await self._cycle.core(self.station.step, self._next_cycle):
            self._flush()
            self._publish()

    async def _do(self, command: Command, station: ControlStation) -> None:
        _LOG.info("Control: command %s (%s)", command.verb, command.command_id)
        if command.verb == "stop":
            self._stop.set()
            self._told = "the bot stops"
        else:
            cycle, now = self._cycle, self._clock.now()
            self._told = await cycle.core(
                handle_command, command, cycle, now, self._next_cycle, station, self._killer
            )

    async def _guarded(self, work: Awaitable[None]) -> None:
        """Do `work`, and turn whatever goes wrong into a status: the loop lives on."""
        try:
            await self._or_stop(work)
        except MarketError as error:
            self._trouble = f"market: {error}"
            _LOG.warning("Market: %s", error)
        except MotherhavenError as error:
            self._failed(f"{type(error).__name__}: {error}", error.code)
        except Exception as error:  # noqa: BLE001  # the bot's loop: a fault must not end it
            _LOG.exception("Unexpected failure; the bot goes on")
            self._failed(f"unexpected {type(error).__name__}: {error}", "unexpected")

    def _failed(self, why: str, code: str) -> None:
        _LOG.error("Cycle failed: %s", why)
        self._trader.abandon("the cycle failed before the order was placed", self._clock.now())
        self._cycle.status(
            f"cycle failed: {why}",
            self._clock.now(),
            next_at=self._next_cycle,
            error=Trouble(code, why),
            state="error",
        )
        self._flush()
        self._publish()

    def _left_out(self, due: datetime, late: float) -> None:
        told = f"woke {late:.0f} s late: the decision of {due:%H:%M:%S} UTC was left out"
        self._failed(told, "late")

    def _flush(self) -> None:
        if not self._cycle.flush():
            _LOG.critical("The journal does not take records: no entries until it does")

    async def _or_stop(self, work: Awaitable[T]) -> T | None:
        """`work`'s result; None when the bot is told to stop first, and `work` is ended."""
        task = asyncio.ensure_future(work)
        over = asyncio.Event()
        watch = asyncio.ensure_future(self._watch(over))
        try:
            await asyncio.wait({task, watch}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            return None
        finally:
            over.set()
            task.cancel()
            if not self._obeying:
                watch.cancel()  # it sleeps; a command that was taken is carried out to its end
            await asyncio.gather(task, watch, return_exceptions=True)

    async def _watch(self, over: asyncio.Event) -> None:
        """Return once the bot is told to stop, by the event or by a command, or it is `over`."""
        while not self._stop.is_set() and not over.is_set():
            self._obeying = True
            try:
                await self._handle_commands()
            finally:
                self._obeying = False
            if self._stop.is_set() or over.is_set():
                return
            await self._sleep(TICK_SECONDS)

    def _grid(self, now: datetime) -> datetime:
        """The next moment of the decision grid after `now`."""
        seconds = int((now - self._lag).timestamp())
        return datetime.fromtimestamp((seconds // self._step + 1) * self._step, now.tzinfo)

    def _mind_the_clock(self, now: datetime) -> None:
        """A clock that was set back must not leave the bot waiting for the old time."""
        slack = self._lag + timedelta(seconds=5)
        if self._next_cycle - now > timedelta(seconds=self._step) + slack:
            self._next_cycle = self._grid(now) + self._lag
        if self._next_pull - now > self._feed.interval + slack:
            self._next_pull = now
        if self._next_publish - now > _PUBLISH_EVERY:
            self._next_publish = now

    def _publish(self) -> None:
        self._next_publish = self._clock.now() + _PUBLISH_EVERY
        if self._control is None:
            return
        state = published(
            self._cycle, self._feed, self._last_cycle, self._next_cycle, self._trouble,
            self._clock.now(),
        )  # fmt: skip
        state |= {"last_command": self._last_command, "told": self._told}
        state |= {} if self._supervisor is None else self._supervisor.shown()
        try:
            self._control.publish(state)
        except OSError as error:
            _LOG.warning("Control: the state cannot be published: %s", error)
