"""What is worth waking somebody: pure, from what is known and the time to what is wrong."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from urllib.parse import quote

from motherhaven.contract.views import BotRow, StatusRow
from motherhaven.server.alerts.halts import Halts, is_over
from motherhaven.server.alerts.send import LINK
from motherhaven.server.figures.bots import DEFAULT_INTERVAL_SECONDS
from motherhaven.stores.names import shown_name

GRACE_SECONDS: Final = 2.0
"""A heartbeat is late this long after twice its bot's interval."""

FORGOTTEN_SECONDS: Final = 86_400.0
"""A bot that has been silent for longer than this is no news, such as one just imported."""

LOW_DISK_BYTES: Final = 256 << 20
URGENT: Final = "URGENT"

Spans = Sequence[tuple[datetime, datetime]]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a server sees. `since`: when it began to listen, before which silence is its own.

    `deaf`: when it could not hear since, oldest first. `free_bytes`: of the server's disk;
    None where that says nothing. `same`: the bots whose name another one has. `told`: the
    names of what was told and is not over. `page`: where the server is reached, for links.
    """

    now: datetime
    since: datetime
    bots: Sequence[BotRow] = ()
    halts: Halts | None = None
    free_bytes: int | None = None
    told: frozenset[str] = frozenset()
    page: str = ""
    deaf: Spans = ()
    same: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something wrong now. `name` is the same as long as it lasts; `over` tells its end."""

    name: str
    text: str
    over: str


def troubles(facts: Facts) -> dict[str, Trouble]:
    """Everything that is wrong, by name."""
    found = [one for bot in facts.bots for one in _safely_of_bot(bot, facts)]
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


def _safely_of_bot(bot: BotRow, facts: Facts) -> Iterable[Trouble]:
    """What is wrong with one bot; that its data cannot be judged is told, and stops no other."""
    try:
        return [_linked(one, bot, facts.page) for one in _of_bot(bot, facts)]
    except Exception as error:  # noqa: BLE001  boundary of one bot, whatever its data hold
        return [unwatched(bot.id, f"{type(error).__name__}: {error}")]


def _linked(trouble: Trouble, bot: BotRow, page: str) -> Trouble:
    """The trouble with the way to the bot's panel of commands; a bot's own text has no link."""
    text = trouble.text.replace(LINK, " ")
    if page:
        text += f"{LINK}{page}/llm-bot/bot?id={quote(bot.id, safe='')}#control"
    return replace(trouble, text=text)


def unwatched(bot_id: str, why: str) -> Trouble:
    """That the watch cannot judge one bot."""
    return Trouble(
        f"watch:{bot_id}",
        f"WATCH: alerts cannot judge the bot {bot_id} ({why[:200]}); look at it on the dashboard",
        f"the bot {bot_id} is watched again",
    )


def _of_bot(bot: BotRow, facts: Facts) -> Iterable[Trouble]:
    who = f"{shown_name(bot, facts.same)} ({bot.mode})"
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
    if "bare" in halts:
        yield Trouble(
            f"bare:{bot.id}",
            f"{URGENT}: NO STOP: {who}: {halts['bare']}; look at the venue and place one",
            f"{who}: every position is protected again",
        )
    if "loss" in halts and not is_over(halts["loss"], facts.now):
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
    if f"late:{bot.id}" in facts.told:  # over only when a heartbeat came, not by a restart
        is_late = silent > _patience(status)
    else:
        is_late = _silence(status, facts) > _patience(status) and silent <= FORGOTTEN_SECONDS
    if not is_late:
        return None
    interval = status.interval_seconds or DEFAULT_INTERVAL_SECONDS
    text = f"no heartbeat from {who} for {silent:.0f} s (it should come every {interval} s)"
    held = bot.stats.open_positions
    if held:
        noun = "POSITION" if held == 1 else "POSITIONS"
        text = f"{URGENT}: {held} OPEN {noun} UNATTENDED: {text}; check the bot and the venue now"
    return Trouble(f"late:{bot.id}", text, f"{who} is back: its heartbeat arrived again")


def _patience(status: StatusRow) -> float:
    return 2 * (status.interval_seconds or DEFAULT_INTERVAL_SECONDS) + GRACE_SECONDS


def _silence(status: StatusRow, facts: Facts) -> float:
    """Seconds without a heartbeat in which this server would have heard one."""
    start = max(status.received_at, facts.since)
    silence = (facts.now - start).total_seconds()
    for begin, end in facts.deaf:
        missed = min(end, facts.now) - max(begin, start)
        silence -= max(0.0, missed.total_seconds())
    return silence
