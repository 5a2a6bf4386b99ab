"""Replay: recorded bars through the very core that trades, on two clocks.

An event's time is the market's; when it was recorded is the wall clock's. Decisions are
made at a bar's close and filled at the next bar's open; inside a hole nothing is.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Final

from motherhaven.bot.core.brief_log import BriefLog
from motherhaven.bot.core.setup import TraderSetup
from motherhaven.bot.decider.recorded import RecordedDecider
from motherhaven.bot.decider.types import Decider
from motherhaven.bot.execution.agreement import apart
from motherhaven.bot.execution.port import Stepped
from motherhaven.bot.execution.slippage import Slippage
from motherhaven.bot.market.feed import Quote, Slice
from motherhaven.bot.market.files import FileFeed
from motherhaven.bot.market.funding import read_funding
from motherhaven.bot.market.instruments import FeeRates
from motherhaven.bot.portfolio.events import LedgerRecord, MarginMode
from motherhaven.bot.replay.audit import EquityAudit
from motherhaven.bot.replay.candles import CandleRecords
from motherhaven.bot.replay.holds import HoldRecords
from motherhaven.bot.replay.market_time import MarketClock, market_ids
from motherhaven.bot.replay.report import CountingSink, Refusal, ReplayReport
from motherhaven.bot.replay.stride import Strides
from motherhaven.bot.running.cycle import COMPLETED, Cycle, Facts
from motherhaven.bot.running.ledger_records import record_of
from motherhaven.bot.running.sink import LEDGER_KINDS, Sink
from motherhaven.bot.running.venues import paper_trader
from motherhaven.contract.clock import Clock
from motherhaven.contract.coins import normalise_symbol
from motherhaven.contract.errors import JournalError, OrderRejected
from motherhaven.contract.events import MAX_CANDLES
from motherhaven.contract.events.base import Payload
from motherhaven.contract.limits import RiskLimits
from motherhaven.metrics import Flow

ZERO: Final = Decimal(0)
BATCH: Final = 2_000

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class ReplayConfig:
    """What to replay. `pace` is seconds of market a second, None for as fast as possible.

    `funding` names a file of rates by coin; without one a coin's funding is 0. `slippage`
    is what takers pay beyond the mid, None (worked cases) for nothing. `candles`
    puts the bars on record too, for a page that is to draw them; `bulk` keeps holds and the
    accounts of their cycles in bulk records, for a journal; `brief` puts nothing on record,
    for a run whose record nobody keeps. `cash_flows` come in
    (positive) and go out at the first bar that ends at or after their time. `margin_mode` is
    that of entries.
    """

    bars: Mapping[str, Path]
    equity: Decimal = Decimal(10_000)
    interval_seconds: int = 180
    limits: RiskLimits = field(default_factory=RiskLimits)
    fees: FeeRates = field(default_factory=FeeRates)
    slippage: Slippage | None = None
    zone: str = "UTC"
    pace: float | None = None
    seed: int = 1
    funding: Mapping[str, Path] = field(default_factory=dict)
    candles: bool = False
    brief: bool = False
    bulk: bool = False
    cash_flows: tuple[Flow, ...] = ()
    margin_mode: MarginMode = MarginMode.CROSS

    @property
    def bars_in_bulk(self) -> bool:
        """Whether bars go on record in columns; a page that watches wants them as they come."""
        return self.bulk and self.candles and self.pace is None

    @property
    def plain(self) -> bool:
        """Whether bars in which nothing happens can be passed over in one step."""
        if self.funding or self.cash_flows or self.pace is not None:
            return False
        return self.bulk or (self.brief and not self.candles)


def _is_full_hour(moment: datetime) -> bool:
    return moment.minute == 0 and moment.second == 0


class Replay:
    """One run over recorded bars."""

    _next = 0
    """The slice that comes next."""
    _strides: Strides | None = None
    """Steps over bars that reach nothing, while the run lasts; None where each is looked at."""

    def __init__(
        self,
        config: ReplayConfig,
        decider: Decider,
        sink: Sink,
        clock: Clock,
        sleep: Sleep = asyncio.sleep,
        feed: FileFeed | None = None,
    ) -> None:
        """Read and check the bars; `feed` saves that where they were read already.

        Raises MarketError: a file is not usable; the message names file and line.
        """
        self._config = config
        self._decider = decider
        self._recorded = decider if isinstance(decider, RecordedDecider) else None
        self._sink = CountingSink(sink)
        self._clock = clock
        self._sleep = sleep
        self._started = clock.monotonic()
        self.feed = FileFeed(config.bars) if feed is None else feed
        self._market = MarketClock(clock, self.feed.start)
        # An older run in the same journal shares no ids with this one.
        self._before = sum(1 for _ in sink.read(LEDGER_KINDS))
        seed = f"{config.seed}|{decider.name}|{self._before}"
        new_id = market_ids(self._market, seed)
        self._trader = paper_trader(self._setup(), self.feed.start, new_id, config.slippage)
        self._trader.log.order_id = market_ids(self._market, f"{seed}|orders")
        self._trader.funding_history = {
            normalise_symbol(coin): read_funding(path) for coin, path in config.funding.items()
        }
        columns = self.feed.timeline.columns if config.bars_in_bulk else {}
        self._candles = CandleRecords(self._trader.log, columns)
        facts = Facts(self.feed.name, config.interval_seconds)
        self._cycle = Cycle(self._trader, decider, self._sink, facts)
        self._audit = EquityAudit(config.equity)
        self._flows, self._moved = sorted(config.cash_flows, reverse=True), list[Flow]()
        self._apart, self._compared, self._bars = ZERO, 0, 0
        self._timeline, self._coins = self.feed.timeline, len(self.feed.coins)
        self._plain = self._recorded is None and config.plain
        self._step = timedelta(seconds=config.interval_seconds)

    def _setup(self) -> TraderSetup:
        config = self._config
        return TraderSetup(
            coins=self.feed.coins,
            limits=config.limits,
            specs=self.feed.specs,
            deposit=config.equity,
            fees=config.fees,
            zone=config.zone,
            detailed=self._decider.is_model and self._recorded is None,
            candles=config.candles and not config.bars_in_bulk,
            brief=config.brief,
            margin_mode=config.margin_mode,
        )

    async def run(self, stop: asyncio.Event | None = None) -> ReplayReport:
        """Replay until the bars or the patience (`stop`) end, and report.

        Raises:
            JournalError: the journal does not take the records.
        """
        started = self._clock.monotonic()
        self._strides = self._strides_over(self._trader.account.stepped)
        self._begin()
        due: datetime | None = None
        index, count = 0, len(self._timeline)
        while index < count and not (stop is not None and stop.is_set()):
            index, due = self._advance(index, due)
            self._next, moment = index, self._market.time
            asked = self._questions(moment, due)
            for _ in range(asked):
                due = self._after(moment, due)
                await self._decide(moment, due)
            if asked or self._config.pace is not None:
                self._record()
            if self._config.pace is not None:
                await self._keep_pace(moment, started)
        self._strides = None  # its averages are long: given back before garbage is looked for
        self._end()
        return self._report(self._clock.monotonic() - self._started)

    # --- steps --------------------------------------------------------------------------

    def _advance(self, index: int, due: datetime | None) -> tuple[int, datetime | None]:
        """Go on from slice `index` to the next decision, or over one slice that is looked at.

        Returns the slice after that, and when the next decision is due.
        """
        timeline, first = self._timeline, index
        if due is not None and self._strides is not None:
            index, due = self._stride(index, due)
        asks = index > first and self._questions(self._market.time, due)
        if not asks and index < len(timeline):
            self._happen(timeline[index])
            index += 1
        return index, due

    def _happen(self, current: Slice) -> None:
        """Let a slice happen, whatever it may reach."""
        self._market.time = current.time
        self._move_cash(current.time)
        self._trader.on_slice(current)
        self._bars += len(current.bars)
        for gap in current.gaps:
            self._cycle.status(gap.told, current.time)
        self._sample()

    def _move_cash(self, moment: datetime) -> None:
        """Deposits and withdrawals up to `moment`; one that is refused is told and left out."""
        while self._flows and self._flows[-1].time <= moment:
            flow = self._flows.pop()
            try:
                self._trader.move_cash(flow.amount, flow.time)
            except OrderRejected as error:
                self._cycle.status(f"cash flow refused: {error}", flow.time)
                continue
            self._moved.append(flow)
            self._audit.flow(flow.amount)

    def _stride(self, index: int, due: datetime) -> tuple[int, datetime]:
        """Step over slices that reach nothing, up to the next decision that may be no hold.

        Returns the slice after them, and when the next decision is due.
        """
        strides, trader, brief = self._strides, self._trader, self._config.brief
        if strides is None or trader.looks_closely(self._market.time):
            return index, due
        stop, asked, last_asked = strides.go(index, due)
        if stop == index:
            return index, due
        times = self._timeline.times
        self._market.time = times[stop - 1]
        self._bars += (stop - index) * self._coins
        if brief:
            trader.log.unread += asked * self._coins
        self._record()
        return stop, self._after(times[last_asked], due) if asked else due

    def _strides_over(self, stepped: Stepped | None) -> Strides | None:
        if stepped is None or not self._plain:
            return None
        return Strides(
            self._timeline,
            self._trader,
            stepped,
            self._decider,
            self._audit,
            self.feed.interval,
            self._step,
            None if self._config.brief else self._hold_records(),
        )

    def _hold_records(self) -> HoldRecords:
        def after(moment: datetime) -> datetime:
            return self._after(moment, None)

        def heartbeat(moment: datetime, cycle_id: str) -> Payload:
            return self._cycle.status_payload(COMPLETED, moment, cycle_id, after(moment))

        return HoldRecords(self._trader, self._decider.name, heartbeat, after)

    def _begin(self) -> None:
        if self._config.brief:  # nobody reads it
            return
        self._cycle.status(f"replay of {self.feed.name} begins", self._market.time)
        self._write()

    def _end(self) -> None:
        if isinstance(self._trader.log, BriefLog):
            self._sink.count(self._trader.log)
            return
        self._trader.report_account(self._market.time)
        self._trader.log.keep_candles(self._market.time)
        self._candles.keep(self._market.time)
        self._write()
        self._sink.settle()  # the last status would else tell for ever of a lag that is made up
        self._cycle.status("replay completed", self._market.time, state="stopped")
        self._write()

    def _after(self, moment: datetime, due: datetime | None) -> datetime:
        """The next moment of the grid after `moment`; one that was `due` lies on it."""
        if due is not None:
            return due + ((moment - due) // self._step + 1) * self._step
        step = self._config.interval_seconds
        return datetime.fromtimestamp((int(moment.timestamp()) // step + 1) * step, moment.tzinfo)

    def _questions(self, moment: datetime, due: datetime | None) -> int:
        """How many questions are asked at a bar's close: by the grid, or as on record."""
        if self._recorded is not None:
            return self._recorded.ready(moment, moment + self.feed.interval)
        return 1 if due is None or moment >= due else 0

    async def _decide(self, moment: datetime, due: datetime) -> None:
        """One cycle; what it trades fills at the next bar's open, if that follows at once."""
        heartbeat = self._config.pace is not None or _is_full_hour(moment)
        before = self._trader.ledger.seq
        await self._cycle.run(
            self._market.now, self._quotes, due, heartbeat=heartbeat, durable=False
        )
        if self._trader.ledger.seq != before:
            self._sample()

    async def _quotes(self) -> Mapping[str, Quote]:
        """The opens of the bars that follow at once."""
        timeline = self._timeline
        if self._next == len(timeline):
            return {}
        return {
            coin: Quote(coin, bar.open, bar.open, bar.open, bar.start)
            for coin, bar in timeline[self._next].bars.items()
            if bar.start == self._market.time
        }

    def _sample(self) -> None:
        ledger = self._trader.ledger
        if ledger.seq != self._compared and not self._config.brief:
            self._compared = ledger.seq
            self._apart = max(self._apart, apart(self._trader.account))
        held = [(coin, one.size, ledger.marks[coin]) for coin, one in ledger.holdings.items()]
        self._audit.sample(self._market.time, ledger.seq, ledger.base(), held)

    def _record(self) -> None:
        if self._candles.waits(self._bars):
            self._candles.keep(self._market.time, MAX_CANDLES)
        if self._config.pace is not None or len(self._trader.records) >= BATCH:
            self._write()

    def _write(self) -> None:
        if not self._cycle.flush():
            raise JournalError(
                "the journal does not take the replay's records; free some space or give another "
                "file with --journal"
            )

    async def _keep_pace(self, moment: datetime, started: float) -> None:
        pace = self._config.pace or 1.0
        ahead = (moment - self.feed.start).total_seconds() / pace
        await self._sleep(max(0.0, ahead - (self._clock.monotonic() - started)))

    def _journal(self) -> list[LedgerRecord]:
        """What the journal has of this run's ledger records, in its own order.

        A run that puts nothing on record has them as its books were told.
        """
        log = self._trader.log
        if isinstance(log, BriefLog):
            return log.booked
        kept = islice(self._sink.read(LEDGER_KINDS), self._before, None)
        return [record_of(event) for event in kept]

    def _refusals(self) -> tuple[Refusal, ...]:
        """What was rejected or skipped, the commonest reason first."""
        known = self._trader.log.declined.items()
        found = [Refusal(*key, one.count, one.example) for key, one in known]
        return tuple(sorted(found, key=lambda one: (-one.count, one.status, one.code)))

    def _report(self, seconds: float) -> ReplayReport:
        account = self._trader.account.snapshot()
        counts = self._sink.counts
        return ReplayReport(
            decider=self._decider.name,
            market=self.feed.name,
            coins=self.feed.coins,
            start=self.feed.start,
            end=self._market.time,
            bars=self._bars,
            gaps=tuple(self._trader.gaps),
            decisions=counts["decision"] + self._trader.log.unread,
            entries=counts["entry"],
            exits=counts["position_closed"],
            liquidations=counts["liquidation"],
            deposit=account.deposits,
            fees=account.fees,
            funding=account.funding,
            realized_pnl=account.realized,
            unrealized_pnl=account.unrealized,
            final_equity=account.equity,
            max_drawdown=self._audit.max_drawdown,
            identity_error=max(
                self._audit.identity_error(self._journal()),
                self._apart,
                apart(self._trader.account),
            ),
            seconds=seconds,
            slippage=self._config.slippage,
            refusals=self._refusals(),
            curve=self._audit.curve,
            trades=tuple(self._sink.trades),
            cash_flows=tuple(self._moved),
        )
