"""Keys, addresses and bounds for a model, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from motherhaven.bot.guard.presets import Preset

ThinkingLevel = Literal["off", "low", "medium", "high"]
"""How much a model is asked to think before it answers."""

OutputMode = Literal["auto", "tool", "json"]
"""How a model is asked to answer: through a tool, as JSON text, or whichever works."""


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """Keys, addresses and bounds for a model. Secrets stay out of repr.

    `providers` holds the variables of other providers by their own names, such as
    DEEPSEEK_API_KEY; `retry_after_max_seconds` caps how long a provider can ask to be
    left alone; `thinking` None leaves a model its own way.
    """

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
    output: OutputMode = "auto"
    thinking: ThinkingLevel | None = None
    retry_after_max_seconds: float = 3600.0
    providers: Mapping[str, str] = field(default_factory=dict, repr=False)
