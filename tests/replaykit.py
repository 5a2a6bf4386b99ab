"""Seeded replays whose whole outcome is reduced to text that must never change."""

import asyncio
import hashlib
import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import apsw

from motherhaven.bot.decider import baseline
from motherhaven.bot.market.simulated import SimulatedFeed
from motherhaven.bot.replay.engine import Replay, ReplayConfig
from motherhaven.bot.replay.report import ReplayReport
from motherhaven.bot.running.config import PAPER_SLIPPAGE
from motherhaven.bot.running.journal_sink import JournalSink
from motherhaven.bot.running.sink import MemorySink
from motherhaven.contract.ids import IdSource
from motherhaven.contract.limits import RiskLimits
from motherhaven.recorder.factory import open_recorder
from motherhaven.testing.clock import FakeClock

START = datetime(2026, 2, 1, tzinfo=UTC)
HEAD = "timestamp_ms,open,high,low,close,volume"
COINS = ("BTC", "ETH", "SOL")


@dataclass(frozen=True)
class Case:
    """One seeded market with one decider; everything else follows from the seed."""

    seed: int
    decider: str

    @property
    def name(self) -> str:
        """The key of its digest."""
        return f"{self.decider}-{self.seed}"

    def market(self, folder: Path) -> dict[str, Path]:
        """Files of bars: one to three coins, wild or calm, whole or with holes."""
        chance = random.Random(self.seed)
        coins = COINS[: chance.choice((1, 1, 2, 3))]
        minutes, phase = chance.randrange(1200, 2600), chance.choice((0, 0, 0, 30))
        wild, holes = chance.choice((1, 1, 6, 20)), chance.choice((0, 0, 3))
        files = {}
        for coin in coins:
            bars = _wild(coin, self.seed, minutes, wild)
            first = chance.choice((0, 0, 0, 7))
            missing = set(range(first))
            for _ in range(holes):
                at = chance.randrange(10, minutes - 60)
                missing |= set(range(at, at + chance.randrange(1, 50)))
            rows = [HEAD]
            for minute, prices in enumerate(bars):
                if minute not in missing:
                    moment = START + timedelta(minutes=minute, seconds=phase)
                    rows.append(f"{int(moment.timestamp() * 1000)},{','.join(map(str, prices))},1")
            files[coin] = folder / f"{coin}-{self.seed}-{self.decider}.csv"
            files[coin].write_text("\n".join(rows))
        return files

    def config(self, files: dict[str, Path], **changes: object) -> ReplayConfig:
        """Limits, cadence, zone and slippage by the seed."""
        chance = random.Random(f"{self.seed}|config")
        limits = RiskLimits(
            max_position_size_usd=Decimal(chance.choice((1000, 4000, 9000))),
            max_total_margin_usd=Decimal(chance.choice((3000, 9500))),
            daily_loss_limit_usd=Decimal(chance.choice((60, 500, 5000))),
            max_open_positions=10,
            max_trades_per_day=None,
        )
        return ReplayConfig(
            files,
            interval_seconds=chance.choice((180, 180, 60, 300, 20, 100, 900)),
            limits=limits,
            slippage=chance.choice((None, PAPER_SLIPPAGE)),
            zone=chance.choice(("UTC", "UTC", "America/New_York", "Asia/Kolkata")),
            **changes,  # type: ignore[arg-type]
        )


CASES = [
    Case(seed, name) for seed in range(1, 13) for name in ("ema-cross", "random", "buy-and-hold")
]


def _wild(coin: str, seed: int, minutes: int, wild: int) -> list[tuple[Decimal, ...]]:
    """The simulated market with its moves made `wild` times as large, at the same grid."""
    feed = SimulatedFeed((coin,), seed)
    pieces = feed.slices(START, START + timedelta(minutes=minutes))
    first = pieces[0].bars[coin].open
    step = feed.specs[coin].price_step(first)
    floor = first / 4

    def far(price: Decimal) -> Decimal:
        moved = first + (price - first) * wild
        return max((moved / step).to_integral_value() * step, floor)

    bars = [piece.bars[coin] for piece in pieces]
    return [(far(b.open), far(b.high), far(b.low), far(b.close)) for b in bars]


