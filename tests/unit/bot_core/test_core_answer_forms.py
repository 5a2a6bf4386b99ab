"""Forms of answers that leave a doubt are refused; none of them stops a close that is plain."""

import json

import pytest

from motherhaven.bot.guard.trial import judge_answer

ONE = {
    "coin": "BTC", "signal": "buy_to_enter", "quantity_usd": 20, "leverage": 3,
    "confidence": 0.7, "stop_loss": 98000, "justification": "x",
}  # fmt: skip
OTHER = {**ONE, "coin": "ETH", "stop_loss": 2900}
DOC = json.dumps({"decisions": [ONE]})
HOLD = json.dumps({"decisions": [{"coin": "BTC", "signal": "hold"}]})
STATE = {
    "equity": "10000", "day_start_equity": "10000", "now": "2026-11-29T08:00:00Z",
    "marks": {"BTC": "100000", "ETH": "3000"},
    "settings": {"MAX_POSITION_SIZE_USD": 50, "MAX_LEVERAGE": 5, "TRADING_ASSETS": "BTC,ETH"},
}  # fmt: skip
HELD = {"positions": {"BTC": {"size": "0.001", "entry": "100000", "leverage": 3}}}


def outcome(text, **state):
    """The outcome and the code of a text."""
    result = judge_answer(text, STATE | state)
    return result["outcome"], result["code"]


MARKUP = {
    "anthropic": '<invoke name="{}">\n<parameter name="decisions">{}</parameter></invoke>',
    "qwen": "<function={}>{}</function>",
    "hermes": '<tool_call>\n{{"name": "{}", "arguments": {}}}\n</tool_call>',
    "glm": "<tool_call>{}\n{}</tool_call>",
    "harmony": "<|channel|>commentary to=functions.{} <|constrain|>json<|message|>{}<|call|>",
    "harmony after thinking": "<|channel|>analysis<|message|>hm<|end|><|start|>assistant"
    "<|channel|>commentary to=functions.{} <|message|>{}<|call|>",
    "kimi": "<|tool_call_begin|>functions.{}:0<|tool_call_argument_begin|>{}<|tool_call_end|>",
    "deepseek": "<｜tool▁call▁begin｜>function<｜tool▁sep｜>{}\n```json\n{}\n```",
    "deepseek 3.1": "<｜tool▁call▁begin｜>{}<｜tool▁sep｜>{}<｜tool▁call▁end｜>",
    "mistral": "[TOOL_CALLS]{}[ARGS]{}",
    "gemini": "print(default_api.{}({}))",
    "python": "{}({})",
}


@pytest.mark.parametrize("form", MARKUP)
def test_a_call_in_a_models_own_markup_obeys_the_offered_tool_alone(form):
    """Providers that do not read their model's calls hand them over as text."""
    assert outcome(MARKUP[form].format("decide", DOC)) == ("buy", None)
    for tool in ("place_order", "Decide2", "send_funds"):
        assert outcome(MARKUP[form].format(tool, DOC)) == ("refused", "wrong_tool"), tool


def test_two_calls_in_harmony_are_two_documents():
    """The second does not silently replace the first."""
    first = MARKUP["harmony"].format("decide", DOC)
    second = MARKUP["harmony"].format("decide", json.dumps({"decisions": [OTHER]}))
    assert outcome(first + second) == ("refused", "several_documents")
    assert outcome(first + first) == ("buy", None)


@pytest.mark.parametrize("after", ["", "<|end|>", "<|end|><|start|>assistant"])
def test_an_analysis_channel_that_nothing_follows_is_a_draft(after):
    """As an open thinking tag is; what comes in the final channel decides alone."""
    thought = f"<|channel|>analysis<|message|>{DOC}{after}"
    assert outcome(thought) == ("refused", "truncated")
    assert outcome(f"{thought}<|channel|>final<|message|>{HOLD}") == ("hold", None)


WRAPPED_TWICE = {
    "decision": '{"decision": %s, "decision": %s}',
    "result": '{"result": %s, "result": %s}',
    "beside text": '{"reasoning": "x", "answer": %s, "answer": %s}',
    "inside": '{"response": {"decision": %s, "decision": %s}}',
    "arguments": '{"name": "decide", "arguments": %s, "arguments": %s}',
    "nested by coin": '{"BTC": {"trade_signal_args": %s, "trade_signal_args": %s}}',
}


