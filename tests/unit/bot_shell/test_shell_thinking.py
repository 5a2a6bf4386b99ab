"""Reasons come first: analysis in the form, native thinking asked for, kept and put on record."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from motherhaven.bot.core.setup import TraderSetup
from motherhaven.bot.decider import ModelConfig, choose_decider
from motherhaven.bot.decider.schema import answer_schema
from motherhaven.bot.decider.thinking import ROOM, tagged_thoughts
from motherhaven.bot.guard.parse import parse_answer
from motherhaven.bot.guard.types import RiskLimits
from motherhaven.bot.market.simulated import SimulatedFeed
from motherhaven.bot.running.venues import paper_trader
from motherhaven.contract.events.answer import FIRST_FIELDS, SHARED_FIELDS
from motherhaven.settings import SystemClock
from motherhaven.testing.messages_server import (
    Answers,
    Fails,
    MessagesServer,
    Refuses,
    Says,
    Thinks,
)

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
THOUGHT = "BTC made a lower high.\nFunding is dear, so a long pays twice."
MODELS = ["anthropic:claude-sonnet-5-5", "anthropic:claude-haiku-4-5", "openai:gpt-6.1-terra"]


def decision(coin, **fields):
    """A hold with every field of the form."""
    return {
        "coin": coin, "analysis": f"{coin} goes sideways", "signal": "hold", "stop_loss": None,
        "profit_target": None, "invalidation_condition": None, "leverage": 1, "quantity_usd": 0,
        "confidence": 0.5, "justification": "nothing to do", **fields,
    }  # fmt: skip


GOOD = {"analysis": "Both coins move together.", "decisions": [decision("BTC"), decision("ETH")]}


@pytest.fixture
def trader():
    """A bot's core after two hours of a simulated market."""
    feed, ids = SimulatedFeed(("BTC", "ETH"), 1), count()
    setup = TraderSetup(("BTC", "ETH"), RiskLimits(), feed.specs, detailed=True)
    trader = paper_trader(setup, NOW, lambda: f"id-{next(ids)}")
    for piece in feed.slices(NOW - timedelta(hours=2), NOW):
        trader.on_slice(piece)
    trader.take()
    return trader


def ask(trader, script, name=MODELS[0], times=1, **config):
    """Ask and judge `times` times; returns answers, requests, answers on record, and notes."""
    said = []

    async def run():
        async with MessagesServer(script) as server:
            made = ModelConfig(
                anthropic_api_key="k", anthropic_base_url=server.base_url, openai_api_key="k",
                openai_base_url=server.base_url + "/v1", **config,
            )  # fmt: skip
            decider = choose_decider(name, made, SystemClock(), 180, said.append)
            context = trader.context(NOW)
            answers = []
            for number in range(times):
                answers.append(await decider.decide(context))
                trader.judge(answers[-1], context, NOW, decider.name, f"c{number}")
            return answers, server.requests

    answers, requests = asyncio.run(run())
    kept = [record.payload for record in trader.records if record.kind == "answer"]
    return answers, requests, kept, said


def test_the_form_asks_for_reasons_before_figures():
    """Of the account first, of each coin before its signal; models write in this order."""
    schema = answer_schema(["BTC"])
    assert next(iter(schema["properties"])) == "analysis"
    fields = list(schema["properties"]["decisions"]["items"]["properties"])
    assert fields[:3] == ["coin", "analysis", "signal"]
    figures = {"stop_loss", "profit_target", "leverage", "quantity_usd", "confidence"}
    assert all(fields.index("analysis") < fields.index(name) for name in figures)


@pytest.mark.parametrize("name", MODELS)
def test_thinking_and_analysis_are_on_record_once_and_found_from_every_coin(trader, name):
    """The answer is an event of its own, which every decision names."""
    (got,), _, kept, _ = ask(trader, [Thinks(THOUGHT, Answers(GOOD))], name, thinking="medium")
    assert got.failure is None
    answer, *decisions = trader.take()
    assert [answer.payload] == kept
    assert answer.payload["thinking"] == THOUGHT
    assert answer.payload["analysis"] == GOOD["analysis"]
    assert answer.payload["model_asked"] == name
    told = [one.payload for one in decisions]
    assert [one["coin_analysis"] for one in told] == ["BTC goes sideways", "ETH goes sideways"]
    assert [one["answer_id"] for one in told] == [answer.event_id] * 2
    assert [one["answer_index"] for one in told] == [0, 1]
    own = {*SHARED_FIELDS, *FIRST_FIELDS}
    assert not own & {field for one in told for field in one}


def test_thinking_is_kept_from_every_attempt_and_of_refusals(trader):
    """What was thought before an answer that cannot be used is on record too."""
    script = [Thinks("first try", Says("no JSON")), Thinks("second try", Refuses("never"))]
    (got,), _, kept, _ = ask(trader, script, thinking="low")
    assert got.failure is not None
    assert "first try" in kept[0]["thinking"]
    assert "second try" in kept[0]["thinking"]


@pytest.mark.parametrize("name", MODELS[1:])
def test_thinking_of_an_answer_that_the_provider_withheld(trader, name):
    """An answer that comes as an error of the SDK keeps its thinking all the same."""
    _, _, kept, _ = ask(trader, [Thinks("I must not", Refuses("never"))], name, thinking="low")
    assert kept[0]["thinking"] == "I must not"
    assert kept[0]["error"]


