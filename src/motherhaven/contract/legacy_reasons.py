"""LEGACY: codes for texts of bots that sent none, and of stores that kept the text alone.

This is the one place that reads a code out of English. Nothing is added here: whatever goes
wrong today carries its code.
"""

import re
from typing import Final

_BY_WORDS: Final[tuple[tuple[str, str, str], ...]] = (
    ("guard", "kill switch", "kill_switch"),
    ("guard", "not armed", "not_armed"),
    ("guard", "leverage", "max_leverage"),
    ("guard", "daily loss", "daily_loss"),
    ("guard", "today's loss", "daily_loss"),
    ("guard", "needs a stop", "stop_missing"),
    ("guard", "liquidation", "stop_beyond_liquidation"),
    ("guard", "away from the mark", "price_band"),
    ("guard", "is wider than the stop", "stop_widened"),
    ("guard", "stop_loss", "stop_side"),
    ("guard", "profit_target", "target_side"),
    ("guard", "traded assets", "unknown_coin"),
    ("guard", "confidence", "min_confidence"),
    ("guard", "trades today", "trades_per_day"),
    ("guard", "the pause is", "cooldown"),
    ("guard", "close it first", "opposite_position"),
    ("guard", "no position is open", "no_position"),
    ("guard", "positions are open", "max_positions"),
    ("guard", "did not open", "unknown_position"),
    ("guard", "journal", "not_recording"),
    ("guard", "data are", "stale_data"),
    ("guard", "candle", "open_candle"),
    ("guard", "answer is", "answer_expired"),
    ("guard", "minimum", "min_notional"),
    ("guard", "margin", "free_margin"),
    ("answer", "retry-after", "decider_unavailable"),
    ("answer", "max_tokens", "answer_truncated"),
    ("answer", "stops in the middle", "answer_truncated"),
    ("answer", "model_timeout_seconds", "decider_timeout"),
    ("answer", "model_daily_cost_usd", "model_budget"),
    ("answer", "check the key", "model_key"),
    ("answer", "declined", "answer_refused"),
    ("answer", "rate limit", "decider_unavailable"),
    ("answer", "overloaded", "decider_unavailable"),
    ("answer", "connection", "decider_unavailable"),
    ("answer", "timed out", "decider_timeout"),
    ("answer", "asked again next cycle", "decider_unavailable"),
    ("order", "insufficient margin", "venue_margin"),
    ("order", "does not rest", "stop_not_resting"),
    ("order", "immediately match", "venue_no_match"),
    ("order", "unknown", "outcome_unknown"),
    ("order", "may have filled", "outcome_unknown"),
    ("order", "minimum value", "venue_minimum"),
    ("cycle", "market", "market"),
    ("cycle", "exchange answered", "market"),
    ("cycle", "disk", "journal"),
    ("ingest", "(unauthorized)", "unauthorized"),
    ("ingest", "(no_key_set)", "no_key_set"),
    ("ingest", "another payload", "conflict"),
    ("ingest", "larger than", "too_large"),
    ("ingest", "content type", "unsupported_media_type"),
    ("ingest", "not json", "invalid_json"),
    ("ingest", "but cannot be read", "unreadable"),
    ("ingest", "parts of its long texts", "parts_missing"),
)
"""Kind, words of the message in lower case, code; the first that fits counts."""

_DAILY_LOSS: Final = re.compile(r"daily[ _-]loss|today's loss", re.IGNORECASE)
_KILLED: Final = re.compile(r"kill[ _-]switch(?!.*re-armed)", re.IGNORECASE)


def legacy_code(kind: str, message: str) -> str | None:
    """The code that an error's text means, None when no old text of the kind fits."""
    text = message.lower()
    if kind == "cycle" and text.startswith("held:"):
        kind = "answer"  # the cycle went well: it held because of the answer that it tells of
    for of, words, code in _BY_WORDS:
        if of == kind and words in text:
            return code
    return None


def legacy_halts(text: str) -> frozenset[str]:
    """The halts that a status's words tell of."""
    found = (("kill_switch", _KILLED), ("daily_loss", _DAILY_LOSS))
    return frozenset(code for code, words in found if words.search(text))
