"""Where documents live: collections and ids.

The four `llm-bot-…` collections hold what any reader of the project already knows: the
payload, with numbers as numbers. Everything exact is beside them in `motherhaven-…`.
"""

import hashlib
import re
from typing import Final

from motherhaven.contract.events import Kind

EVENTS: Final = "motherhaven-events"
TEXTS: Final = "texts"
COMMITS: Final = "motherhaven-commits"
BOTS: Final = "motherhaven-bots"
POSITIONS: Final = "motherhaven-positions"
EXECUTIONS: Final = "motherhaven-executions"
ROLLUPS: Final = "motherhaven-rollups"
MARKS: Final = "motherhaven-marks"
ERRORS: Final = "motherhaven-errors"
PARTS: Final = "motherhaven-parts"
CANDLES: Final = "motherhaven-candles"
PAGES: Final = "motherhaven-pages"
REFUSALS: Final = "motherhaven-refusals"
META: Final = "motherhaven-meta"

STORE_DOCUMENT: Final = (META, "store")
"""The token of this store, its schema, and how far it was pruned and adopted."""

BOTS_DOCUMENT: Final = (META, "bots")
"""How many bots there are; written once in a bot's life."""

OLD_DECISIONS: Final = "llm-bot-decisions"
OLD_POSITIONS: Final = "llm-bot-positions"
OLD_ACCOUNT: Final = "llm-bot-account"
OLD_STATUS: Final = "llm-bot-status"
READABLE: Final[dict[Kind, str]] = {
    "decision": OLD_DECISIONS,
    "account": OLD_ACCOUNT,
    "status": OLD_STATUS,
}
"""The collection in which an event of a kind is readable; positions are rows, not events."""

BUCKETS_PER_DOCUMENT: Final = 120
"""A rollup document holds this many buckets of one bot and tier."""

_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}")

Path = tuple[str, ...]


def is_id(text: str) -> bool:
    """Whether `text` may be an event's id, and so a document's as it is."""
    return _PLAIN.fullmatch(text) is not None


def hashed(*words: str) -> str:
    """A document id for any words, however strange."""
    return hashlib.sha256("\x00".join(words).encode()).hexdigest()[:40]


def event(event_id: str) -> Path:
    """The envelope and exact payload of an event."""
    return (EVENTS, event_id)


def chunk(event_id: str, digest: bytes, field: str, index: int) -> Path:
    """A piece of a long text; the digest keeps an impostor's pieces apart."""
    return (EVENTS, event_id, TEXTS, f"{digest.hex()[:16]}-{field}-{index:05d}")


def bot(bot_id: str) -> Path:
    """A bot with its totals."""
    return (BOTS, bot_id)


def position(bot_id: str, position_id: str) -> Path:
    """A position's exact row."""
    return (POSITIONS, hashed(bot_id, position_id))


def readable_position(bot_id: str, position_id: str) -> Path:
    """A position's readable row; an old client's has the bare id, as it always had."""
    if is_id(position_id):
        name = position_id if bot_id == "default" else f"{bot_id}~{position_id}"
        return (OLD_POSITIONS, name)
    return (OLD_POSITIONS, f"{bot_id}~{hashed(position_id)}")


def execution(bot_id: str, decision_id: str) -> Path:
    """The latest execution of a decision."""
    return (EXECUTIONS, hashed(bot_id, decision_id))


def marks(bot_id: str) -> Path:
    """The latest marks of a bot's positions."""
    return (MARKS, bot_id)


def rollup_id(bot_id: str, tier: int, span: int) -> str:
    """The id of the document of buckets [span * 120, span * 120 + 120); sorted by span."""
    return f"{tier}~{bot_id}~{span:010x}"


def rollup(bot_id: str, tier: int, span: int) -> Path:
    """A document of buckets."""
    return (ROLLUPS, rollup_id(bot_id, tier, span))


def page(what: str, bot_id: str, number: int) -> Path:
    """A full page of a bot's list."""
    return (PAGES, f"{what}~{bot_id}~{number:08x}")


def candles(bot_id: str, coin: str, width: int, span: int) -> Path:
    """A document of candles that begin in [span * width, span * width + width) seconds."""
    return (CANDLES, f"{hashed(bot_id, coin)}~{width}~{span:010x}")


def shared(name: str) -> Path:
    """A record that all servers share."""
    return (META, f"shared-{name}")


def bill(day: str) -> Path:
    """The documents that were billed on a day."""
    return (META, f"bill-{day}")


def refusals(bot_id: str, hour: int) -> Path:
    """Which refusals of a bot (or of unknown ones) are kept of an hour; sorted by hour."""
    return (REFUSALS, f"{hour:016x}~{bot_id}")


def error(event_id: str, kind: str) -> Path:
    """Something that went wrong."""
    return (ERRORS, f"{event_id}~{kind}")


def part(bot_id: str, event_id: str, field: str, index: int) -> Path:
    """A part of a long text whose event has not come yet."""
    return (PARTS, f"{bot_id}~{event_id}~{field}~{index}")


def part_group(bot_id: str, event_id: str) -> str:
    """What the parts of one event have in common."""
    return f"{bot_id}~{event_id}"
