"""`motherhaven prompt`: what the model would be asked now, and what that costs."""

import asyncio
import json
import os
from collections.abc import Mapping
from typing import Any, Final

from motherhaven.bot.decider.choose import BASELINES, DEFAULT_ANTHROPIC, DEFAULT_OPENAI
from motherhaven.bot.decider.pricing import Cost, ModelPrices, price_of
from motherhaven.bot.market.choose import choose_feed
from motherhaven.bot.market.files import FileFeed
from motherhaven.bot.running.build import simulated_journal
from motherhaven.bot.running.config import BotConfig
from motherhaven.bot.running.journal_sink import read_journal
from motherhaven.bot.running.preview import Prompt, dollars, next_prompt
from motherhaven.bot.running.recover import KINDS
from motherhaven.cli.output import emit, say
from motherhaven.contract.ids import IdSource
from motherhaven.settings import Settings, SystemClock, load_settings, require_names

_PARTS: Final = ("system", "user", "form")


def prompt(market: str | None, decider: str | None, *, as_json: bool) -> None:
    """Print the prompt of the next cycle with its tokens and cost; nothing is asked or kept.

    Raises:
        MotherhavenError: the settings, the market or the journal cannot be used.
    """
    changes = {"trading_market": market, "trading_decider": decider}
    settings = load_settings(**{name: value for name, value in changes.items() if value})
    require_names()
    made = asyncio.run(_prompt(settings))
    name = _decider(settings)
    config = BotConfig.from_settings(settings).model
    prices = ModelPrices(config.price_in, config.price_out)
    cost = price_of(name, prices, made.tokens_in, made.tokens["answer"])
    if as_json:
        emit(json.dumps(_report(made, name, cost), ensure_ascii=False))
        return
    for part in _PARTS:
        text = getattr(made, part)
        if text:
            emit(f"--- {part}: about {made.tokens[part]:,} tokens ---\n{text}\n")
    emit(
        f"about {made.tokens_in:,} tokens in for {len(made.coins)} coins; with an answer of "
        f"{made.tokens['answer']:,} tokens one decision of {name} costs about "
        f"{dollars(cost.usd)} (price by {cost.basis}, before caching and thinking)"
    )


async def _prompt(settings: Settings) -> Prompt:
    config, clock = BotConfig.from_settings(settings), SystemClock()
    feed = await choose_feed(config.market, config.coins, clock, say)
    try:
        path = simulated_journal(config.journal, feed) if feed.simulated else config.journal
        kept = read_journal(path, KINDS) if path.exists() else []
        if not kept:
            say(f"{path}: no journal yet, so this is the prompt of a new account")
        ids = IdSource(clock, os.urandom)
        now = feed.end if isinstance(feed, FileFeed) else clock.now()
        return await next_prompt(config, feed, kept, now, ids)
    finally:
        await feed.close()


def _decider(settings: Settings) -> str:
    """The model whose prices count; a baseline asks nobody, so that the default's do."""
    name = settings.trading_decider
    if name != "auto" and name not in BASELINES:
        return name
    if name in BASELINES:
        say(f"TRADING_DECIDER={name} asks no model; this is what a model would be asked")
    only_openai = settings.openai_api_key and not settings.anthropic_api_key
    return DEFAULT_OPENAI if only_openai else DEFAULT_ANTHROPIC


def _report(made: Prompt, name: str, cost: Cost) -> Mapping[str, Any]:
    return {
        "decider": name,
        "coins": made.coins,
        **{part: getattr(made, part) for part in _PARTS},
        "tokens": made.tokens,
        "tokens_in": made.tokens_in,
        "cost_usd": str(cost.usd),
        "cost_basis": cost.basis,
    }
