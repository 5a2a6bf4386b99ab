"""Providers: keys from the settings, addresses that fail, patience, and models without tools."""

import asyncio
import json
import os
import re
import sys
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from motherhaven.bot.core.setup import TraderSetup
from motherhaven.bot.decider import ModelConfig, choose_decider
from motherhaven.bot.decider.provider_errors import plain_address, wanted_wait
from motherhaven.bot.market.simulated import SimulatedFeed
from motherhaven.bot.running.config import BotConfig
from motherhaven.bot.running.venues import paper_trader
from motherhaven.contract.errors import ConfigError, DeciderUnavailable
from motherhaven.contract.limits import RiskLimits
from motherhaven.settings import SystemClock
from motherhaven.settings.bot import Settings
from motherhaven.settings.providers import NEEDED, SDK_EXTRAS, ProviderSettings
from motherhaven.testing.clock import FakeClock
from motherhaven.testing.messages_server import (
    Answers,
    Fails,
    MessagesServer,
    Says,
    Sends,
)

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
GOOD = {"decisions": [{"coin": "BTC", "signal": "hold", "justification": "seen"}]}


@pytest.fixture(scope="module")
def context():
    """What a decider sees after two hours of a simulated market."""
    feed = SimulatedFeed(("BTC",), 1)
    ids = count()
    setup = TraderSetup(("BTC",), RiskLimits(), feed.specs, detailed=True)
    trader = paper_trader(setup, NOW, lambda: f"id-{next(ids)}")
    for piece in feed.slices(NOW - timedelta(hours=2), NOW):
        trader.on_slice(piece)
    return trader.context(NOW)


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch):
    """No key of the machine that runs the tests is seen."""
    for name in ProviderSettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def ask(context, script, name="local:m", times=1, path="/v1", clock=None, **config):
    """Ask `times` times; the answers, the server and what was said."""
    said = []

    async def run():
        async with MessagesServer(script) as server:
            made = ModelConfig(
                **{"openai_base_url": server.base_url + path, "timeout_seconds": 20.0,
                   "anthropic_api_key": "k", "anthropic_base_url": server.base_url + path,
                   "openai_api_key": "k", **config},
            )  # fmt: skip
            decider = choose_decider(
                name, made, clock or SystemClock(), 180, said.append, note=said.append
            )
            said.clear()
            return [await decider.decide(context) for _ in range(times)], server

    answers, server = asyncio.run(run())
    return answers, server, said


def without_tools(status, wanted="tools"):
    """A provider that refuses any request with a tool, and answers plain JSON otherwise."""

    def reply(request):
        return Fails(status, "invalid_request") if request.get(wanted) else Says(json.dumps(GOOD))

    return reply


@pytest.mark.parametrize("status", [400, 404, 422])
def test_auto_falls_back_to_json_and_remembers(context, status):
    """The refusal is found out once, said once, and later questions go without a tool."""
    answers, server, said = ask(context, without_tools(status), times=3)
    assert [answer.failure for answer in answers] == [None] * 3
    assert [bool(request.get("tools")) for request in server.requests] == [True] + [False] * 3
    assert len(said) == 1
    assert "MODEL_OUTPUT=json" in said[0]
    assert "exactly one JSON object" in answers[0].system_prompt
    assert "calling the tool" not in answers[0].system_prompt
    assert answers[0].attempts[0].refused is None


def test_auto_that_worked_once_with_a_tool_stays_with_it(context):
    """A later refusal is an error like any other, not a reason to give up the tool."""
    replies = iter([Answers(GOOD), Fails(400, "invalid_request"), Answers(GOOD)])
    answers, server, said = ask(context, lambda _: next(replies), times=3)
    assert isinstance(answers[1].failure, DeciderUnavailable)
    assert answers[2].failure is None
    assert len(server.requests) == 3
    assert said == []


def test_when_json_is_refused_too_the_first_refusal_is_told(context):
    """It was not the tool: the model's name, say. The tool is tried again next time."""
    answers, server, said = ask(context, [Fails(404, "no_such_model")], times=2)
    assert all("no_such_model" in str(answer.failure) for answer in answers)
    assert [bool(request.get("tools")) for request in server.requests] == [True, False] * 2
    assert said == []


