"""Deciders: models through pydantic-ai, and baselines that need none."""

from motherhaven.bot.decider.baselines import BuyAndHold, EmaCross, RandomTrader
from motherhaven.bot.decider.choose import BASELINES, baseline, choose_decider
from motherhaven.bot.decider.config import ModelConfig
from motherhaven.bot.decider.types import Answer, Attempt, Baseline, Context, Decider, Outcome

__all__ = [
    "BASELINES",
    "Answer",
    "Attempt",
    "Baseline",
    "BuyAndHold",
    "Context",
    "Decider",
    "EmaCross",
    "ModelConfig",
    "Outcome",
    "RandomTrader",
    "baseline",
    "choose_decider",
]
