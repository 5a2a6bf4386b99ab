"""Seeded replays give what they gave before the core was made faster, to the last digit."""

import json
from pathlib import Path

import pytest

from tests.replaykit import CASES, brief, digest, journaled, told

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
