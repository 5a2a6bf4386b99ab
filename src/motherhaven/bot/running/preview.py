"""The prompt of the next cycle, made as the bot would make it, without asking anybody."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from motherhaven.bot.decider.prompts import system_prompt, user_prompt
from motherhaven.bot.decider.schema import answer_schema
from motherhaven.bot.decider.tokens import estimated_tokens
from motherhaven.bot.market.feed import Feed
from motherhaven.bot.running.build import make_trader
from motherhaven.bot.running.config import BotConfig
from motherhaven.bot.running.recover import fold
from motherhaven.bot.running.sink import Kept
from motherhaven.bot.running.warming import catch_up
from motherhaven.contract.errors import MarketError
from motherhaven.contract.ids import IdSource

ANSWER_TOKENS: Final = 150
"""Tokens of the analysis of the account in a usual answer."""
COIN_TOKENS: Final = 180
"""Tokens of one coin's analysis and decision in a usual answer."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What would be sent: instructions, data, and the form of the answer as a JSON schema."""

    system: str
    user: str
    form: str
    coins: tuple[str, ...]

    @property
    def tokens(self) -> dict[str, int]:
        """About how many tokens each part has, and a usual answer."""
        return {
            "system": estimated_tokens(self.system),
            "user": estimated_tokens(self.user),
            "form": estimated_tokens(self.form),
            "answer": ANSWER_TOKENS + COIN_TOKENS * len(self.coins),
        }

    @property
    def tokens_in(self) -> int:
        """About how many tokens one question has, its repair not counted."""
        tokens = self.tokens
        return tokens["system"] + tokens["user"] + tokens["form"]


async def next_prompt(
    config: BotConfig, feed: Feed, kept: Sequence[Kept], now: datetime, ids: IdSource
) -> Prompt:
    """The prompt of a cycle at `now`; `kept` is what the bot's journal holds.

    Raises:
        MarketError: the data cannot be had, or no coin has fresh data.
        InvalidEvent: the journal's records cannot be read back.
    """
    limits = config.limits.changed(coins=frozenset(feed.coins))
    config = replace(config, coins=feed.coins, limits=limits)
    saved = fold(kept, config.zone)
    trader = make_trader(
        config, feed.specs, saved, saved.last_time or now, ids.new, lambda: now, detailed=True
    )
    await catch_up(trader, feed, now, saved.last_time)
    trader.quotes = await feed.quotes(now)
    trader.funding_rates = {
        coin: quote.funding for coin, quote in trader.quotes.items() if quote.funding is not None
    }
    guidance = saved.guidance
    wish = guidance.text if guidance is not None and guidance.active(now) else None
    context = trader.context(now, wish)
    if not context.series_by_coin:
        aside = "; ".join(f"{coin}: {why}" for coin, why in feed.set_aside.items())
        raise MarketError(
            f"no coin of {', '.join(feed.coins)} has fresh data at {now:%Y-%m-%d %H:%M} UTC, so "
            "that nobody would be asked; check the market and this machine's clock. "
            f"{aside}".strip()
        )
    preset = config.model.preset
    fees = trader.setup.fees
    return Prompt(
        system_prompt(
            limits,
            config.interval_seconds,
            preset,
            as_json=config.model.output == "json",
            fees=fees,
        ),
        user_prompt(context),
        ""
        if config.model.output == "json"
        else json.dumps(answer_schema(tuple(context.series_by_coin))),
        tuple(context.series_by_coin),
    )


def dollars(value: Decimal) -> str:
    """An amount of a few cents, readable."""
    return f"{value:.4f} USD" if value < 1 else f"{value:.2f} USD"
