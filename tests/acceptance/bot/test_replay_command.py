"""`motherhaven replay` as a process: side by side, recorded decisions, fees, funding, picture."""

import json
import math
import subprocess
import sys
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from tests.acceptance.processes import clean_environment
from tests.patience import HANG_SECONDS

START_MS = 1_641_000_000_000 // 3_600_000 * 3_600_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with eight hours of bars that swing up and down."""
    place = tmp_path_factory.mktemp("replay")
    rows = ["timestamp_ms,open,high,low,close,volume"]
    for minute in range(480):
        first, last = (
            round(50_000 + 900 * math.sin(m / 61) + 300 * math.sin(m / 7))
            for m in (minute, minute + 1)
        )
        high, low = max(first, last) + 20, min(first, last) - 20
        rows.append(f"{START_MS + minute * 60_000},{first},{high},{low},{last},5")
    (place / "btc.csv").write_text("\n".join(rows))
    return place


def replay(folder, *words, code=0, bars="btc.csv", **env):
    """The command's output as JSON, or its error text."""
    limits = {"MAX_POSITION_SIZE_USD": "1000", "DAILY_LOSS_LIMIT_USD": "500", **env}
    done = subprocess.run(
        [sys.executable, "-m", "motherhaven.cli.main", "replay", "--bars", f"BTC={bars}",
         "--json", *words],
        cwd=folder, env=clean_environment(folder, **limits), capture_output=True, text=True,
        timeout=HANG_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return json.loads(done.stdout) if code == 0 else done.stderr


def same(report):
    """A report without what may differ between two equal runs."""
    left_out = ("seconds", "bars_per_second", "decider")
    return {name: value for name, value in report.items() if name not in left_out}


def test_one_decider_keeps_its_shape_and_several_are_compared(folder):
    """A single report is the object that it always was; two are reports and a comparison."""
    alone = replay(folder, "--decider", "random")
    assert alone["decider"] == "random"
    assert Decimal(alone["identity_error"]) == 0
    both = replay(
        folder, "--decider", "random", "--decider", "buy-and-hold", "--picture", "curves.svg"
    )
    assert [report["decider"] for report in both["reports"]] == ["random", "buy-and-hold"]
    assert same(both["reports"][0]) == same(alone)
    rows = both["comparison"]["rows"]
    finals = [Decimal(row["final_equity"]) for row in rows]
    assert finals == sorted(finals, reverse=True)
    picture = ElementTree.parse(folder / "curves.svg").getroot()
    words = " ".join("".join(node.itertext()) for node in picture.iter())
    assert "random" in words
    assert "buy-and-hold" in words


def test_recorded_decisions_under_other_limits_and_fees(folder):
    """The same journal again: equal; without fees: richer; under a tight limit: no entry."""
    first = replay(folder, "--decider", "random", "--journal", "first.db")
    assert first["entries"] > 0
    again = replay(folder, "--decisions", "first.db")
    assert again["decider"] == "recorded:random"
    assert same(again) == same(first)
    free = replay(folder, "--from-journal", "first.db", "--fees", "0,0")
    assert free["fees"] == "0"
    assert Decimal(free["final_equity"]) > Decimal(first["final_equity"])
    tight = replay(folder, "--decisions", "first.db", "--limit", "MAX_POSITION_SIZE_USD=5")
    assert (tight["entries"], tight["final_equity"]) == (0, "10000")
    both = replay(folder, "--decisions", "first.db", "--decider", "buy-and-hold")
    assert [r["decider"] for r in both["reports"]] == ["buy-and-hold", "recorded:random"]


def test_slippage_is_the_default_and_said(folder):
    """Takers pay it unless a worked case asks for none; the report names the model."""
    with_it = replay(folder, "--decider", "random")
    without = replay(folder, "--decider", "random", "--no-slippage")
    assert with_it["slippage"] == {"half_spread": "0.0001", "impact": "0.05", "depth": "2000000"}
    assert without["slippage"] is None
    assert Decimal(with_it["final_equity"]) < Decimal(without["final_equity"])
    assert (with_it["win_rate_n"], with_it["sharpe"]) == (with_it["exits"], None)


def test_bars_of_another_tool_replay_and_import_alike(folder):
    """The same bars as TradingView writes them, straight and through import-bars."""
    ours = [line.split(",") for line in (folder / "btc.csv").read_text().splitlines()[1:]]
    rows = [f"{int(row[0]) // 1000},{','.join(row[1:5])},NaN,{row[5]}" for row in reversed(ours)]
    other = folder / "tv.csv"
    other.write_text("\n".join(["time,open,high,low,close,Plot,Volume", *rows]))
    done = subprocess.run(
        [sys.executable, "-m", "motherhaven.cli.main", "import-bars", "tv.csv", "--to", "tv2.csv"],
        cwd=folder, env=clean_environment(folder), capture_output=True, text=True,
        timeout=HANG_SECONDS, check=True,
    )  # fmt: skip
    assert "tradingview: 480 bars of 0:01:00" in done.stdout
    assert "newest first" in done.stderr
    assert (folder / "tv2.csv").read_text().rstrip() == (folder / "btc.csv").read_text()
    words = ("--decider", "random")
    straight = replay(folder, *words, bars="tv.csv")
    assert same(straight) == same(replay(folder, *words, bars="tv2.csv"))
    assert same(straight) == same(replay(folder, *words))


def test_funding_of_a_file_is_charged(folder):
    """A long pays a positive rate every hour that is on file."""
    rows = [f"{START_MS + hour * 3_600_000},0.0001" for hour in range(9)]
    (folder / "funding.csv").write_text("\n".join(["timestamp_ms,rate", *rows]))
    with_it = replay(folder, "--decider", "buy-and-hold", "--funding", "BTC=funding.csv")
    without = replay(folder, "--decider", "buy-and-hold")
    assert without["funding"] == "0"
    assert Decimal(with_it["funding"]) < 0
    assert Decimal(with_it["identity_error"]) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--decisions", "nothing.db"), "--decisions nothing.db"),
        (("--fees", "0.1"), "TAKER,MAKER"),
        (("--limit", "MAX_LEVERAGE"), "NAME=VALUE"),
        (("--limit", "MAX_LEVRAGE=3"), "is no limit"),
        (("--funding", "BTC"), "COIN=FILE"),
        (("--funding", "BTC=none.csv"), "none.csv"),
        (("--decider", "oracle"), "is unknown"),
        (("--picture", "no/such/folder.svg"), "--picture"),
        (("--pace", "0"), "--pace"),
    ],
)
def test_a_wrong_option_is_named(folder, words, said):
    """Exit code 1, one clear line."""
    assert said in replay(folder, *words, code=1)


@pytest.mark.parametrize("name", ["MAX_LEVERAG", "DAILY_LOSS_LIMIT"])
def test_a_misspelt_limit_stops_a_replay_as_it_stops_a_bot(folder, name):
    """Figures under limits that the user did not mean would be believed."""
    told = replay(folder, code=1, **{name: "3"})
    assert f"{name} is no setting; did you mean" in told
