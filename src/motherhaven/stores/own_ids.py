"""Event ids are unique within a bot: what another bot has kept under an id is no conflict.

Stores name events by their id alone. Where an id is taken by another bot's event, the event is
kept under an id made from both, which the same event gets whenever it comes again. The ids of
this recorder are random, so that happens only where somebody chose an id on purpose, or by
hand; who did learns nothing, neither from the answer nor from a second look it would cost.
Nobody can take such a name beforehand: an id that looks like one, and is not this bot's, is
itself kept under a name made from it.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from motherhaven.contract.events import Event

_CHARS: Final = 100
_DIGITS: Final = 24
_OWN: Final = re.compile(r"(.{1,100})@[0-9a-f]{24}", re.DOTALL)


def own_id(bot_id: str, event_id: str) -> str:
    """The id of the event where `event_id` is another bot's; at most 125 characters."""
    if len(event_id) > _CHARS:  # what is cut off counts, and the bot can still be checked
        event_id = f"{event_id[: _CHARS - _DIGITS - 1]}:{_digest(event_id)}"
    digest = _digest(f"{bot_id}\0{event_id}")
    return f"{event_id}@{digest}"


def own_event(event: Event, owner: Callable[[str], str | None]) -> Event:
    """`event` under the id that it has in the store; `owner` says whose an id is there."""
    made = _OWN.fullmatch(event.event_id)
    is_foreign = made is not None and own_id(event.bot_id, made[1]) != event.event_id
    if not is_foreign and owner(event.event_id) in (None, event.bot_id):
        return event
    return replace(event, event_id=own_id(event.bot_id, event.event_id))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
