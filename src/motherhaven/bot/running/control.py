"""Control of a running bot from another terminal, through files beside its journal.

The running bot holds a lock, publishes its state and takes command files. The system
frees the lock however the bot ends, so what a dead bot left behind is never mistaken
for a running one. No signals, no shell: the same on every system.
"""

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal, cast, get_args

from motherhaven.contract import private
from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import ConfigError, InvalidJson
from motherhaven.contract.jsonio import dumps, loads
from motherhaven.contract.times import format_time
from motherhaven.recorder.filelock import FileLock

Verb = Literal["stop", "pause", "resume", "kill", "arm", "guide", "unfreeze"]

VERBS: Final = get_args(Verb)
EXPIRES: Final = timedelta(seconds=60)
_WAIT_SECONDS: Final = 10.0
_POLL_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Command:
    """One wish of the user for one run of the bot."""

    command_id: str
    verb: Verb
    arguments: Mapping[str, Any] = field(default_factory=dict)


class ControlServer:
    """The folder through which a bot is controlled: the running bot's side of it."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._commands = folder / "commands"
        self._clock = clock
        self._lock = FileLock(folder / "bot.lock")
        self._done: set[str] = set()
        self._run = ""

    @property
    def folder(self) -> Path:
        """The bot's own control folder."""
        return self._folder

    def enter(self, run: str) -> None:
        """Become the running bot; `run` names this run, commands for another are ignored.

        Raises:
            ConfigError: a bot runs here already, or the folder cannot be used.
        """
        try:
            private.make_folder(self._commands)
            free = self._lock.try_acquire()
        except OSError as error:
            raise ConfigError(
                f"{self._folder}: cannot be used ({error}); make it writable, or set "
                "MOTHERHAVEN_DATA"
            ) from None
        if not free:
            known = _state(self._folder)
            raise ConfigError(
                f"a bot is already running here (pid {known.get('pid', 'unknown')}); stop it with "
                "`python run_analysis_bot.py stop`, or give this one its own MOTHERHAVEN_DATA"
            )
        self._run = run
        for path in self._commands.iterdir():
            path.unlink(missing_ok=True)

    def leave(self) -> None:
        """Stop being the running bot; harmless when it is not."""
        self._lock.release()

    def publish(self, state: Mapping[str, Any]) -> None:
        """Say how the bot is; readers see the old or the new state, never half of one.

        Raises:
            OSError: the folder does not take it.
        """
        known = {"pid": os.getpid(), "run": self._run, **state}
        target = self._folder / "state.json"
        draft = target.with_suffix(".tmp")
        private.write(draft, dumps(known))
        draft.replace(target)

    def take(self) -> list[Command]:
        """Commands for this run that have not expired, each at most once, oldest first."""
        found: list[tuple[str, Command]] = []
        try:
            paths = sorted(self._commands.glob("*.json"))
        except OSError:
            return []
        for path in paths:
            command = self._read(path)
            path.unlink(missing_ok=True)
            if command is not None and command.command_id not in self._done:
                self._done.add(command.command_id)
                found.append((path.name, command))
        return [command for _, command in found]

    def _read(self, path: Path) -> Command | None:
        try:
            data = loads(path.read_bytes())
            sent = datetime.fromisoformat(data["at"])
            expired = self._clock.now() - sent > EXPIRES
            if data["run"] != self._run or expired or data["verb"] not in VERBS:
                return None
            arguments = data.get("arguments")
            return Command(
                str(data["id"]),
                cast("Verb", data["verb"]),
                arguments if isinstance(arguments, dict) else {},
            )
        except (OSError, InvalidJson, KeyError, TypeError, ValueError):
            return None


class ControlClient:
    """The other side: what a second terminal uses."""

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        new_id: Callable[[], str],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._new_id = new_id
        self._sleep = sleep

    def state(self) -> dict[str, Any] | None:
        """The running bot's own words; None when no bot runs."""
        if not self._folder.is_dir() or self._is_free():
            return None
        return _state(self._folder)

    def send(self, verb: Verb, arguments: Mapping[str, Any] | None = None) -> str:
        """Give a command and wait until it is done; returns what to tell the user.

        `arguments`: "flatten" of a kill; "text" and "hours" of a guide.

        Raises:
            ConfigError: no bot runs, or it did not answer in time.
        """
        before = self.state()
        if before is None:
            raise ConfigError("no bot is running here; start one with run_analysis_bot.py start")
        command_id = self._new_id()
        command = {
            "id": command_id,
            "verb": verb,
            "run": before.get("run", ""),
            "at": format_time(self._clock.now()),
            "arguments": dict(arguments or {}),
        }
        commands = self._folder / "commands"
        draft = commands / f"{command_id}.tmp"
        private.write(draft, json.dumps(command).encode())
        draft.replace(commands / f"{command_id}.json")
        deadline = self._clock.monotonic() + _WAIT_SECONDS
        while self._clock.monotonic() < deadline:
            now = self.state()
            if now is None:
                return "the bot has stopped"
            if verb != "stop" and now.get("last_command") == command_id:
                told = now.get("told")
                return f"the bot is {now.get('state')}" + (f": {told}" if told else "")
            self._sleep(_POLL_SECONDS)
        raise ConfigError(
            f"the bot (pid {before.get('pid')}) did not answer within {_WAIT_SECONDS:g} s; look at "
            "its log, or end that process"
        )

    def _is_free(self) -> bool:
        lock = FileLock(self._folder / "bot.lock")
        try:
            free = lock.try_acquire()
        except OSError:
            return True
        lock.release()
        return free


def _state(folder: Path) -> dict[str, Any]:
    try:
        return _object(folder / "state.json") or {}
    except InvalidJson:
        return {}


def _object(path: Path) -> dict[str, Any] | None:
    try:
        known = loads(path.read_bytes())
    except OSError:
        return None
    return known if isinstance(known, dict) else {}
