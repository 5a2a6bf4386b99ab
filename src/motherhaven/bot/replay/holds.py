"""The records of decisions to hold that a replay passes over: a bulk record a coin.

They say what the records of each cycle alone would have said, to the last digit.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from motherhaven.bot.core import records
from motherhaven.bot.core.trader import Trader
from motherhaven.bot.guard.judgement import held_verdict
from motherhaven.bot.guard.types import Signal, TradeDecision
from motherhaven.bot.replay.hold_accounts import Columns, Marks, account_columns
from motherhaven.contract.bulk import MARGIN, MAX_BULK, encode, item_id
from motherhaven.contract.columns import Column, texts, times
from motherhaven.contract.events.base import Payload, stamp
from motherhaven.contract.events.decision import of_answer
from motherhaven.contract.exact import fma, minus

FREE: Final = Decimal(0)

Heartbeat = Callable[[datetime, str], Payload]
"""The status of a cycle: its time and its id."""


@dataclass(frozen=True, slots=True)
class Holds:
    """Cycles in a row, one as long after another, that decided to hold in every coin.

    `marks` are each coin's at each of `times`, `why` the words of its decisions.
    """

    times: Sequence[datetime]
    marks: Marks
    why: Mapping[str, str]

    def piece(self, first: int, end: int) -> "Holds":
        """The cycles from number `first` until before `end`."""
        return Holds(self.times[first:end], self.marks.piece(first, end), self.why)


class HoldRecords:
    """Puts such cycles on record: decisions, accounts, and a status at every full hour."""

    def __init__(
        self,
        trader: Trader,
        decider: str,
        heartbeat: Heartbeat,
        after: Callable[[datetime], datetime],
    ) -> None:
        """`after` tells the cycle that follows one at a moment."""
        self._trader = trader
        self._decider = decider
        self._heartbeat = heartbeat
        self._after = after
        self._same: dict[tuple[str, str], Payload] = {}

    def record(self, holds: Holds) -> None:
        """Record them all, in as many bulk records as they need."""
        count = len(holds.times)
        if count <= MAX_BULK:
            self._piece(holds)
            return
        for first in range(0, count, MAX_BULK):
            self._piece(holds.piece(first, first + MAX_BULK))

    def _piece(self, holds: Holds) -> None:
        trader, count = self._trader, len(holds.times)
        cycle_id = trader.new_id()
        first = holds.times[0]
        step = holds.times[1] - first if count > 1 else timedelta(seconds=1)
        stamps = times(first, step, count)
        log, last = trader.log, holds.times[-1]
        for coin in trader.setup.coins:
            same = self._decision(coin, holds.why[coin], first)
            each: Columns = {"timestamp": stamps, "mark": holds.marks.column(coin)}
            log.keep("decisions", encode(count, same, each, {"cycle_id": cycle_id}), last)
        self._accounts(holds, cycle_id, stamps)
        self._statuses(holds, cycle_id)

    def _decision(self, coin: str, why: str, at: datetime) -> Payload:
        """What is the same in all decisions to hold a coin with these words."""
        found = self._same.get((coin, why))
        if found is None:
            number = self._trader.setup.coins.index(coin)
            asked = TradeDecision(coin, Signal.HOLD, justification=why)
            told = of_answer(cycle_id="", decider=self._decider)
            if number == 0:
                told["cost_usd"] = FREE
            found = records.decision(at, asked, held_verdict(asked, number), None, told)
            del found["timestamp"], found["cycle_id"]
            self._same[coin, why] = found
        return found

    # --- accounts -----------------------------------------------------------------------

    def _accounts(self, holds: Holds, cycle_id: str, stamps: Column) -> None:
        trader, count = self._trader, len(holds.times)
        self._seen(holds, 0)
        if trader.audited == trader.ledger.version:  # nothing but marks changed since
            same = trader.account_figures(trader.account.snapshot(), holds.times[0])
        else:
            same = trader.account_payload(holds.times[0])
        ids = {"cycle_id": cycle_id}
        each: Columns = {"timestamp": stamps, "market_time": stamps}
        del same["timestamp"], same["market_time"]
        if not trader.ledger.holdings:
            trader.log.keep("accounts", encode(count, same, each, ids), holds.times[-1])
            return
        columns = account_columns(trader, holds.marks)
        if columns is None:
            self._singly(holds, cycle_id)
            return
        each.update(columns.figures)
        for name in (*columns.figures, *(MARGIN if columns.derived else ())):
            del same[name]
        parts = list(zip(same.pop("positions"), columns.positions, strict=True))
        for mark, differing in parts:
            for name in differing:
                del mark[name]
            if columns.derived and columns.derived["tier"]:
                mark.pop("liquidation_price", None)
        bulk = encode(count, same, each, ids, {"positions": parts}, columns.derived)
        trader.log.keep("accounts", bulk, holds.times[-1])

    def _singly(self, holds: Holds, cycle_id: str) -> None:
        for number, moment in enumerate(holds.times):
            self._seen(holds, number)
            self._trader.report_account(moment, item_id(cycle_id, number))

    # --- statuses -----------------------------------------------------------------------

    def _statuses(self, holds: Holds, cycle_id: str) -> None:
        """A status at each full hour, in one record where they differ by time and profit."""
        hours = _full_hours(holds.times)
        if not hours:
            return
        log, day, first = self._trader.log, self._trader.day, hours[0]
        self._seen(holds, first)
        same = self._heartbeat(holds.times[first], item_id(cycle_id, first))
        if len(hours) == 1 or day is None or _depends_on_time(same):
            log.keep("status", same, holds.times[first])
            self._hourly(holds, cycle_id, hours[1:])
            return
        found = [minus(self._equity(holds, number), day.equity) for number in hours]
        each: Columns = {
            "timestamp": [stamp(holds.times[number]) for number in hours],
            "cycle_id": [item_id(cycle_id, number) for number in hours],
            "pnl_today": texts(found),
            "next_cycle_at": [stamp(self._after(holds.times[number])) for number in hours],
        }
        for name in each:
            del same[name]
        log.keep("statuses", encode(len(hours), same, each, {}), holds.times[hours[-1]])

    def _hourly(self, holds: Holds, cycle_id: str, hours: Sequence[int]) -> None:
        for number in hours:
            self._seen(holds, number)
            moment = holds.times[number]
            payload = self._heartbeat(moment, item_id(cycle_id, number))
            self._trader.log.keep("status", payload, moment)

    def _equity(self, holds: Holds, number: int) -> Decimal:
        """The equity in USD in cycle `number`."""
        ledger = self._trader.ledger
        equity = ledger.base()
        for coin, holding in ledger.holdings.items():
            equity = fma(holding.size, holds.marks.prices[coin][number], equity)
        return equity

    def _seen(self, holds: Holds, number: int) -> None:
        """Let the market be where it was in cycle `number`."""
        trader = self._trader
        trader.now = holds.times[number]
        trader.account.at(trader.now)
        for coin, column in holds.marks.prices.items():
            trader.account.mark(coin, column[number])


def _full_hours(times: Sequence[datetime]) -> list[int]:
    """Which of `times` are full hours."""
    return [n for n, time in enumerate(times) if not (time.minute or time.second)]


def _depends_on_time(status: Payload) -> bool:
    """Whether a status tells of what may be otherwise an hour later."""
    protection = status.get("protection") or {}
    return bool("warnings" in status or "guidance" in status or protection.get("lacking"))
