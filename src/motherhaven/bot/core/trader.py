"""The core of a bot: market in, records out. Synchronous, without I/O or a clock.

The shell tells it what happened (`on_slice`), asks what a decider may know (`context`),
hands it an answer (`judge`) and prices to trade at (`execute`). Everything that became
of it is in `records`, in order, until the shell takes it.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from motherhaven.bot.core import records
from motherhaven.bot.core.answers import AnswerRecord
from motherhaven.bot.core.brief_log import BriefLog
from motherhaven.bot.core.event_log import EventLog
from motherhaven.bot.core.funding import book_funding
from motherhaven.bot.core.partial_bars import PartialBars
from motherhaven.bot.core.records import Record
from motherhaven.bot.core.risk import risk_context
from motherhaven.bot.core.setup import TraderSetup
from motherhaven.bot.core.upkeep import AccountUpkeep
from motherhaven.bot.core.venue_watch import VenueWatch
from motherhaven.bot.decider.briefing import Briefing
from motherhaven.bot.decider.types import Answer, Context
from motherhaven.bot.execution.account import AccountEvent, VenueAccount
from motherhaven.bot.execution.engine import ExecutionEngine
from motherhaven.bot.execution.port import Venue
from motherhaven.bot.execution.results import ApprovedOrder, ExecutionResult
from motherhaven.bot.guard.day import DayStart, KillSwitch, roll_day
from motherhaven.bot.guard.judgement import held_verdict, judge
from motherhaven.bot.guard.types import (
    TradeDecision,
    Verdict,
)
from motherhaven.bot.market.bar_series import NEVER, BarSeries
from motherhaven.bot.market.feed import Book, Gap, Quote, Slice
from motherhaven.bot.market.funding import Rates
from motherhaven.bot.market.instruments import Bar, Prices
from motherhaven.bot.portfolio.account import AccountSnapshot
from motherhaven.bot.portfolio.events import CashFlow
from motherhaven.contract.events import BotState
from motherhaven.contract.events import status as status_event
from motherhaven.contract.events.base import Payload

KEPT_NOTICES: Final = 10


class Trader(AccountUpkeep):
    """One account at a venue with its bar series, its guard and its record."""

    def __init__(
        self, setup: TraderSetup, venue: Venue, now: datetime, new_id: Callable[[], str]
    ) -> None:
        self.setup = setup
        self.now = now
        self.new_id = new_id
        self.account = VenueAccount(
            venue, now, new_id, setup.specs, deposit=setup.deposit, fees=setup.fees
        )
        self.ledger = self.account.ledger
        self.execution = ExecutionEngine(self.account, setup.margin_mode)
        self.audited = -1
        """The version of the books at the last look at what protects the positions."""
        self.armed = False
        """Whether the user has armed live trading; asked only where real money moves."""
        self.flows: list[tuple[datetime, Decimal]] = []
        """Money that was paid in (positive) or out, in USD, each with its time."""
        self.series_by_coin: dict[str, BarSeries] = {}
        log = BriefLog if setup.brief else EventLog
        self.log = log(self.account, self.execution, new_id)
        if not setup.brief:  # else nobody reads of an order's states
            self.account.orders.emit = self.log.order
        self.watch = VenueWatch(self.account, self.log)
        self.gaps: list[Gap] = []
        self.funding_rates: dict[str, Decimal] = {}
        self.funding_history: Mapping[str, Rates] = {}
        self.kill = KillSwitch()
        self.latch: Callable[[datetime, str], object] = _no_latch
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
        self._approved: list[ApprovedOrder] = []
        self._partial = PartialBars()

    # --- the market comes in ------------------------------------------------------------

    def warm(self, piece: Slice) -> None:
        """Let the bar series see an older slice; the account is not touched."""
        for coin, bar in piece.bars.items():
            self._series_of(coin).push(bar)
            self.account.mark(coin, bar.close)

    def begin(self, coin: str, interval: timedelta, bars: Sequence[Bar]) -> None:
        """Let a coin's longer timeframes see bars of theirs from before the first `interval`."""
        self._series_of(coin).begin(interval, bars)

    def on_slice(self, piece: Slice) -> None:
        """Let the bars of one moment happen: stops, targets, liquidations, then funding."""
        before, self.now = self.now, piece.time
        if piece.gaps:
            self.gaps.extend(piece.gaps)
        account, series_by_coin = self.account, self.series_by_coin
        passes, marks, partial = account.passes, self.ledger.marks, self._partial
        for coin, bar in piece.bars.items():
            (series_by_coin.get(coin) or self._series_of(coin)).push(bar)
            if self.polled and self.polled.get(coin, NEVER) >= bar.start:
                continue  # a mark was polled in the bar or later: the bar itself is none
            part = partial.since_trade(bar) if partial.traded_at else bar
            if part is bar and not self.books and passes(bar):
                marks[coin] = bar.close
                continue
            events = account.bar(part)
            if events:
                self._note(events)
        account.at(piece.time)
        if self.setup.candles:
            self.log.saw(piece.bars.values())
        if self.funding_rates or self.funding_history:
            self.fund(before, piece.time)

    def fund(self, before: datetime, now: datetime) -> None:
        """Book the hourly funding that fell due after `before`, up to `now`."""
        past = self.funding_history
        for events in book_funding(self.account, self.funding_rates, past, before, now):
            self._note(events)

    def on_marks(self, quotes: Mapping[str, Quote], now: datetime) -> None:
        """Let the feed's own marks happen: from now on they count, and the bars do not."""
        for coin, quote in quotes.items():
            self.polled[coin] = now
            self._note(self.account.prices(_prices(quote, now)))

    def looks_closely(self, start: datetime) -> bool:
        """Whether a bar from `start` on may count in part only, for a trade within it."""
        return bool(self.books) or self._partial.cuts(start)

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
        ledger, zone = self.ledger, self.setup.zone
        if self.day is None or not self.day.lasts(now, zone):
            self.day, self.entries_today = roll_day(self.day, now, ledger.equity(), zone), 0
        held = {coin: holding.size for coin, holding in ledger.holdings.items()}
        return Context(
            now, self.fresh(now), held, self.account.snapshot, self.setup.limits, self.log.trades,
            self.log.outcomes, self.funding_rates, guidance, self._brief,
        )  # fmt: skip

    def judge(
        self, answer: Answer, context: Context, now: datetime, decider: str, cycle_id: str
    ) -> None:
        """Let the guard judge an answer; record each decision; queue what may be done.

        `now` is when the answer was there, `context.now` when it was asked for.
        """
        told = {coin: self.ledger.marks[coin] for coin in self.polled}
        record = AnswerRecord(self.log, answer, context, now, decider, cycle_id, told)
        if answer.failure is not None:
            failure = answer.failure
            record.hold_rest(f"{type(failure).__name__}: {failure}", failure.code)
            return
        if answer.holds:
            verdicts = [held_verdict(asked, n) for n, asked in enumerate(answer.decisions)]
        else:
            view = risk_context(self, self._approved, context, record.marks, now)
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
        approved, self._approved = self._approved, []
        approved.sort(key=lambda order: order.asked.signal.is_entry)  # exits first
        for order in approved:
            coin = order.asked.coin
            quote = quotes.get(coin)
            if quote is None:
                reason = "no price to trade at: the market's data have a hole here"
                self.log.executed(order, "skipped", now, code="no_price", error=reason)
                continue
            if self.kill.engaged and order.asked.signal.is_entry:  # by an order before this one
                why = self.kill.reason
                self.log.executed(order, "skipped", now, code="entries_stopped", error=why)
                continue
            self._note(self.account.prices(_prices(quote, now)))
            book = self.books.get(coin)
            if book is not None:
                self.account.book(coin, book.bids, book.asks)
            done = self.execution.trade(order)
            if coin not in self.polled:
                self._partial.traded(quote)
            self._executed(order, done, now)

    @property
    def asks(self) -> bool:
        """Whether there is an order whose outcome is still to be asked for."""
        return self.account.orders.has_unknown or self.execution.waits

    def follow(self) -> None:
        """Record what a venue has told since the last look; it does not wait for more."""
        self._note(self.account.take())

    def resolve_orders(self, now: datetime) -> None:
        """Ask what became of orders whose answer was lost, and record what is known by now."""
        events, results = self.execution.resolve(now)
        self._note(events)
        for order, done in results:
            self._executed(order, done, now)

    @property
    def has_orders(self) -> bool:
        """Whether anything waits for a price."""
        return bool(self._approved)

    @property
    def waiting_coins(self) -> tuple[str, ...]:
        """The coins in which something waits for a price."""
        return tuple(dict.fromkeys(order.coin for order in self._approved))

    def drop_entries(self, reason: str, now: datetime) -> None:
        """Give up the entries that wait; what closes a position stays."""
        kept = []
        for order in self._approved:
            if order.asked.signal.is_entry:
                self.log.executed(order, "skipped", now, code="entries_stopped", error=reason)
            else:
                kept.append(order)
        self._approved = kept

    def abandon(self, reason: str, now: datetime) -> None:
        """Give up every order that waits, on the record."""
        approved, self._approved = self._approved, []
        for order in approved:
            self.log.executed(order, "skipped", now, code="abandoned", error=reason)

    def settle(self, decision_id: str, coin: str, reason: str, now: datetime) -> None:
        """Put on record that an earlier run's order was never seen to its end."""
        self.log.settled(decision_id, coin, reason, now)

    def close_unprotected(self, coin: str) -> None:
        """Close a position that should have a stop and cannot get it back."""
        self._note(self.execution.close_now(coin))

    # --- reports ------------------------------------------------------------------------

    def report_account(self, now: datetime, cycle_id: str | None = None) -> None:
        """Record the account with its positions at their marks."""
        self.log.keep("account", self.account_payload(now, cycle_id), now)

    def account_payload(self, now: datetime, cycle_id: str | None = None) -> Payload:
        """What is recorded of the account now; a changed position is put on record before."""
        shot = self.account.snapshot()
        self.log.follow(shot.positions.values(), now)
        self.watch.audit(now, shot.positions)
        self.audited = self.ledger.version
        return self.account_figures(shot, now, cycle_id)

    def account_figures(
        self, shot: AccountSnapshot, now: datetime, cycle_id: str | None = None
    ) -> Payload:
        """What is recorded of an account that stands as in `shot`."""
        day = self.day
        known: dict[str, Any] = {"day": day and day.day, "day_start_equity": day and day.equity}
        # self.now is how far the market was seen: from there a later run goes on.
        known |= self.watch.equities()
        return records.account(
            shot, now, self.now, cycle_id=cycle_id, entries_today=self.entries_today, **known
        )

    def report_status(self, state: BotState, message: str, now: datetime, **known: Any) -> None:
        """Record a heartbeat or a change of state; `known` as contract.events.status takes it."""
        self.log.keep("status", self.status_payload(state, message, now, **known), now)

    def status_payload(self, state: BotState, message: str, now: datetime, **known: Any) -> Payload:
        """What is recorded of how the bot stands now."""
        day = self.day
        return status_event.encode(
            now,
            state,
            message,
            trades_today=self.entries_today,
            pnl_today=None if day is None else self.ledger.equity() - day.equity,
            kill_switch=self.kill.engaged,
            protection=self.watch.protection.summary(now),
            frozen=self.watch.frozen,
            **known,
        )

    @property
    def records(self) -> list[Record]:
        """What is on record and not taken yet."""
        return self.log.records

    def take(self) -> list[Record]:
        """The records so far; they are the caller's now."""
        return self.log.take()

    def note(self, events: Sequence[AccountEvent]) -> None:
        """Put on record what happened at the account past the decisions."""
        self._note(events)

    # --- inside -------------------------------------------------------------------------

    def _record(self, events: Sequence[AccountEvent]) -> None:
        """Put on record what happened; money that was moved is no gain or loss of the day."""
        self.log.note(events)
        for event in events:
            if isinstance(event, CashFlow):
                self.flows.append((event.time, event.amount))
                self.day = None if self.day is None else self.day.moved_by(event.amount)

    def _executed(self, order: ApprovedOrder, done: ExecutionResult, now: datetime) -> None:
        """Put on record what became of an order, and what happened at the account meanwhile."""
        if done.filled_usd is not None and order.asked.signal.is_entry:
            self.entries_today += 1
            self.last_entries[order.coin] = now
        self.log.executed(
            order,
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
        self._note(done.events)

    def _brief(self) -> Briefing:
        """What a model is told beyond prices and account, worked out when it is asked."""
        return Briefing(
            self.setup.fees,
            self.ledger.marks,
            self.quotes,
            self.log.plans,
            self.log.tally,
            self.day.equity if self.day else None,
            self.entries_today,
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
            self.log.refused_by_guard(decision_id, asked.action.value, verdict, now)
        elif verdict.acts:
            self._approved.append(ApprovedOrder(decision_id, asked, verdict, mark))

    def _series_of(self, coin: str) -> BarSeries:
        series = self.series_by_coin.get(coin)
        if series is None:
            series = BarSeries(coin, self.account.spec(coin), detailed=self.setup.detailed)
            self.series_by_coin[coin] = series
        return series


def _no_latch(_now: datetime, _reason: str) -> None:
    """Nobody keeps a latch for this trader: a kill lasts as long as its process."""


def _prices(quote: Quote, now: datetime) -> Prices:
    return Prices(quote.coin, quote.mark, quote.mid, quote.oracle, now)
