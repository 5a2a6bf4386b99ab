"""What the user's commands do to a running bot; each ends in a status on the record."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from motherhaven.bot.decider.guidance import read_guidance
from motherhaven.bot.running.control import Command
from motherhaven.bot.running.cycle import Cycle
from motherhaven.contract.errors import ConfigError


def handle_command(command: Command, cycle: Cycle, now: datetime, next_at: datetime | None) -> str:
    """Do what the command says (all but stop) and return what to tell the user."""
    sign = f"command {command.verb} ({command.command_id})"
    if command.verb == "pause":
        cycle.paused = True
        told = "paused: no decisions; stops and targets stay"
    elif command.verb == "resume":
        cycle.paused = False
        told = "resumed"
    elif command.verb == "kill":
        told = kill(cycle, now, sign, flatten=command.arguments.get("flatten") is True)
    elif command.verb == "arm":
        cycle.trader.kill = cycle.trader.kill.rearm()
        told = "kill switch re-armed by hand: entries are allowed again"
    else:
        told = guide(cycle, now, command.arguments)
    cycle.status(f"{told}; {sign}", now, next_at=next_at)
    return told


def kill(cycle: Cycle, now: datetime, sign: str, *, flatten: bool) -> str:
    """No entries until armed by hand; with `flatten` every position is closed at its mark."""
    trader = cycle.trader
    trader.stop_entries(f"kill switch: {sign}", now)
    if not flatten:
        return "kill switch engaged: no entries; stops and targets stay"
    trader.kill = trader.kill.engage(now, sign, flatten=True)
    trader.flatten(now)
    trader.report_account(now)
    return "kill switch engaged: every position closed, no entries"


def guide(cycle: Cycle, now: datetime, arguments: Mapping[str, Any]) -> str:
    """Set or clear the guidance that the decider reads as data."""
    hours = arguments.get("hours")
    try:
        wish = read_guidance(
            str(arguments.get("text") or ""), None if hours is None else float(hours), now
        )
    except (ConfigError, TypeError, ValueError) as error:
        return f"the guidance was not taken: {error}"
    cycle.guidance = wish
    if wish is None:
        return "the guidance is cleared"
    if wish.until is None:
        return "the guidance holds until it is cleared"
    return f"the guidance holds until {wish.until:%Y-%m-%d %H:%M} UTC"
