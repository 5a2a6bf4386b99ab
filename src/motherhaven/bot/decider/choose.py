"""From the setting TRADING_DECIDER to a decider, saying loudly what was chosen."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from motherhaven.bot.decider.baselines import BuyAndHold, EmaCross, RandomTrader
from motherhaven.bot.decider.budget import ModelBudget
from motherhaven.bot.decider.types import Baseline, Decider
from motherhaven.bot.presets import Preset
from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import ConfigError
from motherhaven.contract.similar import closest

if TYPE_CHECKING:
    from pydantic_ai.models import Model

BASELINES: Final = ("buy-and-hold", "ema-cross", "random")
DEFAULT_ANTHROPIC: Final = "anthropic:claude-sonnet-5-5"
DEFAULT_OPENAI: Final = "openai:gpt-6.1-terra"
DEFAULT_LOCAL: Final = "local:llama3.2"
FALLBACK: Final = "ema-cross"


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """Keys, addresses and bounds for a model. Secrets stay out of repr."""

    anthropic_api_key: str | None = field(default=None, repr=False)
    anthropic_base_url: str | None = None
    openai_api_key: str | None = field(default=None, repr=False)
    openai_base_url: str | None = None
    timeout_seconds: float = 60.0
    max_tokens: int = 4096
    daily_cost_usd: Decimal | None = Decimal(5)
    preset: Preset = "standard"
    price_in: Decimal | None = None
    price_out: Decimal | None = None


def baseline(name: str, seed: int = 1) -> Baseline:
    """The baseline of that name.

    Raises:
        ConfigError: there is none.
    """
    if name == "buy-and-hold":
        return BuyAndHold()
    if name == "ema-cross":
        return EmaCross()
    if name == "random":
        return RandomTrader(seed)
    raise ConfigError(f"{name!r} is no baseline; use one of {', '.join(BASELINES)}")


def check_decider(name: str) -> None:
    """Whether `name` can mean a decider: auto, a baseline or PROVIDER:MODEL.

    Raises:
        ConfigError: it cannot.
    """
    provider, colon, model = name.partition(":")
    if name == "auto" or name in BASELINES or (colon and provider.strip() and model.strip()):
        return
    meant = closest(name, ("auto", *BASELINES))
    advice = f"did you mean {meant}? Or " if meant else ""
    raise ConfigError(
        f"TRADING_DECIDER={name!r} is unknown; {advice}use auto, {', '.join(BASELINES)}, or a "
        f"model name such as {DEFAULT_ANTHROPIC}"
    )


def choose_decider(
    name: str,
    config: ModelConfig,
    clock: Clock,
    interval_seconds: int,
    say: Callable[[str], None],
    budget: ModelBudget | None = None,
    note: Callable[[str], None] | None = None,
) -> Decider:
    """The decider that `name` means: auto, a baseline, or any pydantic-ai model name.

    `auto`: Claude if there is ANTHROPIC_API_KEY, else OpenAI if there is OPENAI_API_KEY,
    else a local model if OPENAI_BASE_URL names a server, else a baseline; `say` is told.
    `note` is told what holds for the whole run: how the cost of the model is counted.

    Raises:
        ConfigError: no such decider, or its key or package is missing.
    """
    chosen = _automatic(config) if name == "auto" else name
    if chosen in BASELINES:
        if name == "auto":
            say(
                f"NO MODEL IS ASKED: no ANTHROPIC_API_KEY, OPENAI_API_KEY or OPENAI_BASE_URL is "
                f"set, so the baseline {chosen} decides."
            )
        return baseline(chosen)
    check_decider(chosen)
    if name == "auto":
        say(f"TRADING_DECIDER=auto: {chosen} decides.")
    return _model_decider(chosen, config, clock, interval_seconds, budget, note or say)


def _automatic(config: ModelConfig) -> str:
    if config.anthropic_api_key:
        return DEFAULT_ANTHROPIC
    if config.openai_api_key:
        return DEFAULT_OPENAI
    if config.openai_base_url:
        return DEFAULT_LOCAL
    return FALLBACK


def _model_decider(
    name: str,
    config: ModelConfig,
    clock: Clock,
    interval_seconds: int,
    budget: ModelBudget | None,
    note: Callable[[str], None],
) -> Decider:
    # Imported here: a model SDK costs a second and a bot with a baseline needs none.
    try:
        from motherhaven.bot.decider.model import AskLimits, ModelDecider
        from motherhaven.bot.decider.pricing import ModelPrices
    except ImportError as error:
        raise ConfigError(
            f"TRADING_DECIDER={name} needs the bot extra ({error}); install motherhaven[bot]"
        ) from None
    decider = ModelDecider(
        name,
        _model(name, config),
        clock,
        budget or ModelBudget(config.daily_cost_usd),
        interval_seconds,
        AskLimits(
            config.timeout_seconds,
            config.max_tokens,
            ModelPrices(config.price_in, config.price_out),
        ),
        config.preset,
    )
    if decider.cost_note is not None:
        note(decider.cost_note)
    return decider


def _model(name: str, config: ModelConfig) -> "Model":
    """A pydantic-ai model with the keys and addresses of the settings, not the environment's."""
    from pydantic_ai.exceptions import UserError
    from pydantic_ai.models import infer_model

    provider, _, model = name.partition(":")
    if provider == "anthropic":
        from pydantic_ai.models.anthropic import AnthropicModel
        from pydantic_ai.providers.anthropic import AnthropicProvider

        key = _needed(config.anthropic_api_key, "ANTHROPIC_API_KEY", name)
        return AnthropicModel(
            model, provider=AnthropicProvider(api_key=key, base_url=config.anthropic_base_url)
        )
    if provider in ("openai", "openai-chat", "local"):
        from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
        from pydantic_ai.providers.openai import OpenAIProvider

        if provider == "local":
            _needed(config.openai_base_url, "OPENAI_BASE_URL", name)
        else:
            _needed(config.openai_api_key, "OPENAI_API_KEY", name)
        access = OpenAIProvider(
            api_key=config.openai_api_key or "none", base_url=config.openai_base_url
        )
        # Compatible servers speak chat completions; only OpenAI itself is sure of responses.
        if provider == "openai" and config.openai_base_url is None:
            return OpenAIResponsesModel(model, provider=access)
        return OpenAIChatModel(model, provider=access)
    try:
        return infer_model(name)
    except (UserError, ImportError) as error:
        raise ConfigError(f"TRADING_DECIDER={name}: {error}") from None


def _needed(value: str | None, setting: str, name: str) -> str:
    if value:
        return value
    raise ConfigError(f"{setting} is missing for TRADING_DECIDER={name}; set it in .env")
