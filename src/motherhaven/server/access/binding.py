"""A key that belongs to one bot sends for that bot alone."""

from collections.abc import Mapping
from typing import Any

from starlette.types import Scope

from motherhaven.server.access.keyring import SCOPE_ENTRY, BotKey
from motherhaven.server.wire.problems import Problem


def bound_bot(scope: Scope) -> str | None:
    """The only bot that this request may send for; None: any."""
    key: BotKey | None = scope.get(SCOPE_ENTRY)
    return None if key is None else key.bot_id


def bind_event(item: Any, bot: str | None) -> Any:
    """`item` with the key's bot filled in where it names none; anything else as it is.

    Raises:
        Problem: 403, it names another bot.
    """
    if bot is None or not isinstance(item, Mapping):
        return item
    named = item.get("bot_id")
    if named is None:
        return {**item, "bot_id": bot}
    if named == bot:
        return item
    raise Problem(
        403,
        "foreign_bot",
        f"this key belongs to the bot {bot}, but the event names another one",
        "give each bot its own key: motherhaven keys create --name NAME --bot BOT_ID; "
        "an event without bot_id gets the key's",
    )
