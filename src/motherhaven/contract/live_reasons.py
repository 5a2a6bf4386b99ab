"""Codes of what is found at a venue that holds real positions, with what to do about each."""

from collections.abc import Mapping
from typing import Final

_STOP: Final = (
    "Look at the position at the venue: place a stop there, or close it; the bot tries by itself."
)
_OTHER: Final = (
    "Find out who else trades this account. Close the position there, or take it over with "
    "run_analysis_bot.py unfreeze COIN; nothing is opened in the coin until then."
)

PROTECTION: Final[Mapping[str, str]] = {
    "stop_none": _STOP,
    "stop_partial": _STOP,
    "stop_passed": "Nothing: a stop that the price has passed cannot rest, so the position is "
    "closed at the market.",
    "stop_behind_liquidation": "Move the stop nearer, lower the leverage or add margin: the venue "
    "would liquidate before the stop acts.",
    "stop_exempt": "Nothing: this baseline holds its position openly without a stop.",
    "snapshot_old": "Check the network and the venue: how the position is protected is not known.",
    "stop_limit": "Use a stop at the market: in a gap a stop with a near limit may not fill.",
    "stop_too_large": "Nothing: a stop that only reduces cannot turn the position.",
    "stop_step": "Nothing: the stop was not worth moving; each move costs requests.",
    "target_missing": "Nothing at first: the position has its stop; the target is tried again.",
    "not_flat": "Close what is left at the venue by hand, or wait: the bot tries again.",
}
"""How a position is protected, and what became of closing it."""

RECONCILIATION: Final[Mapping[str, str]] = {
    "external_fill": _OTHER,
    "position_differs": "Nothing at first: it is looked at again, and then taken over.",
    "position_adopted": _OTHER,
    "order_foreign": "Cancel that order at the venue if nobody needs it; the bot never touches it.",
    "order_unreadable": "Look at that order at the venue, and cancel it if nobody needs it; the "
    "bot never touches it.",
    "order_orphan": "Nothing: the order belonged to a position that is gone, and was cancelled.",
    "order_revived": "Compare the bot's orders with the venue's list if it happens again.",
    "order_ghost": "Compare the bot's orders with the venue's list if it happens again.",
    "settings_changed": "Set leverage and margin mode back at the venue, or close the position.",
    "account_mode": "Set the account's mode back, or stop the bot and start it again.",
    "account_empty": "Check the account's address: a signer's own address has an empty account.",
    "equity_drift": "Compare fills, fees and funding with the venue's list; the account event has "
    "both equities.",
    "liquidation": "Look at what led to it, then arm again by hand: run_analysis_bot.py arm.",
    "adl": "Look at the position at the venue, then arm again by hand: run_analysis_bot.py arm.",
    "reconciling": "Nothing at first: the account is read until it is whole; the status says "
    "which step fails.",
    "timers": "Set EXECUTION_INTERVAL_SECONDS to more than 90 for live trading.",
}
"""What differs between books and venue."""
