"""Decisions with the answer that they are from: it is kept once, as an event of its own."""

from typing import Final, Protocol

from motherhaven.contract.errors import NotFound
from motherhaven.contract.events.answer import FIRST_FIELDS, SHARED_FIELDS
from motherhaven.contract.views import DecisionDetail, EventRow, TextSlice
from motherhaven.stores.own_ids import own_id

_DETAIL: Final = ("trigger", "latency_ms", "finish_reason")
_COUNTED: Final = ("tokens_in", "tokens_out", "tokens_cached", "cost_usd")


class Events(Protocol):
    """The part of a store that is asked here."""

    async def event(self, event_id: str) -> EventRow:
        """One event."""
        ...

    async def own_text(self, event_id: str, field: str, *, offset: int, limit: int) -> TextSlice:
        """A slice of a text of the event itself."""
        ...


async def with_answer(store: Events, detail: DecisionDetail) -> DecisionDetail:
    """The decision with what its answer tells; tokens and cost with the first of it only."""
    answer = await _answer_of(store, detail.bot_id, detail.payload.get("answer_id"))
    if answer is None:
        return detail
    given, own = answer.payload, detail.payload
    counted = _COUNTED if own.get("answer_index") in (0, None) else ()
    told = {name: given.get(name) for name in (*_DETAIL, *counted) if getattr(detail, name) is None}
    shown = {
        name: given[name]
        for name in (*SHARED_FIELDS, *FIRST_FIELDS)
        if given.get(name) is not None and name not in _COUNTED
    }
    fields = detail.model_dump() | told
    fields |= {"texts": answer.texts | detail.texts, "payload": {**shown, **own}}
    return DecisionDetail.model_validate(fields)


async def text_of(
    store: Events, event_id: str, field: str, *, offset: int, limit: int
) -> TextSlice:
    """A slice of a text of an event, or of the answer that a decision is from.

    Raises:
        NotFound: neither has such a text.
    """
    try:
        return await store.own_text(event_id, field, offset=offset, limit=limit)
    except NotFound:
        event = await store.event(event_id)
        answer = None
        if event.kind == "decision":
            answer = await _answer_of(store, event.bot_id, event.payload.get("answer_id"))
        if answer is None:
            raise
    return await store.own_text(answer.id, field, offset=offset, limit=limit)


async def _answer_of(store: Events, bot_id: str, answer_id: object) -> EventRow | None:
    """The answer of this bot that is called so; before 0.2 the name is that of a decision."""
    if not isinstance(answer_id, str):
        return None
    for name in (answer_id, own_id(bot_id, answer_id)):
        try:
            event = await store.event(name)
        except NotFound:
            continue
        if event.bot_id == bot_id and event.kind == "answer":
            return event
    return None