@pytest.mark.parametrize(("status", "requests"), [(401, 1), (403, 1), (429, 1), (500, 1)])
def test_a_key_or_an_outage_is_no_reason_to_try_json(context, status, requests):
    """One request, and the failure."""
    (answer,), server, _ = ask(context, [Fails(status)])
    assert isinstance(answer.failure, DeciderUnavailable)
    assert len(server.requests) == requests


@pytest.mark.parametrize(("output", "tools"), [("tool", [True]), ("json", [False])])
def test_tool_and_json_are_as_they_say(context, output, tools):
    """No second way is tried."""
    script = without_tools(400) if output == "tool" else [Says(json.dumps(GOOD))]
    (answer,), server, _ = ask(context, script, output=output)
    assert (answer.failure is None) is (output == "json")
    assert [bool(request.get("tools")) for request in server.requests] == tools


def test_json_is_repaired_as_json(context):
    """The second question does not speak of a tool that was never offered."""
    (answer,), server, _ = ask(context, [Says("no"), Says(json.dumps(GOOD))], output="json")
    assert answer.failure is None
    assert "as one JSON object" in json.dumps(server.requests[1]["messages"])


@pytest.mark.parametrize(
    ("name", "path", "hint"),
    [
        ("local:m", "", "usually ends in /v1: http://127.0.0.1:"),
        ("local:m", "/api", "/api/v1"),
        ("local:m", "/v1", None),
        ("anthropic:claude-sonnet-5-5", "/v1", "leave out /v1"),
        ("anthropic:claude-sonnet-5-5", "", None),
    ],
)
@pytest.mark.parametrize("script", [[Fails(404, "not_found")], [Sends(b"<html>", "text/html")]])
def test_an_address_that_fails_is_shown_with_what_may_be_wrong(context, name, path, hint, script):
    """Where it was asked, and whether /v1 is missing or too much."""
    (answer,), _, _ = ask(context, script, name, path=path)
    told = str(answer.failure)
    assert re.search(rf"asked at http://127\.0\.0\.1:\d+{path}\)", told)
    html = isinstance(script[0], Sends) and name.startswith("anthropic")
    assert (hint is not None and hint in told) or hint is None or html
    assert ("/v1:" in told or "leave out" in told) <= (hint is not None)


def test_an_address_that_nobody_answers_is_shown_without_its_secrets(context):
    """User, password and query of the address stay out."""
    (answer,), _, _ = ask(
        context, [Says("")], openai_base_url="http://user:canary@127.0.0.1:9/v1?key=canary"
    )
    assert "asked at http://127.0.0.1:9/v1" in str(answer.failure)
    assert "canary" not in str(answer.failure)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://u:p@h.example:8443/v1/?k=v#f", "https://h.example:8443/v1"),
        ("http://[::1]:11434/v1", "http://[::1]:11434/v1"),
        ("https://h.example/", "https://h.example"),
        ("http://h:notaport/v1", ""),
        ("nonsense", ""),
        (None, ""),
    ],
)
def test_addresses_for_people(url, shown):
    """Scheme, host, port and path; nothing of what cannot be read."""
    assert plain_address(url) == shown


DATE = "Wed, 04 Mar 2026 12:10:00 GMT"


@pytest.mark.parametrize(
    ("headers", "told", "wait"),
    [
        ({"retry-after": "7"}, None, 7),
        ({"retry-after": " 1.5 "}, None, 1.5),
        ({"retry-after": "0"}, None, 0),
        ({"retry-after-ms": "1500", "retry-after": "9"}, None, 1.5),
        ({"retry-after": "86400"}, None, 3600),
        ({"retry-after": "9" * 5000}, None, None),
        ({"retry-after": "+" + "9" * 300}, 1e300, None),
        ({"retry-after": DATE}, None, 600),
        ({"retry-after": "Wed Mar  4 12:10:00 2026"}, None, 600),
        ({"retry-after": "Wed, 04 Mar 2020 12:10:00 GMT"}, None, 0),
        ({"retry-after": "Wed, 04 Mar 9999 12:10:00 GMT"}, None, 3600),
        ({"retry-after": "Wed, 99 Foo 2026"}, None, None),
        ({"retry-after": "-5"}, None, None),
        ({"retry-after": "NaN"}, None, None),
        ({"retry-after": "soon"}, None, None),
        ({"retry-after": "\x00"}, None, None),
        ({"retry-after": ""}, None, None),
        ({"retry-after": "٧"}, None, None),
        ({}, None, None),
        (None, 14.0, 14),
        (None, 1e300, 3600),
        (None, float("nan"), None),
        (None, float("inf"), 3600),
        (None, None, None),
    ],
)
def test_how_long_a_provider_wants_to_be_left_alone(headers, told, wait):
    """Seconds and dates of any form, an hour at most; nonsense says nothing."""
    assert wanted_wait(headers, told, NOW, 3600) == wait


