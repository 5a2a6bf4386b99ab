"""The guard's codes: meaning and advice. Written by `make docs` from the rules."""

from typing import Final

# ruff: noqa: E501
# fmt: off
GUARD: Final[dict[str, tuple[str, str]]] = {
    "no_position": (
        "A close, reduce or adjust of a position that is not open.",
        "Nothing: its stop or target had closed it before the answer came, or the model closed what it never had.",
    ),
    "contradictory_actions": (
        "Several different actions for one coin in one answer refuse that coin as a whole.",
        "Open the decision and read the raw answer; ask the model for one decision a coin.",
    ),
    "duplicate_action": (
        "The same entry twice in one answer refuses both; of a repeated close one is done.",
        "Open the decision and read the raw answer; ask the model for one decision a coin.",
    ),
    "unknown_coin": (
        "A coin of another exchange, outside the user's list, or without a mark of our own.",
        "Add the coin to TRADING_ASSETS, or name the allowed coins in the prompt; if it is among them, check the market connection: it has no price.",
    ),
    "kill_switch": (
        "The kill switch is engaged; only the user re-arms it.",
        "Find out why it was engaged, then re-arm it by hand: motherhaven bot arm.",
    ),
    "not_armed": (
        "Real money moves only after live trading was armed explicitly.",
        "Arm live trading explicitly, or set TRADING_MODE=paper.",
    ),
    "not_recording": (
        "What cannot be recorded is not traded: no entries while the journal fails.",
        "Look at the bot's disk: free space and permissions of its data folder.",
    ),
    "unknown_position": (
        "The exchange has positions that the bot did not open: reconcile first.",
        "Compare the exchange's positions with the bot's; close or adopt the unknown one, then entries go on.",
    ),
    "not_reconciled": (
        "Books and venue were not compared yet, or the venue cannot be read now.",
        "Nothing at first: the bot compares again by itself. If it lasts, read the status: it says which step fails; positions and stops at the venue stay as they are meanwhile.",
    ),
    "coin_frozen": (
        "Something happened in the coin at the venue that the bot did not do.",
        "Look at the coin at the venue: close the position or cancel the order there, or take it over with motherhaven bot unfreeze COIN.",
    ),
    "answer_expired": (
        "The answer came too late after its question.",
        "Use a faster model, ask less in the prompt, or raise MAX_ANSWER_AGE_SECONDS: answers come too late.",
    ),
    "stale_data": (
        "The coin's newest data are too old, missing, or from the future.",
        "Check the market connection and the bot's clock.",
    ),
    "open_candle": (
        "The newest candle is not closed: its prices may still change.",
        "Nothing if it is rare: the next cycle sees the closed candle. If it lasts, set the bot's clock: it is behind the market's.",
    ),
    "daily_loss": (
        "Today's loss has reached the limit, or is not known.",
        "Wait for the next trading day; look at the day's trades before DAILY_LOSS_LIMIT_USD is raised.",
    ),
    "trades_per_day": (
        "The day's number of entries is used up.",
        "Nothing until the next trading day, or raise MAX_TRADES_PER_DAY.",
    ),
    "cooldown": (
        "The last entry in this coin was too short a time ago.",
        "Nothing: the pause of the coin ends by itself; ENTRY_COOLDOWN_SECONDS sets it.",
    ),
    "min_confidence": (
        "The decider is not sure enough.",
        "Nothing, if the model should only trade when sure; else lower MIN_CONFIDENCE.",
    ),
    "opposite_position": (
        "An entry against an open position: close it first, then decide anew.",
        "Ask the model to close before it turns the position around.",
    ),
    "max_positions": (
        "Too many coins at once.",
        "Close a position, or raise MAX_OPEN_POSITIONS.",
    ),
    "max_leverage": (
        "More leverage than the user or the market allows.",
        "Tell the model the limit in its prompt, or raise MAX_LEVERAGE as far as the market allows.",
    ),
    "stop_missing": (
        "Every entry needs a stop; only the buy-and-hold baseline is exempt, visibly.",
        "Ask for stop_loss in the prompt; entries without one are refused.",
    ),
    "stop_side": (
        "The stop must lie on the losing side of our mark.",
        "Give the model the current mark in its prompt; the stop lay on the wrong side of it.",
    ),
    "target_side": (
        "The target must lie on the winning side of our mark.",
        "Give the model the current mark in its prompt; the target lay on the wrong side of it.",
    ),
    "price_band": (
        "A price far from our own mark was invented.",
        "Give the model the current mark in its prompt; its price was too far away from it.",
    ),
    "stop_widened": (
        "An entry that adds to a position, or an adjust, must not take its stop farther away.",
        "Nothing, if a stop should only be tightened; else set STOP_MAY_WIDEN=true.",
    ),
    "stop_beyond_liquidation": (
        "The stop must act before the liquidation would, with a buffer between them.",
        "Ask for a nearer stop or less leverage, so that the stop acts before the liquidation.",
    ),
    "quantity": (
        "An entry of no margin.",
        "Open the decision and read the raw answer: quantity_usd, the margin in USD, must be above 0.",
    ),
    "max_position_size": (
        "MAX_POSITION_SIZE_USD: the most margin of one entry.",
        "Lower the size that the prompt suggests, or raise MAX_POSITION_SIZE_USD.",
    ),
    "max_coin_size": (
        "MAX_COIN_MARGIN_USD (or else MAX_POSITION_SIZE_USD) less the margin that the coin has.",
        "Lower the size that the prompt suggests, or raise MAX_COIN_MARGIN_USD.",
    ),
    "max_total_size": (
        "MAX_TOTAL_MARGIN_USD (or else the position cap times the positions) less all margin.",
        "Close a position, or raise MAX_TOTAL_MARGIN_USD.",
    ),
    "free_margin": (
        "What the account has left after the entry's own fee and its change of leverage.",
        "Lower the size that the prompt suggests, close a position, or pay in more.",
    ),
    "min_notional": (
        "An order, or a part of a position to close, that the venue does not take: it is too small.",
        "Raise MAX_POSITION_SIZE_USD or the margin the model asks for; close the whole of a small position.",
    ),
}
