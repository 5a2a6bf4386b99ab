"""A bot's configuration: frozen, explicit, the only place in bot/ that knows Settings."""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

from motherhaven.bot.decider.config import ModelConfig
from motherhaven.bot.execution.slippage import Slippage
from motherhaven.bot.execution.timers import Timers
from motherhaven.bot.guard.limits import completed
from motherhaven.bot.market.hyperliquid import TESTNET
from motherhaven.bot.portfolio.events import MarginMode
from motherhaven.bot.running.access import refuse_keys_in_shadow, venue_access
from motherhaven.contract.errors import ConfigError
from motherhaven.contract.limits import LIMIT_NAMES, RiskLimits
from motherhaven.settings.bot import Settings, TradingMode
from motherhaven.settings.venue import HYPERLIQUID, Network

PAPER_SLIPPAGE: Final = Slippage(Decimal("0.0001"), Decimal("0.05"), Decimal(2_000_000))
"""Half a spread of 1 bp, and an impact of 5 % of the order's share of 2 M USD of depth."""


@dataclass(frozen=True, slots=True)
class BotConfig:
    """Everything that one bot is made from. Money in USD, times in seconds.

    `journal` is the journal's file; control files lie in a folder beside it. `venue` is where
    orders go in live mode, `network` where its money is.
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
    margin_mode: MarginMode = MarginMode.CROSS
    patience: timedelta = timedelta(minutes=2)
    model: ModelConfig = field(default_factory=ModelConfig)
    mode: TradingMode = TradingMode.PAPER
    venue: str = HYPERLIQUID
    network: Network = "mainnet"
    market_url: str | None = None
    data: Path = Path("data")
    tags: tuple[str, ...] = ()

    @property
    def live(self) -> bool:
        """Whether orders go to a venue where the money is not ours to invent."""
        return self.mode is TradingMode.LIVE

    @property
    def timers(self) -> Timers:
        """The timers of reconciliation; a rehearsal on this machine may decide as fast as it likes.

        Raises:
            ConfigError: decisions come faster than a missing order can be told from a late one.
        """
        if self.network == "local":
            return Timers()
        return Timers(cycle=timedelta(seconds=self.interval_seconds))

    @property
    def mark(self) -> str:
        """What stands before every line of the log; nothing for paper money."""
        if self.live:
            return f"LIVE {self.network.upper()}"
        return "SHADOW" if self.mode is TradingMode.SHADOW else ""

    @classmethod
    def from_settings(cls, settings: Settings) -> "BotConfig":
        """The bot that the settings describe.

        Raises:
            ConfigError: the mode needs a market or a key that is not set, or may not be.
        """
        refuse_keys_in_shadow(settings)
        if settings.trading_mode is TradingMode.LIVE:
            venue_access(settings)
        market = real_market(settings)
        made = cls(
            name=settings.bot_name,
            coins=settings.coins,
            journal=journal_path(settings),
            market=market,
            decider=settings.trading_decider,
            interval_seconds=settings.execution_interval_seconds,
            deposit=settings.paper_deposit_usd,
            limits=limits_of(settings),
            zone=settings.day_zone,
            margin_mode=MarginMode(settings.margin_mode),
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
            mode=settings.trading_mode,
            venue=settings.trading_venue,
            network=settings.network,
            market_url=market_url(settings),
            data=settings.motherhaven_data,
            tags=settings.motherhaven_tags,
        )
        if made.live:
            made.timers  # noqa: B018  # raises where decisions come too fast
        return made


def refuse_live(settings: Settings, what: str) -> None:
    """`what` knows paper money only.

    Raises:
        ConfigError: TRADING_MODE is live. Nothing was sent anywhere.
    """
    if settings.trading_mode is TradingMode.LIVE:
        raise ConfigError(
            f"TRADING_MODE=live: {what} trades on paper only, so no order was sent; set "
            "TRADING_MODE=paper, or run one bot of its own live: docs/how-to/go-live.md"
        )


def real_market(settings: Settings) -> str:
    """The market whose prices the bot trades at: real ones wherever real money is, or is meant.

    Raises:
        ConfigError: invented or recorded prices, or those of another venue.
    """
    market, mode = settings.trading_market, settings.trading_mode
    if mode is TradingMode.PAPER:
        return market
    own = settings.trading_venue
    if market == "auto":
        return own
    if market != own and not (settings.network == "local" and market.startswith("simulated")):
        raise ConfigError(
            f"TRADING_MARKET={market}: {mode.value} mode trades at the prices of its venue; leave "
            f"it at auto, or set {own}"
        )
    return market


def market_url(settings: Settings) -> str | None:
    """Where public prices of live mode's network come from; None for the market's own address."""
    if settings.trading_mode is not TradingMode.LIVE or not settings.on_hyperliquid:
        return None
    return settings.venue_url or (TESTNET if settings.venue_testnet else None)


def journal_path(settings: Settings) -> Path:
    """Where the bot's journal lies."""
    return settings.motherhaven_data / f"trading_bot_{settings.journal_kind}.db"


def limits_of(settings: Settings) -> RiskLimits:
    """The guard's limits from the settings, tightened by the preset."""
    limits = RiskLimits(
        **{name: getattr(settings, name) for name in LIMIT_NAMES}, coins=frozenset(settings.coins)
    )
    return completed(limits, settings.model_timeout_seconds, settings.trading_preset)
