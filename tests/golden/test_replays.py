"""Seeded replays give what they gave before the core was made faster, to the last digit."""

import json
from pathlib import Path

import apsw
import pytest

from tests.replaykit import CASES, brief, digest, journaled, recorded, told

KNOWN = json.loads((Path(__file__).parent / "replays.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_reports_and_journals_are_those_on_file(tmp_path, case):
    """Reports, curves, trades and every row of the journal, byte for byte."""
    assert digest(case, tmp_path) == KNOWN[case.name]


def test_the_cases_trade_and_are_refused():
    """They reach entries, exits and refusals: equal outcomes are not equal idleness."""
    assert sum(int(known["entries"]) for known in KNOWN.values()) > 300
    assert sum(int(known["exits"]) for known in KNOWN.values()) > 300


@pytest.mark.parametrize("case", CASES[::5], ids=lambda case: case.name)
def test_a_run_without_a_journal_reports_what_one_with_it_does(tmp_path, case):
    """What is stepped over without a record changes no figure."""
    assert told(brief(case, tmp_path)) == told(journaled(case, tmp_path)[0])


@pytest.mark.parametrize("bulk", [False, True])
def test_two_runs_have_the_same_ids_and_payloads(tmp_path, bulk):
    """In two journals of two recorders: nothing but what a recorder adds may differ."""
    found = []
    for number in (1, 2):
        folder = tmp_path / str(number)
        folder.mkdir()
        _, path = recorded(CASES[0], folder, bulk=bulk, chance=number)
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        sql = "SELECT seq, event_id, kind, lane_seq, row_id, time, payload FROM events ORDER BY seq"
        found.append(connection.execute(sql).fetchall())
        connection.close()
    assert found[0] == found[1]
    assert {"order", "fill", "decisions" if bulk else "decision"} <= {row[2] for row in found[0]}
