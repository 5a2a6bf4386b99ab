"""A fleet as processes of this machine: start, watch, tell, end."""

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from motherhaven.bot.fleet.plan import BotPlan, FleetPlan
from motherhaven.bot.fleet.supervisor import Member, Process, Supervisor
from motherhaven.bot.running.control import ControlClient, ControlServer
from motherhaven.bot.running.entry import stop_on_signals
from motherhaven.bot.running.logs import configure_bot_logging
from motherhaven.contract.clock import Clock
from motherhaven.contract.display import for_terminal
from motherhaven.contract.ids import IdSource
from motherhaven.settings import child_environment, load_settings

_MODULE: Final = "motherhaven.bot"
_WORDS: Final = 300
_POLL_SECONDS: Final = 0.2
_HEAD: Final = (
    "bot", "state", "decider", "market", "equity", "positions", "restarts", "trouble",
)  # fmt: skip


class BotProcess:
    """A bot's process: its lines are passed on with its name, its stdin ends with ours."""

    def __init__(self, process: asyncio.subprocess.Process, relay: "asyncio.Task[None]") -> None:
        self._process = process
        self._relay = relay

    @property
    def pid(self) -> int:
        """The system's number for it."""
        return self._process.pid

    async def wait(self) -> int:
        """Its exit code, once it has ended and its last line was passed on."""
        code = await self._process.wait()
        await asyncio.wait({self._relay}, timeout=1.0)
        return code

    def terminate(self) -> None:
        """Ask it to end."""
        if self._process.returncode is None:
            self._process.terminate()

    def kill(self) -> None:
        """End it."""
        if self._process.returncode is None:
            self._process.kill()


def spawner(
    plan: FleetPlan, write: Callable[[str], None]
) -> Callable[[Member], "asyncio.Future[Process]"]:
    """Starts a member's process with the environment of its plan."""
    by_name = {bot.name: bot for bot in plan.bots}

    async def spawn(member: Member) -> Process:
        bot = by_name[member.name]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", _MODULE, "start", "--with-parent",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=child_environment(**bot.environment),
        )  # fmt: skip
        assert process.stdout is not None
        relay = asyncio.ensure_future(_relay(process.stdout, member, write))
        return BotProcess(process, relay)

    return lambda member: asyncio.ensure_future(spawn(member))


async def run_fleet(plan: FleetPlan, clock: Clock, stop: asyncio.Event | None = None) -> bool:
    """Run the fleet until Ctrl-C, SIGTERM or `fleet FILE stop`; False if a bot was given up.

    Raises:
        ConfigError: this fleet runs already, or its folder cannot be used.
    """
    ends = asyncio.Event() if stop is None else stop
    stop_on_signals(ends)
    settings = load_settings()
    undo = configure_bot_logging(settings.log_dir, settings.log_level, "fleet")
    server = ControlServer(_control(plan), clock)
    server.enter(IdSource(clock, os.urandom).new())
    commands = asyncio.ensure_future(_handle_commands(server, ends))

    def publish(members: Mapping[str, Member]) -> None:
        shown = [member.public() for member in members.values()]
        server.publish({"state": "running", "members": shown})

    supervisor = Supervisor(
        [bot.name for bot in plan.bots], spawner(plan, _line), clock, changed=publish
    )
    publish(supervisor.members)
    try:
        await supervisor.run(ends)
    finally:
        commands.cancel()
        await asyncio.gather(commands, return_exceptions=True)
        server.leave()
        undo()
    return not any(member.state == "given up" for member in supervisor.members.values())


def fleet_status(plan: FleetPlan, clock: Clock) -> tuple[str, bool]:
    """All bots of a fleet as a table, and whether the fleet or any of its bots runs."""
    known = control_client(plan, clock).state()
    members = {str(m["name"]): m for m in (known or {}).get("members", ())}
    rows: list[tuple[str, ...]] = [_HEAD]
    alive = known is not None
    for bot in plan.bots:
        state = ControlClient(bot.control, clock, str).state()
        alive = alive or state is not None
        rows.append(_row(bot, members.get(bot.name, {}), state or {}))
    rows = [tuple(map(for_terminal, row)) for row in rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    head = "no fleet is running here" if known is None else f"fleet running (pid {known['pid']})"
    return "\n".join([head, *lines]), alive


def control_client(plan: FleetPlan, clock: Clock) -> ControlClient:
    """The other side of the fleet's control: what a second terminal uses."""
    return ControlClient(_control(plan), clock, IdSource(clock, os.urandom).new)


def _row(bot: BotPlan, member: Mapping[str, Any], state: Mapping[str, Any]) -> tuple[str, ...]:
    held = state.get("positions") or {}
    trouble = state.get("trouble") or ("" if state else member.get("last_words")) or ""
    if state.get("kill_switch"):
        trouble = f"kill switch engaged; {trouble}".rstrip("; ")
    return (
        bot.name,
        str(state.get("state") or member.get("state") or "not running"),
        str(state.get("decider") or bot.settings.trading_decider),
        str(state.get("market") or bot.settings.trading_market),
        str(state.get("equity") or "-"),
        ", ".join(f"{coin} {size}" for coin, size in held.items()) or "-",
        str(member.get("restarts", 0)),
        str(trouble)[:100],
    )


async def _relay(
    stream: asyncio.StreamReader, member: Member, write: Callable[[str], None]
) -> None:
    while True:
        try:
            line = await stream.readline()
        except ValueError:
            continue  # a line beyond the reader's bound: the rest of it follows
        if not line:
            return
        words = line.decode("utf-8", "replace").rstrip()
        if words:
            member.last_words = words[:_WORDS]
            write(f"[{member.name}] {words}")


async def _handle_commands(server: ControlServer, stop: asyncio.Event) -> None:
    while not stop.is_set():
        if any(command.verb == "stop" for command in server.take()):
            stop.set()
        await asyncio.sleep(_POLL_SECONDS)


def _line(text: str) -> None:
    sys.stdout.write(for_terminal(text) + "\n")
    sys.stdout.flush()


def _control(plan: FleetPlan) -> Path:
    return plan.data / "fleet.control"