@pytest.mark.parametrize("form", WRAPPED_TWICE)
def test_a_wrapper_that_came_twice_decides_nothing(form):
    """JSON keeps the last of two equal names: which was meant is not known."""
    one, two = json.dumps(ONE), json.dumps({**ONE, "signal": "hold"})
    for pair in ((one, two), (two, one)):
        assert outcome(WRAPPED_TWICE[form] % pair)[0] == "refused", pair


@pytest.mark.parametrize("name", ["final_decision", "finalDecisions", "updated_decisions"])
def test_decisions_under_two_names_that_differ_are_ambiguous(name):
    """What is called a final or a new decision may take the first one back."""
    hold = {"coin": "BTC", "signal": "hold"}
    for value in (hold, [hold], {"BTC": "hold"}):
        assert outcome(json.dumps({"decisions": [ONE], name: value})) == ("refused", "ambiguous")
    assert outcome(json.dumps({"decisions": [ONE], name: [ONE]})) == ("buy", None)
    assert outcome(json.dumps({"decisions": [ONE], name: "see above"})) == ("buy", None)


@pytest.mark.parametrize("wrapper", ["decision", "final_answer", "output", "decide"])
@pytest.mark.parametrize("inner", [ONE, [ONE], {"decisions": [ONE]}, {"BTC": ONE}])
def test_a_wrapper_beside_texts_and_numbers_is_opened(wrapper, inner):
    """A summary or a score beside the answer says no decision."""
    beside = {"analysis": "up", "score": 0.8, wrapper: inner, "done": True, "error": None}
    assert outcome(json.dumps(beside)) == ("buy", None)
    assert (
        outcome(json.dumps({**beside, "result" if wrapper != "result" else "data": inner}))[0]
        == "refused"
    )


CLOSES = (
    "close", "CLOSE", "Close.", "**CLOSE**", "`close`", " close ", '"close"', "close!",
    "close_all", "CLOSE ALL", "close_trade", "closeTrade", "exit_trade", "exit_all", "flat",
    "FLATTEN", "go_flat", "liquidate", "liquidate_position", "full_close", "close_full",
    "close_now", "close_order", "square_off",
)  # fmt: skip


@pytest.mark.parametrize("signal", CLOSES)
def test_a_close_is_known_by_any_of_its_plain_names(signal):
    """In any spelling and with marks around it; in a list, alone, or keyed by coin."""
    one = {"coin": "BTC", "signal": signal, "leverage": "n/a", "quantity_usd": None}
    for document in (
        {"decisions": [one]},
        [one],
        one,
        {"BTC": {"action": signal}},
        {"BTC": signal},
    ):
        assert outcome(json.dumps(document), **HELD) == ("close", None), document


@pytest.mark.parametrize("signal", ["reduce", "close half", "partial_close", "buy/close", "close?",
                                    "not close", "", ".", "flat?", "take_profit"])  # fmt: skip
def test_a_close_in_doubt_is_asked_for_again(signal):
    """Part of a position, a question or two actions are no plain close."""
    assert outcome(json.dumps([{"coin": "BTC", "signal": signal}]), **HELD)[0] == "refused"


def test_a_market_called_flat_is_no_decision():
    """A trend in an illustration does not make it a second document."""
    assert outcome('Trend: {"BTC": {"trend": "flat"}}\n' + DOC) == ("buy", None)


def test_the_same_coin_or_signal_twice_in_one_close_says_the_same():
    """Equal values under one key are no doubt; an entry is still to be sent without them."""
    twice = '{"coin": "BTC", "signal": "close", "coin": "BTC", "signal": "close"}'
    assert outcome(twice, **HELD) == ("close", None)
    other = '{"coin": "BTC", "signal": "close", "coin": "ETH"}'
    assert outcome(other, **HELD) == ("refused", "duplicate_key")
    entry = json.dumps(ONE)[:-1] + ', "leverage": 3}'
    assert outcome(entry) == ("refused", "duplicate_key")


@pytest.mark.parametrize("mark", ["\n", "\t", "\r\n"])
def test_a_line_break_inside_a_text_is_named(mark):
    """With what to write in its place."""
    text = DOC.replace('"x"', f'"one{mark}two"')
    result = judge_answer(text, STATE)
    assert result["code"] == "not_json"
    assert "line break or tab inside a text" in result["error"]
    assert "at at" not in result["error"]
