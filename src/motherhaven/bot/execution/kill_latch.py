"""The kill latch, the one record of "this bot is killed": a file, on disk before anything is done.

Whoever stops entries for good writes it: a command here or from afar, a signal, a liquidation,
or anybody who makes the file KILL. Every reader asks it; only a person here ends it.
"""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from motherhaven.contract import private
from motherhaven.contract.errors import ConfigError, InvalidJson
from motherhaven.contract.jsonio import dumps, loads
from motherhaven.contract.times import format_time

KILL: Final = "KILL"
_MOST: Final = 4_096
Version = tuple[int, int, int] | None
"""What tells one content of a file from another; None where there is no file."""


@dataclass(frozen=True, slots=True)
class Kill:
    """The kill latch as it stands; `flatten` closes everything too.

    `by` and `command_id` tell who halted it where that was a command.
    """

    flatten: bool = False
    reason: str = "the file KILL"
    at: str = ""
    by: str = ""
    command_id: str = ""


_UNWRITTEN: Final[dict[Path, Kill]] = {}
"""Kills that the disk has not taken: they hold in this process, for every latch of their file."""


class KillLatch:
    """The file KILL: while it is there nothing is entered, whoever made it and with whatever."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / KILL
        self._folder = folder
        self._seen: Version = None
        self._kill: Kill | None = None

    def read(self) -> Kill | None:
        """The latch as it is on disk; None where nobody killed the bot.

        A folder that cannot be looked into counts as killed: nothing is entered on a guess.
        What the disk did not take is tried again.
        """
        held = _UNWRITTEN.get(self.path)
        if held is not None and self._write(held) is not None:
            return held
        try:
            version = version_of(self.path)
        except OSError as error:
            return Kill(reason=f"the control folder cannot be read ({error.strerror})")
        if version is None:
            self._kill = None
        elif version != self._seen or self._kill is None:
            self._kill = _kill(self.path)
        self._seen = version
        return self._kill

    def engage(
        self,
        at: datetime,
        reason: str,
        *,
        flatten: bool = False,
        hold: bool = False,
        by: str = "",
        command_id: str = "",
    ) -> Kill:
        """Kill; it is on disk when this returns. Flattening once asked for stays.

        With `hold` a disk that does not take it stops no kill: it holds in this process.

        Raises:
            ConfigError: the folder cannot be written, without `hold`.
        """
        before = self.read()
        closes = flatten or bool(before and before.flatten)
        made = Kill(closes, reason[:500], format_time(at), by[:200], command_id[:128])
        if before is not None and before.flatten is made.flatten and self._seen is not None:
            return before
        failed = self._write(made)
        if failed is not None and not hold:
            raise unwritable(self._folder, failed)
        if failed is not None:
            _UNWRITTEN[self.path] = made
        return made

    def _write(self, kill: Kill) -> OSError | None:
        """Have a kill on disk; why it is not there, None where it is."""
        body = {"at": kill.at, "reason": kill.reason, "flatten": kill.flatten}
        who = {"by": kill.by, "command_id": kill.command_id}
        body |= {name: value for name, value in who.items() if value}
        try:
            private.make_folder(self._folder)
            private.replace(self.path, dumps(body))
        except OSError as error:
            return error
        _UNWRITTEN.pop(self.path, None)
        return None

    @property
    def stored(self) -> bool:
        """Whether the disk has taken all that it was given."""
        return self.path not in _UNWRITTEN

    def clear(self) -> bool:
        """End the kill, by hand only; whether there was one.

        Raises:
            ConfigError: the file cannot be removed.
        """
        held = _UNWRITTEN.pop(self.path, None)
        try:
            self.path.unlink()
        except FileNotFoundError:
            return held is not None
        except OSError as error:
            raise unwritable(self._folder, error) from None
        return True


def version_of(path: Path) -> Version:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    except NotADirectoryError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size


def _kill(path: Path) -> Kill:
    """What the file says; whatever it holds, its being there kills."""
    try:
        data = read_bytes(path, _MOST)
    except FileNotFoundError:
        return Kill()
    except OSError as error:
        return Kill(reason=f"the file KILL, which cannot be read ({error.strerror})")
    if data.strip().lower() == b"flatten":
        return Kill(flatten=True)
    try:
        known = loads(data)
    except InvalidJson:
        return Kill()
    if not isinstance(known, dict):
        return Kill()
    reason, at = str(known.get("reason") or "the file KILL")[:500], str(known.get("at") or "")[:40]
    by, command = str(known.get("by") or "")[:200], str(known.get("command_id") or "")[:128]
    return Kill(known.get("flatten") is True, reason, at, by, command)


def read_bytes(path: Path, most: int) -> bytes:
    with path.open("rb") as file:
        return file.read(most)


def unwritable(folder: Path, error: OSError) -> ConfigError:
    why = error.strerror or os.strerror(error.errno or 0)
    return ConfigError(f"{folder}: cannot be written ({why}); free some space or make it writable")
