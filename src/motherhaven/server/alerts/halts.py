"""What stands in a bot's way, from its own reports: pure, folded event by event."""

import json
import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from motherhaven.contract.events import Event
from motherhaven.contract.legacy_reasons import legacy_halts

LOG: Final = logging.getLogger("motherhaven.server")

Halt = Literal["kill", "loss", "zone", "bare"]
Halts = Mapping[str, Mapping[Halt, str]]
"""For each bot: "kill": why, "loss": when the day ends that it has lost too much in.

"zone" is the time zone of its trading day, where that is known not to be UTC. "bare": which
positions have been without a stop that covers them for BARE_SECONDS or more, by its own word.
"""

_LONGEST_ZONE: Final = 64
BARE_SECONDS: Final = 30
_EXEMPT: Final = "stop_exempt"
_MOST_BARE: Final = 5


def is_over(day_end: str, now: datetime) -> bool:
    """Whether the day of a "loss" has ended; one that another version wrote has."""
    try:
        return now >= datetime.fromisoformat(day_end)
    except (ValueError, TypeError):
        return True


def fold_halts(halts: Halts, events: Iterable[Event]) -> dict[str, dict[Halt, str]]:
    """`halts` after some more events: kill and daily loss, engaged and lifted."""
    after = {bot: dict(known) for bot, known in halts.items()}
    for event in events:
        if event.kind not in {"status", "decision"} or event.received_at is None:
            continue
        known = dict(after.pop(event.bot_id, {}))
        try:
            _fold(known, event, event.received_at)
        except Exception:  # boundary of one event: whatever it holds, the others count
            LOG.exception(
                "event %s could not be read for the alerts and was left out", event.event_id
            )
        if known:
            after[event.bot_id] = known
    return after


def _fold(known: dict[Halt, str], event: Event, at: datetime) -> None:
    payload = json.loads(event.payload)  # the store could read it, so this can too
    if not isinstance(payload, Mapping):
        return
    if event.kind == "status":
        _fold_status(known, payload, at)
    else:
        _fold_verdict(known, payload, at)


def _fold_status(known: dict[Halt, str], payload: Mapping[str, Any], at: datetime) -> None:
    zone = payload.get("day_zone")
    if isinstance(zone, str) and len(zone) <= _LONGEST_ZONE:
        known["zone"] = zone
        if zone == "UTC":
            del known["zone"]
    words = f"{payload.get('message') or ''} {payload.get('error') or ''}".strip()
    # Our own bots name their decider, and tell a halt by field and code; others only in words.
    told = frozenset() if payload.get("decider") is not None else legacy_halts(words)
    if payload.get("kill_switch") is True or "kill_switch" in told:
        known.setdefault("kill", words[:200] or "engaged")
    else:
        known.pop("kill", None)
    bare = _bare(payload.get("protection"))
    if bare:
        known["bare"] = bare
    else:
        known.pop("bare", None)
    if payload.get("error_code") == "daily_loss" or "daily_loss" in told:
        known["loss"] = _day_end(at, known.get("zone"))


def _bare(protection: object) -> str:
    """The positions that lack protection, in words; "" where there is none or nothing is told."""
    lacking = protection.get("lacking") if isinstance(protection, Mapping) else None
    told = []
    for one in lacking if isinstance(lacking, list) else ():
        if not isinstance(one, Mapping) or one.get("reason_code") == _EXEMPT:
            continue
        seconds = one.get("seconds")
        if isinstance(seconds, int | float) and seconds >= BARE_SECONDS:
            state = str(one.get("state"))[:20]
            told.append(f"{str(one.get('coin'))[:20]} {state} ({str(one.get('reason_code'))[:40]})")
    return ", ".join(told[:_MOST_BARE])


def _fold_verdict(known: dict[Halt, str], payload: Mapping[str, Any], at: datetime) -> None:
    verdict = payload.get("verdict")
    if not isinstance(verdict, Mapping):
        return
    entry = payload.get("signal") in {"buy_to_enter", "sell_to_enter"}
    if verdict.get("rule") == "daily_loss":
        known["loss"] = _day_end(at, known.get("zone"))
    elif verdict.get("rule") == "kill_switch":
        known.setdefault("kill", str(verdict.get("reason") or "engaged")[:200])
    elif entry and verdict.get("allowed") is True:
        known.pop("kill", None)
        known.pop("loss", None)


def _day_end(at: datetime, zone: str | None) -> str:
    """When the trading day of `at` ends: the next midnight in `zone`, UTC where it is unknown."""
    try:
        place = ZoneInfo(zone) if zone else UTC
    except (KeyError, ValueError, OSError):  # a name that this machine has no zone for
        place = UTC
    tomorrow = at.astimezone(place).date() + timedelta(days=1)
    midnight = datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=place)
    return midnight.astimezone(UTC).isoformat()
