"""Answers as real models give them: each has the outcome that is wanted for its kind."""

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from motherhaven.bot.guard.faults import FaultCode
from motherhaven.bot.guard.parse import parse_answer
from motherhaven.bot.guard.trial import judge_answer

CASES = Path(__file__).resolve().parents[2] / "cases" / "answers"
EXPECTED = json.loads((CASES / "expected.json").read_text(encoding="utf-8"))
STATE = json.loads((CASES / "state.json").read_text(encoding="utf-8"))
HELD = {"BTC": {"size": "0.001", "entry": "100000", "leverage": 3}}
COINS = ("BTC", "ETH", "SOL", "kPEPE")
CODES = {
    "09_range_tilde": "number_spelling", "11_thousands_string": "number_spelling",
    "13_dollar": "number_spelling", "14_leverage_10x": "number_spelling",
    "17_comments": "comment", "18_trailing_comma": "trailing_comma",
    "23_nof1_args": "unit_unknown", "31_xyzTSLA": "unknown_coin", "39_lev_frac": "out_of_range",
    "41_stop_pct_str": "number_spelling", "45_nan": "not_a_number",
    "56_same_coin_two_spellings": "contradictory_actions", "60_two_objects": "several_documents",
    "63_arabic_digits": "number_spelling", "65_plus_sign": "number_spelling",
    "71_draft_bare_final_fenced": "several_documents", "74_think_truncated": "truncated",
    "80_coin_name": "unknown_coin",
}  # fmt: skip

ONE = {
    "coin": "BTC", "signal": "buy_to_enter", "quantity_usd": 20, "leverage": 3,
    "confidence": 0.7, "stop_loss": 98000, "profit_target": 104000,
    "invalidation_condition": "4h close below 97500", "justification": "x",
}  # fmt: skip
HOLD = {"coin": "BTC", "signal": "hold", "justification": "chop"}
DOC = json.dumps({"decisions": [ONE]})
DOC_HOLD = json.dumps({"decisions": [HOLD]})


def doc(**fields):
    """The answer with other fields; None leaves one out."""
    return json.dumps(
        {"decisions": [{k: v for k, v in {**ONE, **fields}.items() if v is not None}]}
    )


def raw(old, new):
    """The answer with a piece of its text replaced, whatever JSON says to that."""
    assert old in DOC
    return DOC.replace(old, new)


def outcome(text, **state):
    """What `motherhaven judge` says of a text."""
    return judge_answer(text, STATE | state)


def test_every_file_has_an_expectation():
    """None is forgotten, none is missing."""
    assert {path.name for path in CASES.glob("*.txt")} == set(EXPECTED)
    refused = {name.removesuffix(".txt") for name, want in EXPECTED.items() if want == "refused"}
    assert refused == set(CODES)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_the_wanted_outcome_of_each_file(name):
    """As judged by the command, with the fault named by its code."""
    text = (CASES / name).read_text(encoding="utf-8")
    result = outcome(text, **({"positions": HELD} if name.startswith("37") else {}))
    assert result["outcome"] == EXPECTED[name], result
    if EXPECTED[name] == "refused":
        assert result["code"] == CODES[name.removesuffix(".txt")]
        assert not any(verdict["allowed"] for verdict in result["verdicts"])


