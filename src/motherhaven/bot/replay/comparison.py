"""Several replays of the same bars side by side."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from motherhaven.bot.replay.report import ReplayReport, figures_data
from motherhaven.contract.money import plain
from motherhaven.contract.times import format_time

_CENTS: Final = Decimal("0.01")
_HEAD: Final = (
    "decider", "final equity", "return", "max drawdown", "sharpe", "days", "trades", "win rate",
    "profit factor", "fees", "funding", "rejected", "skipped",
)  # fmt: skip


def compare(reports: Sequence[ReplayReport]) -> dict[str, Any]:
    """One row per run, best final equity first; ratios null where their n is too small."""
    ranked = sorted(reports, key=lambda report: report.final_equity, reverse=True)
    first = reports[0]
    return {
        "market": first.market,
        "from": format_time(first.start),
        "to": format_time(first.end),
        "bars": first.bars,
        "best": ranked[0].decider,
        "rows": [_row(report) for report in ranked],
    }


def as_text(reports: Sequence[ReplayReport]) -> str:
    """The comparison as a table for people; "-" where a figure is not known."""
    table = [list(_HEAD), *(_cells(row) for row in compare(reports)["rows"])]
    widths = [max(len(line[index]) for line in table) for index in range(len(_HEAD))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if index == 0 else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in table
    )


def _row(report: ReplayReport) -> dict[str, Any]:
    found = report.performance()
    trades = found.trades
    expectancy = trades.expectancy
    return {
        "decider": report.decider,
        "final_equity": plain(report.final_equity),
        "total_return": found.total_return.value,
        "max_drawdown": plain(report.max_drawdown),
        **figures_data(found),
        "decisions": report.decisions,
        "entries": report.entries,
        "trades": trades.n,
        "expectancy": None if expectancy is None else plain(expectancy),
        "exposure": trades.exposure,
        "liquidations": report.liquidations,
        "rejected": report.refused("rejected"),
        "skipped": report.refused("skipped"),
        "fees": plain(report.fees),
        "funding": plain(report.funding),
    }


def _cells(row: dict[str, Any]) -> list[str]:
    return [
        str(row["decider"]),
        f"{Decimal(row['final_equity']).quantize(_CENTS):,}",
        _percent(row["total_return"]),
        _percent(float(row["max_drawdown"])),
        _ratio(row["sharpe"]),
        str(row["sharpe_n"]),
        str(row["trades"]),
        _percent(row["win_rate"]),
        _ratio(row["profit_factor"]),
        f"{Decimal(row['fees']).quantize(_CENTS):,}",
        f"{Decimal(row['funding']).quantize(_CENTS):,}",
        str(row["rejected"]),
        str(row["skipped"]),
    ]


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value * 100:.2f} %"


def _ratio(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
