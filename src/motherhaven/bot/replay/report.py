"""What a replay gives back, and the counting that it is made from."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from motherhaven.bot.core.brief_log import BriefLog
from motherhaven.bot.core.records import Record
from motherhaven.bot.execution.slippage import Slippage
from motherhaven.bot.market.feed import Gap
from motherhaven.bot.portfolio.events import Fill
from motherhaven.bot.running.sink import Kept, Sink
from motherhaven.contract.bulk import is_bulk, single_kind
from motherhaven.contract.events import Kind
from motherhaven.contract.money import plain
from motherhaven.contract.times import format_time
from motherhaven.metrics import ClosedTrade, EquityPoint, Flow, Performance, performance


class CountingSink:
    """A sink that counts what it passes on: events by kind, entries, liquidations."""

    def __init__(self, inner: Sink) -> None:
        self._inner = inner
        self.counts: Counter[str] = Counter()
        self.trades: list[ClosedTrade] = []

    def write(self, batch: Sequence[Record]) -> None:
        """Pass a batch on, then count it."""
        self._inner.write(batch)
        for record in batch:
            if is_bulk(record.kind):
                self.counts[single_kind(record.kind)] += record.payload["count"]
                continue
            self.counts[record.kind] += 1
            if record.kind == "execution" and record.payload["execution_status"] == "executed":
                self.counts["executed"] += 1
            elif record.kind == "fill":
                self.counts[record.payload["reason"]] += 1
            elif record.kind == "position_closed":
                self.trades.append(_trade(record.payload))

    def count(self, log: BriefLog) -> None:
        """Count what a run did that puts nothing on record."""
        fills = (one for one in log.booked if isinstance(one, Fill))
        self.counts.update(one.reason.value for one in fills)
        self.counts["position_closed"] += len(log.finished)
        self.trades += log.finished

    def read(self, kinds: Sequence[Kind]) -> Iterator[Kept]:
        """As the inner sink."""
        return self._inner.read(kinds)

    def healthy(self) -> bool:
        """As the inner sink."""
        return self._inner.healthy()

    def lag(self) -> Mapping[str, int]:
        """As the inner sink."""
        return self._inner.lag()

    def settle(self) -> None:
        """As the inner sink."""
        self._inner.settle()

    def close(self) -> None:
        """As the inner sink."""
        self._inner.close()


@dataclass(frozen=True, slots=True)
class Refusal:
    """How many orders were rejected or skipped for one reason; `example` is one such text."""

    status: str
    code: str
    count: int
    example: str


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """The outcome of a replay. Money in USD; `realized_pnl` is gross, `funding` as received.

    final_equity = deposit + realized_pnl - fees + funding + unrealized_pnl. `max_drawdown`
    is a fraction, 0 or negative, over all bars. Only `seconds` is of the wall clock. `curve`
    is the equity at every bar and `trades` every finished trade; neither is in the JSON.
    `slippage` is what takers paid beyond the mid, None for nothing. `deposit` has the
    `cash_flows` in it, of which returns and drawdown are net.
    """

    decider: str
    market: str
    coins: tuple[str, ...]
    start: datetime
    end: datetime
    bars: int
    gaps: tuple[Gap, ...]
    decisions: int
    entries: int
    exits: int
    liquidations: int
    deposit: Decimal
    fees: Decimal
    funding: Decimal
    realized_pnl: Decimal
    unrealized_pnl: Decimal
    final_equity: Decimal
    max_drawdown: Decimal
    identity_error: Decimal
    seconds: float
    slippage: Slippage | None = None
    refusals: tuple[Refusal, ...] = ()
    curve: Sequence[EquityPoint] = field(default=(), repr=False)
    trades: tuple[ClosedTrade, ...] = field(default=(), repr=False)
    cash_flows: tuple[Flow, ...] = ()

    def performance(self) -> Performance:
        """Returns, ratios and trade statistics of the run, net of cash flows."""
        return performance(self.curve, self.cash_flows, self.trades)

    def refused(self, status: str) -> int:
        """How many orders were "rejected" or "skipped"."""
        return sum(one.count for one in self.refusals if one.status == status)

    def to_json(self) -> dict[str, Any]:
        """The report for JSON: decimals as exact strings, times as UTC text."""
        money = (
            "deposit",
            "fees",
            "funding",
            "realized_pnl",
            "unrealized_pnl",
            "final_equity",
            "max_drawdown",
            "identity_error",
        )
        return {
            "decider": self.decider,
            "market": self.market,
            "coins": list(self.coins),
            "from": format_time(self.start),
            "to": format_time(self.end),
            "bars": self.bars,
            "gaps": [
                {"coin": gap.coin, "from": format_time(gap.start), "to": format_time(gap.end)}
                for gap in self.gaps
            ],
            "decisions": self.decisions,
            "entries": self.entries,
            "exits": self.exits,
            "liquidations": self.liquidations,
            "rejected": self.refused("rejected"),
            "skipped": self.refused("skipped"),
            "refusals": [asdict(one) for one in self.refusals],
            "slippage": slippage_data(self.slippage),
            **figures_data(self.performance()),
            **{name: plain(getattr(self, name)) for name in money},
            "seconds": round(self.seconds, 3),
            "bars_per_second": round(self.bars / self.seconds) if self.seconds > 0 else None,
        }


def slippage_data(slippage: Slippage | None) -> dict[str, str] | None:
    """The slippage model for JSON: two fractions and the depth in USD; None for none."""
    if slippage is None:
        return None
    return {
        "half_spread": plain(slippage.half_spread),
        "impact": plain(slippage.impact),
        "depth": plain(slippage.depth),
    }


def figures_data(found: Performance) -> dict[str, float | int | None]:
    """The figures that runs are compared by, each with its n; None where it is too small."""
    trades = found.trades
    return {
        "win_rate": trades.win_rate,
        "win_rate_n": trades.n,
        "sharpe": found.sharpe.value,
        "sharpe_n": found.sharpe.n,
        "profit_factor": trades.profit_factor,
        "profit_factor_n": trades.n,
    }


def _trade(payload: Mapping[str, Any]) -> ClosedTrade:
    """A finished trade from the record of its closing; the margin is one entry's worth."""
    return ClosedTrade(
        side=payload["side"],
        notional=payload["quantity_usd"] * payload["leverage"],
        gross=payload["gross_pnl"],
        fees=payload["fees_usd"],
        funding=payload["funding_usd"],
        opened_at=datetime.fromisoformat(payload["entry_time"]),
        closed_at=datetime.fromisoformat(payload["exit_time"]),
    )
