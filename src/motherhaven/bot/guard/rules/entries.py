"""Rules about when an entry makes sense: after a pause, when sure, and not against a position."""

from math import floor
from typing import Final

from motherhaven.bot.guard.entry_check import EntryCheck
from motherhaven.bot.guard.rule import Rule, rule
from motherhaven.contract.limits import RiskLimits
from motherhaven.contract.money import plain


def _pause_line(limits: RiskLimits) -> str | None:
    pause = limits.entry_cooldown_seconds
    return f"at least {pause} seconds after the last entry in that coin" if pause else None


def _confidence_line(limits: RiskLimits) -> str | None:
    least = limits.min_confidence
    return f"a confidence of at least {plain(least)}" if least else None


@rule(
    advice="Nothing: the pause of the coin ends by itself; ENTRY_COOLDOWN_SECONDS sets it.",
    prompt=_pause_line,
)
def cooldown(entry: EntryCheck) -> str | None:
    """The last entry in this coin was too short a time ago."""
    coin, pause = entry.decision.coin, entry.limits.entry_cooldown_seconds
    last = entry.context.last_trades.get(coin)
    if last is None or pause <= 0:
        return None
    passed = (entry.context.now - last).total_seconds()
    if passed < pause:
        return f"the last trade in {coin} was {floor(passed)} s ago; the pause is {pause} s"
    return None


@rule(
    advice="Nothing, if the model should only trade when sure; else lower MIN_CONFIDENCE.",
    prompt=_confidence_line,
)
def min_confidence(entry: EntryCheck) -> str | None:
    """The decider is not sure enough."""
    confidence = entry.decision.confidence
    if confidence < entry.limits.min_confidence:
        return f"confidence {confidence} is below {entry.limits.min_confidence}"
    return None


@rule(
    advice="Ask the model to close before it turns the position around.",
    prompt="no entry against an open position: close it first, enter the next time you are asked",
)
def opposite_position(entry: EntryCheck) -> str | None:
    """An entry against an open position: close it first, then decide anew."""
    held = entry.held
    if held is not None and held.size * entry.decision.signal.sign < 0:
        side = "long" if held.size > 0 else "short"
        return f"a {side} is open in {entry.decision.coin}; close it first"
    return None


@rule(
    advice="Close a position, or raise MAX_OPEN_POSITIONS.",
    prompt=lambda limits: f"at most {limits.max_open_positions} open positions",
)
def max_positions(entry: EntryCheck) -> str | None:
    """Too many coins at once."""
    coins, most = set(entry.allocation.coins), entry.limits.max_open_positions
    if entry.decision.coin not in coins and len(coins) >= most:
        return f"{len(coins)} positions are open; at most {most}"
    return None


RULES: Final[tuple[Rule, ...]] = (
    cooldown,
    min_confidence,
    opposite_position,
    max_positions,
)
