"""The names that models use for fields and signals, and what each of them means here.

A name stands here only if it can mean one thing. An amount in coins or in notional never
stands for margin: `AMOUNTS` names those, so that the refusal can say why.
"""

import re
from typing import Final

from motherhaven.bot.guard.types import Action, Signal

FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "coin": ("coin", "symbol", "ticker", "asset", "pair", "trading_pair", "instrument"),
    "signal": ("signal", "action", "decision", "recommendation", "trade_signal", "operation"),
    "side": ("side", "direction", "position_side"),
    "quantity_usd": ("quantity_usd", "margin_usd", "margin", "usd_margin"),
    "leverage": ("leverage",),
    "confidence": ("confidence", "confidence_score", "confidence_level"),
    "stop_loss": ("stop_loss", "stoploss", "stop_loss_price", "stop_price", "stop", "sl"),
    "profit_target": (
        "profit_target", "take_profit", "takeprofit", "take_profit_price", "target_price",
        "target", "tp",
    ),
    "invalidation_condition": ("invalidation_condition", "invalidation", "invalidated_if"),
    "justification": (
        "justification", "reasoning", "reason", "rationale", "explanation", "thesis",
    ),
    "analysis": ("analysis", "market_analysis", "coin_analysis"),
    "exit_plan": ("exit_plan",),
    "close_fraction": ("close_fraction", "fraction", "reduce_fraction", "fraction_to_close"),
    "adjusted_stop_loss": ("adjusted_stop_loss", "new_stop_loss", "new_stop"),
    "adjusted_profit_target": (
        "adjusted_profit_target", "new_profit_target", "new_take_profit", "new_target",
    ),
}  # fmt: skip
"""Our name for a field, then every spelling that is taken for it."""

AMOUNTS: Final = frozenset(
    [
        "quantity",
        "qty",
        "size",
        "amount",
        "units",
        "contracts",
        "notional",
        "notional_usd",
        "position_size",
        "size_usd",
        "position_size_usd",
        "position_usd",
        "position_value",
        "amount_usd",
        "usd_amount",
        "usd_size",
        "order_size",
        "order_size_usd",
        "trade_size",
        "value_usd",
        "usd",
        "allocation",
        "quantity_coin",
        "quantity_coins",
    ]
)
"""Amounts that may be coins or notional; they are never guessed into margin."""

DECISIONS: Final = (
    "decisions", "trade_decisions", "trading_decisions", "trades", "orders", "signals", "actions",
)  # fmt: skip
"""Keys under which an answer holds its decisions."""

WRAPPERS: Final = (
    "decision", "trade_signal_args", "trade", "answer", "final_answer", "result", "output",
    "response", "data",
)  # fmt: skip
"""Keys that wrap one answer or one decision, when they stand alone."""

ACTIONS: Final[dict[str, Action]] = {
    **dict.fromkeys(
        ("buy_to_enter", "buy", "long", "open_long", "enter_long", "go_long", "buy_long",
         "buy_to_open"), Action.BUY,
    ),
    **dict.fromkeys(
        ("sell_to_enter", "sell", "short", "open_short", "enter_short", "go_short", "sell_short",
         "sell_to_open"), Action.SELL,
    ),
    **dict.fromkeys(
        ("hold", "wait", "none", "no_action", "no_trade", "do_nothing", "skip", "stay"),
        Action.HOLD,
    ),
    **dict.fromkeys(
        ("adjust", "adjust_stop", "adjust_stop_loss", "adjust_exit", "adjust_exits", "move_stop",
         "move_stop_loss", "update_stop", "update_stop_loss", "trail_stop"), Action.ADJUST,
    ),
    **dict.fromkeys(
        ("reduce", "reduce_position", "reduce_long", "reduce_short", "partial_close",
         "close_partial", "trim", "scale_out"), Action.REDUCE,
    ),
    **dict.fromkeys(
        ("close", "exit", "close_position", "exit_position", "close_long", "close_short",
         "exit_long", "exit_short", "sell_to_close", "buy_to_close", "buy_to_cover",
         "close_all", "exit_all", "close_trade", "exit_trade", "close_order", "close_now",
         "close_full", "full_close", "flat", "go_flat", "flatten", "flatten_position",
         "liquidate", "liquidate_position", "square_off"),
        Action.CLOSE,
    ),
}  # fmt: skip

CANONICAL: Final = {name: field for field, names in FIELDS.items() for name in names}
STATES: Final = frozenset(
    (*FIELDS["coin"], *FIELDS["signal"], *FIELDS["side"], *DECISIONS, "trade_signal_args")
)
"""Keys that make a JSON value one that states decisions, not an illustration in prose."""

FLAT: Final = "flat"
"""A close when it is said of a position; a market may be called so too."""

_MARKS: Final = " \t\r\n.!*_`\"'"
"""What may stand around a signal without changing it; a question mark does."""

_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_GAP: Final = re.compile(r"[\s_\-]+")
_LONGEST: Final = 64


def fold(name: str) -> str:
    """One spelling of a name: "stopLoss", "Stop Loss" and "STOP-LOSS" give "stop_loss"."""
    text = name.strip()[:_LONGEST]
    return _GAP.sub("_", _HUMP.sub("_", text)).lower()


def read_action(text: str) -> Action | None:
    """The action that a text spells, None for none."""
    return ACTIONS.get(fold(text.strip(_MARKS))) if len(text) <= _LONGEST else None


def read_signal(text: str) -> Signal | None:
    """The signal that a text spells, None for none."""
    action = read_action(text)
    return None if action is None else action.signal
