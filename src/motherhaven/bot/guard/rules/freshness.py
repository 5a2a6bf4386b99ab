"""Rules about time: how old the answer and the data are that an action rests on."""

from datetime import timedelta
from math import ceil
from typing import Final

from motherhaven.bot.guard.entry_check import EntryCheck
from motherhaven.bot.guard.rule import Rule, rule

FUTURE: Final = timedelta(seconds=60)
"""How far ahead of us a venue's clock may be."""


@rule(
    advice="Use a faster model, ask less in the prompt, or raise MAX_ANSWER_AGE_SECONDS: answers "
    "come too late.",
    prompt=lambda limits: (
        f"an answer that takes longer than {limits.answer_age_seconds} seconds is discarded"
    ),
    on_adjust=True,
)
def answer_expired(entry: EntryCheck) -> str | None:
    """The answer came too late after its question."""
    asked = entry.context.asked_at
    if asked is None:
        return None
    age = (entry.context.now - asked).total_seconds()
    if age > entry.limits.answer_age_seconds:
        return f"the answer is {ceil(age)} s old; at most {entry.limits.answer_age_seconds} s"
    return None


@rule(
    advice="Check the market connection and the bot's clock.",
    on_adjust=True,
)
def stale_data(entry: EntryCheck) -> str | None:
    """The coin's newest data are too old, missing, or from the future."""
    times = entry.context.data_times
    if times is None:
        return None
    moment = times.get(entry.decision.coin)
    if moment is None:
        return f"the age of {entry.decision.coin}'s data is not known"
    age = (entry.context.now - moment).total_seconds()
    most = entry.limits.max_data_age_seconds
    if age > most:
        return f"the newest data are {ceil(age)} s old; at most {most} s"
    if moment - entry.context.now > FUTURE:
        return "the newest data are from the future; check the clock"
    return None


@rule(
    advice="Nothing if it is rare: the next cycle sees the closed candle. If it lasts, set the "
    "bot's clock: it is behind the market's.",
    on_adjust=True,
)
def open_candle(entry: EntryCheck) -> str | None:
    """The newest candle is not closed: its prices may still change."""
    if entry.decision.coin in entry.context.open_candles:
        return f"the newest candle of {entry.decision.coin} is not closed yet"
    return None


RULES: Final[tuple[Rule, ...]] = (
    answer_expired,
    stale_data,
    open_candle,
)
