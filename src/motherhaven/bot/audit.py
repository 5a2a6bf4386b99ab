"""The audit of a run: equity at every bar, once from the ledger, once from the journal."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from motherhaven.bot.exchange.exact import exact, quotient
from motherhaven.bot.exchange.fold import EquityFold
from motherhaven.bot.exchange.types import Fill, FundingPayment
from motherhaven.metrics import EquityPoint

ZERO: Final = Decimal(0)


class Sample(NamedTuple):
    """The running equity in USD at `time`, after the ledger's record `seq`, at `marks`."""

    time: datetime
    seq: int
    equity: Decimal
    marks: Mapping[str, Decimal]


class EquityAudit:
    """Keeps a sample a bar, the running drawdown, and compares with the fold at the end."""

    def __init__(self, deposit: Decimal) -> None:
        self._deposit = deposit
        self._samples: list[Sample] = []
        self._peak = self._low = deposit
        self._worst = ZERO

    @property
    def max_drawdown(self) -> Decimal:
        """The deepest fall from a peak over all bars, as a fraction, 0 or negative."""
        return self._worst

    @property
    def curve(self) -> list[EquityPoint]:
        """The equity at every bar, in order of time."""
        return [EquityPoint(sample.time, sample.equity) for sample in self._samples]

    def sample(
        self, time: datetime, seq: int, equity: Decimal, marks: Mapping[str, Decimal]
    ) -> None:
        """Note one bar. `marks` must not change afterwards."""
        self._samples.append(Sample(time, seq, equity, marks))
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
        for sample in self._samples:
            while waiting and waiting[-1].seq <= sample.seq:
                record = waiting.pop()
                if isinstance(record, Fill):
                    fold.fill(record)
                else:
                    fold.funding(record)
            folded = fold.equity(sample.marks)
            if folded != sample.equity:
                with exact():
                    worst = max(worst, abs(folded - sample.equity))
        return worst + sum((abs(record.size) for record in waiting), ZERO)
