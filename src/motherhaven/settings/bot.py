"""Settings of the bot and its recorder, read from the environment and `.env`."""

import os
import socket
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from motherhaven.contract.errors import ConfigError
from motherhaven.contract.limits import MODEL_TIMEOUT_SECONDS, LimitFields, explained
from motherhaven.contract.ranges import MAX_COINS, PriceUsd, Usd, coin_list, time_zone
from motherhaven.contract.tags import tag_list
from motherhaven.settings.env_file import not_text, require_text
from motherhaven.settings.providers import ProviderSettings
from motherhaven.settings.venue import VenueSettings


class TradingMode(StrEnum):
    """Kind of money the bot trades with; shadow is paper money beside the real market's book."""

    PAPER = "paper"
    SHADOW = "shadow"
    LIVE = "live"


class Settings(ProviderSettings, VenueSettings, LimitFields):
    """Every setting of the bot; the environment's name is the field's in upper case.

    The limits that the guard enforces are those of LimitFields.
    Frozen. Environment beats `.env`; unknown names are ignored, and an empty value
    counts as not set. Money in USD, times in seconds.
    """

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8-sig",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    # What to trade, and how often
    trading_mode: TradingMode = TradingMode.PAPER
    trading_market: str = "auto"
    trading_decider: str = "auto"
    trading_preset: Literal["conservative", "standard", "aggressive"] = "standard"
    trading_assets: Annotated[tuple[str, ...], NoDecode] = ("BTC", "ETH", "SOL")
    active_trading_assets: Annotated[tuple[str, ...], NoDecode] = ()
    execution_interval_seconds: int = Field(180, ge=1, le=86_400)
    paper_deposit_usd: Usd = Decimal(10_000)
    day_zone: str = "UTC"
    margin_mode: Literal["cross", "isolated"] = "cross"

    # The model
    anthropic_api_key: str | None = Field(None, repr=False)
    anthropic_base_url: str | None = None
    openai_api_key: str | None = Field(None, repr=False)
    openai_base_url: str | None = None
    model_output: Literal["auto", "tool", "json"] = "auto"
    model_thinking: Literal["off", "low", "medium", "high"] | None = None
    model_retry_after_max_seconds: int = Field(3_600, ge=0, le=86_400)
    model_timeout_seconds: int = Field(MODEL_TIMEOUT_SECONDS, ge=1, le=3_600)
    model_price_in: PriceUsd | None = None
    model_price_out: PriceUsd | None = None
    model_max_tokens: int = Field(4_096, ge=64, le=200_000)

    # Many bots
    fleet_file: Path | None = None
    cycle_offset_seconds: int = Field(0, ge=0, le=55)

    # The record and the dashboard
    motherhaven_enabled: bool = False
    motherhaven_api_url: str = "http://localhost:3000"
    motherhaven_api_key: str | None = Field(None, repr=False)
    motherhaven_timeout: float = Field(10.0, gt=0, le=300)
    motherhaven_data: Path = Path("data")
    motherhaven_bot: str | None = Field(None, max_length=100)
    motherhaven_tags: Annotated[tuple[str, ...], NoDecode] = ()
    motherhaven_ship_log: Literal["off", "warning", "info"] = "off"
    motherhaven_control: Literal["on", "off"] = "on"
    control_allow_resume: bool = False
    motherhaven_control_key: str | None = Field(None, repr=False)
    log_level: str = "INFO"
    log_dir: Path = Path("logs")

    @field_validator("trading_assets", "active_trading_assets", mode="before")
    @classmethod
    def _coins(cls, value: object) -> object:
        parts = value.split(",") if isinstance(value, str) else value
        if not isinstance(parts, (list, tuple)):
            raise ValueError("name coins, separated by commas, e.g. BTC,ETH,SOL")
        return coin_list([str(part).strip() for part in parts if str(part).strip()])

    @field_validator("motherhaven_tags", mode="before")
    @classmethod
    def _tags(cls, value: object) -> object:
        parts = value.split(",") if isinstance(value, str) else value
        if not isinstance(parts, (list, tuple)):
            raise ValueError("name tags, separated by commas, e.g. trend,test-2")
        return tag_list([str(part) for part in parts])

    @field_validator("trading_assets")
    @classmethod
    def _some_coin(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            raise ValueError(f"name 1 to {MAX_COINS} coins, e.g. TRADING_ASSETS=BTC,ETH,SOL")
        return value

    @field_validator("day_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        return time_zone(value)

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        level = value.upper()
        if level not in {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}:
            raise ValueError("use DEBUG, INFO, WARNING, ERROR or CRITICAL")
        return level

    @property
    def coins(self) -> tuple[str, ...]:
        """The coins to trade: the active ones if named, else all."""
        return self.active_trading_assets or self.trading_assets

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every key and password that is set: what no log may show."""
        fields = type(self).model_fields.items()
        found = (getattr(self, name) for name, field in fields if field.repr is False)
        return tuple(one for one in found if isinstance(one, str) and one)

    @property
    def journal_kind(self) -> str:
        """What the bot's journal is named by: books of two networks are never one."""
        if self.trading_mode is TradingMode.LIVE and self.network != "mainnet":
            return f"live_{self.network}"
        return self.trading_mode.value

    @property
    def bot_name(self) -> str:
        """The bot's name for people: MOTHERHAVEN_BOT, else this host's name."""
        return self.motherhaven_bot or socket.gethostname()[:100] or "bot"

    def validate_api_keys(self) -> tuple[bool, list[str]]:
        """Whether the keys that this mode and decider need are there, and what is missing."""
        problems: list[str] = []
        decider = self.trading_decider
        problems += [
            f"{name} is missing for TRADING_DECIDER={decider}" for name in self.missing_for(decider)
        ]
        if self.trading_mode is TradingMode.LIVE:
            problems += [
                f"{name} is missing for TRADING_MODE=live" for name in self.missing_for_venue
            ]
        return not problems, problems

    def validate_motherhaven_config(self) -> tuple[bool, list[str]]:
        """Whether the dashboard integration can work as set, and what is wrong."""
        if not self.motherhaven_enabled:
            return True, []
        problems: list[str] = []
        address = urlsplit(self.motherhaven_api_url)
        if address.scheme not in {"http", "https"} or not address.hostname:
            problems.append(
                "MOTHERHAVEN_API_URL must be a full address, e.g. http://localhost:3000"
            )
        if not self.motherhaven_api_key:
            problems.append(
                "MOTHERHAVEN_API_KEY is missing; set it to the server's LLM_BOT_API_KEY"
            )
        return not problems, problems


def load_settings(**changes: object) -> Settings:
    """Fresh settings; `changes` override environment and file.

    Raises:
        ConfigError: names each setting that is wrong, and why; never shows its value.
    """
    require_text(Path(".env"))
    try:
        return Settings(**changes)  # type: ignore[arg-type]  # checked by pydantic itself
    except ValidationError as error:
        raise ConfigError(explain(error)) from None
    except UnicodeDecodeError:
        raise not_text(Path(".env")) from None
    except OSError as error:
        raise ConfigError(f".env: cannot be read ({error.strerror})") from None


def explain(error: ValidationError) -> str:
    """A setting error in words, without the values (they may be secrets)."""
    return "wrong settings in the environment or .env:\n  " + "\n  ".join(explained(error))


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The process's settings, read once. `get_settings.cache_clear()` reads them anew."""
    return load_settings()


def is_live_trading() -> bool:
    """Whether TRADING_MODE is live."""
    return get_settings().trading_mode is TradingMode.LIVE


def is_paper_trading() -> bool:
    """Whether TRADING_MODE is paper."""
    return get_settings().trading_mode is TradingMode.PAPER


def child_environment(**changes: str) -> dict[str, str]:
    """A copy of this process's environment with `changes`, for a child process."""
    return {**os.environ, **changes}
