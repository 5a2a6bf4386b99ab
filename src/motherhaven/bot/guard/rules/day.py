"""Rules about the trading day: what it may lose, and how many entries it may have."""

from typing import Final

from motherhaven.bot.guard.entry_check import EntryCheck
from motherhaven.bot.guard.rule import Rule, rule, usd
from motherhaven.contract.limits import RiskLimits


@rule(
    advice="Wait for the next trading day; look at the day's trades before "
    "DAILY_LOSS_LIMIT_USD is raised.",
    prompt=lambda limits: (
        f"no entries for the rest of the day after a loss of {usd(limits.daily_loss_limit_usd)}"
    ),
)
def daily_loss(entry: EntryCheck) -> str | None:
    """Today's loss has reached the limit, or is not known."""
    start = entry.context.day_start_equity
    if start is None:
        return "the equity at the start of the day is not known"
    loss = start - entry.context.equity
    limit = entry.limits.daily_loss_limit_usd
    if loss >= limit:
        return f"today's loss {loss:.2f} USD has reached the limit {limit} USD"
    return None


def _entries_line(limits: RiskLimits) -> str | None:
    most = limits.max_trades_per_day
    return None if most is None else f"at most {most} entries a day"


@rule(
    advice="Nothing until the next trading day, or raise MAX_TRADES_PER_DAY.",
    prompt=_entries_line,
)
def trades_per_day(entry: EntryCheck) -> str | None:
    """The day's number of entries is used up."""
    limit = entry.limits.max_trades_per_day
    if limit is None:
        return None
    done = entry.context.trades_today + entry.allocation.entries
    if done >= limit:
        return f"{done} trades today; at most {limit}"
    return None


RULES: Final[tuple[Rule, ...]] = (
    daily_loss,
    trades_per_day,
)
