"""The arming record on disk: read at each send, written whole or not at all."""

from datetime import datetime
from pathlib import Path
from typing import Final

from motherhaven.bot.arming.record import MAX_BYTES, ArmingRecord, decode, encode
from motherhaven.bot.execution.kill_latch import Version, read_bytes, unwritable, version_of
from motherhaven.contract import private
from motherhaven.contract.errors import ConfigError
from motherhaven.recorder.filelock import FileLock

RECORD: Final = "arming.json"
_LOCK_SECONDS: Final = 5.0


class ArmingStore:
    """The record of one bot's folder. A file that cannot be read is never an armed one."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / RECORD
        self._folder = folder
        self._seen: Version = None
        self._record: ArmingRecord | ConfigError | None = None

    def version(self) -> Version:
        """What the file is now, without reading it."""
        return version_of(self.path)

    def read(self) -> ArmingRecord | None:
        """The record as it is on disk; None where nobody ever armed this bot.

        Raises:
            ConfigError: the file does not say what was armed.
        """
        version = self.version()
        if version is None:
            self._record, self._seen = None, None
        elif version != self._seen:
            self._record, self._seen = _parsed(self.path), version
        if isinstance(self._record, ConfigError):
            raise self._record
        return self._record

    def write(self, record: ArmingRecord) -> None:
        """Put a record in place of the one there; it is on disk when this returns.

        Raises:
            ConfigError: the folder cannot be written.
        """
        try:
            private.make_folder(self._folder)
            with self._lock():
                private.replace(self.path, encode(record))
        except OSError as error:
            raise unwritable(self._folder, error) from None

    def disarm(self, at: datetime, code: str, reason: str, session: str | None = None) -> bool:
        """End what is armed, or only `session`; whether there was anything to end.

        Raises:
            ConfigError: the folder cannot be written, or the record cannot be read.
        """
        record = self.read()
        if record is None:
            return False
        try:
            with self._lock():
                record = self.read()
                if record is None or not record.armed or session not in (None, record.session):
                    return False
                private.replace(self.path, encode(record.disarmed(at, code, reason)))
        except OSError as error:
            raise unwritable(self._folder, error) from None
        return True

    def _lock(self) -> FileLock:
        lock = FileLock(self._folder / "arming.lock")
        lock.acquire(_LOCK_SECONDS)
        return lock


def _parsed(path: Path) -> ArmingRecord | ConfigError | None:
    try:
        return decode(read_bytes(path, MAX_BYTES + 1))
    except FileNotFoundError:
        return None
    except OSError as error:
        return ConfigError(f"{path}: cannot be read ({error.strerror}); arm again: motherhaven arm")
    except ConfigError as error:
        return ConfigError(f"{path}: {error}")
