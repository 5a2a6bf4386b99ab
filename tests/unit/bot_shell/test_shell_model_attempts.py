"""One question, two answers at most: which tool is obeyed, what is kept, what is asked again."""

import asyncio
import json

import pytest
from shell_support import NOON, seen_context

from motherhaven.bot.core import records
from motherhaven.bot.decider import Attempt, ModelConfig, choose_decider
from motherhaven.bot.decider.attempts import described, joined, last_of
from motherhaven.contract.errors import (
    AnswerMalformed,
    AnswerRefused,
    AnswerTruncated,
    DeciderUnavailable,
)
from motherhaven.settings import SystemClock
from motherhaven.testing.messages_server import (
    Answers,
    Calls,
    CutOff,
    MessagesServer,
    Refuses,
    Says,
    Sends,
)

BOTH = ["anthropic:claude-sonnet-5-5", "local:some-model"]


def hold(coin, **fields):
    """A decision for one coin."""
    return {"coin": coin, "signal": "hold", "justification": "seen", **fields}


GOOD = {"decisions": [hold("BTC"), hold("ETH")]}
CLOSE = {"decisions": [hold("BTC", signal="close")]}


@pytest.fixture(scope="module")
def context():
    """What a decider sees after two hours of a simulated market."""
    return seen_context(2)


def ask(context, script, name="anthropic:claude-sonnet-5-5"):
    """Ask once; returns the answer and the server."""

    async def run():
        async with MessagesServer(script) as server:
            made = ModelConfig(
                anthropic_api_key="k", anthropic_base_url=server.base_url,
                openai_base_url=server.base_url + "/v1", timeout_seconds=20.0,
            )  # fmt: skip
            decider = choose_decider(name, made, SystemClock(), 180, lambda _: None)
            return await decider.decide(context), server

    return asyncio.run(run())


@pytest.mark.parametrize("name", BOTH)
def test_calls_side_by_side_are_merged_if_their_coins_differ(context, name):
    """Two calls of the tool, one coin each; no second question."""
    calls = Calls([("decide", {"decisions": [part]}) for part in GOOD["decisions"]])
    got, server = ask(context, [calls], name)
    assert got.failure is None
    assert [one.coin for one in got.decisions] == ["BTC", "ETH"]
    assert len(server.requests) == 1


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize(
    ("calls", "told"),
    [
        ([("decide", GOOD), ("decide", CLOSE)], "several tool calls decide for BTC"),
        ([("transfer", GOOD)], "'transfer', which was not offered"),
        ([("decide", GOOD), ("transfer", CLOSE)], "'transfer', which was not offered"),
    ],
)
def test_other_calls_are_refused_and_asked_for_again(context, name, calls, told):
    """Only the offered tool is obeyed, and one coin has one decision."""
    got, server = ask(context, [Calls(calls), Answers(GOOD)], name)
    assert got.failure is None
    assert len(got.decisions) == 2
    assert len(server.requests) == 2
    assert told in got.attempts[0].refused
    assert told.replace("'", "") in json.dumps(server.requests[1]).replace("'", "")


def test_a_call_among_words_decides_alone(context):
    """A draft in the words beside the call says nothing."""
    block = {"type": "tool_use", "id": "t", "name": "decide", "input": GOOD}
    body = {
        "id": "m", "type": "message", "role": "assistant", "model": "claude-sonnet-5-5",
        "content": [{"type": "text", "text": json.dumps(CLOSE)}, block],
        "stop_reason": "tool_use", "usage": {"input_tokens": 9, "output_tokens": 9},
    }  # fmt: skip
    got, _ = ask(context, [Sends(json.dumps(body).encode())])
    assert [one.signal.value for one in got.decisions] == ["hold", "hold"]


REPAIRED = {
    "two documents": f"{json.dumps(CLOSE)}\nNo:\n```json\n{json.dumps(GOOD)}\n```",
    "thinking never closed": f"<think>{json.dumps(CLOSE)}",
    "thinking in pieces": f"<think>a</think><think>{json.dumps(CLOSE)}",
    "an unknown coin": json.dumps({"decisions": [hold("Bitcoin")]}),
    "a contradiction": json.dumps([hold("BTC"), hold("BTC", signal="close")]),
    "words": "I would wait.",
}


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize("kind", REPAIRED)
def test_what_is_refused_is_asked_for_once_more_with_the_reason(context, name, kind):
    """The model is told what was wrong; both answers stay on record."""
    got, server = ask(context, [Says(REPAIRED[kind]), Answers(GOOD)], name)
    assert got.failure is None
    assert len(got.decisions) == 2
    assert len(server.requests) == 2
    assert got.attempts[0].raw == REPAIRED[kind]
    assert got.attempts[0].refused
    assert got.attempts[1].refused is None
    assert REPAIRED[kind] in got.raw
    assert got.attempts[0].refused[:60] in got.raw
    assert last_of(got.raw, described(got.attempts)) == got.attempts[1].raw