def test_a_retry_after_of_years_lasts_an_hour_or_what_the_setting_says(context):
    """The bot asks again when the cap has passed, by its own clock."""
    for most in (3600.0, 30.0):
        clock = FakeClock(NOW)
        replies = iter([Fails(429, "rate", {"retry-after": "99999999"}), Answers(GOOD)])

        async def run(most=most, clock=clock, replies=replies):
            async with MessagesServer(lambda _: next(replies)) as server:
                made = ModelConfig(
                    openai_base_url=server.base_url + "/v1", retry_after_max_seconds=most
                )
                decider = choose_decider("local:m", made, clock, 180, lambda _: None)
                first = await decider.decide(context)
                clock.advance(most - 1)
                second = await decider.decide(context)
                clock.advance(2)
                third = await decider.decide(context)
                return first, second, third, len(server.requests)

        first, second, third, requests = asyncio.run(run())
        assert "scripted rate" in str(first.failure)
        assert "more of patience" in str(second.failure)
        assert third.failure is None
        assert requests == 2


COMPATIBLE = {
    "deepseek": "DEEPSEEK_API_KEY", "openrouter": "OPENROUTER_API_KEY",
    "together": "TOGETHER_API_KEY", "fireworks": "FIREWORKS_API_KEY",
    "cerebras": "CEREBRAS_API_KEY", "moonshotai": "MOONSHOTAI_API_KEY", "zai": "ZAI_API_KEY",
    "alibaba": "DASHSCOPE_API_KEY", "nebius": "NEBIUS_API_KEY", "ovhcloud": "OVHCLOUD_API_KEY",
    "sambanova": "SAMBANOVA_API_KEY", "crusoe": "CRUSOE_API_KEY", "heroku": "HEROKU_INFERENCE_KEY",
    "vercel": "VERCEL_AI_GATEWAY_API_KEY", "meta": "META_API_KEY",
}  # fmt: skip


