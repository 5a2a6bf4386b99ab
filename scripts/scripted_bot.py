"""A simulated bot whose model is a script: prompts, answers and mishaps for the pictures.

The bot, its prompts, the guard and the exchange are the real ones; only the Messages API is
a local server that answers by rule, so that nothing leaves the machine and no key is needed.
"""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from motherhaven.bot.core.trader import Trader
from motherhaven.bot.decider.choose import DEFAULT_ANTHROPIC
from motherhaven.bot.decider.config import ModelConfig
from motherhaven.bot.market.simulated import SimulatedFeed
from motherhaven.bot.running.build import Bot, build_bot
from motherhaven.bot.running.config import BotConfig
from motherhaven.bot.running.demo import LIMITS, live_through
from motherhaven.bot.running.journal_sink import JournalSink
from motherhaven.contract.ids import IdSource
from motherhaven.recorder.factory import open_recorder, open_shipper
from motherhaven.settings import SystemClock
from motherhaven.testing.messages_server import Answers, MessagesServer, Refuses, Reply, Says

NAME: Final = "scripted"
COINS: Final = ("BTC", "ETH", "SOL")
_SHIP_SECONDS: Final = 60.0
_TURNS: Final = 30
"""Every so many answers a position is opened; half way to the next it is closed."""


@dataclass(slots=True)
class Script:
    """What the model answers, by the market that the bot sees and a count of the questions."""

    trader: Trader | None = None
    asked: int = 0
    entered: dict[str, int] = field(default_factory=dict)

    def __call__(self, _: Mapping[str, Any]) -> Reply:
        """The next answer."""
        self.asked += 1
        turn, within = divmod(self.asked, _TURNS)
        if self.asked % 170 == 100:
            return Says("The trend looks strong, so I would buy some ETH around here.")
        if self.asked % 170 == 160:
            return Refuses()
        coin = COINS[turn % len(COINS)]
        answers = [self._wish(one, within if one == coin else -1, turn) for one in COINS]
        return Answers({"decisions": answers}, tokens_in=2_511, tokens_out=402, tokens_cached=1_980)

    def _wish(self, coin: str, within: int, turn: int) -> dict[str, Any]:
        assert self.trader is not None
        bars = self.trader.series_by_coin[coin].bars
        last, before = bars[-1].close, bars[-min(len(bars), 60)].close
        side = 1 if last >= before else -1
        told = f"{coin} is at {last:.2f} after {before:.2f} an hour ago"
        wish: dict[str, Any] = {"coin": coin, "signal": "hold", "confidence": 0.4}
        if within == 0:
            stop = last * (1 - side * Decimal("0.015"))
            wish |= {
                "signal": "buy_to_enter" if side > 0 else "sell_to_enter",
                # Every third wish is over the limit: the guard must have something to do.
                "quantity_usd": 2_600 if turn % 3 == 2 else 1_500,
                "leverage": 2,
                "confidence": 0.72,
                "stop_loss": float(round(stop, 1 if stop > 100 else 2)),
                "profit_target": float(round(last * (1 + side * Decimal("0.03")), 1)),
                "invalidation_condition": "a close back beyond the last hour's open",
                "justification": f"{told}; the move has held through both averages, so I follow "
                "it with a stop behind the range and a target at twice the risk.",
            }
        elif within == _TURNS // 2:
            wish |= {"signal": "close", "justification": f"{told}; the move has lost its pace."}
        else:
            wish["justification"] = f"{told}; nothing here is worth its fees."
        return wish


async def live_a_day(folder: Path, base_url: str, api_key: str) -> None:
    """Let the bot live through the day before now and ship it all to the server."""
    clock = SystemClock()
    ids = IdSource(clock, os.urandom)
    feed = SimulatedFeed(COINS, 1)
    path = folder / NAME / "trading_bot_simulated.db"
    recorder = open_recorder(path, clock=clock, ids=ids, mode="simulated")
    shipper = open_shipper(recorder, base_url=base_url, api_key=api_key, bot_name=NAME)
    sink = JournalSink(recorder, shipper, _SHIP_SECONDS)
    script = Script()
    try:
        async with MessagesServer(script) as server:
            config = _config(path, feed.name, server.base_url)
            bot: Bot = build_bot(config, feed, sink, clock, ids)
            script.trader = bot.trader
            await live_through(bot, feed, clock.now(), asyncio.sleep)
            await asyncio.to_thread(sink.settle)
            bot.cycle.status("waiting for the next bar", clock.now())
            bot.cycle.flush()
    finally:
        await asyncio.to_thread(sink.close)


def _config(journal: Path, market: str, model_url: str) -> BotConfig:
    return BotConfig(
        name=NAME,
        coins=COINS,
        journal=journal,
        market=market,
        decider=DEFAULT_ANTHROPIC,
        limits=LIMITS.changed(clamp_entries=True),
        model=ModelConfig(
            anthropic_api_key="none", anthropic_base_url=model_url, daily_cost_usd=None
        ),
    )
