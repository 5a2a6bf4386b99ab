"""The audit of a run: equity at every bar, once from the ledger, once from the journal."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, overload

from motherhaven.bot.exchange.exact import exact, quotient
from motherhaven.bot.exchange.fold import EquityFold
from motherhaven.bot.exchange.types import Fill, FundingPayment
from motherhaven.metrics import EquityPoint

ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class EquityCurve(Sequence[EquityPoint]):
    """Equity in USD by time; its points are made when they are asked for."""

    times: Sequence[datetime] = ()
    equities: Sequence[Decimal] = ()

    def __len__(self) -> int:
        return len(self.times)

    @overload
    def __getitem__(self, index: int) -> EquityPoint: ...

    @overload
    def __getitem__(self, index: slice) -> "EquityCurve": ...

    def __getitem__(self, index: int | slice) -> "EquityPoint | EquityCurve":
        if isinstance(index, slice):
            return EquityCurve(self.times[index], self.equities[index])
        return EquityPoint(self.times[index], self.equities[index])

    def __iter__(self) -> Iterator[EquityPoint]:
        return map(EquityPoint, self.times, self.equities)


class EquityAudit:
    """Keeps a sample a bar, the running drawdown, and compares with the fold at the end."""

    def __init__(self, deposit: Decimal) -> None:
        self._deposit = deposit
        # A list for each part of a sample, and one for each coin's marks: a bar then leaves
        # nothing behind that the garbage collector has to visit.
        self._times: list[datetime] = []
        self._seqs: list[int] = []
        self._equities: list[Decimal] = []
        self._marks: dict[str, list[Decimal]] = {}
        self._peak = self._low = deposit
        self._worst = ZERO

    @property
    def max_drawdown(self) -> Decimal:
        """The deepest fall from a peak over all bars, as a fraction, 0 or negative."""
        return self._worst

    @property
    def curve(self) -> EquityCurve:
        """The equity at every bar, in order of time."""
        return EquityCurve(tuple(self._times), tuple(self._equities))

    def sample(
        self, time: datetime, seq: int, equity: Decimal, marks: Mapping[str, Decimal]
    ) -> None:
        """Note the running equity in USD at `time`, after the ledger's record `seq`, at `marks`."""
        known = self._marks
        if len(known) < len(marks):
            for coin in marks.keys() - known.keys():
                known[coin] = [ZERO] * len(self._times)
        for coin, mark in marks.items():
            known[coin].append(mark)
        self._times.append(time)
        self._seqs.append(seq)
        self._equities.append(equity)
        if equity >= self._peak:
            self._peak = self._low = equity
        elif equity < self._low and self._peak > 0:
            self._low = equity
            with exact():
                fall = quotient(equity - self._peak, self._peak)
            self._worst = min(self._worst, fall)

    def identity_error(self, records: Iterable[Fill | FundingPayment]) -> Decimal:
        """max |running equity - equity of the independent fold over `records`|, in USD."""
        fold = EquityFold()
        fold.deposit(self._deposit)
        waiting = sorted(records, key=lambda record: record.seq, reverse=True)
        worst = ZERO
        for index, (seq, equity) in enumerate(zip(self._seqs, self._equities, strict=True)):
            while waiting and waiting[-1].seq <= seq:
                record = waiting.pop()
                if isinstance(record, Fill):
                    fold.fill(record)
                else:
                    fold.funding(record)
            folded = fold.equity(self._marks_at(index)) if fold.holds else fold.cash
            if folded != equity:
                with exact():
                    worst = max(worst, abs(folded - equity))
        return worst + sum((abs(record.size) for record in waiting), ZERO)

    def _marks_at(self, index: int) -> dict[str, Decimal]:
        return {coin: known[index] for coin, known in self._marks.items()}