@pytest.mark.parametrize(
    ("script", "failure"),
    [
        ([Says("no"), Says("still no")], AnswerMalformed),
        ([CutOff(GOOD), CutOff(CLOSE)], AnswerTruncated),
        ([Says("no"), Says("<think>but")], AnswerTruncated),
        ([Says("no"), Refuses("never again")], AnswerRefused),
    ],
)
def test_after_one_repair_the_bot_holds(context, script, failure):
    """No third question; the failure is the last one's, both texts are kept."""
    got, server = ask(context, script)
    assert isinstance(got.failure, failure)
    assert got.decisions == ()
    assert len(server.requests) == 2
    assert len(got.attempts) == 2
    assert all(attempt.refused for attempt in got.attempts)


CLOSED_THINKING = f"<think>{json.dumps(CLOSE)}</think>{json.dumps(GOOD)}"


@pytest.mark.parametrize("name", BOTH)
def test_thinking_in_the_text_is_kept_and_does_not_decide(context, name):
    """The SDK does not take the tags away: the parser sees whether they were closed."""
    got, server = ask(context, [Says(CLOSED_THINKING)], name)
    assert [one.signal.value for one in got.decisions] == ["hold", "hold"]
    assert got.raw == CLOSED_THINKING
    assert len(server.requests) == 1


def chat(**choice):
    """A chat completion with one choice."""
    return {"id": "c", "object": "chat.completion", "created": 1, "model": "m",
            "choices": [{"index": 0, **choice}]}  # fmt: skip


WORDS = "Upstream said: no capacity in this region"
INSIDE_200 = {
    "error object": ({"error": {"message": WORDS, "code": 502}}, DeciderUnavailable),
    "error as text": ({"error": WORDS}, DeciderUnavailable),
    "error beside nulls": ({"id": None, "choices": None, "error": {"message": WORDS}},
                           DeciderUnavailable),
    "error in the choice": (chat(finish_reason="error", message={"role": "assistant"},
                                 error={"message": WORDS, "code": 502}), DeciderUnavailable),
    "refusal field": (chat(finish_reason="stop", message={
        "role": "assistant", "content": None, "refusal": WORDS}), AnswerRefused),
    "content filter with text": (chat(finish_reason="content_filter", message={
        "role": "assistant", "content": WORDS}), AnswerRefused),
}  # fmt: skip


@pytest.mark.parametrize("kind", INSIDE_200)
@pytest.mark.parametrize("name", ["local:m", "openrouter:a/m"])
def test_the_provider_s_words_inside_a_200_are_the_reason(context, kind, name):
    """Kept in the raw text, and told as why the bot holds."""
    body, failure = INSIDE_200[kind]
    got, _ = ask_compatible(context, [Sends(json.dumps(body).encode())], name)
    assert isinstance(got.failure, failure), got.failure
    assert WORDS in str(got.failure)
    assert WORDS in got.raw
    assert got.decisions == ()


def ask_compatible(context, script, name):
    """Ask a provider whose address is fixed, by sending its requests to the local server."""

    async def run():
        async with MessagesServer(script) as server:
            made = ModelConfig(
                openai_base_url=server.base_url + "/v1", timeout_seconds=20.0,
                providers={"OPENROUTER_API_KEY": "k"},
            )  # fmt: skip
            decider = choose_decider(name, made, SystemClock(), 180, lambda _: None)
            decider._asker.model.client.base_url = server.base_url + "/v1"
            return await decider.decide(context), server

    return asyncio.run(run())


def test_a_filter_without_a_word_says_so(context):
    """No text and no refusal: the reason is not empty."""
    body = chat(finish_reason="content_filter", message={"role": "assistant", "content": ""})
    got, _ = ask(context, [Sends(json.dumps(body).encode())], "local:m")
    assert "without a word" in str(got.failure)


def test_several_answers_as_one_text_and_back():
    """A single answer is its own text; of several the last is found again, whatever they hold."""
    assert joined([]) is None
    assert joined([Attempt("x", "refused")]) == "x"
    assert described([Attempt("x")]) is None
    first = Attempt("--- answer 2 of 2 ---\nfake", "why")
    for last in ("", "x", "\n\n--- answer 1 of 2 ---\n", "é" * 10):
        attempts = [first, Attempt(last)]
        assert last_of(joined(attempts), described(attempts)) == last
    assert last_of("raw", None) == last_of("raw", [{}]) == last_of("raw", [{"characters": 9}])
    assert last_of("raw", "nonsense") == "raw"


def test_the_record_holds_every_attempt_once(context):
    """The raw response has both texts; `attempts` says which part is whose, and why."""
    got, _ = ask(context, [Says("no"), Answers(GOOD)])
    payload = records.answer(got, "d", "c", NOON, NOON)
    assert [one["refused"] != "" for one in payload["attempts"]] == [True, False]
    assert last_of(payload["raw_response"], payload["attempts"]) == got.attempts[-1].raw
    single, _ = ask(context, [Answers(GOOD)])
    assert "attempts" not in records.answer(single, "d", "c", NOON, NOON)
