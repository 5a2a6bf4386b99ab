"""From the setting TRADING_DECIDER to a decider, saying loudly what was chosen."""

from collections.abc import Callable
from typing import Final

from motherhaven.bot.decider.baselines import BuyAndHold, EmaCross, RandomTrader
from motherhaven.bot.decider.budget import ModelBudget
from motherhaven.bot.decider.config import ModelConfig
from motherhaven.bot.decider.types import Baseline, Decider
from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import ConfigError
from motherhaven.contract.similar import closest

BASELINES: Final = ("buy-and-hold", "ema-cross", "random")
DEFAULT_ANTHROPIC: Final = "anthropic:claude-sonnet-5-5"
DEFAULT_OPENAI: Final = "openai:gpt-6.1-terra"
DEFAULT_LOCAL: Final = "local:llama3.2"
FALLBACK: Final = "ema-cross"


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
            others = ", ".join(name for name in config.providers if _names_a_model(name))
            say(
                f"NO MODEL IS ASKED: no ANTHROPIC_API_KEY, OPENAI_API_KEY or OPENAI_BASE_URL is "
                f"set, so the baseline {chosen} decides."
                + (
                    f" {others} is set: name its model, TRADING_DECIDER=PROVIDER:MODEL."
                    if others
                    else ""
                )
            )
        return baseline(chosen)
    check_decider(chosen)
    if name == "auto":
        say(f"TRADING_DECIDER=auto: {chosen} decides.")
    return _model_decider(chosen, config, clock, interval_seconds, budget, note or say)


def _names_a_model(name: str) -> bool:
    return name.endswith(("_API_KEY", "_BASE_URL", "_TOKEN", "_KEY"))


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
        from motherhaven.bot.decider.asking import Asker, AskLimits
        from motherhaven.bot.decider.model import ModelDecider
        from motherhaven.bot.decider.pricing import ModelPrices
        from motherhaven.bot.decider.providers import build_model
        from motherhaven.bot.decider.transport import LastBody
    except ImportError as error:
        raise ConfigError(
            f"TRADING_DECIDER={name} needs the bot extra ({error}); install motherhaven[bot]"
        ) from None
    last = LastBody()
    limits = AskLimits(
        config.timeout_seconds,
        config.max_tokens,
        ModelPrices(config.price_in, config.price_out),
        config.retry_after_max_seconds,
        config.thinking,
    )
    asker = Asker(
        name,
        build_model(name, config, last.client()),
        clock,
        budget or ModelBudget(config.daily_cost_usd),
        limits,
        config.output,
        note,
        last,
    )
    decider = ModelDecider(asker, clock, interval_seconds, config.preset)
    if decider.cost_note is not None:
        note(decider.cost_note)
    return decider
