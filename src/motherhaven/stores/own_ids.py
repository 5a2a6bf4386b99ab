"""Event ids are unique within a bot: what another bot has kept under an id is no conflict.

Stores name events by their id alone. Where an id is taken by another bot's event, the event is
kept under an id made from both, which the same event gets whenever it comes again. The ids of
this recorder are random, so that happens only where somebody chose an id on purpose, or by
hand; who did learns nothing, neither from the answer nor from a second look it would cost.
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from motherhaven.contract.events import Event

_CHARS: Final = 100
_DIGITS: Final = 24


def own_id(bot_id: str, event_id: str) -> str:
    """The id of the event where `event_id` is another bot's; at most 125 characters."""
    digest = hashlib.sha256(f"{bot_id}\0{event_id}".encode()).hexdigest()
    return f"{event_id[:_CHARS]}@{digest[:_DIGITS]}"


def own_event(event: Event, owner: Callable[[str], str | None]) -> Event:
    """`event` under the id that it has in the store; `owner` says whose an id is there."""
    if owner(event.event_id) in (None, event.bot_id):
        return event
    return replace(event, event_id=own_id(event.bot_id, event.event_id))
