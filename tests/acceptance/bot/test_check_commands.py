"""`motherhaven paper` and `judge` as processes: worked cases to the last digit, clear errors."""

import json
import subprocess
import sys

import pytest

from tests.acceptance.processes import clean_environment
from tests.patience import HANG_SECONDS

FEES = {"taker": "0.00045", "maker": "0.00015", "max_leverage": {"BTC": 40, "ETH": 25, "SOL": 20}}


def command(folder, *words):
    """`motherhaven …` in a folder of its own."""
    return subprocess.run(
        [sys.executable, "-m", "motherhaven.cli.main", *words],
        cwd=folder, env=clean_environment(folder), capture_output=True, text=True,
        timeout=HANG_SECONDS, check=False,
    )  # fmt: skip


def paper(folder, deposit, *steps):
    """The account after the steps, through the command."""
    (folder / "s.json").write_text(json.dumps({"deposit": deposit, **FEES, "steps": list(steps)}))
    done = command(folder, "paper", "--scenario", "s.json", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def fill(coin, size, price, leverage=None, liquidity="taker", mode="cross"):
    """A step that books a fill."""
    body = {"coin": coin, "size": size, "price": price, "liquidity": liquidity, "mode": mode}
    return {"fill": body | ({} if leverage is None else {"leverage": leverage})}


LONG = (fill("BTC", "0.1", "50000", 10), {"mark": {"BTC": "51000"}})
ADDED = (fill("SOL", "10", "150", 5), fill("SOL", "5", "156", 5, "maker"))
FUNDED = (
    fill("BTC", "0.5", "60000", 10, "maker"),
    {"funding": {"coin": "BTC", "rate": "0.0000125", "oracle": "60000"}},
    {"funding": {"coin": "BTC", "rate": "0.0001", "oracle": "60500"}},
    {"funding": {"coin": "BTC", "rate": "-0.00002", "oracle": "59800"}},
)
BAR = {"open": "50500", "high": "52500", "low": "48800", "close": "52000"}
GUARDED = (
    fill("BTC", "0.1", "50000", 10),
    {"protect": {"coin": "BTC", "stop": "49000", "target": "52000", "liquidation": "45500"}},
    {"bar": {"coin": "BTC", **BAR}},
)


@pytest.mark.parametrize(
    ("deposit", "steps", "expected"),
    [
        ("10000", LONG, {"fees": "2.25", "equity": "10097.75", "used": "510",
                         "available": "9587.75"}),
        ("10000", (*LONG, fill("BTC", "-0.1", "51000")),
         {"equity": "10095.455", "wallet": "10095.455", "used": "0", "unrealized": "0"}),
        ("5000", ADDED, {"fees": "0.792", "unrealized": "60", "equity": "5059.208",
                         "used": "468"}),
        ("5000", (*ADDED, fill("SOL", "-6", "160")),
         {"realized": "48", "fees": "1.224", "wallet": "5046.776", "equity": "5118.776"}),
        ("10000", FUNDED, {"funding": "-2.802"}),
        ("100000000000", (fill("BTC", "2000", "100000", 20),), {"maintenance": "3125000"}),
    ],
    ids=["marked up", "closed", "added", "reduced", "funding", "tiers"],
)  # fmt: skip
def test_the_worked_cases_to_the_last_digit(tmp_path, deposit, steps, expected):
    """Each figure of the account, as exact text."""
    account = paper(tmp_path, deposit, *steps)
    assert {name: account[name] for name in expected} == expected


def test_positions_have_entry_roe_and_liquidation(tmp_path):
    """20 % on the margin, no liquidation price, and 152 as weighted entry."""
    held = paper(tmp_path, "10000", *LONG)["positions"]["BTC"]
    assert (held["roe"], held["liquidation"], held["bucket"]) == ("0.2", None, None)
    held = paper(tmp_path, "5000", *ADDED, fill("SOL", "-6", "160"))["positions"]["SOL"]
    assert (held["size"], held["entry"]) == ("9", "152")


def test_an_order_pays_spread_impact_and_tick(tmp_path):
    """Raw 3,000.80002 becomes 3,000.9; fee and slippage cost are told."""
    order = {"coin": "ETH", "side": "buy", "size": "2", "mid": "3000.05",
             "half_spread": "0.0001", "lambda": "0.05", "depth": "2000000"}  # fmt: skip
    (event,) = paper(tmp_path, "10000", {"order": order})["events"]
    assert (event["price"], event["fee"], event["slippage"]) == ("3000.9", "2.70081", "1.7")
    assert event["raw"].startswith("3000.80002")


def test_a_stop_comes_before_a_target_in_one_bar(tmp_path):
    """Both lie inside the bar: the stop, at its price."""
    account = paper(tmp_path, "10000", *GUARDED)
    (closing,) = [event for event in account["events"] if event["reason"] == "stop"]
    assert closing["price"] == "49000"
    assert account["positions"] == {}


def test_symbols_of_one_coin_are_one_position(tmp_path):
    """ "BTC", "BTC/USD:USD" and "BTC/USDC:USDC" mean the same."""
    names = ("BTC", "BTC/USD:USD", "BTC/USDC:USDC")
    account = paper(tmp_path, "10000", *[fill(name, "0.1", "50000", 10) for name in names])
    assert account["positions"]["BTC"]["size"] == "0.3"


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"fil": {}}, "step 2 of 2: 'fil' is no step"),
        ({"fill": {"coin": "BTC", "size": "x", "price": "1"}}, "step 2 of 2 (fill): size"),
        ({"fill": {"coin": "BTC", "sise": "1"}}, "unknown field 'sise'"),
        ({"funding": {"coin": "BTC", "rate": "NaN", "oracle": "1"}}, "step 2 of 2 (funding): rate"),
        ({"protect": {"coin": "ETH", "stop": "1"}}, "no position is open in ETH"),
        ({"bar": {"coin": "BTC", **BAR, "low": "60000"}}, "step 2 of 2 (bar)"),
        ({"mark": {"BTC": "-1"}}, "step 2 of 2 (mark)"),
    ],
)
def test_errors_name_the_step(tmp_path, step, said):
    """One clear line on standard error, exit code 1, nothing on standard output."""
    steps = [fill("BTC", "0.1", "50000", 10), step]
    (tmp_path / "s.json").write_text(json.dumps({"deposit": "10000", **FEES, "steps": steps}))
    done = command(tmp_path, "paper", "--scenario", "s.json", "--json")
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


