"""Decisions for a server that does not know answers: the first of each carries its answer.

Such a server says so by what its answers to batches lack: the kinds that it takes.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from motherhaven.contract.errors import InvalidJson
from motherhaven.contract.events import LATER_KINDS, LONG_TEXTS, OLD_LONG_TEXTS
from motherhaven.contract.events.answer import folded
from motherhaven.contract.jsonio import dumps, loads_own
from motherhaven.contract.wire import payload_sha256
from motherhaven.recorder.sending.outbox import PendingEvent, Settled

_NAMES_ANSWER: Final = b'"answer_id"'

Find = Callable[[str], PendingEvent | None]
"""The event of an id in the journal."""


class ServerKinds:
    """What is known of the kinds that the server takes; None before it answered."""

    def __init__(self) -> None:
        self.later: bool | None = None
        """Whether it takes LATER_KINDS."""

    def learn(self, kinds: frozenset[str] | None) -> None:
        """A batch was answered, with these kinds named; None by a server of version 0.1."""
        self.later = kinds is not None and kinds >= LATER_KINDS

    @property
    def long_texts(self) -> tuple[str, ...]:
        """The texts that may travel in parts."""
        return LONG_TEXTS if self.later else OLD_LONG_TEXTS

    def must_be_known_for(self, event: PendingEvent) -> bool:
        """Whether how the event travels depends on it."""
        return self.later is None and (event.kind in LATER_KINDS or _names_answer(event))

    def left_out(self, event: PendingEvent, *, again: bool) -> Settled | None:
        """What becomes of an event that this server cannot take; None where it is sent.

        `again`: it was set aside before, so that its decisions went without it.
        """
        if self.later is not False or event.kind not in LATER_KINDS:
            return None
        if event.kind == "answer" and not again:
            return Settled(event)  # its first decision carries it
        return Settled(event, "not_applicable", "the server does not know this kind yet")


def for_old_server(event: PendingEvent, find: Find) -> PendingEvent:
    """The event as version 0.1 recorded it: a first decision has its answer in it."""
    if not _names_answer(event):
        return event
    try:
        payload = loads_own(event.payload)
    except InvalidJson:
        return event  # damaged: it is refused by name
    answer = find(str(payload.pop("answer_id", "")))
    if answer is None or answer.kind != "answer":
        return event
    first = payload.pop("answer_index", None) == 0
    whole = folded(payload, loads_own(answer.payload)) if first else payload
    data = dumps(whole)
    return replace(event, payload=data, sha256=payload_sha256(data))


def without_endpoint(event: PendingEvent, *, again: bool) -> Settled:
    """An answer goes with its first decision; what else has no endpoint waits for an upgrade."""
    if event.kind == "answer" and not again:
        return Settled(event)
    return Settled(event, "not_applicable", "the server has no endpoint for this kind")


def _names_answer(event: PendingEvent) -> bool:
    return event.kind == "decision" and _NAMES_ANSWER in event.payload
