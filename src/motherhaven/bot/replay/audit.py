"""The audit of a run: equity at every bar, once from the ledger, once from the journal."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import repeat
from typing import Final, NamedTuple, overload

from motherhaven.bot.portfolio.events import Fill, FundingPayment, LedgerRecord
from motherhaven.bot.portfolio.fold import EquityFold
from motherhaven.contract.exact import exact, fma, quotient
from motherhaven.contract.quick_init import quick_init
from motherhaven.metrics import EquityPoint

ZERO: Final = Decimal(0)
_ROOM: Final = 1e-9
"""More than the error of a quotient of two floats near 1."""


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


class Track(NamedTuple):
    """A position that stays the same over several bars: signed size, and its marks in USD."""

    coin: str
    size: Decimal
    marks: Sequence[Decimal]


@quick_init
@dataclass(frozen=True, slots=True)
class _Piece:
    """Samples in a row after one record of the ledger: equity = base + sum of size * mark."""

    seq: int
    first: int
    count: int
    base: Decimal
    tracks: Sequence[Track]


class EquityAudit:
    """Keeps a sample a bar, the running drawdown, and compares with the fold at the end."""

    def __init__(self, deposit: Decimal) -> None:
        self._deposit = deposit
        self._times: list[datetime] = []
        self._equities: list[Decimal] = []
        self._pieces: list[_Piece] = []
        self._peak = self._low = deposit
        self._worst, self._worst_float = ZERO, 0.0

    @property
    def max_drawdown(self) -> Decimal:
        """The deepest fall from a peak over all bars, as a fraction, 0 or negative."""
        return self._worst

    @property
    def curve(self) -> EquityCurve:
        """The equity at every bar, in order of time."""
        return EquityCurve(tuple(self._times), tuple(self._equities))

    def sample(
        self, time: datetime, seq: int, base: Decimal, held: Iterable[tuple[str, Decimal, Decimal]]
    ) -> None:
        """Note the running equity in USD at `time`, after the ledger's record `seq`.

        `base` is the equity without the positions, `held` coin, signed size and mark of each.
        """
        tracks, equity = [], base
        for coin, size, mark in held:
            tracks.append(Track(coin, size, (mark,)))
            equity = fma(size, mark, equity)
        self._pieces.append(_Piece(seq, len(self._times), 1, base, tracks))
        self._times.append(time)
        self._equities.append(equity)
        self._extremes((equity,))

    def span(
        self, times: Sequence[datetime], seq: int, base: Decimal, tracks: Sequence[Track]
    ) -> None:
        """As `sample`, for all of `times`, between which nothing but marks changed."""
        self._pieces.append(_Piece(seq, len(self._times), len(times), base, tracks))
        self._times += times
        if not tracks:
            self._equities += [base] * len(times)
            self._extremes((base,))
            return
        _, size, marks = tracks[0]
        equities = list(map(fma, repeat(size), marks, repeat(base)))
        for _, size, marks in tracks[1:]:
            equities = list(map(fma, repeat(size), marks, equities))
        self._equities += equities
        if len(equities) > 1 and max(equities) < self._peak:
            self._extremes((min(equities),))
        else:
            self._extremes(equities)

    def flow(self, amount: Decimal) -> None:
        """Money came in or went out after the last sample: the peak moves in proportion."""
        before = self._equities[-1] if self._equities else self._deposit
        if before > 0 and before + amount > 0:
            with exact():
                self._peak = quotient(self._peak * (before + amount), before)
                self._low = quotient(self._low * (before + amount), before)

    def identity_error(self, records: Iterable[LedgerRecord]) -> Decimal:
        """max |running equity - equity of the independent fold over `records`|, in USD."""
        fold = EquityFold()
        fold.deposit(self._deposit)
        waiting = sorted(records, key=lambda record: record.seq, reverse=True)
        worst = ZERO
        for piece in self._pieces:
            while waiting and waiting[-1].seq <= piece.seq:
                record = waiting.pop()
                fold.take(record)
            worst = max(worst, self._difference(piece, fold))
        # What is on record after the last sample cannot be: it counts as an error.
        return worst + sum((_weight(record) for record in waiting), ZERO)

    def _extremes(self, equities: Iterable[Decimal]) -> None:
        """Follow the peak and the deepest fall from it."""
        for equity in equities:
            if equity >= self._peak:
                self._peak = self._low = equity
            elif equity < self._low and self._peak > 0:
                self._low = equity
                # Most falls are certainly less deep than the worst: no need to divide exactly.
                if float(equity) / float(self._peak) - 1 < self._worst_float + _ROOM:
                    with exact():
                        fall = quotient(equity - self._peak, self._peak)
                    self._worst = min(self._worst, fall)
                    self._worst_float = float(self._worst)

    def _difference(self, piece: _Piece, fold: EquityFold) -> Decimal:
        """The largest one within a piece: none where cash and coins are the same."""
        sizes = {track.coin: track.size for track in piece.tracks}
        if fold.cash == piece.base and fold.coins == sizes:
            return ZERO
        worst = ZERO
        # A coin that the ledger does not hold has no mark here: its size tells that it is wrong.
        unknown = sum((abs(size) for coin, size in fold.coins.items() if coin not in sizes), ZERO)
        for number in range(piece.count):
            marks = {track.coin: track.marks[number] for track in piece.tracks}
            with exact():
                folded = fold.equity({coin: marks.get(coin, ZERO) for coin in fold.coins})
                worst = max(worst, abs(folded - self._equities[piece.first + number]))
        return worst + unknown


def _weight(record: LedgerRecord) -> Decimal:
    """A size in coin, or an amount in USD: never 0 for what changes the equity."""
    return abs(record.size if isinstance(record, Fill | FundingPayment) else record.amount)