STATE = {
    "equity": "10000", "day_start_equity": "10000", "now": "2026-01-02T00:00:00Z",
    "marks": {"BTC": "50000", "ETH": "3000"},
    "positions": {"ETH": {"size": "0.01", "entry": "2900", "leverage": 3}},
    "settings": {"MAX_POSITION_SIZE_USD": "100", "MAX_LEVERAGE": 3},
}  # fmt: skip


def judged(folder, answer, **changes):
    """What `motherhaven judge` says about an answer."""
    (folder / "a.txt").write_text(answer)
    (folder / "s.json").write_text(json.dumps({**STATE, **changes}))
    done = command(folder, "judge", "--answer", "a.txt", "--state", "s.json", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_judge_gives_each_decision_its_verdict(tmp_path):
    """Allowed, refused for a coin that is not listed, always-allowed close: in order."""
    good = {"coin": "BTC", "signal": "buy_to_enter", "quantity_usd": 90, "leverage": 3,
            "confidence": 0.8, "stop_loss": 49000, "justification": "x"}  # fmt: skip
    result = judged(tmp_path, json.dumps({"decisions": [
        good, {**good, "coin": "SOL"}, {**good, "coin": "DOGE", "leverage": 2.5},
        {"coin": "ETH", "signal": "close"},
    ]}))  # fmt: skip
    assert result["error"] is None
    found = [(v["coin"], v["allowed"], v["rule"]) for v in result["verdicts"]]
    assert found == [
        ("BTC", True, None), ("SOL", False, "unknown_coin"), ("DOGE", False, "unknown_coin"),
        ("ETH", True, None),
    ]  # fmt: skip
    assert [p["coin"] for p in result["parsed"]] == ["BTC", "ETH"]
    assert result["verdicts"][0]["size"] == "0.0054"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ('{"decisions": [{"coin": "BTC", "sig', "ends inside"),
        ("I would buy.", "not JSON"),
        ("", "empty"),
        ('```json\n{"decisions": []}\n```\n```json\n{"decisions": [{}]}\n```', "differ"),
    ],
)
def test_judge_says_why_an_answer_cannot_be_read(tmp_path, answer, said):
    """No verdicts, one reason."""
    result = judged(tmp_path, answer)
    assert result["verdicts"] == []
    assert said in result["error"]


def test_judge_knows_the_circumstances(tmp_path):
    """Kill switch, daily loss and a late answer refuse what is allowed without them."""
    answer = json.dumps({"coin": "BTC", "signal": "buy_to_enter", "quantity_usd": 90,
                         "leverage": 3, "confidence": 0.8, "stop_loss": 49000})  # fmt: skip
    for change, rule in (
        ({}, None),
        ({"kill_switch": True}, "kill_switch"),
        ({"equity": "9980"}, "daily_loss"),
        ({"asked_at": "2026-01-01T23:00:00Z"}, "answer_expired"),
    ):
        (verdict,) = judged(tmp_path, answer, **change)["verdicts"]
        assert verdict["rule"] == rule
        assert verdict["allowed"] is (rule is None)


def test_judge_s_own_errors_are_one_line(tmp_path):
    """A missing file and a state that is no JSON end with exit code 1 and the option's name."""
    (tmp_path / "a.txt").write_text("{}")
    (tmp_path / "bad.json").write_text("{")
    for words, said in (
        (("--answer", "none.txt", "--state", "bad.json"), "--answer none.txt"),
        (("--answer", "a.txt", "--state", "bad.json"), "--state bad.json"),
    ):
        done = command(tmp_path, "judge", *words)
        assert done.returncode == 1
        assert said in done.stderr
        assert "Traceback" not in done.stderr
