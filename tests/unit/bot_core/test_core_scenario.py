"""Paper scenarios: the worked cases of the venue's equations, and errors that name the step."""

import json
from decimal import Decimal

import pytest

from motherhaven.bot.venues.simulated.scenario import run_scenario
from motherhaven.contract.errors import ScenarioError


def run(*steps, deposit="10000"):
    """Run steps with the standard fees and leverages."""
    return run_scenario(
        {
            "deposit": deposit,
            "taker": "0.00045",
            "maker": "0.00015",
            "max_leverage": {"BTC": 40, "ETH": 25, "SOL": 20},
            "steps": list(steps),
        }
    )


def fill(coin, size, price, leverage=10, **more):
    """A fill step."""
    return {"fill": {"coin": coin, "size": size, "price": price, "leverage": leverage} | more}


def pick(result, *names):
    """Some of the account's figures."""
    return tuple(result[name] for name in names)


def test_a_cross_long_marked_up_and_closed():
    """10,000; 10x; +0.1 BTC at 50,000; mark 51,000; closed at 51,000."""
    opened = fill("BTC", "0.1", "50000", 10, mode="cross", liquidity="taker")
    mark = {"mark": {"BTC": "51000"}}
    result = run(opened, mark)
    assert pick(result, "fees", "equity", "used", "available") == (
        "2.25", "10097.75", "510", "9587.75",
    )  # fmt: skip
    assert result["positions"]["BTC"] == {
        "size": "0.1",
        "entry": "50000",
        "mode": "cross",
        "bucket": None,
        "roe": "0.2",
        "liquidation": None,
    }
    closed = run(opened, mark, fill("BTC", "-0.1", "51000"))
    assert pick(closed, "equity", "wallet") == ("10095.455", "10095.455")
    assert closed["positions"] == {}
    assert pick(closed, "used", "maintenance", "unrealized") == ("0", "0", "0")


def test_adding_weighs_the_entry_and_reducing_keeps_it():
    """5,000; 5x; +10 SOL at 150 taker, +5 at 156 maker, then -6 at 160 taker."""
    adds = [
        fill("SOL", "10", "150", 5, liquidity="taker"),
        fill("SOL", "5", "156", 5, liquidity="maker"),
    ]
    result = run(*adds, deposit="5000")
    assert result["positions"]["SOL"]["entry"] == "152"
    assert pick(result, "fees", "unrealized", "equity", "used") == (
        "0.792", "60", "5059.208", "468",
    )  # fmt: skip
    after = run(*adds, fill("SOL", "-6", "160", 5), deposit="5000")
    assert after["events"][-1]["fee"] == "0.432"
    assert pick(after, "realized", "wallet", "equity") == ("48", "5046.776", "5118.776")
    assert after["positions"]["SOL"]["size"] == "9"
    assert after["positions"]["SOL"]["entry"] == "152"


def test_funding_is_signed_as_received():
    """+0.5 BTC at 60,000 pays .375 and 3.025, then receives .598."""
    result = run(
        fill("BTC", "0.5", "60000"),
        {"funding": {"coin": "BTC", "rate": "0.0000125", "oracle": "60000"}},
        {"funding": {"coin": "BTC", "rate": "0.0001", "oracle": "60500"}},
        {"funding": {"coin": "BTC", "rate": "-0.00002", "oracle": "59800"}},
    )
    amounts = [event["amount"] for event in result["events"][1:]]
    assert amounts == ["-0.375", "-3.025", "0.598"]
    assert pick(result, "wallet", "funding") == ("9983.698", "-2.802")


def test_slippage_is_rounded_against_the_taker():
    """Buy 2 ETH at mid 3,000.05: raw 3,000.80002, filled 3,000.9."""
    order = {
        "coin": "ETH", "side": "buy", "size": "2", "mid": "3000.05",
        "half_spread": "0.0001", "lambda": "0.05", "depth": "2000000",
    }  # fmt: skip
    result = run({"order": order})
    event = result["events"][0]
    assert event["raw"].startswith("3000.80002")
    assert (event["price"], event["fee"], event["slippage"]) == ("3000.9", "2.70081", "1.7")
    sold = run({"order": order | {"side": "sell"}})["events"][0]
    assert sold["price"] == "2999.2"


def test_maintenance_has_its_deduction_beyond_the_first_tier():
    """BTC of $200M: deduction 1,875,000, maintenance 3,125,000."""
    result = run(fill("BTC", "4000", "50000"), deposit="100000000")
    assert result["maintenance"] == "3125000"
    first_tier = run(fill("BTC", "3000", "50000"), deposit="100000000")
    assert first_tier["maintenance"] == "1875000"


BAR = {"coin": "BTC", "open": "50500", "high": "52500", "low": "48800", "close": "52000"}
PROTECT = {"coin": "BTC", "stop": "49000", "target": "52000", "liquidation": "45500"}


def test_stop_before_target_inside_one_bar():
    """Stop, target and not the liquidation lie inside the bar: the stop at its price."""
    result = run(fill("BTC", "0.1", "50000"), {"protect": PROTECT}, {"bar": BAR})
    last = result["events"][-1]
    assert (last["reason"], last["price"], last["liquidity"]) == ("stop", "49000", "taker")
    assert result["positions"] == {}


