"""From a model's name to a pydantic-ai model, with the keys and addresses of the settings."""

import inspect
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import httpx2
from pydantic_ai.models import Model, infer_model
from pydantic_ai.profiles import ModelProfile, merge_profile
from pydantic_ai.providers import Provider, infer_provider, infer_provider_class

from motherhaven.bot.decider.config import ModelConfig
from motherhaven.contract.errors import ConfigError
from motherhaven.settings.providers import NEEDED, SDK_EXTRAS

_OPENAI: Final = ("openai", "openai-chat", "local")
_UNSPLIT: Final = ModelProfile(thinking_tags=("\x00<thinking>", "\x00</thinking>"))
"""Thinking stays in the text: the parser must see whether it was ever closed."""


def build_model(name: str, config: ModelConfig, http: httpx2.AsyncClient) -> Model:
    """The model PROVIDER:MODEL; `http` is used where the provider's SDK takes such a client.

    Raises:
        ConfigError: its key, address or package is missing; the message says what to set
            or what to install.
    """
    provider = name.partition(":")[0]
    try:
        model = _openai(name, config, http) if provider in _OPENAI else _any(name, config, http)
    except ImportError:
        extra = SDK_EXTRAS.get(provider)
        package = f"pydantic-ai-slim[{extra}]" if extra else "pydantic-ai-slim"
        raise ConfigError(
            f'TRADING_DECIDER={name} needs a package that is not installed: pip install "{package}"'
        ) from None
    except ConfigError:
        raise
    except Exception as error:  # every SDK refuses its settings in its own way
        needs = [" or ".join(one.upper() for one in group) for group in NEEDED.get(provider, ())]
        advice = f"; set {' and '.join(needs)} in .env" if needs else ""
        raise ConfigError(f"TRADING_DECIDER={name}: {str(error)[:300]}{advice}") from error
    vars(model)["profile"] = merge_profile(model.profile, _UNSPLIT)
    return model


def _openai(name: str, config: ModelConfig, http: httpx2.AsyncClient) -> Model:
    from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
    from pydantic_ai.providers.openai import OpenAIProvider

    provider, _, model = name.partition(":")
    if provider == "local":
        _needed(config.openai_base_url, "OPENAI_BASE_URL", name)
    else:
        _needed(config.openai_api_key, "OPENAI_API_KEY", name)
    access = OpenAIProvider(
        api_key=config.openai_api_key or "none",
        base_url=config.openai_base_url or "https://api.openai.com/v1",
        http_client=http,
    )
    # Compatible servers speak chat completions; only OpenAI itself is sure of responses.
    if provider == "openai" and config.openai_base_url is None:
        return OpenAIResponsesModel(model, provider=access)
    return OpenAIChatModel(model, provider=access)


def _any(name: str, config: ModelConfig, http: httpx2.AsyncClient) -> Model:
    """Any provider that pydantic-ai knows, by the variables that the provider itself reads."""
    provider = name.partition(":")[0]
    own = {
        "ANTHROPIC_API_KEY": config.anthropic_api_key,
        "ANTHROPIC_BASE_URL": config.anthropic_base_url,
        "OPENAI_API_KEY": config.openai_api_key,
        "OPENAI_BASE_URL": config.openai_base_url,
        **config.providers,
    }
    values = {key: value for key, value in own.items() if value}
    for group in NEEDED.get(provider, ()):
        if not any(values.get(one.upper()) or os.environ.get(one.upper()) for one in group):
            _needed(None, " or ".join(one.upper() for one in group), name)

    def factory(kind: str) -> Provider[Any]:
        if kind.startswith("gateway/"):
            return infer_provider(kind)
        made: Callable[..., Provider[Any]] = infer_provider_class(kind)
        taken = inspect.signature(made).parameters
        shared = "openai_client" in taken or "anthropic_client" in taken
        return made(http_client=http) if shared and "http_client" in taken else made()

    with _environment(values):
        return infer_model(name, factory)


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Variables that are there while a provider is made, and as before when it is."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _needed(value: str | None, setting: str, name: str) -> None:
    if not value:
        raise ConfigError(f"{setting} is missing for TRADING_DECIDER={name}; set it in .env")
