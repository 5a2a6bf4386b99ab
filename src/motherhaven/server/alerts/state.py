"""What was told and what waits to be told: pure, and shared by all servers of one store."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from motherhaven.server.alerts.rules import URGENT, Trouble

AGAIN_SECONDS: Final = 300.0
"""What ended is told anew only so long after its end: no flood from what comes and goes."""

BOUND: Final = 20
BOUND_SECONDS: Final = 600.0
"""At most BOUND messages in BOUND_SECONDS; the rest become one that counts them."""

CLAIM_SECONDS: Final = 120.0
RETRY_SECONDS: Final = (5.0, 15.0, 60.0, 300.0, 900.0)
GIVE_UP_TRIES: Final = 30
_MAX_BOTS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Note:
    """A message that waits; due: Unix seconds from when any server may take it.

    left: the targets, by their place in the setting, that it has not reached; None: all.
    """

    id: int
    text: str
    due: float
    tries: int = 0
    left: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class AlertState:
    """The shared record. `told`: what was wrong when last told; `ended`: when it was over.

    `recent`: when messages were made; `held`: how many were held back by the bound.
    """

    cursor: str | None = None
    halts: dict[str, dict[str, str]] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)
    ended: dict[str, float] = field(default_factory=dict)
    waiting: tuple[Note, ...] = ()
    recent: tuple[float, ...] = ()
    held: int = 0
    next_id: int = 1
    written: float = 0.0


def advance(state: AlertState, found: Mapping[str, Trouble], now: float) -> AlertState:
    """The state after what is wrong at `now` (Unix seconds) was compared with what was told."""
    told, ended, texts = dict(state.told), dict(state.ended), []
    urgent_first = sorted(found.items(), key=lambda pair: not pair[1].text.startswith(URGENT))
    for name, trouble in urgent_first:
        if name not in told and now - ended.get(name, -AGAIN_SECONDS) >= AGAIN_SECONDS:
            told[name] = trouble.over
            ended.pop(name, None)
            texts.append(trouble.text)
    for name in [name for name in told if name not in found]:
        texts.append("Recovered: " + told.pop(name))
        ended[name] = now
    ended = {name: at for name, at in ended.items() if now - at < AGAIN_SECONDS}
    told = dict(list(told.items())[-_MAX_BOTS:])
    return _queued(replace(state, told=told, ended=ended), texts, now)


def _queued(state: AlertState, texts: list[str], now: float) -> AlertState:
    recent = tuple(at for at in state.recent if now - at < BOUND_SECONDS)
    room = max(0, BOUND - len(recent))
    held = state.held
    if held and room:
        texts = [f"{held} more changes were held back; see the dashboard", *texts]
        held = 0
    fits, left = texts[:room], texts[room:]
    number = state.next_id
    notes = tuple(Note(number + i, text, now) for i, text in enumerate(fits))
    return replace(
        state,
        waiting=state.waiting + notes,
        recent=recent + (now,) * len(notes),
        held=held + len(left),
        next_id=number + len(notes),
    )


def claimed(state: AlertState, now: float) -> tuple[AlertState, tuple[Note, ...]]:
    """Take what is due; nobody else does for CLAIM_SECONDS, after which a crash is assumed."""
    due = tuple(note for note in state.waiting if note.due <= now)
    waiting = tuple(
        replace(note, due=now + CLAIM_SECONDS) if note in due else note for note in state.waiting
    )
    return replace(state, waiting=waiting), due


def settled(state: AlertState, tried: Mapping[int, tuple[int, ...]], now: float) -> AlertState:
    """After attempts: for each note's id the targets it did not reach.

    What arrived everywhere goes; what did not waits, longer each time.
    """
    waiting = []
    for note in state.waiting:
        if note.id in tried:
            tries = note.tries + 1
            if not tried[note.id] or tries >= GIVE_UP_TRIES:
                continue
            pause = RETRY_SECONDS[min(tries, len(RETRY_SECONDS)) - 1]
            note = replace(  # noqa: PLW2901  the same note
                note, tries=tries, due=now + pause, left=tried[note.id]
            )
        waiting.append(note)
    return replace(state, waiting=tuple(waiting))


def dump_state(state: AlertState, token: str) -> str:
    """The record's text; `token` makes it unlike any that another server would write."""
    fields: dict[str, Any] = {
        name: getattr(state, name)
        for name in ("cursor", "halts", "told", "ended", "recent", "held", "next_id", "written")
    }
    fields["waiting"] = [
        [note.id, note.text, note.due, note.tries, note.left] for note in state.waiting
    ]
    return json.dumps(fields | {"token": token}, separators=(",", ":"))


def load_state(text: str) -> AlertState:
    """The state of a record; one that is damaged counts as none, for it can be made anew."""
    try:
        fields = json.loads(text)
        fields.pop("token")
        fields["waiting"] = tuple(_note(*note) for note in fields["waiting"])
        fields["recent"] = tuple(fields["recent"])
        return AlertState(**fields)
    except (ValueError, KeyError, TypeError, AttributeError):
        return AlertState()


def _note(number: int, text: str, due: float, tries: int, left: list[int] | None) -> Note:
    return Note(number, text, due, tries, None if left is None else tuple(left))