@pytest.mark.parametrize(
    ("protect", "bar", "expected"),
    [
        ({"liquidation": "49500"}, {}, ("liquidation", "49500", "taker")),
        ({"liquidation": "49000"}, {}, ("stop", "49000", "taker")),
        ({}, {"open": "48900"}, ("stop", "48900", "taker")),
        ({"liquidation": "49500"}, {"open": "48900"}, ("liquidation", "48900", "taker")),
        ({}, {"open": "52200"}, ("target", "52200", "maker")),
        ({}, {"low": "49500"}, ("target", "52000", "maker")),
        ({}, {"low": "49000"}, ("stop", "49000", "taker")),
        ({}, {"low": "49500", "high": "52000"}, ("target", "52000", "maker")),
        (
            {"stop": None},
            {"low": "45500", "high": "51000", "close": "50000"},
            ("liquidation", "45500", "taker"),
        ),
        ({"target": None}, {"low": "49500"}, None),
    ],
)
def test_which_exit_a_bar_takes(protect, bar, expected):
    """Nearer liquidation first, gaps at the open, targets never better than their price."""
    result = run(fill("BTC", "0.1", "50000"), {"protect": PROTECT | protect}, {"bar": BAR | bar})
    exits = [(e["reason"], e["price"], e["liquidity"]) for e in result["events"][1:]]
    assert exits == ([expected] if expected else [])


def test_a_short_goes_up_before_it_goes_down():
    """A short's path is O-H-L-C: its stop above comes before its target below."""
    result = run(
        fill("BTC", "-0.1", "50000"),
        {"protect": {"coin": "BTC", "stop": "51000", "target": "49000"}},
        {
            "bar": {
                "coin": "BTC",
                "open": "50000",
                "high": "51500",
                "low": "48000",
                "close": "49500",
            }
        },
    )
    assert [e["reason"] for e in result["events"]] == ["entry", "stop"]
    assert result["realized"] == "-100"


def test_an_isolated_short_its_bucket_and_its_liquidation():
    """Bucket = notional/leverage - fee; available loses the bucket; liquidation by formula."""
    opened = fill("ETH", "-1", "3000", 5, mode="isolated")
    result = run(opened, {"mark": {"ETH": "3400"}})
    held = result["positions"]["ETH"]
    assert (held["bucket"], held["mode"]) == ("598.65", "isolated")
    assert held["liquidation"].startswith("3528.08823529411")
    assert pick(result, "equity", "available", "used", "maintenance") == (
        "9598.65", "9400", "0", "68",
    )  # fmt: skip


def test_an_isolated_loss_never_exceeds_its_bucket():
    """A liquidation far beyond the bankruptcy price costs the bucket, fee included."""
    opened = fill("ETH", "-1", "3000", 5, mode="isolated")
    near = run(opened, {"liquidate": {"coin": "ETH", "price": "3529"}})
    assert pick(near, "realized", "wallet") == ("-529", "9468.06195")
    far = run(opened, {"liquidate": {"coin": "ETH", "price": "3829"}})
    assert far["wallet"] == "9400"
    assert far["events"][-1]["absorbed"] == "232.07305"


def test_isolated_funding_moves_the_bucket():
    """What is paid leaves the bucket, not the cross value."""
    result = run(
        fill("ETH", "2", "3000", 5, mode="isolated"),
        {"funding": {"coin": "ETH", "rate": "0.0001", "oracle": "3000"}},
    )
    assert result["positions"]["ETH"]["bucket"] == "1196.7"
    assert pick(result, "funding", "available") == ("-0.6", "8800")


def test_a_flip_closes_all_and_opens_the_rest():
    """-0.3 against +0.1: 0.1 realized, -0.2 open at the price, one fee for the whole."""
    result = run(fill("BTC", "0.1", "50000"), fill("BTC", "-0.3", "51000"))
    assert result["positions"]["BTC"]["size"] == "-0.2"
    assert result["positions"]["BTC"]["entry"] == "51000"
    assert pick(result, "realized", "fees") == ("100", "9.135")
    assert [event["reason"] for event in result["events"]] == ["entry", "close", "entry"]


def test_symbols_mean_the_same_coin():
    """BTC, BTC/USD:USD and BTC/USDC:USDC are one position."""
    result = run(
        fill("BTC", "0.1", "50000"),
        fill("BTC/USD:USD", "0.1", "50000"),
        fill("BTC/USDC:USDC", "0.1", "50000"),
    )
    assert result["positions"].keys() == {"BTC"}
    assert result["positions"]["BTC"]["size"] == "0.3"


