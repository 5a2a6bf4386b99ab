"""Acknowledgements: `command` events in the bot's own journal, which ships them in order."""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from motherhaven.bot.control.book import Entry
from motherhaven.contract.clock import Clock
from motherhaven.contract.control import Command
from motherhaven.contract.errors import ContractError, JournalError
from motherhaven.contract.events.command import CommandState, encode
from motherhaven.contract.times import format_time, parse_instant

Keep = Callable[[Mapping[str, Any], datetime], None]
"""Have a `command` event on disk before it returns; raises JournalError where it is not."""

_MOST_UNKEPT: Final = 200


class Acks:
    """Tells states; what the journal does not take at the moment is told later, in order."""

    def __init__(self, keep: Keep, clock: Clock) -> None:
        self._keep = keep
        self._clock = clock
        self._lock = threading.Lock()
        self._unkept: deque[tuple[Mapping[str, Any], datetime]] = deque(maxlen=_MOST_UNKEPT)

    def tell(self, entry: Entry, state: CommandState, **known: Any) -> bool:
        """The command is in `state` now; whether that is on disk."""
        entry.state = state
        entry.told = {
            key: format_time(value) if isinstance(value, datetime) else value
            for key, value in known.items()
            if value is not None
        }
        return self.refuse(entry.command, state, source=entry.source, **known)

    def again(self, entry: Entry) -> bool:
        """Say the last word on a command once more."""
        told = dict(entry.told)
        if "snapshot_at" in told:
            told["snapshot_at"] = parse_instant(told["snapshot_at"])
        return self.tell(entry, entry.state, **told)

    def refuse(self, command: Command, state: CommandState = "refused", **known: Any) -> bool:
        """The state of a command; whether that is on disk."""
        now = self._clock.now()
        payload = encode(
            now,
            command_id=command.id,
            name=command.name,
            state=state,
            args=command.args,
            by=command.by or None,
            expires_at=command.expires_at,
            seq=command.seq or None,
            asked_because=command.reason,
            **known,
        )
        with self._lock:
            self._unkept.append((payload, now))
            return self._flush()

    def flush(self) -> bool:
        """Try again to keep what was not; whether nothing is left."""
        with self._lock:
            return self._flush()

    def _flush(self) -> bool:
        while self._unkept:
            payload, at = self._unkept[0]
            try:
                self._keep(payload, at)
            except JournalError:
                return False
            except ContractError:
                pass  # it can never be kept: those behind it must not wait for it
            self._unkept.popleft()
        return True