def settings_of(tmp_path, monkeypatch, *lines):
    """The settings of a `.env` with these lines."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Settings()


@pytest.mark.parametrize("provider", COMPATIBLE)
def test_a_key_in_env_is_enough_for_a_provider(provider, tmp_path, monkeypatch):
    """From `.env` to a client that sends that key; nothing of it stays in the environment."""
    name = COMPATIBLE[provider]
    settings = settings_of(
        tmp_path, monkeypatch, f"{name}=sk-canary", f"TRADING_DECIDER={provider}:some/model"
    )
    assert settings.validate_api_keys() == (True, [])
    config = BotConfig.from_settings(settings).model
    decider = choose_decider(settings.trading_decider, config, SystemClock(), 180, lambda _: None)
    assert decider._asker.model.client.api_key == "sk-canary"
    assert name not in os.environ
    assert "canary" not in f"{settings!r}{config!r}"


@pytest.mark.parametrize("provider", ["ollama", "vllm"])
def test_a_local_server_by_its_address_alone(provider, context, tmp_path, monkeypatch):
    """OLLAMA_BASE_URL and VLLM_BASE_URL from `.env`, no key; a real question and answer."""

    async def run():
        async with MessagesServer([Answers(GOOD)]) as server:
            settings = settings_of(
                tmp_path, monkeypatch, f"{provider.upper()}_BASE_URL={server.base_url}/v1"
            )
            config = BotConfig.from_settings(settings).model
            decider = choose_decider(f"{provider}:m", config, SystemClock(), 180, lambda _: None)
            return await decider.decide(context), len(server.requests)

    answer, requests = asyncio.run(run())
    assert answer.failure is None
    assert requests == 1


def test_azure_needs_three_and_gets_them(tmp_path, monkeypatch):
    """Key, endpoint and version, all from `.env`."""
    settings = settings_of(
        tmp_path, monkeypatch, "AZURE_OPENAI_API_KEY=k", "OPENAI_API_VERSION=2026-01-01",
        "AZURE_OPENAI_ENDPOINT=https://x.example",
    )  # fmt: skip
    config = BotConfig.from_settings(settings).model
    decider = choose_decider("azure:gpt-6.1", config, SystemClock(), 180, lambda _: None)
    assert "x.example" in decider._asker.model.base_url


def test_the_environment_s_own_key_is_enough_too(monkeypatch):
    """As it was before: a variable that the provider reads itself."""
    monkeypatch.setenv("DEEPSEEK_API_KEY", "sk-own")
    decider = choose_decider("deepseek:m", ModelConfig(), SystemClock(), 180, lambda _: None)
    assert decider._asker.model.client.api_key == "sk-own"


@pytest.mark.parametrize("provider", sorted(set(NEEDED) - set(SDK_EXTRAS)))
def test_a_missing_key_is_named(provider, tmp_path, monkeypatch):
    """At start and by `doctor`, with the setting's name."""
    settings = settings_of(tmp_path, monkeypatch, f"TRADING_DECIDER={provider}:some/model")
    fine, problems = settings.validate_api_keys()
    assert not fine
    first = NEEDED[provider][0][0].upper()
    assert first in problems[0]
    config = BotConfig.from_settings(settings).model
    with pytest.raises(ConfigError, match=first):
        choose_decider(settings.trading_decider, config, SystemClock(), 180, lambda _: None)


@pytest.mark.parametrize("provider", sorted(set(SDK_EXTRAS) - {"bedrock-mantle"}))
def test_a_missing_package_is_named_with_what_to_install(provider, monkeypatch):
    """One sentence with the exact extra, and nothing is left in the environment."""
    for sdk in ("boto3", "cohere", "google.genai", "groq", "huggingface_hub", "mistralai"):
        monkeypatch.setitem(sys.modules, sdk, None)
    monkeypatch.setitem(sys.modules, "xai_sdk", None)
    every = {name.upper(): "x" for name in ProviderSettings.model_fields}
    wanted = re.escape(f'pip install "pydantic-ai-slim[{SDK_EXTRAS[provider]}]"')
    with pytest.raises(ConfigError, match=wanted):
        choose_decider(
            f"{provider}:m", ModelConfig(providers=every), SystemClock(), 180, lambda _: None
        )
    assert not any(name in os.environ for name in every)


def test_an_unknown_provider_is_an_error_in_words():
    """Not a traceback."""
    with pytest.raises(ConfigError, match="TRADING_DECIDER=nobody:m"):
        choose_decider("nobody:m", ModelConfig(), SystemClock(), 180, lambda _: None)


def test_auto_says_when_a_key_lies_unused():
    """A key of a provider that `auto` does not choose is not passed over in silence."""
    said = []
    config = ModelConfig(providers={"DEEPSEEK_API_KEY": "k", "AWS_DEFAULT_REGION": "eu"})
    choose_decider("auto", config, SystemClock(), 180, said.append)
    assert "DEEPSEEK_API_KEY is set" in said[0]
    assert "TRADING_DECIDER=PROVIDER:MODEL" in said[0]


def test_every_provider_setting_reaches_the_container():
    """compose.yaml hands on what `.env` may hold."""
    compose = (Path(__file__).parents[3] / "compose.yaml").read_text(encoding="utf-8")
    own = ["MODEL_OUTPUT", "MODEL_THINKING", "MODEL_RETRY_AFTER_MAX_SECONDS"]
    wanted = [*own, *ProviderSettings.model_fields]
    assert [
        name for name in wanted if f"{name.upper()}: ${{{name.upper()}:-}}" not in compose
    ] == []