def test_refused_orders_are_events_with_the_venues_words():
    """Too small, past the limit, reduce-only when flat: rejected, and nothing changes."""
    small = {"coin": "ETH", "side": "buy", "size": "0.003", "mid": "3000"}
    past = {"coin": "ETH", "side": "buy", "size": "1", "mid": "3000", "half_spread": "0.001",
            "limit": "3001"}  # fmt: skip
    wide = {"coin": "ETH", "side": "sell", "size": "1", "mid": "3000", "reduce_only": True}
    result = run({"order": small}, {"order": past}, {"order": wide})
    reasons = [event["reason"] for event in result["events"]]
    assert "minimum value of $10" in reasons[0]
    assert "could not immediately match" in reasons[1]
    assert "would increase position" in reasons[2]
    assert result["equity"] == "10000"


def test_a_reduce_only_step_closes_at_most_the_position():
    """As an order or as a fill, for a long or a short; without slippage for what is not held."""
    order = {"coin": "ETH", "size": "5", "mid": "3000", "lambda": "0.05", "depth": "1000000",
             "reduce_only": True}  # fmt: skip
    for held, side in (("2", "sell"), ("-2", "buy")):
        whole = {"coin": "ETH", "size": "5" if side == "buy" else "-5", "price": "3000",
                 "reduce_only": True}  # fmt: skip
        exact = {"order": order | {"side": side, "size": "2"}}
        larger = {"order": order | {"side": side}}
        assert run(fill("ETH", held, "3000"), larger) == run(fill("ETH", held, "3000"), exact)
        result = run(fill("ETH", held, "3000"), {"fill": whole})
        assert result["positions"] == {}
        assert Decimal(result["events"][-1]["size"]) == -Decimal(held)


def test_a_full_close_below_ten_dollars_is_allowed():
    """Only a reduce-only close of the whole position may be smaller than $10."""
    tiny = {"coin": "ETH", "side": "sell", "size": "0.002", "mid": "3000", "reduce_only": True}
    whole = run(fill("ETH", "0.002", "3000"), {"order": tiny})
    assert whole["positions"] == {}
    part = run(fill("ETH", "0.02", "3000"), {"order": tiny})
    assert "minimum value" in part["events"][-1]["reason"]


@pytest.mark.parametrize(
    ("step", "says"),
    [
        ({"fil": {}}, "'fil' is no step"),
        ({"fill": {"coin": "BTC", "size": "0.1"}}, "price is missing"),
        ({"fill": {"coin": "BTC", "size": "x", "price": "1"}}, "size"),
        ({"fill": {"coin": "BTC", "size": "NaN", "price": "1"}}, "not finite"),
        ({"fill": {"coin": "BTC", "size": "0", "price": "1"}}, "needs a size"),
        ({"fill": {"coin": "BTC", "size": "1", "price": "-5"}}, "must be above 0"),
        ({"fill": {"coin": "BTC", "size": "1", "price": "5", "leverage": 41}}, "1 to 40"),
        ({"fill": {"coin": "BTC", "size": "1", "price": "5", "leverage": 1.5}}, "whole number"),
        ({"fill": {"coin": "BTC", "size": "1", "price": "5", "mode": "hedge"}}, "cross, isolated"),
        ({"fill": {"coin": "BTC", "size": "1", "price": "5", "extra": 1}}, "unknown field"),
        ({"bar": {"coin": "BTC", "open": "5", "high": "4", "low": "3", "close": "4"}}, "low <="),
        ({"protect": {"coin": "BTC", "stop": "1"}}, "no position is open"),
        ({"liquidate": {"coin": "BTC"}}, "no position is open"),
        ({"mark": {"BTC": "0"}}, "above 0"),
        ([], "one key"),
    ],
)
def test_errors_name_the_step(step, says):
    """What cannot be run says which step and which field."""
    with pytest.raises(ScenarioError, match="step 2 of 2") as caught:
        run({"mark": {"BTC": "50000"}}, step)
    assert says in str(caught.value)


def test_a_change_of_margin_mode_under_a_position_is_refused():
    """As on the venue."""
    with pytest.raises(ScenarioError, match=r"step 2 of 2.*close it before"):
        run(fill("BTC", "0.1", "50000", mode="cross"), fill("BTC", "0.1", "50000", mode="isolated"))


def test_the_issues_own_example_runs_and_is_json():
    """The example of the format: numbers as strings or JSON numbers alike."""
    text = json.dumps(
        {
            "deposit": "10000",
            "taker": "0.00045",
            "maker": "0.00015",
            "max_leverage": {"BTC": 40, "ETH": 25, "SOL": 20},
            "steps": [
                fill("BTC", "0.1", "50000", mode="cross", liquidity="taker"),
                {"mark": {"BTC": "51000"}},
                {"funding": {"coin": "BTC", "rate": "0.0000125", "oracle": "60000"}},
                {"protect": PROTECT},
                {"bar": BAR},
                fill("ETH", "-1", "3000", 5, mode="isolated"),
                {"liquidate": {"coin": "ETH", "price": "3529"}},
            ],
        }
    )
    result = run_scenario(json.loads(text))
    assert json.loads(json.dumps(result)) == result
    assert list(result) == [
        "equity", "wallet", "deposits", "realized", "fees", "funding",
        "unrealized", "used", "available", "maintenance", "positions", "events",
    ]  # fmt: skip
    assert [e["type"] for e in result["events"]] == ["fill", "funding", "fill", "fill", "fill"]
