"""What is worth waking somebody: pure, from what is known and the time to what is wrong."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from motherhaven.contract.events import Event
from motherhaven.contract.jsonio import loads
from motherhaven.contract.views import BotRow
from motherhaven.server.bots import DEFAULT_INTERVAL_SECONDS

GRACE_SECONDS: Final = 2.0
"""A heartbeat is late this long after twice its bot's interval."""

FORGOTTEN_SECONDS: Final = 86_400.0
"""A bot that has been silent for longer than this is no news, such as one just imported."""

LOW_DISK_BYTES: Final = 256 << 20
URGENT: Final = "URGENT"

_DAILY_LOSS: Final = re.compile(r"daily[ _-]loss|today's loss", re.IGNORECASE)
_KILLED: Final = re.compile(r"kill[ _-]switch(?!.*re-armed)", re.IGNORECASE)

Halt = Literal["kill", "loss"]
Halts = Mapping[str, Mapping[Halt, str]]
"""For each bot what stands in its way: "kill": why, "loss": the UTC day, as ISO text."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a server sees. `since`: when it began to listen, before which silence is its own.

    `free_bytes`: of the server's disk; None where that says nothing. `told`: the names of
    what was told and is not over.
    """

    now: datetime
    since: datetime
    bots: Sequence[BotRow] = ()
    halts: Halts | None = None
    free_bytes: int | None = None
    told: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something wrong now. `name` is the same as long as it lasts; `over` tells its end."""

    name: str
    text: str
    over: str


def troubles(facts: Facts) -> dict[str, Trouble]:
    """Everything that is wrong, by name."""
    found = [one for bot in facts.bots for one in _of_bot(bot, facts)]
    if facts.free_bytes is not None and facts.free_bytes < LOW_DISK_BYTES:
        free = facts.free_bytes >> 20
        found.append(
            Trouble(
                "server:disk",
                f"DISK: the server has only {free} MB left; free some, or it takes no events",
                "disk: the server has enough free space again",
            )
        )
    return {one.name: one for one in found}


def _of_bot(bot: BotRow, facts: Facts) -> Iterable[Trouble]:
    who = f"{bot.name or bot.id} ({bot.mode})"
    late = _late(bot, facts, who)
    if late is not None:
        yield late
    status = bot.status
    if status is not None and (status.quarantined or 0) > 0:
        yield Trouble(
            f"quarantine:{bot.id}",
            f"{who}: {status.quarantined} records were refused and set aside; see its errors",
            f"{who}: no records are set aside any more",
        )
    halts = (facts.halts or {}).get(bot.id, {})
    if "kill" in halts:
        yield Trouble(
            f"kill:{bot.id}",
            f"KILL SWITCH: {who} opens nothing until it is armed by hand: {halts['kill']}",
            f"{who}: the kill switch is armed again",
        )
    if halts.get("loss") == facts.now.date().isoformat():
        yield Trouble(
            f"loss:{bot.id}",
            f"DAILY LOSS: {who} has reached its limit and opens nothing more today",
            f"{who}: the daily loss no longer stops it",
        )


def _late(bot: BotRow, facts: Facts, who: str) -> Trouble | None:
    """By the server's own clock: a bot whose clock is wrong is neither late nor in time."""
    status = bot.status
    if status is None or status.status == "stopped":
        return None
    silent = (facts.now - status.received_at).total_seconds()
    heard = (facts.now - max(status.received_at, facts.since)).total_seconds()
    interval = status.interval_seconds or DEFAULT_INTERVAL_SECONDS
    patience = 2 * interval + GRACE_SECONDS
    if f"late:{bot.id}" in facts.told:  # over only when a heartbeat came, not by a restart
        is_late = silent > patience
    else:
        is_late = heard > patience and silent <= FORGOTTEN_SECONDS
    if not is_late:
        return None
    text = f"no heartbeat from {who} for {silent:.0f} s (it should come every {interval} s)"
    held = bot.stats.open_positions
    if held:
        noun = "POSITION" if held == 1 else "POSITIONS"
        text = f"{URGENT}: {held} OPEN {noun} UNATTENDED: {text}; check the bot and the venue now"
    return Trouble(f"late:{bot.id}", text, f"{who} is back: its heartbeat arrived again")


def fold_halts(halts: Halts, events: Iterable[Event]) -> dict[str, dict[Halt, str]]:
    """`halts` after some more events: kill and daily loss, engaged and lifted."""
    after = {bot: dict(known) for bot, known in halts.items()}
    for event in events:
        if event.kind not in {"status", "decision"} or event.received_at is None:
            continue
        known = after.setdefault(event.bot_id, {})
        payload = loads(event.payload)
        if not isinstance(payload, Mapping):
            continue
        day = event.received_at.date().isoformat()
        if event.kind == "status":
            _fold_status(known, payload, day)
        else:
            _fold_verdict(known, payload, day)
        if not known:
            del after[event.bot_id]
    return after


def _fold_status(known: dict[Halt, str], payload: Mapping[str, Any], day: str) -> None:
    words = f"{payload.get('message') or ''} {payload.get('error') or ''}".strip()
    if payload.get("kill_switch") is True or _KILLED.search(words):
        known.setdefault("kill", words[:200] or "engaged")
    else:
        known.pop("kill", None)
    if _DAILY_LOSS.search(words):
        known["loss"] = day


def _fold_verdict(known: dict[Halt, str], payload: Mapping[str, Any], day: str) -> None:
    verdict = payload.get("verdict")
    if not isinstance(verdict, Mapping):
        return
    entry = payload.get("signal") in {"buy_to_enter", "sell_to_enter"}
    if verdict.get("rule") == "daily_loss":
        known["loss"] = day
    elif verdict.get("rule") == "kill_switch":
        known.setdefault("kill", str(verdict.get("reason") or "engaged")[:200])
    elif entry and verdict.get("allowed") is True:
        known.clear()
