"""The records of decisions to hold that a replay passes over: a bulk record a coin.

They say what the records of each cycle alone would have said, to the last digit.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import repeat
from typing import Any, Final

from motherhaven.bot.core import records
from motherhaven.bot.core.trader import Trader
from motherhaven.bot.guard.judgement import held_verdict
from motherhaven.bot.guard.liquidation import stop_is_idle
from motherhaven.bot.guard.types import Signal, TradeDecision
from motherhaven.bot.portfolio.columns import FigureColumns
from motherhaven.contract.bulk import MAX_BULK, encode, item_id, texts
from motherhaven.contract.events.base import Payload
from motherhaven.contract.events.decision import of_answer
from motherhaven.contract.exact import minus, plus
from motherhaven.contract.times import format_row

FREE: Final = Decimal(0)

Heartbeat = Callable[[datetime, str], None]
"""Reports the status of a cycle: its time and its id."""

Columns = dict[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Holds:
    """Cycles in a row, one as long after another, that decided to hold in every coin.

    `marks` are each coin's at each of `times`, `why` the words of its decisions.
    """

    times: Sequence[datetime]
    marks: Mapping[str, Sequence[Decimal]]
    why: Mapping[str, str]

    def piece(self, first: int, end: int) -> "Holds":
        """The cycles from number `first` until before `end`."""
        marks = {coin: column[first:end] for coin, column in self.marks.items()}
        return Holds(self.times[first:end], marks, self.why)


class HoldRecords:
    """Puts such cycles on record: decisions, accounts, and a status at every full hour."""

    def __init__(self, trader: Trader, decider: str, heartbeat: Heartbeat) -> None:
        self._trader = trader
        self._decider = decider
        self._heartbeat = heartbeat

    def record(self, holds: Holds) -> None:
        """Record them all, in as many bulk records as they need."""
        for first in range(0, len(holds.times), MAX_BULK):
            self._piece(holds.piece(first, first + MAX_BULK))

    def _piece(self, holds: Holds) -> None:
        trader, count = self._trader, len(holds.times)
        cycle_id = trader.new_id()
        first = holds.times[0]
        step = holds.times[1] - first if count > 1 else timedelta(seconds=1)
        stamps = format_row(first, step, count)
        log, last = trader.log, holds.times[-1]
        for coin, payload in self._decisions(holds, cycle_id).items():
            each = {"timestamp": stamps, "mark": texts(holds.marks[coin])}
            bulk = encode(count, payload, each, {"cycle_id": cycle_id})
            log.keep("decisions", bulk, last)
        self._accounts(holds, cycle_id, stamps)
        for number, moment in enumerate(holds.times):
            if moment.minute == 0 and moment.second == 0:
                self._seen(holds, number)
                self._heartbeat(moment, item_id(cycle_id, number))

    def _decisions(self, holds: Holds, cycle_id: str) -> dict[str, Payload]:
        """What is the same in all decisions on a coin."""
        found, shared = {}, of_answer(cycle_id=cycle_id, decider=self._decider)
        cost: Payload = {"cost_usd": FREE}
        for number, coin in enumerate(self._trader.setup.coins):
            asked = TradeDecision(coin, Signal.HOLD, justification=holds.why[coin])
            verdict = held_verdict(asked, number)
            told = {**shared, **(cost if number == 0 else {})}
            payload = records.decision(holds.times[0], asked, verdict, None, told)
            del payload["timestamp"], payload["cycle_id"]
            found[coin] = payload
        return found

    def _accounts(self, holds: Holds, cycle_id: str, stamps: list[str]) -> None:
        trader, count = self._trader, len(holds.times)
        self._seen(holds, 0)
        same, ids = trader.account_payload(holds.times[0]), {"cycle_id": cycle_id}
        each: Columns = {"timestamp": stamps, "market_time": stamps}
        parts: list[tuple[Payload, Columns]] = []
        if trader.ledger.holdings:
            found = trader.ledger.figures(holds.marks)
            columns = self._positions(found)
            if columns is None:
                self._singly(holds, cycle_id)
                return
            each.update(self._totals(found))
            parts = list(zip(same.pop("positions"), columns, strict=True))
            for mark, differing in parts:
                for name in differing:
                    del mark[name]
        for name in each:
            del same[name]
        bulk = encode(count, same, each, ids, {"positions": parts} if parts else None)
        trader.log.keep("accounts", bulk, holds.times[-1])

    def _totals(self, found: FigureColumns) -> Columns:
        ledger = self._trader.ledger
        equities = list(map(plus, repeat(ledger.wallet()), found.unrealized))
        return {
            "equity_usd": texts(equities),
            "unrealized_pnl": texts(found.unrealized),
            "total_pnl": texts(map(minus, equities, repeat(ledger.deposits))),
            "used_usd": texts(found.used),
            "available_usd": texts(found.available),
        }

    def _positions(self, found: FigureColumns) -> list[Columns] | None:
        """A column each of what differs; None where a field is there only now and then."""
        columns: list[Columns] = []
        held = self._trader.ledger.holdings.items()
        for part, (coin, holding) in zip(found.parts, held, strict=True):
            long = holding.size > 0
            stop = self._trader.account.orders.exits(coin, long=long)[0]
            sign = 1 if long else -1
            prices = [price for price in part.liquidations if price is not None]
            if len(prices) not in (0, len(part.liquidations)):
                return None
            if prices and stop_is_idle(stop, min(prices), sign) != stop_is_idle(
                stop, max(prices), sign
            ):
                return None
            column: Columns = {"mark": texts(part.marks), "unrealized_pnl": texts(part.profits)}
            if prices:
                column["liquidation_price"] = texts(prices)
            columns.append(column)
        return columns

    def _singly(self, holds: Holds, cycle_id: str) -> None:
        for number, moment in enumerate(holds.times):
            self._seen(holds, number)
            self._trader.report_account(moment, item_id(cycle_id, number))

    def _seen(self, holds: Holds, number: int) -> None:
        """Let the market be where it was in cycle `number`."""
        trader = self._trader
        trader.now = holds.times[number]
        trader.account.at(trader.now)
        for coin, column in holds.marks.items():
            trader.account.mark(coin, column[number])
