"""Equity curves as an SVG picture: one line a run, each named at its end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from html import escape
from itertools import pairwise
from typing import Final

from motherhaven.bot.replay.report import ReplayReport
from motherhaven.metrics import EquityPoint

WIDTH: Final = 1200
HEIGHT: Final = 560
COLOURS: Final = ("#0b62d6", "#c2410c", "#15803d", "#7e22ce", "#b91c1c", "#0e7490", "#a16207")
_LEFT, _RIGHT, _TOP, _BOTTOM = 80, 250, 56, 44
_COLUMNS: Final = 700
"""Points of a line; a column keeps its lowest and highest equity, so no fall is smoothed away."""
_LABEL: Final = 32
_HOLE: Final = 10
"""So many times the usual step without data is drawn as a hole."""
_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class _Frame:
    """From times and equity to places in the picture."""

    start: datetime
    span: float
    low: float
    high: float

    def x(self, time: datetime) -> float:
        share = (time - self.start).total_seconds() / self.span
        return _LEFT + share * (WIDTH - _LEFT - _RIGHT)

    def y(self, equity: float) -> float:
        share = (equity - self.low) / (self.high - self.low)
        return HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM)


def draw(reports: Sequence[ReplayReport]) -> str:
    """The picture of all runs that have at least one bar; lines are broken at holes."""
    runs = [report for report in reports if report.curve]
    parts = [_head(reports)]
    if runs:
        frame = _frame(runs)
        parts += _grid(frame, runs[0].deposit)
        ends: list[tuple[float, str, str]] = []
        for number, report in enumerate(runs):
            colour = COLOURS[number % len(COLOURS)]
            parts.append(_line(frame, report.curve, colour))
            last = report.curve[-1].equity
            label = f"{report.decider} {_money(last)}"
            ends.append((frame.y(float(last)), label, colour))
        parts += _labels(ends)
    return "\n".join([*parts, "</svg>", ""])


def _head(reports: Sequence[ReplayReport]) -> str:
    first = reports[0]
    title = f"Equity in USD: {first.market}, {first.start:%Y-%m-%d} to {first.end:%Y-%m-%d} UTC"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="img" font-family="sans-serif" font-size="13">\n'
        f"<title>{escape(title)}</title>\n"
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>\n'
        f'<text x="{_LEFT}" y="30" font-size="17" fill="#111827">{escape(title)}</text>'
    )


def _frame(runs: Sequence[ReplayReport]) -> _Frame:
    start = min(report.curve[0].time for report in runs)
    end = max(report.curve[-1].time for report in runs)
    values = [float(point.equity) for report in runs for point in report.curve]
    low, high = min(values), max(values)
    margin = (high - low) * 0.05 or max(abs(high) * 0.01, 1.0)
    return _Frame(start, (end - start).total_seconds() or 1.0, low - margin, high + margin)


def _grid(frame: _Frame, deposit: Decimal) -> list[str]:
    right = WIDTH - _RIGHT
    parts = []
    step = _step(frame.high - frame.low, 5)
    value = (frame.low // step + 1) * step
    while value < frame.high:
        y = frame.y(value)
        parts.append(_rule(_LEFT, y, right, y, "#e5e7eb"))
        parts.append(_text(_LEFT - 8, y + 4, f"{value:,.10g}", "#4b5563", "end"))
        value += step
    if frame.low < float(deposit) < frame.high:
        y = frame.y(float(deposit))
        parts.append(_rule(_LEFT, y, right, y, "#6b7280", dashed=True))
    for number in range(6):
        time = frame.start + timedelta(seconds=frame.span * number / 5)
        shape = "%Y-%m-%d" if frame.span > 5 * 86_400 else "%m-%d %H:%M"
        x = frame.x(time)
        parts.append(_rule(x, HEIGHT - _BOTTOM, x, HEIGHT - _BOTTOM + 5, "#6b7280"))
        parts.append(_text(x, HEIGHT - _BOTTOM + 22, time.strftime(shape), "#4b5563", "middle"))
    return parts


def _step(span: float, lines: int) -> float:
    raw = span / lines
    size = 10.0 ** (len(f"{int(raw)}") - 1) if raw >= 1 else 0.01
    while raw / size > 10:
        size *= 10
    return next(size * step for step in _STEPS if raw <= size * step or step == _STEPS[-1])


def _holes(curve: Sequence[EquityPoint]) -> set[datetime]:
    """The first moments after a hole in which no coin had data."""
    steps = [later.time - earlier.time for earlier, later in pairwise(curve)]
    usual = min((step for step in steps if step), default=timedelta(0))
    return {
        point.time for step, point in zip(steps, curve[1:], strict=True) if step > _HOLE * usual
    }


def _line(frame: _Frame, curve: Sequence[EquityPoint], colour: str) -> str:
    """A path with its extremes kept; after a hole it begins anew."""
    holes = _holes(curve)
    width = frame.span / _COLUMNS
    columns: dict[int, list[EquityPoint]] = {}
    for point in curve:
        columns.setdefault(int((point.time - frame.start).total_seconds() / width), []).append(
            point
        )
    kept: list[EquityPoint] = []
    for points in columns.values():
        lowest = min(points, key=lambda point: point.equity)
        highest = max(points, key=lambda point: point.equity)
        kept += sorted({points[0], lowest, highest, points[-1]}, key=lambda point: point.time)
    path = [f"M{frame.x(kept[0].time):.1f} {frame.y(float(kept[0].equity)):.1f}"]
    for before, point in pairwise(kept):
        verb = "M" if any(before.time < hole <= point.time for hole in holes) else "L"
        path.append(f"{verb}{frame.x(point.time):.1f} {frame.y(float(point.equity)):.1f}")
    return f'<path d="{"".join(path)}" fill="none" stroke="{colour}" stroke-width="1.6"/>'


def _labels(ends: Sequence[tuple[float, str, str]]) -> list[str]:
    """The names at the lines' ends, moved apart where they would lie on each other."""
    parts, floor = [], 0.0
    for y, label, colour in sorted(ends):
        place = max(y + 4, floor)
        floor = place + 17
        shown = label if len(label) <= _LABEL else f"{label[: _LABEL - 1]}…"
        text = _text(WIDTH - _RIGHT + 8, place, shown, colour, "start")
        parts.append(text.replace("</text>", f"<title>{escape(label)}</title></text>"))
    return parts


def _money(value: Decimal) -> str:
    return f"{value:,.2f}"


def _rule(x1: float, y1: float, x2: float, y2: float, colour: str, *, dashed: bool = False) -> str:
    dash = ' stroke-dasharray="4 4"' if dashed else ""
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {ends} stroke="{colour}"{dash}/>'


def _text(x: float, y: float, words: str, colour: str, anchor: str) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}"'
    return f"<text {place}>{escape(words)}</text>"
