"""What stops entries until somebody lifts it: files on the bot's disk, read before every send.

A halt is the kill latch, the file KILL, whoever made it; `no_entries` is a latch of its own.
"""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, get_args

from motherhaven.bot.control import durable
from motherhaven.bot.execution.kill_latch import KillLatch
from motherhaven.contract.errors import ContractError
from motherhaven.contract.jsonio import dumps, loads
from motherhaven.contract.times import format_time, parse_instant

LatchName = Literal["halted", "no_entries"]
LATCHES: Final[tuple[LatchName, ...]] = get_args(LatchName)
"""The stronger one first: a halt is lifted by hand alone, on the bot's own machine."""


@dataclass(frozen=True, slots=True)
class Latch:
    """One latch: since when, by whom, by which command and why. Unknown: the file is damaged."""

    name: LatchName
    at: datetime | None = None
    by: str = ""
    command_id: str = ""
    reason: str | None = None

    @property
    def told(self) -> str:
        """The latch in words."""
        what = "halted" if self.name == "halted" else "no entries"
        since = f" since {self.at:%Y-%m-%d %H:%M:%S} UTC" if self.at else ""
        return f"{what}{since}{f' by {self.by}' if self.by else ''}"

    def encoded(self) -> dict[str, Any]:
        """The latch as JSON."""
        told = {
            "name": self.name,
            "at": None if self.at is None else format_time(self.at),
            "by": self.by,
            "command_id": self.command_id,
            "reason": self.reason,
        }
        return {key: value for key, value in told.items() if value}


class Latches:
    """The latches of one bot. A file that is there counts, whatever it holds, and an empty
    halted.latch counts as a halt too.

    Any thread may set one. Where the disk does not take it, it holds for as long as the
    process lives, and `store` tries again.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kill = KillLatch(folder)
        self._lock = threading.Lock()
        self._unwritten: dict[LatchName, Latch] = {}

    def path(self, name: LatchName) -> Path:
        """Where a latch is kept that is a file of its own, or was made by hand."""
        return self._folder / f"{name}.latch"

    def set(self, latch: Latch) -> bool:
        """Set a latch; one that is set stays as it is. Whether it is on the disk now."""
        with self._lock:
            if self.find(latch.name) is None and latch.name == "halted":
                self._halt(latch)
            elif self.find(latch.name) is None:
                self._unwritten[latch.name] = latch
            return self._store()

    def store(self) -> bool:
        """Write what the disk has not taken yet; whether nothing is left to write."""
        with self._lock:
            return self._store()

    def _halt(self, latch: Latch) -> None:
        at = latch.at or datetime.now(UTC)
        self._kill.engage(
            at, latch.reason or latch.told, hold=True, by=latch.by, command_id=latch.command_id
        )

    def _store(self) -> bool:
        for latch in list(self._unwritten.values()):
            try:
                durable.write(self.path(latch.name), dumps(latch.encoded()))
            except OSError:
                return False
            self._unwritten.pop(latch.name, None)
        self._kill.read()  # it tries again to have on disk what was not taken
        return self._kill.stored

    def find(self, name: LatchName) -> Latch | None:
        """The latch as it is, None where it is not set."""
        kill = self._kill.read() if name == "halted" else None
        if kill is not None:
            return Latch("halted", _time(kill.at), kill.by, kill.command_id, kill.reason)
        known = self._unwritten.get(name)
        if known is not None:
            return known
        try:
            told = loads(self.path(name).read_bytes())
            at = told.get("at")
            return Latch(
                name,
                None if at is None else parse_instant(at),
                str(told.get("by") or "")[:200],
                str(told.get("command_id") or "")[:128],
                told.get("reason"),
            )
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ContractError, AttributeError):
            return Latch(name)

    def held(self) -> tuple[Latch, ...]:
        """The latches that are set, the strongest first."""
        return tuple(one for name in LATCHES if (one := self.find(name)) is not None)

    def lift(self, name: LatchName) -> None:
        """Take a latch off.

        Raises:
            OSError: it stays set.
            ConfigError: the kill latch stays set.
        """
        with self._lock:
            durable.remove(self.path(name))
            if name == "halted":
                self._kill.clear()
            self._unwritten.pop(name, None)

    def gate(self, reduces: bool, /) -> str | None:
        """Why an order must not be sent now: a `SendGate`. What only reduces always may."""
        if reduces:
            return None
        for name in LATCHES:
            killed = name == "halted" and self._kill.read() is not None
            if killed or name in self._unwritten or _is_there(self.path(name)):
                latch = self.find(name)
                return f"entries are stopped: {(latch or Latch(name)).told}"
        return None


def _time(text: str) -> datetime | None:
    """When a kill was; None where the file does not say it."""
    try:
        return parse_instant(text) if text else None
    except ContractError:
        return None


def _is_there(path: Path) -> bool:
    """Whether there is such a file; where that cannot be told there is."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True
