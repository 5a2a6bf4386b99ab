"""Steps over recorded bars in which nothing happens: nearly all are of this kind.

A step does what the loop does with each of its bars, and no more: the averages move on, the
marks are the closes, the equity is sampled, a decision to hold is counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from motherhaven.bot.core.trader import Trader
from motherhaven.bot.decider.foresight import Averages, Coming, Foreseeing
from motherhaven.bot.decider.types import Decider
from motherhaven.bot.execution.port import Stepped
from motherhaven.bot.guard.day import DayStart, day_end
from motherhaven.bot.market.timeline import Stretch, Timeline, steps_until
from motherhaven.bot.replay.audit import EquityAudit, Track
from motherhaven.bot.replay.hold_accounts import Marks
from motherhaven.bot.replay.holds import HoldRecords, Holds
from motherhaven.contract.quick_init import quick_inside


class Step(NamedTuple):
    """What was stepped over: slices before `stop`, with `asked` decisions to hold."""

    stop: int
    asked: int = 0
    last_asked: int = 0
    """The slice of the last of the decisions."""


@quick_inside
@dataclass(frozen=True, slots=True)
class _Plan:
    """Decisions that may be passed over: `count` from slice `first` on, one each `every`."""

    stop: int
    first: int
    every: int
    count: int
    coming: Sequence[Coming] = ()

    def before(self, stop: int) -> int:
        """How many of them lie before slice `stop`."""
        if stop <= self.first:
            return 0
        return min(self.count, (stop - self.first - 1) // self.every + 1)


class Strides:
    """Passes over the slices of one run that reach nothing and decide nothing."""

    def __init__(
        self,
        timeline: Timeline,
        trader: Trader,
        stepped: Stepped,
        decider: Decider,
        audit: EquityAudit,
        interval: timedelta,
        cadence: timedelta,
        kept: HoldRecords | None = None,
    ) -> None:
        """`stepped` is the inside of the trader's venue.

        `interval` is that of the bars, `cadence` the time between two decisions. `kept` puts
        on record what is passed over; None where nobody reads it.
        """
        self._timeline = timeline
        self._trader = trader
        self._stepped = stepped
        self._audit = audit
        self._kept = kept
        self._interval = interval
        self._cadence = cadence
        self._every = _bars_between(interval, cadence)
        self._apart = interval * self._every
        self._known: tuple[DayStart | None, Stretch | None, int] = None, None, 0
        self._decider = decider if isinstance(decider, Foreseeing) and self._every else None
        self._averages = {
            coin: Averages.of(columns.numbers, columns.begins)
            for coin, columns in timeline.columns.items()
        }

    def go(self, index: int, due: datetime) -> Step:
        """Pass over slices from `index` on, up to the next decision that may be no hold.

        The next decision is `due`. The slice at whose end it is made is passed over too.
        """
        stretch = self._timeline.stretch(index)
        # A stretch's first slice may be a coin's very first: it has no series yet.
        if stretch is None or index == stretch.first:
            return Step(index)
        plan = self._plan(index, due, stretch)
        stop = self._quiet(index, min(plan.stop + 1, stretch.end), stretch)
        if stop <= index:
            return Step(index)
        asked = plan.before(stop)
        if self._kept is not None:
            self._keep(self._kept, stretch, plan, asked)
        self._pass(index, stop, stretch)
        if not asked:
            return Step(stop)
        if self._decider is not None:
            for coming in plan.coming:
                self._decider.pass_over(coming, asked)
        return Step(stop, asked, plan.first + (asked - 1) * plan.every)

    def _plan(self, index: int, due: datetime, stretch: Stretch) -> _Plan:
        """The decisions on the way, as far as they are certainly holds."""
        times = self._timeline.times
        first = index + steps_until(times[index], due, self._interval)
        decider, every = self._decider, self._every
        late = first >= stretch.end or times[first] - due >= self._interval
        if decider is None or self._trader.day is None or (late and every > 1):
            return _Plan(min(first, stretch.end), first, 1, 0)
        last = self._day_ends(self._trader.day, stretch)
        count = (last - first + every - 1) // every
        if count <= 0:
            return _Plan(min(first, stretch.end), first, 1, 0)
        found = []
        for coin, offset in stretch.offsets.items():
            sides = self._averages[coin].sides[first + offset : last + offset : every]
            found.append(Coming(coin, count, times[first], self._apart, sides))
        holdings = self._trader.ledger.holdings
        for coming in found:
            holding = holdings.get(coming.coin)
            count = min(count, decider.holds(coming, None if holding is None else holding.size))
        return _Plan(min(first + count * every, stretch.end), first, every, count, found)

    def _day_ends(self, day: DayStart, stretch: Stretch) -> int:
        """The slice whose decision begins the next day, so that it is made; or the stretch's end.

        The same for all slices of a stretch, so it is worked out once for each day.
        """
        if self._known[0] is not day or self._known[1] is not stretch:
            end = day_end(day.day, self._trader.setup.zone)
            until = steps_until(self._timeline.times[stretch.first], end, self._interval)
            self._known = day, stretch, min(stretch.end, stretch.first + until)
        return self._known[2]

    def _quiet(self, start: int, stop: int, stretch: Stretch) -> int:
        """The first slice that leaves the prices between which nothing happens."""
        for coin, offset in stretch.offsets.items():
            band = self._stepped.calm(coin)
            if band.high <= band.low:
                return start
            columns = self._timeline.columns[coin]
            found = columns.first_outside(start + offset, stop + offset, band.low, band.high)
            stop = found - offset
        return stop

    def _keep(self, kept: HoldRecords, stretch: Stretch, plan: _Plan, asked: int) -> None:
        """Put the decisions on record."""
        coins, decider = self._trader.ledger.holdings, self._decider
        if not asked or decider is None:
            return
        end = plan.first + asked * plan.every
        marks, why, steps = {}, {}, {}
        for coming in plan.coming:
            coin, offset = coming.coin, stretch.offsets[coming.coin]
            columns = self._timeline.columns[coin]
            chosen = slice(plan.first + offset, end + offset, plan.every)
            marks[coin] = columns.closes[chosen]
            steps[coin] = columns.ends.piece(chosen)
            held = coins.get(coin)
            why[coin] = decider.why(coming, None if held is None else held.size)
        times = self._timeline.times[plan.first : end : plan.every]
        kept.record(Holds(times, Marks(marks, steps), why))

    def _pass(self, start: int, stop: int, stretch: Stretch) -> None:
        trader, times = self._trader, self._timeline.times
        ledger, account = trader.ledger, trader.account
        holdings, tracks = ledger.holdings, []
        for coin, offset in stretch.offsets.items():
            columns, averages = self._timeline.columns[coin], self._averages[coin]
            end = stop + offset
            fast, slow = averages.fast[end - 1], averages.slow[end - 1]
            trader.series_by_coin[coin].follow(columns.bars, start + offset, end, fast, slow)
            account.mark(coin, columns.closes[end - 1])
            if coin in holdings:
                size = holdings[coin].size
                tracks.append(Track(coin, size, columns.closes, columns.ends.values, offset))
        if len(tracks) > 1:
            order = list(holdings)
            tracks.sort(key=lambda track: order.index(track.coin))
        trader.now = times[stop - 1]
        account.at(trader.now)
        self._audit.span(times, start, stop, ledger.seq, ledger.base(), tracks)


def _bars_between(interval: timedelta, cadence: timedelta) -> int:
    """Bars from one decision to the next; 0 where their number is not always the same."""
    if not cadence % interval:
        return cadence // interval
    return 0 if interval % cadence else 1
