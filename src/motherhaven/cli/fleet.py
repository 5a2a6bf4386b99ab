"""`motherhaven fleet`: many bots from one file."""

import asyncio
from pathlib import Path

import typer

from motherhaven.bot.fleet.plan import read_fleet
from motherhaven.bot.fleet.run import control_client, fleet_status, run_fleet
from motherhaven.cli.output import emit, say
from motherhaven.contract.errors import ConfigError
from motherhaven.settings import SystemClock, require_names


def fleet(path: Path, word: str) -> None:
    """Start a fleet here, or tell or end one that runs.

    Raises:
        ConfigError: the file is wrong, the fleet runs already, or does not answer.
    """
    plan, clock = read_fleet(path), SystemClock()
    if word == "start":
        for warning in require_names():
            say(f"Settings: {warning}")
        if not asyncio.run(run_fleet(plan, clock)):
            raise typer.Exit(1)
    elif word == "status":
        text, alive = fleet_status(plan, clock)
        emit(text)
        if not alive:
            raise typer.Exit(3)
    elif word == "stop":
        found = control_client(plan, clock)
        if found.state() is None:
            emit("no fleet is running here")
            return
        emit(found.send("stop").replace("the bot has", "the fleet has"))
    else:
        raise ConfigError(f"{word!r}: use start, status or stop")
