"""What the user's commands do to a running bot; each ends in a status on the record.

Commands of another terminal take the same path as those from afar: they are received on
disk, set their latch, are done and verified, and each state is an event.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from motherhaven.bot.control.book import Entry
from motherhaven.bot.running.control import Command
from motherhaven.bot.running.cycle import Cycle
from motherhaven.bot.running.killing import KillObeyer
from motherhaven.bot.running.station import ControlStation
from motherhaven.contract.control import read_args
from motherhaven.contract.errors import ConfigError, InvalidEvent

_GUIDED: Final = "the guidance was not taken: "
_REARMED: Final = "kill switch re-armed by hand: entries are allowed again"
_ENDED: Final = (
    "kill switch ended by hand; this arms NO live trading: a kill disarmed it, so no entry is "
    "sent until you arm the account: motherhaven arm"
)


def handle_command(
    command: Command,
    cycle: Cycle,
    now: datetime,
    next_at: datetime | None,
    station: ControlStation,
    killer: KillObeyer | None = None,
) -> str:
    """Do what the command says (all but stop) and return what to tell the user.

    `killer` has the kill latch, which anybody on this machine may set; a kill is there first.
    """
    sign = f"command {command.verb} ({command.command_id})"
    if command.verb == "pause":
        cycle.paused = True
        told = "paused: no decisions; stops and targets stay"
    elif command.verb == "resume":
        told = _resume(cycle, station)
    elif command.verb == "kill":
        flatten = command.arguments.get("flatten") is True
        if killer is not None and killer.latch is not None:
            killer.latch.engage(now, sign, flatten=flatten, hold=True)
        told = kill(station, flatten=flatten, command_id=command.command_id)
    elif command.verb == "arm":
        told = _armed(cycle, station)
    elif command.verb == "unfreeze":
        told = unfreeze(cycle, command.arguments)
    else:
        told = guide(cycle, now, command.arguments, station, command.command_id)
    cycle.status(f"{told}; {sign}", now, next_at=next_at)
    return told


def kill(station: ControlStation, *, flatten: bool, command_id: str = "") -> str:
    """Halt: no entries until armed by hand; with `flatten` every position is closed too.

    At a venue that answers later closing takes several steps; they go on by themselves.
    """
    entry = station.commands.give("halt", {}, command_id=command_id)
    if flatten:
        entry.closes, entry.coins = True, None
        station.book.save()
    station.step()
    if not flatten:
        return "kill switch engaged: no entries; stops and targets stay"
    if entry.state == "verified":
        return "kill switch engaged: every position closed, no entries"
    return "kill switch engaged: no entries; NOT FLAT yet: " + _left(entry)


def unfreeze(cycle: Cycle, arguments: Mapping[str, Any]) -> str:
    """The user takes over what was found in a coin: entries in it go on."""
    coin = str(arguments.get("coin") or "").upper()[:64]
    known = cycle.trader.watch.reconciler
    if known is None or not known.confirm(coin):
        return f"{coin}: not frozen, or its cause is still there; nothing was changed"
    return f"{coin}: taken over by hand; entries in it are allowed again"


def guide(
    cycle: Cycle,
    now: datetime,
    arguments: Mapping[str, Any],
    station: ControlStation,
    command_id: str = "",
) -> str:
    """Set or clear the guidance that the decider reads as data."""
    hours = arguments.get("hours")
    given = {"text": str(arguments.get("text") or "")}
    if hours is not None:
        given["hours"] = str(hours)
    try:
        args = read_args("guidance", given)
    except InvalidEvent as error:
        return f"{_GUIDED}{error}"
    entry = station.commands.give("guidance", args, command_id=command_id)
    station.step()
    if entry.state != "verified":
        return f"{_GUIDED}{entry.told.get('reason') or entry.state}"
    wish = cycle.guidance
    if wish is None:
        return "the guidance is cleared"
    if wish.until is None:
        return "the guidance holds until it is cleared"
    return f"the guidance holds until {wish.until:%Y-%m-%d %H:%M} UTC"


def _resume(cycle: Cycle, station: ControlStation) -> str:
    """End a pause, and the latch of no_entries; a halt is ended by `arm` alone."""
    cycle.paused = False
    halted = station.latches.find("halted")
    if halted is not None:
        return f"resumed: decisions are made; still {halted.told}, arm it to allow entries"
    if station.latches.find("no_entries") is None:
        return "resumed"
    return _arm(station, "resumed: entries are allowed again")


def _arm(station: ControlStation, told: str) -> str:
    """End every latch, the kill among them, by hand; `told` where that worked."""
    try:
        station.commands.arm()
    except (OSError, ConfigError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        return f"NOT armed: {why}; make the bot's control folder writable"
    return told


def _armed(cycle: Cycle, station: ControlStation) -> str:
    """End the kill switch, by hand. Live trading stays disarmed: a kill ends that for good."""
    real = cycle.trader.account.venue.capabilities.real_money
    return _arm(station, _ENDED if real else _REARMED)


def _left(entry: Entry) -> str:
    told = entry.told
    parts = [str(told[name]) for name in ("left", "reason") if told.get(name)]
    return "; ".join(parts) or "it goes on"
