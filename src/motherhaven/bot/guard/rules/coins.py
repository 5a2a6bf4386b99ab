"""Rules about the coin: whether it is traded here and has a price."""

from typing import Final

from motherhaven.bot.guard.entry_check import EntryCheck
from motherhaven.bot.guard.rule import Rule, rule
from motherhaven.contract.coins import is_scoped, scoped_refusal


@rule(
    advice="Add the coin to TRADING_ASSETS, or name the allowed coins in the prompt; if it is "
    "among them, check the market connection: it has no price.",
    on_adjust=True,
)
def unknown_coin(entry: EntryCheck) -> str | None:
    """A coin of another exchange, outside the user's list, or without a mark of our own."""
    coin = entry.decision.coin
    if is_scoped(coin):
        return scoped_refusal(coin)
    if entry.limits.coins and coin not in entry.limits.coins:
        return f"{coin} is not among the traded assets {', '.join(sorted(entry.limits.coins))}"
    mark = entry.context.marks.get(coin)
    if mark is None or not mark.is_finite() or mark <= 0:
        return f"there is no market price for {coin}"
    return None


RULES: Final[tuple[Rule, ...]] = (
    unknown_coin,
)  # fmt: skip
