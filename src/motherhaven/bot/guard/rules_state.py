"""Rules about the circumstances: each returns why an entry is refused, or None."""

from datetime import timedelta
from typing import Final

from motherhaven.bot.guard.entry_check import EntryCheck
from motherhaven.contract.coins import is_scoped, scoped_refusal

FUTURE: Final = timedelta(seconds=60)
"""How far ahead of us a venue's clock may be."""


def unknown_coin(case: EntryCheck) -> str | None:
    """A coin of another exchange, outside the user's list, or without a mark of our own."""
    coin = case.decision.coin
    if is_scoped(coin):
        return scoped_refusal(coin)
    if case.limits.coins and coin not in case.limits.coins:
        return f"{coin} is not among the traded assets {', '.join(sorted(case.limits.coins))}"
    mark = case.view.marks.get(coin)
    if mark is None or not mark.is_finite() or mark <= 0:
        return f"there is no market price for {coin}"
    return None


def kill_switch(case: EntryCheck) -> str | None:
    """The kill switch is engaged; only the user re-arms it."""
    if case.view.kill_switch:
        return "the kill switch is engaged; re-arm it by hand to allow entries"
    return None


def not_armed(case: EntryCheck) -> str | None:
    """Real money moves only after live trading was armed explicitly."""
    if case.view.live and not case.view.armed:
        return "live trading is not armed"
    return None


def not_recording(case: EntryCheck) -> str | None:
    """What cannot be recorded is not traded: no entries while the journal fails."""
    if not case.view.recording:
        return "the journal cannot take records; entries wait until it can"
    return None


def unknown_position(case: EntryCheck) -> str | None:
    """The exchange has positions that the bot did not open: reconcile first."""
    if case.view.unknown_positions:
        names = ", ".join(case.view.unknown_positions)
        return f"the exchange has positions that this bot did not open: {names}"
    return None


def answer_expired(case: EntryCheck) -> str | None:
    """The answer came too late after its question."""
    asked = case.view.asked_at
    if asked is None:
        return None
    age = (case.view.now - asked).total_seconds()
    if age > case.limits.max_answer_age_seconds:
        return f"the answer is {age:.0f} s old; at most {case.limits.max_answer_age_seconds} s"
    return None


def stale_data(case: EntryCheck) -> str | None:
    """The coin's newest data are too old, missing, or from the future."""
    times = case.view.data_times
    if times is None:
        return None
    moment = times.get(case.decision.coin)
    if moment is None:
        return f"the age of {case.decision.coin}'s data is not known"
    age = (case.view.now - moment).total_seconds()
    if age > case.limits.max_data_age_seconds:
        return f"the newest data are {age:.0f} s old; at most {case.limits.max_data_age_seconds} s"
    if moment - case.view.now > FUTURE:
        return "the newest data are from the future; check the clock"
    return None


def open_candle(case: EntryCheck) -> str | None:
    """The newest candle is not closed: its prices may still change."""
    if case.decision.coin in case.view.open_candles:
        return f"the newest candle of {case.decision.coin} is not closed yet"
    return None


def daily_loss(case: EntryCheck) -> str | None:
    """Today's loss has reached the limit, or is not known."""
    start = case.view.day_start_equity
    if start is None:
        return "the equity at the start of the day is not known"
    loss = start - case.view.equity
    limit = case.limits.daily_loss_limit_usd
    if loss >= limit:
        return f"today's loss {loss:.2f} USD has reached the limit {limit} USD"
    return None


def trades_per_day(case: EntryCheck) -> str | None:
    """The day's number of entries is used up."""
    limit = case.limits.max_trades_per_day
    if limit is None:
        return None
    done = case.view.trades_today + case.allocation.entries
    if done >= limit:
        return f"{done} trades today; at most {limit}"
    return None


def cooldown(case: EntryCheck) -> str | None:
    """The last trade in this coin was too short a time ago."""
    last = case.view.last_trades.get(case.decision.coin)
    if last is None or case.limits.cooldown_seconds <= 0:
        return None
    passed = (case.view.now - last).total_seconds()
    if passed < case.limits.cooldown_seconds:
        return (
            f"the last trade in {case.decision.coin} was {passed:.0f} s ago; "
            f"the pause is {case.limits.cooldown_seconds} s"
        )
    return None


def min_confidence(case: EntryCheck) -> str | None:
    """The decider is not sure enough."""
    confidence = case.decision.confidence
    if confidence < case.limits.min_confidence:
        return f"confidence {confidence} is below {case.limits.min_confidence}"
    return None


def opposite_position(case: EntryCheck) -> str | None:
    """An entry against an open position: close it first, then decide anew."""
    held = case.view.positions.get(case.decision.coin)
    if held is not None and held.size * case.decision.signal.sign < 0:
        side = "long" if held.size > 0 else "short"
        return f"a {side} is open in {case.decision.coin}; close it first"
    return None


def max_positions(case: EntryCheck) -> str | None:
    """Too many coins at once."""
    coins = set(case.allocation.coins)
    if case.decision.coin not in coins and len(coins) >= case.limits.max_positions:
        return f"{len(coins)} positions are open; at most {case.limits.max_positions}"
    return None
