"""The audit of a run: equity at every bar, once from the ledger, once from the journal."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple, overload

from motherhaven.bot.portfolio.events import Fill, FundingPayment, LedgerRecord
from motherhaven.bot.portfolio.fold import EquityFold
from motherhaven.contract.exact import exact, fma, minus, quotient
from motherhaven.contract.quick_init import quick_inside
from motherhaven.metrics import EquityPoint

ZERO: Final = Decimal(0)
_ROOM: Final = 1e-9
"""More than the error of a quotient of two floats near 1."""


class Track(NamedTuple):
    """A position that stays the same over several bars: signed size, and its marks in USD.

    At bar n its mark is number n + `offset` of `marks`. `steps` are the same marks in whole
    numbers of one step, where they are known so.
    """

    coin: str
    size: Decimal
    marks: Sequence[Decimal]
    steps: Sequence[int] = ()
    offset: int = 0

    def between(self, start: int, stop: int) -> Sequence[Decimal]:
        """The marks from bar `start` until before `stop`."""
        return self.marks[start + self.offset : stop + self.offset]

    def ends(self, steps: Sequence[int]) -> tuple[int, int]:
        """The first of `steps` at which the position is worth the most, and the least."""
        low, high = steps.index(min(steps)), steps.index(max(steps))
        return (high, low) if self.size > 0 else (low, high)

    def turns(self, steps: Sequence[int]) -> list[int]:
        """Those of `steps` between which its worth falls the deepest: peaks, each with its low.

        A peak that a higher one follows before any fall is left out; the first of all is not, for
        it may be a low after what was before.
        """
        steps = steps if self.size > 0 else [-step for step in steps]
        top = low = steps[0]
        peak = bottom = 0
        found = [0]
        for number, step in enumerate(steps):
            if step >= top:
                if low < top:
                    found += (peak, bottom)
                top = low = step
                peak = bottom = number
            elif step < low:
                low, bottom = step, number
        found += (peak, bottom)
        return found


@quick_inside
@dataclass(frozen=True, slots=True)
class _Piece:
    """Samples in a row after one record of the ledger: equity = base + sum of size * mark.

    They are those of the bars from `start` until before `stop`, with their `times`.
    """

    seq: int
    times: Sequence[datetime]
    start: int
    stop: int
    base: Decimal
    tracks: Sequence[Track]

    def equities(self) -> Sequence[Decimal]:
        """The equity at each sample, in USD."""
        if not self.tracks:
            return [self.base] * (self.stop - self.start)
        (size, marks), *others = [
            (track.size, track.between(self.start, self.stop)) for track in self.tracks
        ]
        base = self.base
        with exact():
            found = [size * mark + base for mark in marks]
            for size, marks in others:
                found = [size * mark + one for mark, one in zip(marks, found, strict=True)]
        return found


class EquityCurve(Sequence[EquityPoint]):
    """Equity in USD by time; equities and points are worked out when they are asked for."""

    def __init__(self, pieces: Sequence[_Piece]) -> None:
        """`pieces` make up the curve, in the order of time."""
        self._pieces = pieces
        self._length = sum(piece.stop - piece.start for piece in pieces)
        self._found: tuple[list[datetime], list[Decimal]] | None = None

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> EquityPoint: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[EquityPoint]: ...

    def __getitem__(self, index: int | slice) -> EquityPoint | Sequence[EquityPoint]:
        times, equities = self._worked_out()
        if isinstance(index, slice):
            return list(map(EquityPoint, times[index], equities[index]))
        return EquityPoint(times[index], equities[index])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, EquityCurve):
            return NotImplemented
        return self._worked_out() == other._worked_out()

    def __hash__(self) -> int:
        return hash(tuple(self._worked_out()[0]))

    def __iter__(self) -> Iterator[EquityPoint]:
        return map(EquityPoint, *self._worked_out())

    def _worked_out(self) -> tuple[list[datetime], list[Decimal]]:
        """All times and all equities, in USD."""
        if self._found is None:
            times: list[datetime] = []
            equities: list[Decimal] = []
            for piece in self._pieces:
                times += piece.times[piece.start : piece.stop]
                equities += piece.equities()
            self._found = times, equities
        return self._found


class EquityAudit:
    """Keeps a sample a bar, the running drawdown, and compares with the fold at the end."""

    def __init__(self, deposit: Decimal) -> None:
        self._deposit = deposit
        self._last = deposit
        """The equity at the last sample."""
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
        return EquityCurve(tuple(self._pieces))

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
        self._pieces.append(_Piece(seq, (time,), 0, 1, base, tracks))
        self._last = equity
        if equity >= self._peak or equity < self._low:
            self._extremes((equity,))

    def span(
        self,
        times: Sequence[datetime],
        start: int,
        stop: int,
        seq: int,
        base: Decimal,
        tracks: Sequence[Track],
    ) -> None:
        """As `sample`, for the bars from `start` until before `stop`: only marks changed in them.

        `times` has the times of all bars, and does not change any more.
        """
        piece = _Piece(seq, times, start, stop, base, tracks)
        self._pieces.append(piece)
        if len(tracks) == 1 and tracks[0].steps:
            # One position: the equity rises and falls with its mark alone.
            track = tracks[0]
            size, marks, first = track.size, track.marks, start + track.offset
            steps = track.steps[first : stop + track.offset]
            best, worst = track.ends(steps)
            self._last = fma(size, marks[stop + track.offset - 1], base)
            top = fma(size, marks[first + best], base)
            bottom = fma(size, marks[first + worst], base)
            if top < self._peak:
                self._extremes((bottom,))
                return
            turns: Sequence[int]
            if self._may_be_worst(bottom, top):
                turns = track.turns(steps)
            else:  # whatever fell within: only the last peak counts, and the low after it
                best = len(steps) - 1 - steps[::-1].index(steps[best])
                turns = best, best + track.ends(steps[best:])[1]
            self._extremes([fma(size, marks[first + number], base) for number in turns])
            return
        equities = piece.equities() if tracks else [base]
        self._last = equities[-1]
        self._extremes(equities)

    def flow(self, amount: Decimal) -> None:
        """Money came in or went out after the last sample: the peak moves in proportion."""
        before = self._last
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
        peak, low = self._peak, self._low
        for equity in equities:
            if equity >= peak:
                peak = low = equity
            elif equity < low and peak > 0:
                low = equity
                if self._may_be_worst(equity, peak):
                    self._worst = min(self._worst, quotient(minus(equity, peak), peak))
                    self._worst_float = float(self._worst)
        self._peak, self._low = peak, low

    def _may_be_worst(self, low: Decimal, peak: Decimal) -> bool:
        """False where a fall is certainly less deep than the worst: most are, by their floats."""
        if peak <= 0 or low <= 0:
            return True
        return float(low) / float(peak) - 1 < self._worst_float + _ROOM

    def _difference(self, piece: _Piece, fold: EquityFold) -> Decimal:
        """The largest one within a piece: none where cash and coins are the same."""
        tracks = piece.tracks
        sizes = {track.coin: track.size for track in tracks} if tracks else {}
        if fold.cash == piece.base and fold.coins == sizes:
            return ZERO
        worst = ZERO
        # A coin that the ledger does not hold has no mark here: its size tells that it is wrong.
        unknown = sum((abs(size) for coin, size in fold.coins.items() if coin not in sizes), ZERO)
        for number, equity in enumerate(piece.equities()):
            bar = piece.start + number
            marks = {track.coin: track.marks[bar + track.offset] for track in piece.tracks}
            with exact():
                folded = fold.equity({coin: marks.get(coin, ZERO) for coin in fold.coins})
                worst = max(worst, abs(folded - equity))
        return worst + unknown


def _weight(record: LedgerRecord) -> Decimal:
    """A size in coin, or an amount in USD: never 0 for what changes the equity."""
    return abs(record.size if isinstance(record, Fill | FundingPayment) else record.amount)
