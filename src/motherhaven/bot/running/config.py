"""A bot's configuration: frozen, explicit, the only place in bot/ that knows Settings."""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

from motherhaven.bot.decider.config import ModelConfig
from motherhaven.bot.execution.slippage import Slippage
from motherhaven.bot.guard.presets import tightened
from motherhaven.contract.errors import ConfigError
from motherhaven.contract.limits import ANSWER_GRACE_SECONDS, LIMIT_NAMES, RiskLimits
from motherhaven.settings.bot import Settings, TradingMode

PAPER_SLIPPAGE: Final = Slippage(Decimal("0.0001"), Decimal("0.05"), Decimal(2_000_000))
"""Half a spread of 1 bp, and an impact of 5 % of the order's share of 2 M USD of depth."""


@dataclass(frozen=True, slots=True)
class BotConfig:
    """Everything that one paper bot is made from. Money in USD, times in seconds.

    `journal` is the journal's file; control files lie in a folder beside it.
    """

    name: str
    coins: tuple[str, ...]
    journal: Path
    market: str = "auto"
    decider: str = "auto"
    interval_seconds: int = 180
    deposit: Decimal = Decimal(10_000)
    limits: RiskLimits = field(default_factory=RiskLimits)
    slippage: Slippage | None = PAPER_SLIPPAGE
    zone: str = "UTC"
    patience: timedelta = timedelta(minutes=2)
    model: ModelConfig = field(default_factory=ModelConfig)

    @classmethod
    def from_settings(cls, settings: Settings) -> "BotConfig":
        """The bot that the settings describe.

        Raises:
            ConfigError: TRADING_MODE=live, which this version cannot do.
        """
        refuse_live(settings)
        return cls(
            name=settings.bot_name,
            coins=settings.coins,
            journal=journal_path(settings),
            market=settings.trading_market,
            decider=settings.trading_decider,
            interval_seconds=settings.execution_interval_seconds,
            deposit=settings.paper_deposit_usd,
            limits=limits_of(settings),
            zone=settings.day_zone,
            model=ModelConfig(
                anthropic_api_key=settings.anthropic_api_key,
                anthropic_base_url=settings.anthropic_base_url,
                openai_api_key=settings.openai_api_key,
                openai_base_url=settings.openai_base_url,
                timeout_seconds=settings.model_timeout_seconds,
                max_tokens=settings.model_max_tokens,
                daily_cost_usd=settings.model_daily_cost_usd,
                preset=settings.trading_preset,
                price_in=settings.model_price_in,
                price_out=settings.model_price_out,
                output=settings.model_output,
                thinking=settings.model_thinking,
                retry_after_max_seconds=settings.model_retry_after_max_seconds,
                providers=settings.provider_environment,
            ),
        )


def refuse_live(settings: Settings) -> None:
    """Live trading needs a live exchange, and there is none in this version.

    Raises:
        ConfigError: TRADING_MODE is live. Nothing was sent anywhere.
    """
    if settings.trading_mode is TradingMode.LIVE:
        raise ConfigError(
            "TRADING_MODE=live: this version has no live exchange, so no order was and none will "
            "be sent; set TRADING_MODE=paper to trade on paper at real prices"
        )


def journal_path(settings: Settings) -> Path:
    """Where the bot's journal lies."""
    return settings.motherhaven_data / f"trading_bot_{settings.trading_mode.value}.db"


def limits_of(settings: Settings) -> RiskLimits:
    """The guard's limits from the settings, tightened by the preset."""
    limits = RiskLimits(
        **{name: getattr(settings, name) for name in LIMIT_NAMES}, coins=frozenset(settings.coins)
    )
    if limits.max_answer_age_seconds is None:
        age = settings.model_timeout_seconds + ANSWER_GRACE_SECONDS
        limits = limits.changed(max_answer_age_seconds=age)
    return tightened(limits, settings.trading_preset)
