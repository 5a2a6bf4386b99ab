"""How far each command of a bot is, folded from what was told of it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from pydantic import ValidationError

from motherhaven.contract.errors import ContractError
from motherhaven.contract.events import CommandHandled
from motherhaven.contract.events.command import ENDS, STEPS, CommandState
from motherhaven.contract.times import parse_instant
from motherhaven.contract.views import EventRow
from motherhaven.server.wire.control import CommandView

_PLACE: Final[dict[CommandState, int]] = {
    **{state: n for n, state in enumerate(STEPS)},
    **{state: len(STEPS) for state in ENDS},
}


def fold(rows: Sequence[EventRow], now: datetime) -> list[CommandView]:
    """The commands of events that come newest first, the one asked for last first.

    A state never goes back: what is told late of an earlier one only adds its time.
    """
    found: dict[str, CommandView] = {}
    for row in reversed(rows):
        told = _told(row)
        if told is None:
            continue
        known = found.get(told.command_id)
        found[told.command_id] = _after(known or _new(row, told), row, told)
    return [_aged(view, now) for view in reversed(found.values())]


def ended(views: Iterable[CommandView]) -> set[str]:
    """The ids of commands about which nothing is left to do."""
    return {view.id for view in views if view.state in ENDS and not view.unfetched}


def _told(row: EventRow) -> CommandHandled | None:
    try:
        return CommandHandled.model_validate(row.payload)
    except ValidationError:
        return None


def _new(row: EventRow, told: CommandHandled) -> CommandView:
    return CommandView(
        id=told.command_id,
        bot_id=row.bot_id,
        name=told.name,
        args=told.args if isinstance(told.args, dict) else {},
        by=told.by,
        state="requested",
        source=told.source,
        updated_at=_moment(row),
    )


def _after(view: CommandView, row: EventRow, told: CommandHandled) -> CommandView:
    at = _moment(row)
    changes: dict[str, Any] = {}
    stamp = f"{told.state}_at" if told.state in STEPS else "ended_at"
    if getattr(view, stamp) is None or told.state in ("applying", "applied"):
        changes[stamp] = at
    if told.state == "requested":
        changes |= {"by": told.by, "asked_because": told.asked_because, "seq": told.seq}
        changes["expires_at"] = _time(told.expires_at)
    else:
        changes |= {"by": view.by or told.by, "seq": view.seq if told.seq is None else told.seq}
    if _PLACE[told.state] >= _PLACE[view.state] and view.state not in ENDS:
        changes |= {"state": told.state, "updated_at": at}
        for name in ("reason_code", "reason", "left", "superseded_by", "open_orders", "positions"):
            changes[name] = getattr(told, name)
        changes["snapshot_at"] = _time(told.snapshot_at)
    return view.model_copy(update=changes)


def _aged(view: CommandView, now: datetime) -> CommandView:
    """A command that expired before the bot fetched it is over, whatever nobody told."""
    gone = view.expires_at is not None and view.expires_at <= now
    if gone and view.state in ("requested", "delivered"):
        return view.model_copy(
            update={"state": "expired", "ended_at": view.expires_at, "unfetched": True}
        )
    return view


def _moment(row: EventRow) -> datetime:
    return min(row.time, row.received_at)


def _time(value: object) -> datetime | None:
    try:
        return None if value is None else parse_instant(value)
    except ContractError:
        return None
