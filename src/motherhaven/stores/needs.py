"""Which kept rows a batch of events will look up, so that an adapter can read them at once."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from motherhaven.contract.events import (
    AccountReported,
    CandlesRecorded,
    DecisionExecuted,
    Event,
    PositionClosed,
    PositionOpened,
)
from motherhaven.stores.keys import micros
from motherhaven.stores.own_ids import own_id
from motherhaven.stores.protocol import DEPOSITS_TIER, TIERS

Pair = tuple[str, str]


@dataclass(slots=True)
class Needs:
    """Keys of rows, as the methods of `states.Work` name them; most begin with the bot.

    `named` asks for positions by the client's id or their own, `sides` for the open ones
    of a coin and side, `parts` for the parts of an event whose long texts travel apart,
    `candles` for those of a coin that begin at a time in microseconds.
    """

    ids: set[str] = field(default_factory=set)
    bots: set[str] = field(default_factory=set)
    executions: set[Pair] = field(default_factory=set)
    named: set[Pair] = field(default_factory=set)
    sides: set[tuple[str, str, str]] = field(default_factory=set)
    marks: set[Pair] = field(default_factory=set)
    buckets: set[tuple[str, int, int]] = field(default_factory=set)
    parts: set[Pair] = field(default_factory=set)
    candles: set[tuple[str, str, int]] = field(default_factory=set)


def needs_of(events: Iterable[Event]) -> Needs:
    """What appending `events` and projecting them may look up."""
    needs = Needs()
    ids, bots = needs.ids, needs.bots
    for event in events:
        # Always both, so that it takes no longer where an id is another bot's.
        ids.update((event.event_id, own_id(event.bot_id, event.event_id)))
        bots.add(event.bot_id)
        if event.parts is not None:
            needs.parts.add((event.bot_id, event.event_id))
        if event.kind != "decision":  # most are, and they look nothing else up
            _add(needs, event)
    return needs


def _add(needs: Needs, event: Event) -> None:
    bot_id, body = event.bot_id, event.body
    if isinstance(body, AccountReported):
        seconds = micros(event.shown_at) // 1_000_000
        for tier in TIERS:
            needs.buckets.add((bot_id, tier, seconds // tier))
        if body.deposits_usd is not None:
            needs.buckets.update((bot_id, DEPOSITS_TIER, n) for n in (0, seconds // 60))
        needs.marks.update((bot_id, mark.position_id) for mark in body.positions or ())
    elif isinstance(body, CandlesRecorded):
        needs.candles.update((bot_id, body.coin, micros(row[0])) for row in body.candles)
    elif isinstance(body, DecisionExecuted):
        needs.executions.add((bot_id, body.decision_id))
    elif isinstance(body, PositionOpened | PositionClosed):
        if body.position_id is not None:
            needs.named.add((bot_id, body.position_id))
        changes = isinstance(body, PositionOpened) and body.replaces is not None
        if isinstance(body, PositionOpened) and body.position_id is not None:
            needs.marks.add((bot_id, body.position_id))  # the row shows it
        if isinstance(body, PositionClosed) or changes:
            needs.sides.add((bot_id, body.coin, body.side))
