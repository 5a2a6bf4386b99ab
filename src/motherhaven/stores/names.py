"""Names of bots that people would take for the same."""

import unicodedata
from collections import Counter
from collections.abc import Iterable

from motherhaven.contract.views import BotRow

SHORT_ID: int = 6
"""So many characters of the end of an id tell bots of one name apart."""


def name_key(name: str) -> str:
    """What two names have in common that look alike: case, width, spaces, unseen characters."""
    seen = (char for char in unicodedata.normalize("NFKC", name) if char.isprintable())
    return " ".join("".join(seen).casefold().split())


def namesakes(rows: Iterable[BotRow]) -> frozenset[str]:
    """The ids of the bots whose name another one has too."""
    keys = {row.id: name_key(row.name) for row in rows if row.name}
    counted = Counter(keys.values())
    return frozenset(bot_id for bot_id, key in keys.items() if counted[key] > 1)


def shown_name(row: BotRow, same: frozenset[str]) -> str:
    """The bot's name, with the end of its id where another bot has the same."""
    name = row.name or row.id
    return f"{name} [\u2026{row.id[-SHORT_ID:]}]" if row.id in same else name