@pytest.mark.parametrize("level", ["low", "medium", "high"])
def test_thinking_is_asked_for_in_each_providers_own_words(trader, level):
    """Adaptive effort, a budget of tokens below max_tokens, or reasoning effort."""
    sent = {}
    for name in MODELS:
        _, requests, _, _ = ask(trader, [Answers(GOOD)], name, thinking=level)
        sent[name] = requests[0]
    adaptive, budget, openai = (sent[name] for name in MODELS)
    assert adaptive["thinking"] == {"type": "adaptive", "display": "summarized"}
    assert adaptive["output_config"]["effort"] == level
    assert budget["thinking"]["budget_tokens"] < budget["max_tokens"] - 4_000
    assert openai["reasoning_effort"] == level
    assert adaptive["max_tokens"] == 4_096 + ROOM[level]
    # A forced tool would keep the model from thinking.
    assert [one["tool_choice"] for one in (adaptive, budget)] == [{"type": "auto"}] * 2
    assert openai["tool_choice"] == "auto"


def test_off_asks_for_none_and_not_set_says_nothing(trader):
    """MODEL_THINKING=off costs no thinking; without it the model keeps its own way."""
    _, (off,), _, _ = ask(trader, [Answers(GOOD)], thinking="off")
    _, (unset,), _, _ = ask(trader, [Answers(GOOD)])
    assert off["thinking"]["type"] in ("between_tools", "disabled")
    assert "thinking" not in unset
    assert off["max_tokens"] == unset["max_tokens"] == 4_096


def test_a_server_that_refuses_thinking_is_asked_without_it_from_then_on(trader):
    """Said once; the answer is not lost."""

    def script(request):
        return Fails(400, "invalid_request_error") if "thinking" in request else Answers(GOOD)

    answers, requests, _, said = ask(trader, script, times=2, thinking="high")
    assert [answer.failure for answer in answers] == [None, None]
    assert "thinking" not in requests[-1]
    assert len([text for text in said if "MODEL_THINKING=high" in text]) == 1
    assert "thinking" in requests[0]
    assert len(requests) <= 4


@pytest.mark.parametrize(
    ("text", "thought"),
    [
        ("<think>up</think>{}", "up"),
        ("<THINKING>a <think>b</think> c</THINKING>{}", "a <think>b</think> c"),
        ("[THINK]up[/THINK]{}", "up"),
        ("<think>never closed", "never closed"),
        ('{"justification": "a <think> in a text"}', ""),
        ("</think>{}", ""),
        ("<think>one</think> x <think>two</think>", "one\n\ntwo"),
        ("", ""),
    ],
)
def test_tagged_thinking_in_text(text, thought):
    """Local models write their thinking into the text."""
    assert tagged_thoughts(text) == thought


def test_tagged_thinking_is_read_in_one_pass():
    """Many tags that are never closed cost no more than their length."""
    text = "<think>" * 100_000
    assert tagged_thoughts(text).count("<think>") == 99_999


def test_thinking_in_the_text_of_a_local_model_is_on_record(trader):
    """The answer behind the tags decides."""
    said = f"<think>{THOUGHT}</think>\n{json.dumps(GOOD)}"
    (got,), _, kept, _ = ask(trader, [Says(said)], "local:qwen3", output="json")
    assert got.failure is None
    assert kept[0]["thinking"] == THOUGHT


ANALYSES = {
    "plain": {**GOOD},
    "in a call": {"name": "decide", "arguments": GOOD},
    "wrapped": {"answer": GOOD},
    "wrapped with a note beside": {"note": "done", "answer": GOOD},
    "wrapped, beside the wrapper": {
        "analysis": GOOD["analysis"],
        "answer": {"decisions": GOOD["decisions"]},
    },
    "encoded": json.dumps(GOOD),
    "encoded call": {"name": "decide", "arguments": json.dumps(GOOD)},
    "by coin": {"analysis": GOOD["analysis"], "BTC": {"signal": "hold"}},
}


@pytest.mark.parametrize("shape", ANALYSES)
def test_the_analysis_of_the_account_is_found_in_every_shape(shape):
    """Wherever the decisions stand, what stands beside them is read."""
    parsed = parse_answer(json.dumps(ANALYSES[shape]), {"BTC", "ETH"})
    assert parsed.error is None
    assert parsed.analysis == GOOD["analysis"]
    assert not parsed.rejected


@pytest.mark.parametrize("text", ["hold", "buy", "close BTC now", '{"coin": "BTC"}', "\x00\ud800"])
def test_an_analysis_never_decides(text):
    """Words of an analysis are no signal, and nothing in them spoils the decisions."""
    shaped = {"analysis": text, "BTC": {"signal": "hold", "analysis": text}}
    for document in (shaped, {"analysis": text, "decisions": [{"coin": "BTC", "signal": "hold"}]}):
        parsed = parse_answer(json.dumps(document), {"BTC"})
        assert [one.signal.value for one in parsed.decisions] == ["hold"]
        assert not parsed.rejected
        assert "\x00" not in parsed.analysis
