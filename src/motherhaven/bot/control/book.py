"""The commands that this bot knows, in a file that outlives it: ids seen, and how far each is."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from motherhaven.bot.control import durable
from motherhaven.contract.control import Command, read_command
from motherhaven.contract.errors import ContractError
from motherhaven.contract.events.command import ENDS, CommandState
from motherhaven.contract.jsonio import dumps, loads
from motherhaven.contract.times import format_time, parse_instant

KEPT: Final = 500
"""Commands that are over, of which the id and the last word are remembered."""

_MOST_MISSING: Final = 200


@dataclass(slots=True)
class Entry:
    """One command as the bot has it.

    `told` is its last acknowledgement, to be said again if it comes again. `coins` are to be
    closed (None: all), with `closes`; `target` is the unsigned size that `reduce` leaves, and
    `side` the sign of the position then. `tries` counts how often it was worked on.
    """

    command: Command
    state: CommandState
    source: str | None = None
    told: dict[str, Any] = field(default_factory=dict)
    closes: bool = False
    coins: frozenset[str] | None = None
    target: Decimal | None = None
    side: int = 0
    since: datetime | None = None
    """When it was applied first, or received before that."""
    warned_at: datetime | None = None
    next_at: datetime | None = None
    tries: int = 0

    @property
    def over(self) -> bool:
        """Whether nothing more happens to it."""
        return self.state in ENDS


class CommandBook:
    """The entries by id, and the highest `seq` that was seen; safe from two threads.

    `save` writes it; `is_saved` says whether the disk has all of it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.lock = threading.RLock()
        self._entries: dict[str, Entry] = {}
        self.seq = 0
        self._missing: set[int] = set()
        self.is_saved = True
        self.damage: str | None = None
        self._load()

    def find(self, command_id: str) -> Entry | None:
        """The command of this id, if it was seen."""
        return self._entries.get(command_id)

    def active(self) -> list[Entry]:
        """Commands that are not over, oldest first."""
        with self.lock:
            return [entry for entry in self._entries.values() if not entry.over]

    def is_new(self, seq: int) -> bool:
        """Whether a `seq` is above what was seen, or one that was passed over."""
        return seq == 0 or seq > self.seq or seq in self._missing

    def pass_to(self, seq: int) -> None:
        """The server has given numbers up to `seq`; those between may still come."""
        with self.lock:
            if seq > self.seq:
                first = max(self.seq + 1, seq - _MOST_MISSING)
                self._missing.update(range(first, seq))
                self.seq = seq
                self._missing = set(sorted(self._missing)[-_MOST_MISSING:])
            self._missing.discard(seq)

    def add(self, entry: Entry) -> None:
        """Remember a command that was not seen before."""
        with self.lock:
            self._entries[entry.command.id] = entry
            over = [name for name, one in self._entries.items() if one.over]
            for name in over[: max(0, len(over) - KEPT)]:
                del self._entries[name]

    def save(self) -> bool:
        """Have all of it on the disk; False where that does not work now."""
        with self.lock:
            data = dumps(
                {
                    "seq": self.seq,
                    "missing": sorted(self._missing),
                    "commands": [_encoded(entry) for entry in self._entries.values()],
                }
            )
            try:
                durable.write(self._path, data)
            except OSError:
                self.is_saved = False
            else:
                self.is_saved = True
            return self.is_saved

    def _load(self) -> None:
        try:
            data = loads(self._path.read_bytes())
        except FileNotFoundError:
            return
        except (OSError, ContractError) as error:
            self._set_aside(str(error))
            return
        try:
            self.seq = int(data["seq"])
            self._missing = {int(one) for one in data["missing"]}
            for entry in _decoded(data["commands"]):
                self._entries[entry.command.id] = entry
        except (KeyError, TypeError, ValueError, AttributeError, ContractError) as error:
            self._entries.clear()
            self._set_aside(f"{type(error).__name__}: {error}")

    def _set_aside(self, why: str) -> None:
        """What cannot be read is kept beside; the latches have files of their own."""
        self.damage = f"{self._path.name} could not be read and was set aside: {why}"[:300]
        try:
            self._path.replace(self._path.with_suffix(".damaged"))
        except OSError:
            self.damage = f"{self._path.name} cannot be read: {why}"[:300]


def _encoded(entry: Entry) -> dict[str, Any]:
    told: dict[str, Any] = {
        "command": entry.command.encoded(),
        "state": entry.state,
        "told": entry.told,
    }
    if entry.source is not None:
        told["source"] = entry.source
    if not entry.over:
        told |= {
            "closes": entry.closes,
            "coins": None if entry.coins is None else sorted(entry.coins),
            "target": entry.target,
            "side": entry.side,
            "since": None if entry.since is None else format_time(entry.since),
        }
    return told


def _decoded(given: Iterable[Any]) -> Iterable[Entry]:
    for one in given:
        coins, target, since = one.get("coins"), one.get("target"), one.get("since")
        yield Entry(
            read_command(one["command"]),
            one["state"],
            one.get("source"),
            dict(one["told"]),
            bool(one.get("closes")),
            None if coins is None else frozenset(str(coin) for coin in coins),
            None if target is None else Decimal(str(target)),
            int(one.get("side") or 0),
            None if since is None else parse_instant(since),
        )
