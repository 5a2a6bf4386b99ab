"""The kinds of events, the lanes that keep their order, and the texts that may be long."""

from typing import Final, Literal

Kind = Literal[
    "answer",
    "decision",
    "execution",
    "account",
    "position_opened",
    "position_closed",
    "fill",
    "funding",
    "status",
    "candles",
    "order",
    "cash_flow",
    "protection",
    "command",
]
Mode = Literal["paper", "shadow", "live", "simulated", "unknown"]
"""Kind of money: paper on real prices, paper beside the real order book, live money, simulated
prices, or not told."""

Lane = Literal["status", "money", "decisions"]

LANES: Final[dict[Kind, Lane]] = {
    "status": "status",
    "command": "status",
    "account": "money",
    "position_opened": "money",
    "position_closed": "money",
    "fill": "money",
    "funding": "money",
    "order": "money",
    "cash_flow": "money",
    "protection": "money",
    "answer": "decisions",
    "decision": "decisions",
    "execution": "decisions",
    "candles": "decisions",
}
"""Order is kept within a lane; with a backlog the lanes are served in this order."""

LANE_ORDER: Final[tuple[Lane, ...]] = ("status", "money", "decisions")

LISTED_KINDS: Final[tuple[Kind, ...]] = ("answer", "order", "cash_flow", "protection", "command")
"""Kinds of which stores keep a list for each bot; the others stand in lists of their own."""

LATER_KINDS: Final[frozenset[Kind]] = frozenset(LISTED_KINDS)
"""Kinds that servers of version 0.1 do not know."""

LONG_TEXTS: Final = (
    "raw_response", "system_prompt", "user_prompt", "justification", "analysis", "thinking",
)  # fmt: skip
"""Payload fields that may be cut into parts when an event is too large to travel whole.

Stores number them by their place here, so a new one stands at the end.
"""

OLD_LONG_TEXTS: Final = LONG_TEXTS[:4]
"""Those that servers of version 0.1 know."""

PROMPT_TEXTS: Final = ("system_prompt", "user_prompt", "raw_response")
"""Payload fields that lists leave out; they are fetched on demand."""

CUT_TEXTS: Final[dict[Kind, tuple[str, ...]]] = {
    "decision": ("justification",),
    "answer": ("analysis", "thinking"),
}
"""Texts that lists show the beginning of."""

MARKS: Final = ("time_replaced", "recorded_replaced")
"""Payload fields that say how an event came, not what happened."""

Signal = Literal["buy_to_enter", "sell_to_enter", "hold", "close"]
SideName = Literal["long", "short"]
BotState = Literal["running", "paused", "stopped", "error"]
ExecutionStatus = Literal["pending", "executed", "partial", "rejected", "skipped", "unknown"]
MarginModeName = Literal["cross", "isolated"]
