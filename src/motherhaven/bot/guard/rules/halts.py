"""Rules that stop all entries: nothing of the entry itself decides them."""

from typing import Final

from motherhaven.bot.guard.entry_check import EntryCheck
from motherhaven.bot.guard.rule import Rule, rule


@rule(
    advice="Find out why it was engaged, then re-arm it by hand: motherhaven bot arm.",
)
def kill_switch(entry: EntryCheck) -> str | None:
    """The kill switch is engaged; only the user re-arms it."""
    if entry.context.kill_switch:
        return "the kill switch is engaged; re-arm it by hand to allow entries"
    return None


@rule(
    advice="Arm live trading explicitly, or set TRADING_MODE=paper.",
)
def not_armed(entry: EntryCheck) -> str | None:
    """Real money moves only after live trading was armed explicitly."""
    if entry.context.live and not entry.context.armed:
        return "live trading is not armed"
    return None


@rule(
    advice="Look at the bot's disk: free space and permissions of its data folder.",
)
def not_recording(entry: EntryCheck) -> str | None:
    """What cannot be recorded is not traded: no entries while the journal fails."""
    if not entry.context.recording:
        return "the journal cannot take records; entries wait until it can"
    return None


@rule(
    advice="Compare the exchange's positions with the bot's; close or adopt the unknown one, "
    "then entries go on.",
)
def unknown_position(entry: EntryCheck) -> str | None:
    """The exchange has positions that the bot did not open: reconcile first."""
    if entry.context.unknown_positions:
        names = ", ".join(entry.context.unknown_positions)
        return f"the exchange has positions that this bot did not open: {names}"
    return None


@rule(
    advice="Nothing at first: the bot compares again by itself. If it lasts, read the status: it "
    "says which step fails; positions and stops at the venue stay as they are meanwhile.",
)
def not_reconciled(entry: EntryCheck) -> str | None:
    """Books and venue were not compared yet, or the venue cannot be read now."""
    if entry.context.not_reconciled is not None:
        return f"the account is not reconciled with the venue: {entry.context.not_reconciled}"
    return None


@rule(
    advice="Look at the coin at the venue: close the position or cancel the order there, or take "
    "it over with motherhaven bot unfreeze COIN.",
)
def coin_frozen(entry: EntryCheck) -> str | None:
    """Something happened in the coin at the venue that the bot did not do."""
    why = entry.context.frozen.get(entry.decision.coin)
    if why is not None:
        return f"{entry.decision.coin} is frozen: {why}"
    return None


RULES: Final[tuple[Rule, ...]] = (
    kill_switch,
    not_armed,
    not_recording,
    unknown_position,
    not_reconciled,
    coin_frozen,
)
