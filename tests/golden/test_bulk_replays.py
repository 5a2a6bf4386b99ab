"""A journal with bulk records says what one with a record for each cycle says, to the digit."""

from decimal import Decimal
from pathlib import Path
from typing import ClassVar

import apsw
import pytest

from motherhaven.bot.running.journal_sink import read_journal
from motherhaven.contract.events import LANES
from tests.replaykit import CASES, Case, recorded, told

IDS = ("cycle_id", "decision_id", "position_id", "cloid", "answer_id", "oid")
"""What is drawn by chance: a run that passes cycles over draws fewer."""

VIEWS = {
    "decisions": "timestamp, coin, signal, quantity_usd, leverage, confidence, profit_target,"
    " stop_loss, invalidation_condition, justification, raw_response, system_prompt, user_prompt,"
    " execution_status, execution_error, execution_timestamp",
    "account_state": "timestamp, balance_usd, equity_usd, unrealized_pnl, realized_pnl,"
    " total_pnl, sharpe_ratio, num_positions",
    "positions": "coin, side, entry_time, entry_price, quantity_usd, leverage, exit_time,"
    " exit_price, realized_pnl, status",
    "bot_status": "timestamp, status, message, error, trades_today, pnl_today",
}


def plain(payload):
    """A payload without ids drawn by chance, in positions too."""
    told = {name: value for name, value in payload.items() if name not in IDS}
    for mark in told.get("positions") or ():
        mark.pop("position_id", None)
    return told


def events(path):
    """All events by kind, in their order of time; candles by coin as one series."""
    found, candles = {}, {}
    for kept in read_journal(path, tuple(LANES)):
        if kept.kind == "candles":
            payload = dict(kept.payload)
            candles.setdefault(payload["coin"], []).extend(payload["candles"])
            continue
        told = plain(dict(kept.payload))
        found.setdefault(kept.kind, []).append((kept.time, told))
    for rows in found.values():
        rows.sort(key=lambda row: (row[0], row[1].get("coin") or ""))
    return found, candles


def view(path, name):
    """The rows of a view, in order of time."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return sorted(connection.execute(f"SELECT {VIEWS[name]} FROM {name}"), key=repr)
    finally:
        connection.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_bulk_records_say_what_single_ones_say(tmp_path, case):
    """Events, candles and the four views are equal; so are the reports."""
    single, one = recorded(case, tmp_path, bulk=False)
    many, other = recorded(case, tmp_path, bulk=True)
    assert told(many) == told(single)
    (events_one, candles_one), (events_other, candles_other) = events(one), events(other)
    assert candles_other == candles_one
    assert events_other.keys() == events_one.keys()
    for kind, rows in events_one.items():
        assert events_other[kind] == rows, kind
    for name in VIEWS:
        assert view(other, name) == view(one, name), name


class StyledCase(Case):
    """A market whose prices are written in one style."""

    style: ClassVar[str] = "fixed"

    def market(self, folder: Path) -> dict[str, Path]:
        """The files of the case, written again."""
        files = super().market(folder)
        for path in files.values():
            head, *lines = path.read_text().splitlines()
            found = [head]
            for number, line in enumerate(lines):
                stamp, *cells, volume = line.split(",")
                prices = [self.styled(Decimal(one), number) for one in cells]
                found.append(",".join([stamp, *prices, volume]))
            path.write_text("\n".join(found))
        return files

    def styled(self, price: Decimal, number: int) -> str:
        """With nine decimals, with as few as can be, or with now these and now those."""
        if self.style == "fixed" or (self.style == "mixed" and number % 3):
            return f"{price:.9f}"
        return f"{price:.9f}".rstrip("0").rstrip(".")


@pytest.mark.parametrize("style", ["fixed", "short", "mixed"])
@pytest.mark.parametrize(("seed", "decider"), [(1, "random"), (4, "ema-cross"), (7, "random")])
def test_however_prices_are_written_it_is_kept(tmp_path, monkeypatch, style, seed, decider):
    """The texts of bars, marks and figures do not depend on how a record holds them."""
    monkeypatch.setattr(StyledCase, "style", style)
    case = StyledCase(seed, decider)
    single, one = recorded(case, tmp_path, bulk=False)
    many, other = recorded(case, tmp_path, bulk=True)
    assert told(many) == told(single)
    assert events(other) == events(one)
    for name in VIEWS:
        assert view(other, name) == view(one, name), name


def test_most_decisions_are_in_bulk_records(tmp_path):
    """The comparison compares something: a calm run has few rows, each event its own number."""
    case = next(case for case in CASES if case.decider == "buy-and-hold")
    report, path = recorded(case, tmp_path, bulk=True)
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    rows = connection.execute("SELECT count(*), max(seq), max(row_id) FROM events").fetchall()
    ids = connection.execute("SELECT id FROM decisions ORDER BY id").fetchall()
    connection.close()
    assert report.decisions > 200
    assert rows[0][0] < report.decisions / 2 < rows[0][1]
    assert [one for (one,) in ids] == list(range(1, report.decisions + 1))
    assert len({event.event_id for event in read_journal(path, ("decision",))}) == report.decisions
    assert Decimal(0) == report.identity_error
