"""The strict parser: what is taken, what is refused alone, what discards the whole answer."""

import json
from decimal import Decimal

import pytest

from motherhaven.bot.guard import Signal, parse_answer

D = Decimal
GOOD = {
    "coin": "BTC",
    "signal": "buy_to_enter",
    "quantity_usd": 25.5,
    "leverage": 3,
    "confidence": 0.7,
    "exit_plan": {
        "profit_target": 52000,
        "stop_loss": 49000.5,
        "invalidation_condition": "closes below 48k",
    },
    "justification": "trend",
}


def answer(*decisions):
    """A well-formed answer."""
    return json.dumps({"decisions": list(decisions)})


def change(**fields):
    """GOOD with other fields; None removes one."""
    merged = GOOD | fields
    return {name: value for name, value in merged.items() if value is not None}


@pytest.mark.parametrize(
    "text",
    [
        answer(GOOD),
        json.dumps([GOOD]),
        json.dumps(GOOD),
        f"```json\n{answer(GOOD)}\n```",
        f"Here is my view.\n```\n{answer(GOOD)}\n```\nGood luck.",
        "\n  " + answer(GOOD) + "  \n",
        answer(change(exit_plan=None, stop_loss=49000.5, profit_target=52000,
                      invalidation_condition="closes below 48k")),
    ],
)  # fmt: skip
def test_the_forms_of_an_answer(text):
    """Object with decisions, bare list, one object, fenced or not, flat or nested plan."""
    parsed = parse_answer(text)
    assert parsed.error is None
    assert parsed.rejected == ()
    (decision,) = parsed.decisions
    assert (decision.coin, decision.signal) == ("BTC", Signal.BUY)
    assert (decision.quantity_usd, decision.leverage) == (D("25.5"), 3)
    assert (decision.stop_loss, decision.profit_target) == (D("49000.5"), D(52000))
    assert decision.invalidation_condition == "closes below 48k"
    assert decision.requires_stop


def test_numbers_are_exact():
    """Digits beyond a double survive."""
    text = answer(GOOD).replace("25.5", "0.1234567890123456789012")
    assert parse_answer(text).decisions[0].quantity_usd == D("0.1234567890123456789012")


def test_holds_and_closes_need_no_numbers():
    """coin and signal are enough; several coins in one answer keep their order."""
    parsed = parse_answer(
        answer({"coin": "BTC", "signal": "hold"}, {"coin": "ETH/USDC:USDC", "signal": "close"})
    )
    assert [(d.coin, d.signal.value) for d in parsed.decisions] == [
        ("BTC", "hold"), ("ETH", "close"),
    ]  # fmt: skip


def test_zero_prices_mean_none():
    """As on the wire, where 0 is left out."""
    parsed = parse_answer(answer(change(exit_plan={"stop_loss": 0, "profit_target": None})))
    assert parsed.decisions[0].stop_loss is None


@pytest.mark.parametrize(
    ("item", "says"),
    [
        (change(quantity_usd=None), "quantity_usd is missing"),
        (change(leverage=None), "leverage is missing"),
        (change(confidence=None), "confidence is missing"),
        (change(quantity_usd="25 USD"), "must be a number, not text"),
        (change(quantity_usd=True), "not a boolean"),
        (change(quantity_usd=[1]), "not a list"),
        (change(quantity_usd=0), "above 0"),
        (change(quantity_usd=-5), "above 0"),
        (change(leverage=2.5), "whole number"),
        (change(leverage=0), "whole number"),
        (change(confidence=100.1), "between 0 and 1"),
        (change(confidence=-0.1), "between 0 and 1"),
        (change(signal="moon"), "'moon' is not one of"),
        (change(signal=None), "signal"),
        (change(signal=1), "signal a number"),
        (change(coin=None), "coin must be text"),
        (change(coin="<script>"), "names no coin"),
        (change(coin=7), "coin must be text"),
        (change(exit_plan={"stop_loss": -1}), "must be above 0"),
        (change(exit_plan={"stop_loss": "49,000"}), "must be a number"),
        (change(stop_loss=48000), "differs from exit_plan"),
        (change(justification="x" * 20_001), "20001 characters"),
        (change(justification="a\x00b"), "NUL"),
        (change(justification="\ud800"), "surrogate"),
        ("buy BTC", "must be an object, not text"),
        (None, "must be an object, not null"),
        ([], "must be an object, not a list"),
    ],
)
def test_a_bad_decision_is_rejected_alone(item, says):
    """The decision beside it is taken; the reason names the field."""
    parsed = parse_answer(answer(item, {"coin": "ETH", "signal": "hold"}))
    assert parsed.error is None
    assert [d.coin for d in parsed.decisions] == ["ETH"]
    assert parsed.indices == (1,)
    (rejected,) = parsed.rejected
    assert rejected.index == 0
    assert says in rejected.reason


@pytest.mark.parametrize(
    ("literal", "says"),
    [
        ("NaN", "NaN is not a number"),
        ("Infinity", "Infinity is not a number"),
        ("-Infinity", "not a number"),
        ("1e400", "range"),
        ("1" * 61, "61 characters"),
        ("1" * 5000, "5000 characters"),
    ],
)
def test_numbers_that_are_none_spoil_only_their_decision(literal, says):
    """NaN, infinity and absurd sizes never become a number."""
    text = answer(GOOD, {"coin": "ETH", "signal": "hold"}).replace("25.5", literal)
    parsed = parse_answer(text)
    assert [d.coin for d in parsed.decisions] == ["ETH"]
    assert says in parsed.rejected[0].reason
    assert (parsed.rejected[0].coin, parsed.rejected[0].signal) == ("BTC", "buy_to_enter")


def test_a_duplicate_key_spoils_its_object():
    """In a decision, in its plan, or in the answer itself."""
    twice = answer(GOOD).replace('"leverage": 3', '"leverage": 3, "leverage": 50')
    assert "duplicate key 'leverage'" in parse_answer(twice).rejected[0].reason
    plan = answer(GOOD).replace('"stop_loss"', '"stop_loss": 1, "stop_loss"')
    assert "exit_plan: duplicate key" in parse_answer(plan).rejected[0].reason
    whole = '{"decisions": [], "decisions": []}'
    assert "duplicate key" in parse_answer(whole).error


@pytest.mark.parametrize("end", range(1, len(answer(GOOD))))
def test_every_truncation_discards_the_whole(end):
    """Wherever it is cut off: no decision, an error, and truncated or at least unreadable."""
    parsed = parse_answer(answer(GOOD)[:end])
    assert parsed.decisions == ()
    assert parsed.error is not None
    assert parsed.truncated


def test_a_cut_off_fence_is_truncated():
    """A block that never closes may have lost anything."""
    assert parse_answer(f"```json\n{answer(GOOD)}").truncated


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("I will not trade today.", "not JSON"),
        (answer(GOOD) + answer(change(leverage=2)), "documents that differ"),
        ("```\n{}\n```\n```\n[]\n```", "documents that differ"),
        ("5", "not JSON"),
        ('{"decisions": "none"}', "must be a list"),
        ('{"decisions": 5}', "must be a list"),
        ("[" * 100_000, "nested too deeply"),
        ("[" * 40 + "]" * 40, "nested too deeply"),
        ("x" * 1_000_001, "characters"),
        (json.dumps([GOOD] * 51), "50 decisions"),
        ("{'coin': 'BTC'}", "not JSON"),
    ],
)
def test_what_is_not_one_answer_is_malformed(text, says):
    """Refused as a whole, repairable in principle, with a reason."""
    parsed = parse_answer(text)
    assert parsed.decisions == ()
    assert says in parsed.error