def brief(case: Case, folder: Path) -> ReplayReport:
    """The run that keeps no record but fills."""
    config = case.config(case.market(folder), brief=True)
    clock = FakeClock(START)
    return asyncio.run(Replay(config, baseline(case.decider), MemorySink(), clock).run())


def journaled(case: Case, folder: Path) -> tuple[ReplayReport, str, str]:
    """The run with a journal: its report, the hash of every row that it wrote, and of its view."""
    report, path = recorded(case, folder, bulk=False)
    return report, journal_hash(path), view_hash(path)


def recorded(
    case: Case, folder: Path, *, bulk: bool, chance: int | None = None
) -> tuple[ReplayReport, Path]:
    """The run with a journal, holds in bulk records or one by one: its report and the file.

    `chance` seeds what the recorder draws; the case's own seed as a rule.
    """
    config = case.config(case.market(folder), candles=True, bulk=bulk)
    clock = FakeClock(START)
    path = folder / f"{case.seed}-{case.decider}-{bulk}.db"
    ids = IdSource(clock, random.Random(case.seed if chance is None else chance).randbytes)
    recorder = open_recorder(path, clock=clock, ids=ids, synchronous="off")
    sink = JournalSink(recorder, trusted=True)
    try:
        report = asyncio.run(Replay(config, baseline(case.decider), sink, clock).run())
    finally:
        sink.close()
    return report, path


WRITTEN = (
    "seq, event_id, bot_id, mode, epoch, kind, lane, lane_seq, row_id, time, recorded_at, sha256,"
    " payload, payload ->> 'justification', payload ->> 'raw_response',"
    " payload ->> 'system_prompt', payload ->> 'user_prompt', digest"
)
"""What `events` had when the hashes on file were made: four texts were columns of their own."""


def journal_hash(path: Path) -> str:
    """Every row of every table, reduced to one hash."""
    found = hashlib.sha256()
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    for table in ("events", "decision_rows", "account_rows", "position_rows", "status_rows"):
        columns = WRITTEN if table == "events" else "*"
        for row in connection.execute(f"SELECT {columns} FROM {table} ORDER BY 1"):
            # The last column, `bulk`, came after the hashes on file.
            told = row if table in ("events", "position_rows") else row[:-1]
            found.update(repr(told).encode())
    connection.close()
    return found.hexdigest()


OURS = {
    "decision": ("answer_id", "asked_at", "latency_ms", "trigger"),
    "execution": ("reason_code",),
    "status": ("limits",),
}
"""Fields of a replay's records that say nothing of the account, and that versions differ in."""


def view_hash(path: Path) -> str:
    """What users see of a journal: the four views, and each event without the fields OURS."""
    found = hashlib.sha256()
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    for table in ("decisions", "account_state", "positions", "bot_status"):
        for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1"):
            found.update(repr(row).encode())
    rows = connection.execute("SELECT event_id, kind, time, payload FROM events ORDER BY seq")
    for event_id, kind, time, text in rows:
        told = [one for one in json.loads(text).items() if one[0] not in OURS.get(kind, ())]
        found.update(repr((event_id, kind, time, sorted(told))).encode())
    connection.close()
    return found.hexdigest()


def told(report: ReplayReport) -> str:
    """A report with its curve and trades, every digit of it, as text."""
    data = report.to_json()
    del data["seconds"], data["bars_per_second"]
    curve = hashlib.sha256()
    for point in report.curve:
        curve.update(f"{point.time.isoformat()} {point.equity}\n".encode())
    data["curve"] = [len(report.curve), curve.hexdigest()]
    data["trades"] = hashlib.sha256(repr(report.trades).encode()).hexdigest()
    return json.dumps(data, sort_keys=True)


def digest(case: Case, folder: Path) -> dict[str, str]:
    """What is compared: both reports and the journal."""
    report, journal, view = journaled(case, folder)
    return {
        "brief": hashlib.sha256(told(brief(case, folder)).encode()).hexdigest(),
        "report": hashlib.sha256(told(report).encode()).hexdigest(),
        "journal": journal,
        "view": view,
        "entries": str(report.entries),
        "exits": str(report.exits),
        "equity": str(report.final_equity),
    }
