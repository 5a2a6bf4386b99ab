"""Rules about a decision as such: what stands beside it, and whether there is what it closes."""

from typing import Final

from motherhaven.bot.guard.rule import RuleText, told

no_position = told(
    "no_position",
    "A close, reduce or adjust of a position that is not open.",
    advice="Nothing: its stop or target had closed it before the answer came, or the model "
    "closed what it never had.",
    prompt="a close is always allowed, a reduce if its part is worth the coin's min_notional; "
    "what follows is about entries, and of stop_loss and profit_target about adjust too",
)
contradictory_actions = told(
    "contradictory_actions",
    "Several different actions for one coin in one answer refuse that coin as a whole.",
    advice="Open the decision and read the raw answer; ask the model for one decision a coin.",
    prompt="different actions for one coin in one answer cancel each other",
)
duplicate_action = told(
    "duplicate_action",
    "The same entry twice in one answer refuses both; of a repeated close one is done.",
    advice="Open the decision and read the raw answer; ask the model for one decision a coin.",
)

RULES: Final[tuple[RuleText, ...]] = (
    no_position,
    contradictory_actions,
    duplicate_action,
)