ACCEPTED = {
    "fence with a language": f"```jsonc\n{DOC}\n```",
    "tilde fence": f"~~~json\n{DOC}\n~~~",
    "long fence": f"````json\n{DOC}\n````",
    "quoted fence": f"> ```json\n{DOC}\n> ```",
    "crlf": f"```json\r\n{DOC}\r\n```\r\n",
    "byte order mark": f"\ufeff{DOC}",
    "zero width": f"\u200b{DOC}\u200b",
    "answer tag": f"<answer>\n{DOC}\n</answer>",
    "tool call tag": f'<tool_call>{{"name": "decide", "arguments": {DOC}}}</tool_call>',
    "function tag": f"<function=decide>{DOC}</function>",
    "function object": json.dumps({"type": "function", "function": {
        "name": "decide", "arguments": DOC}}),
    "wrapped": f'{{"response": {DOC}}}',
    "text under decisions": json.dumps({"decisions": json.dumps([ONE])}),
    "one under decisions": json.dumps({"decisions": ONE}),
    "keyed under decisions": json.dumps({"decisions": {"BTC": ONE}}),
    "bare list": json.dumps([ONE]),
    "list of keyed": json.dumps([{"BTC": ONE}]),
    "keyed beside a summary": json.dumps({"summary": "up", "BTC": ONE}),
    "keyed without coin": json.dumps({"BTC": {k: v for k, v in ONE.items() if k != "coin"}}),
    "twice encoded": json.dumps(json.dumps(DOC)),
    "encoded in a fence": f"```json\n{json.dumps(DOC)}\n```",
    "thinking": f"<thinking>{DOC_HOLD}</thinking>{DOC}",
    "reasoning, upper case": f"<REASONING>\n{DOC_HOLD}\n</REASONING>\n{DOC}",
    "thinking with attributes": f'<think budget="5">no</think>{DOC}',
    "square thinking": f"[THINK]{DOC_HOLD}[/THINK]{DOC}",
    "marked thinking": f"<|begin_of_thought|>{DOC_HOLD}<|end_of_thought|>{DOC}",
    "channels": f"<|channel|>analysis<|message|>{DOC_HOLD}<|end|><|channel|>final<|message|>{DOC}",
    "empty thinking": f"<think></think>\n{DOC}",
    "thinking twice": f"<think>a</think><think>{DOC_HOLD}</think>{DOC}",
    "thinking in thinking": f"<think>a <reasoning>b</reasoning> {DOC_HOLD}</think>{DOC}",
    "closing tag after a draft": f"Draft {DOC_HOLD} and {{broken</think>{DOC}",
    "thinking afterwards": f"{DOC}<think>fine</think>",
    "prose with braces": f"RSI {{rsi: 55}} and [1] and [0.5 - 0.7]. {DOC}",
    "prose with braces after": f"{DOC}\nNote: {{risk}} is low {{really}}.",
    "prose with a number table": f'Indicators: {{"rsi": 55, "ema": [1, 2]}}\n{DOC}',
    "empty list in prose": f"Open positions: []. {DOC}",
    "prose in quotes": f'It is "strong" {DOC}',
    "the same twice": f"{DOC}\nAgain:\n```json\n{DOC}\n```",
    "the same in another order": DOC + json.dumps({"decisions": [dict(reversed(ONE.items()))]}),
    "tags inside texts": doc(justification="</think> <think> ``` { [ }"),
    "other keys beside": json.dumps({"analysis": "up", "decisions": [ONE], "confidence": 1}),
    "leverage 3.0": doc(leverage=3.0),
    "leverage text": doc(leverage="3.0"),
    "spaces around a number": doc(stop_loss=" 98000 "),
    "exponent as JSON number": raw("98000", "9.8e4"),
    "confidence text in percent": doc(confidence="85"),
    "confidence 100": doc(confidence=100),
    "confidence 1": doc(confidence=1),
    "camel case": json.dumps({"decisions": [{
        "symbol": "BTC", "action": "BUY", "quantityUsd": 20, "Leverage": 3, "confidence": 0.7,
        "stopLoss": 98000, "takeProfit": 104000, "reasoning": "x"}]}),
    "plan with aliases": doc(stop_loss=None, exit_plan={"stop": 98000, "invalidation": "x"}),
    "plan as a list": doc(exit_plan=["stop at 98k"]),
    "reasons as a list": doc(justification=["a", {"b": 1.5}]),
    "reasons as a number": doc(justification=5),
    "margin in USD": doc(quantity_usd=None, margin_usd=20),
    "margin mode beside": doc(margin="isolated"),
    "a side that agrees": doc(side="long"),
    "words beside the signal": doc(decision="buy because the trend is up"),
    "two names of one coin": doc(symbol="BTC/USDT"),
    "lower case coin": doc(coin="btc"),
    "underscore pair": doc(coin="BTC_USDT"),
    "glued pair": doc(coin="BTCUSDT"),
    "swap": doc(coin="BTC-USDT-SWAP"),
}  # fmt: skip


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted(name):
    """One document that states one entry: exactly that entry, within the limits."""
    result = outcome(ACCEPTED[name])
    assert result["outcome"] == "buy", result
    (parsed,) = result["parsed"]
    assert (parsed["coin"], parsed["quantity_usd"], parsed["leverage"]) == ("BTC", "20", 3)
    assert parsed["stop_loss"] == "98000"


