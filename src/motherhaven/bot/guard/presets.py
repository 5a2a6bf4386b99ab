"""Presets: how boldly a bot is asked to trade, with limits that the guard enforces.

A preset only ever tightens the user's own limits. The prompt is written from the same
limits, so that it never asks for what the guard would refuse.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, Literal

from motherhaven.contract.limits import RiskLimits

Preset = Literal["conservative", "standard", "aggressive"]

MANNERS: Final[Mapping[Preset, str]] = {
    "conservative": "Protect capital first. Enter only on strong, agreeing evidence; hold is "
    "the usual answer.",
    "standard": "Balance risk and opportunity. Enter when the evidence clearly favours one side.",
    "aggressive": "Seek opportunities actively, on either side, always within the limits below.",
}
"""What a preset says to the model; the limits stand apart from it."""

CAREFUL_SHARE: Final = Decimal("0.5")
CAREFUL_LEVERAGE: Final = 2
CAREFUL_CONFIDENCE: Final = Decimal("0.7")
CAREFUL_TRADES: Final = 6


def tightened(limits: RiskLimits, preset: Preset) -> RiskLimits:
    """The user's limits under a preset: each stays as it is or becomes narrower.

    Standard and aggressive use what the user allows. Conservative takes half the position
    size, at most 2x, six entries a day, and a confidence of at least 0.7.
    """
    if preset != "conservative":
        return limits
    trades = limits.max_trades_per_day
    return limits.changed(
        max_position_size_usd=limits.max_position_size_usd * CAREFUL_SHARE,
        max_leverage=min(limits.max_leverage, CAREFUL_LEVERAGE),
        min_confidence=max(limits.min_confidence, CAREFUL_CONFIDENCE),
        max_trades_per_day=CAREFUL_TRADES if trades is None else min(trades, CAREFUL_TRADES),
    )
