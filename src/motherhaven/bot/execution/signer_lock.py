"""One process for each key that signs, whatever folder each bot keeps its data in.

The lock is a file of this user's, named after a hash: neither an address nor a key is in it.
Other users, machines and containers have locks of their own: give each its own key.
"""

import hashlib
import logging
from pathlib import Path
from typing import Final

from motherhaven.contract import private
from motherhaven.contract.errors import ExchangeError
from motherhaven.recorder.filelock import FileLock

_LOG: Final = logging.getLogger("motherhaven")


class SignerLocked(ExchangeError):
    """Another process signs with this key; nothing is sent."""


class SignerLock:
    """The lock of one key at one venue, taken before the first send and kept.

    Where its folder cannot be used (`locks` None, or a home that is closed to the process),
    that is said once, and only the lock of the bot's own data folder counts.
    """

    def __init__(self, locks: Path | None, *names: str) -> None:
        """`names` tell the key from every other: venue, network and address or key."""
        digest = hashlib.sha256("\n".join(names).encode()).hexdigest()[:32]
        self._folder = locks
        self._path = None if locks is None else locks / f"{digest}.lock"
        self._lock = None if self._path is None else FileLock(self._path)

    def own(self) -> None:
        """Have the lock.

        Raises:
            SignerLocked: another process has it.
        """
        if self._lock is None or self._folder is None or self._lock.held:
            return
        try:
            private.make_folder(self._folder)
            taken = self._lock.try_acquire()
        except OSError as error:
            _LOG.warning(
                "Live: no lock for this key can be made in %s (%s): a bot with another "
                "MOTHERHAVEN_DATA and the same key would not be refused. Give each bot a key of "
                "its own, or set XDG_STATE_HOME to a folder that they share",
                self._folder,
                error.strerror or error,
            )
            self._lock = None
            return
        if not taken:
            raise SignerLocked(
                f"another bot of this machine signs with this key (lock {self._path}); nothing is "
                "sent: end that one, or make an API wallet of its own for this bot"
            )

    def release(self) -> None:
        """Let go of it; harmless when it is not held."""
        if self._lock is not None:
            self._lock.release()