REFUSED = {
    "two coins, two documents": (json.dumps(ONE) + json.dumps(HOLD | {"coin": "ETH"}),
                                 "several_documents"),
    "draft and final fenced": (f"```json\n{DOC}\n```\n```json\n{DOC_HOLD}\n```",
                               "several_documents"),
    "an example of the schema": (f"```json\n{doc(coin='COIN')}\n```\n{DOC}", "several_documents"),
    "a plain map of actions": (f'{{"BTC": "close"}}\n{DOC}', "several_documents"),
    "nothing on a line of its own": (f"[]\nOn reflection:\n{DOC}", "several_documents"),
    "draft before closed thinking": (f"{DOC}<think>no</think>{DOC_HOLD}", "several_documents"),
    "python draft": ("{'coin': 'BTC', 'signal': 'hold'}\n" + DOC, "quotes"),
    "unquoted draft": ('{coin: "BTC", signal: "hold"}\n' + DOC, "not_json"),
    "inside other braces": ("{plan: {x: 1}, doc: " + DOC + "}", "not_json"),
    "a comment between decisions": (raw('"justification": "x"}', '"justification": "x"}, // ETH'),
                                    "comment"),
    "a block comment": (raw('"leverage"', '/* low */ "leverage"'), "comment"),
    "a hash comment": (raw('"leverage"', '# low\n"leverage"'), "comment"),
    "comma in the list": (raw("}]}", "},]}"), "trailing_comma"),
    "smart quotes": (DOC.replace('"', "“"), "quotes"),
    "python": (str({"decisions": [ONE]}), "quotes"),
    "yaml": ("decisions:\n  - coin: BTC\n    signal: buy_to_enter\n", "not_json"),
    "nothing but words": ("I would buy BTC here.", "not_json"),
    "blank": (" \n\t", "empty"),
    "infinity": (raw("98000", "Infinity"), "not_a_number"),
    "minus infinity": (raw("98000", "-Infinity"), "not_a_number"),
    "nan as text": (doc(stop_loss="NaN"), "number_spelling"),
    "thousands": (raw("98000", "98,000"), "number_spelling"),
    "underscores": (raw("98000", "98_000"), "number_spelling"),
    "underscores in text": (doc(stop_loss="98_000"), "number_spelling"),
    "leading dot": (raw("0.7", ".7"), "number_spelling"),
    "leading dot in text": (doc(confidence=".7"), "number_spelling"),
    "trailing dot": (raw("98000", "98000."), "number_spelling"),
    "trailing dot in text": (doc(stop_loss="98000."), "number_spelling"),
    "exponent in text": (doc(stop_loss="9.8e4"), "number_spelling"),
    "plus in text": (doc(stop_loss="+98000"), "number_spelling"),
    "hexadecimal": (doc(stop_loss="0x17ed0"), "number_spelling"),
    "zeros in front": (doc(stop_loss="098000"), "number_spelling"),
    "arabic-indic digits": (doc(stop_loss="٩٨٠٠٠"), "number_spelling"),
    "range in text": (doc(stop_loss="98000-98500"), "number_spelling"),
    "about": (doc(stop_loss="~98000"), "number_spelling"),
    "k": (doc(stop_loss="98k"), "number_spelling"),
    "unit": (doc(quantity_usd="20 USD"), "number_spelling"),
    "bare dollar": (raw("98000", "$98000"), "number_spelling"),
    "bare percent": (raw("98000", "2%"), "number_spelling"),
    "bare leverage x": (raw('"leverage": 3', '"leverage": 3x'), "number_spelling"),
    "leverage 3.5 in text": (doc(leverage="3.5"), "out_of_range"),
    "leverage 0": (doc(leverage=0), "out_of_range"),
    "leverage true": (doc(leverage=True), "wrong_type"),
    "confidence 101": (doc(confidence=101), "out_of_range"),
    "confidence below 0": (doc(confidence=-0.1), "out_of_range"),
    "confidence in words": (doc(confidence="high"), "number_spelling"),
    "size in coins": (doc(quantity_usd=None, quantity=0.01), "unit_unknown"),
    "position size": (doc(quantity_usd=None, position_size_usd=20), "unit_unknown"),
    "notional": (doc(quantity_usd=None, notional=60), "unit_unknown"),
    "no size": (doc(quantity_usd=None), "missing_field"),
    "no signal": (doc(signal=None), "missing_field"),
    "no coin": (doc(coin=None), "missing_field"),
    "unknown signal": (doc(signal="moon"), "unknown_signal"),
    "reduce by nothing": (doc(signal="reduce"), "missing_field"),
    "signal and action": (doc(action="sell"), "ambiguous"),
    "signal and side": (doc(side="short"), "ambiguous"),
    "two sizes": (doc(margin_usd=30), "ambiguous"),
    "two stops": (doc(exit_plan={"stop_loss": 97000}), "ambiguous"),
    "two coins in one": (doc(symbol="ETH"), "ambiguous"),
    "key and coin differ": (json.dumps({"ETH": ONE}), "ambiguous"),
    "decisions twice": (json.dumps({"decisions": [ONE], "trades": [HOLD]}), "ambiguous"),
    "decisions and a decision": (json.dumps({"decisions": [HOLD], **ONE}), "ambiguous"),
    "duplicate key": (raw('"leverage": 3', '"leverage": 3, "leverage": 4'), "duplicate_key"),
    "duplicate coin": (raw('"coin": "BTC"', '"coin": "ETH", "coin": "BTC"'), "duplicate_key"),
    "duplicate decisions": ('{"decisions": [], ' + DOC[1:], "duplicate_key"),
    "coin keyed twice": (f'{{"BTC": {json.dumps(HOLD)}, "BTC": {json.dumps(ONE)}}}',
                         "duplicate_key"),
    "entry twice": (json.dumps([ONE, ONE]), "duplicate_action"),
    "another tool": (f'{{"name": "transfer", "arguments": {DOC}}}', "wrong_tool"),
    "another function": (f"<function=transfer>{DOC}</function>", "wrong_tool"),
    "two calls, one coin": (json.dumps([{"name": "decide", "arguments": {"decisions": [ONE]}},
                                        {"name": "decide", "arguments": {"decisions": [HOLD]}}]),
                            "several_documents"),
    "thinking never closed": (f"<think>\n{DOC}", "truncated"),
    "thinking closed by another": (f"<think>\n{DOC}</reasoning>{DOC}", "truncated"),
    "only thinking": (f"<think>{DOC}</think>", "not_json"),
    "fence never closed": (f"```json\n{DOC}", "truncated"),
    "a second one begins": (DOC + ' {"decisions": [{"coin": "ETH"', "truncated"),
    "encoded too often": (json.dumps(json.dumps(json.dumps(json.dumps(DOC)))),
                          "too_deep"),
    "pepe is not a thousand": (doc(coin="PEPE"), "unknown_coin"),
    "similar name": (doc(coin="WBTC"), "unknown_coin"),
    "not listed pair": (doc(coin="DOGEUSDT"), "unknown_coin"),
    "zero width in a coin": (doc(coin="B\u200bTC"), "unknown_coin"),
    "text with a zero byte": (doc(justification="a\x00"), "bad_text"),
    "a list in a list": (json.dumps([[ONE]]), "wrong_type"),
    "a line break inside a text": (raw('"x"', '"x\n"'), "not_json"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    """Nothing is traded, and the code names the fault."""
    text, code = REFUSED[name]
    result = outcome(text)
    assert result["outcome"] == "refused", result
    assert result["code"] == code, result


NONSENSE = (None, 0, -1, "n/a", "10x", True, [], {}, float("nan"), "\x00", "x" * 30_000, 1e300)


@pytest.mark.parametrize("signal", ["hold", "close", "EXIT", "close_position"])
@pytest.mark.parametrize("value", NONSENSE, ids=range(len(NONSENSE)))
def test_a_hold_or_close_needs_coin_and_signal_alone(signal, value):
    """Whatever stands in any other field, also twice or contradicting itself."""
    fields = dict.fromkeys(set(ONE) - {"coin", "signal"}, value)
    text = json.dumps({"coin": "BTC", "signal": signal, **fields, "exit_plan": value})
    result = outcome(text, positions=HELD)
    assert result["outcome"] in ("hold", "close"), result
    twice = text[:-1] + ', "leverage": 7, "stop_loss": 1, "stop": 2}'
    assert outcome(twice, positions=HELD)["outcome"] == result["outcome"]


def test_what_was_read_otherwise_is_noted():
    """A percentage, another name for a field, a plan in words."""
    text = json.dumps([{**ONE, "confidence": 85, "exit_plan": "out at 98k"} | {"action": "buy"}])
    (decision,) = parse_answer(text.replace('"signal": "buy_to_enter", ', ""), COINS).decisions
    assert decision.confidence == Decimal("0.85")
    assert set(decision.notes) == {
        "confidence 85 was taken as 85 %", "action was taken for signal",
    }  # fmt: skip
    plain = replace(decision, notes=())
    assert parse_answer(DOC, COINS).decisions[0] == replace(plain, confidence=Decimal("0.7"))


def test_lists_and_objects_as_texts_are_kept_as_json():
    """With all digits of their numbers."""
    text = doc(justification={"trend": "up"}).replace('"up"', "0.12345678901234567890")
    (decision,) = parse_answer(text, COINS).decisions
    assert decision.justification == '{"trend": "0.12345678901234567890"}'
    (planned,) = parse_answer(doc(exit_plan="cut", invalidation_condition=None)).decisions
    assert planned.invalidation_condition == "cut"


def test_parallel_calls_of_the_tool_are_merged_if_their_coins_differ():
    """One list of decisions; the same call twice is one."""
    eth = {"decisions": [HOLD | {"coin": "ETH"}]}
    calls = [{"name": "decide", "arguments": part} for part in ({"decisions": [ONE]}, eth, eth)]
    parsed = parse_answer(json.dumps(calls), COINS)
    assert [decision.coin for decision in parsed.decisions] == ["BTC", "ETH"]


def test_every_code_is_tried():
    """A kind of fault that no test produces is one that nobody has seen named."""
    seen = {code for _, code in REFUSED.values()} | set(CODES.values())
    large = parse_answer("x" * 2_000_000).code, parse_answer(json.dumps([ONE] * 51)).code
    assert seen | set(large) >= set(FaultCode)
