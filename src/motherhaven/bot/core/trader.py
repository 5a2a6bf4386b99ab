"""The core of a bot: market in, records out. Synchronous, without I/O or a clock.

The shell tells it what happened (`on_slice`), asks what a decider may know (`context`),
hands it an answer (`judge`) and prices to trade at (`execute`). Everything that became
of it is in `records`, in order, until the shell takes it.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from motherhaven.bot.core import records
from motherhaven.bot.core.answers import AnswerRecord
from motherhaven.bot.core.event_log import EventLog
from motherhaven.bot.core.funding import book_funding
from motherhaven.bot.core.partial_bars import since_trade
from motherhaven.bot.core.records import Record
from motherhaven.bot.decider.briefing import Briefing
from motherhaven.bot.decider.types import Answer, Context
from motherhaven.bot.execution.engine import ApprovedOrder, ExecutionEngine
from motherhaven.bot.guard.day import DayStart, KillSwitch, roll_day
from motherhaven.bot.guard.judgement import held_verdict, judge
from motherhaven.bot.guard.types import (
    OpenPosition,
    PendingEntry,
    RiskContext,
    TradeDecision,
    Verdict,
)
from motherhaven.bot.market.bar_series import NEVER, BarSeries
from motherhaven.bot.market.feed import Book, Gap, Quote, Slice
from motherhaven.bot.market.funding import Rates
from motherhaven.bot.market.instruments import Bar, FeeRates, MarketSpec
from motherhaven.bot.venues.simulated.engine import PaperConfig, PaperEngine
from motherhaven.bot.venues.simulated.slippage import Slippage
from motherhaven.contract.events import BotState
from motherhaven.contract.events import status as status_event
from motherhaven.contract.limits import RiskLimits

KEPT_NOTICES: Final = 10


@dataclass(frozen=True, slots=True)
class TraderSetup:
    """What a trader is made from. Money in USD.

    `patience` is how old a coin's newest bar may be and the coin still be decided on;
    `detailed` keeps every indicator, for prompts; `candles` puts the bars on record;
    `brief` leaves out the records of holds and accounts, where nobody will read them.
    """

    coins: tuple[str, ...]
    limits: RiskLimits
    specs: Mapping[str, MarketSpec] = field(default_factory=dict)
    deposit: Decimal = Decimal(10_000)
    fees: FeeRates = field(default_factory=FeeRates)
    slippage: Slippage | None = None
    zone: str = "UTC"
    patience: timedelta = timedelta(0)
    detailed: bool = False
    candles: bool = True
    brief: bool = False


class Trader:
    """One paper account with its bar series, its guard and its record."""

    def __init__(self, setup: TraderSetup, now: datetime, new_id: Callable[[], str]) -> None:
        self.setup = setup
        self.now = now
        self.new_id = new_id
        self.engine = PaperEngine(
            PaperConfig(setup.deposit, setup.fees, setup.slippage, next_open=False),
            now,
            setup.specs,
            new_id,
        )
        self.desk = ExecutionEngine(self.engine)
        self.series_by_coin: dict[str, BarSeries] = {}
        self.log = EventLog(self.engine, self.desk, new_id)
        self.gaps: list[Gap] = []
        self.funding_rates: dict[str, Decimal] = {}
        self.funding_history: Mapping[str, Rates] = {}
        self.kill = KillSwitch()
        self.day: DayStart | None = None
        self.entries_today = 0
        self.last_entries: dict[str, datetime] = {}
        self.recording = True
        self.books: Mapping[str, Book] = {}
        self.quotes: Mapping[str, Quote] = {}
        """The venue's prices of the last look, for the decider; nothing trades at them."""
        self.polled: dict[str, datetime] = {}
        """When each coin's own mark was last polled."""
        self.notices: deque[str] = deque(maxlen=KEPT_NOTICES)  # what the user must know
        self._tickets: list[ApprovedOrder] = []
        self._traded: dict[str, Quote] = {}

    # --- the market comes in ------------------------------------------------------------

    def warm(self, piece: Slice) -> None:
        """Let the bar series see an older slice; the account is not touched."""
        for coin, bar in piece.bars.items():
            self._series_of(coin).push(bar)
            self.engine.ledger.marks[coin] = bar.close

    def on_slice(self, piece: Slice) -> None:
        """Let the bars of one moment happen: stops, targets, liquidations, then funding."""
        before, self.now = self.now, piece.time
        if piece.gaps:
            self.gaps.extend(piece.gaps)
        engine, series_by_coin = self.engine, self.series_by_coin
        closely = self.looks_closely
        for coin, bar in piece.bars.items():
            (series_by_coin.get(coin) or self._series_of(coin)).push(bar)
            if self.polled and self.polled.get(coin, NEVER) >= bar.start:
                continue  # a mark was polled in the bar or later: the bar itself is none
            if engine.quoted:
                engine.quoted.pop(coin, None)
            if closely or not engine.passes(bar):
                events = engine.on_bar(self._since_trade(bar))
                if events:
                    self.log.note(events)
        engine.now = piece.time
        if self.setup.candles:
            self.log.saw(piece.bars.values())
        if self.funding_rates or self.funding_history:
            self.fund(before, piece.time)

    def fund(self, before: datetime, now: datetime) -> None:
        """Book the hourly funding that fell due after `before`, up to `now`."""
        past = self.funding_history
        for payment in book_funding(self.engine, self.funding_rates, past, before, now):
            self.log.keep("funding", records.funding(payment), payment.time)

    def on_marks(self, quotes: Mapping[str, Quote], now: datetime) -> None:
        """Let the feed's own marks happen: from now on they count, and the bars do not."""
        for coin, quote in quotes.items():
            self.polled[coin] = now
            self.log.note(self.desk.quote(quote, now))

    @property
    def looks_closely(self) -> bool:
        """Whether no bar may be passed over: after a trade one counts in part only."""
        return bool(self._traded or self.books)

    def fresh(self, now: datetime) -> dict[str, BarSeries]:
        """Tapes of the coins whose newest bar is not older than the setup's patience."""
        oldest, found = now - self.setup.patience, {}
        for coin in self.setup.coins:
            series = self.series_by_coin.get(coin)
            if series is not None and series.end >= oldest:
                found[coin] = series
        return found

    # --- a decision ---------------------------------------------------------------------

    def context(self, now: datetime, guidance: str | None = None) -> Context:
        """What a decider may know at `now`."""
        ledger, zone = self.engine.ledger, self.setup.zone
        if self.day is None or not self.day.lasts(now, zone):
            self.day, self.entries_today = roll_day(self.day, now, ledger.equity(), zone), 0
        held = {coin: holding.size for coin, holding in ledger.holdings.items()}
        return Context(
            now, self.fresh(now), held, self.engine.account, self.setup.limits, self.log.trades,
            self.log.outcomes, self.funding_rates, guidance, self._brief,
        )  # fmt: skip

    def judge(
        self, answer: Answer, context: Context, now: datetime, decider: str, cycle_id: str
    ) -> None:
        """Let the guard judge an answer; record each decision; queue what may be done.

        `now` is when the answer was there, `context.now` when it was asked for.
        """
        told = {coin: self.engine.ledger.marks[coin] for coin in self.polled}
        record = AnswerRecord(self.log, answer, context, now, decider, cycle_id, told)
        if answer.failure is not None:
            failure = answer.failure
            record.hold_rest(f"{type(failure).__name__}: {failure}", failure.code)
            return
        if answer.holds:
            verdicts = [held_verdict(asked, n) for n, asked in enumerate(answer.decisions)]
        else:
            view = self._view(context, record.marks, now)
            verdicts = judge(answer.decisions, view, self.setup.limits)
        for asked, verdict in zip(answer.decisions, verdicts, strict=True):
            decision_id = record.decision(asked, verdict)
            self._queue(asked, verdict, decision_id, record.marks.get(asked.coin), now)
        for rejected in answer.rejected:
            record.unreadable(rejected)
        record.hold_rest("the answer has no decision for this coin", "no_decision")

    def execute(self, quotes: Mapping[str, Quote], now: datetime) -> None:
        """Trade what the guard allowed, at `quotes`; a coin without one is not traded.

        Where there is a book in `books`, it is walked: an order can fill in part.
        """
        approved, self._tickets = self._tickets, []
        approved.sort(key=lambda ticket: ticket.asked.signal.is_entry)  # exits first
        for ticket in approved:
            quote = quotes.get(ticket.coin)
            if quote is None:
                reason = "no price to trade at: the market's data have a hole here"
                self.log.executed(ticket, "skipped", now, code="no_price", error=reason)
                continue
            self.log.note(self.desk.quote(quote, now))
            book = self.books.get(ticket.coin)
            if book is not None:
                self.engine.on_book(ticket.coin, book.bids, book.asks)
            done = self.desk.trade(ticket)
            if ticket.coin not in self.polled:
                self._traded[ticket.coin] = quote
            if done.filled_usd is not None and ticket.asked.signal.is_entry:
                self.entries_today += 1
                self.last_entries[ticket.coin] = now
            self.log.executed(
                ticket,
                done.status,
                now,
                code=done.code,
                error=done.error,
                cloid=done.cloid,
                position_id=done.position_id,
                filled_usd=done.filled_usd,
                fill_price=done.fill_price,
                leverage_before=done.leverage_before,
                leverage=done.leverage,
                **done.moved,
            )
            self.log.note(done.events)

    @property
    def has_orders(self) -> bool:
        """Whether anything waits for a price."""
        return bool(self._tickets)

    @property
    def waiting_coins(self) -> tuple[str, ...]:
        """The coins in which something waits for a price."""
        return tuple(dict.fromkeys(ticket.coin for ticket in self._tickets))

    def drop_entries(self, reason: str, now: datetime) -> None:
        """Give up the entries that wait; what closes a position stays."""
        kept = []
        for ticket in self._tickets:
            if ticket.asked.signal.is_entry:
                self.log.executed(ticket, "skipped", now, code="entries_stopped", error=reason)
            else:
                kept.append(ticket)
        self._tickets = kept

    def abandon(self, reason: str, now: datetime) -> None:
        """Give up every order that waits, on the record."""
        approved, self._tickets = self._tickets, []
        for ticket in approved:
            self.log.executed(ticket, "skipped", now, code="abandoned", error=reason)

    def settle(self, decision_id: str, coin: str, reason: str, now: datetime) -> None:
        """Put on record that an earlier run's order was never seen to its end."""
        self.log.settled(decision_id, coin, reason, now)

    def close_unprotected(self, coin: str) -> None:
        """Close a position that should have a stop and cannot get it back."""
        self.log.note(self.desk.close_now(coin))

    def stop_entries(self, reason: str, now: datetime) -> None:
        """Engage the kill switch: what waits or rests to open a position is gone."""
        self.kill = self.kill.engage(now, reason)
        self.drop_entries(reason, now)
        self.engine.cancel([o.cloid for o in self.engine.open_orders() if not o.reduce_only])
        self.log.note(self.engine.take_events())

    def flatten(self, now: datetime) -> None:
        """Cancel everything and close every position at its mark."""
        self.engine.now = now
        self.engine.close_all()
        self.log.note(self.engine.take_events())

    def move_cash(self, amount: Decimal, now: datetime, external_id: str | None = None) -> bool:
        """Deposit (positive) or withdraw USD; False where the external id is known.

        Raises:
            OrderRejected: more than may be taken out.
        """
        self.engine.now = now
        verb = self.engine.deposit if amount > 0 else self.engine.withdraw
        flow = verb(abs(amount), external_id)
        self.log.note(self.engine.take_events())
        if flow is not None and self.day is not None:
            self.day = self.day.moved_by(flow.amount)
        return flow is not None

    # --- reports ------------------------------------------------------------------------

    def report_account(self, now: datetime, cycle_id: str | None = None) -> None:
        """Record the account with its positions at their marks."""
        shot = self.engine.account()
        self.log.follow(shot.positions.values(), now)
        day = self.day
        known = {"day": day and day.day, "day_start_equity": day and day.equity}
        # self.now is how far the market was seen: from there a later run goes on.
        payload = records.account(
            shot, now, self.now, cycle_id=cycle_id, entries_today=self.entries_today, **known
        )
        self.log.keep("account", payload, now)

    def report_status(self, state: BotState, message: str, now: datetime, **known: Any) -> None:
        """Record a heartbeat or a change of state; `known` as contract.events.status takes it."""
        day = self.day
        payload = status_event.encode(
            now,
            state,
            message,
            trades_today=self.entries_today,
            pnl_today=None if day is None else self.engine.ledger.equity() - day.equity,
            kill_switch=self.kill.engaged,
            **known,
        )
        self.log.keep("status", payload, now)

    @property
    def records(self) -> list[Record]:
        """What is on record and not taken yet."""
        return self.log.records

    def take(self) -> list[Record]:
        """The records so far; they are the caller's now."""
        return self.log.take()

    # --- inside -------------------------------------------------------------------------

    def _view(self, context: Context, marks: Mapping[str, Decimal], now: datetime) -> RiskContext:
        account = context.account
        return RiskContext(
            now=now,
            equity=account.equity,
            day_start_equity=self.day.equity if self.day else None,
            marks=marks,
            positions={
                coin: OpenPosition(
                    held.size, held.entry, held.leverage, held.stop, held.target, held.liquidation
                )
                for coin, held in account.positions.items()
            },
            specs=self.setup.specs,
            available=account.available,
            data_times={coin: series.end for coin, series in context.series_by_coin.items()},
            open_candles=context.open_candles(now),
            last_trades=self.last_entries,
            trades_today=self.entries_today,
            asked_at=context.now,
            pending=self._pending(),
            kill_switch=self.kill.engaged,
            recording=self.recording,
        )

    def _brief(self) -> Briefing:
        """What a model is told beyond prices and account, worked out when it is asked."""
        return Briefing(
            self.setup.fees,
            self.engine.ledger.marks,
            self.quotes,
            self.log.plans,
            self.log.tally,
            self.day.equity if self.day else None,
            self.entries_today,
        )

    def _pending(self) -> tuple[PendingEntry, ...]:
        """Entries that were allowed before and may still be executed: none of ours rests."""
        return tuple(
            PendingEntry(ticket.coin, ticket.verdict.allowed_usd, ticket.verdict.leverage)
            for ticket in self._tickets
            if ticket.asked.signal.is_entry
        )

    def _queue(
        self,
        asked: TradeDecision,
        verdict: Verdict,
        decision_id: str,
        mark: Decimal | None,
        now: datetime,
    ) -> None:
        if not verdict.allowed:
            self.log.refused_by_guard(decision_id, asked.signal.value, verdict, now)
        elif verdict.acts:
            self._tickets.append(ApprovedOrder(decision_id, asked, verdict, mark))

    def _since_trade(self, bar: Bar) -> Bar:
        quote = self._traded.get(bar.coin)
        if quote is None:
            return bar
        if bar.end > quote.time:
            del self._traded[bar.coin]
        return since_trade(bar, quote)

    def _series_of(self, coin: str) -> BarSeries:
        series = self.series_by_coin.get(coin)
        if series is None:
            series = BarSeries(coin, self.engine.ledger.spec(coin), detailed=self.setup.detailed)
            self.series_by_coin[coin] = series
        return series
