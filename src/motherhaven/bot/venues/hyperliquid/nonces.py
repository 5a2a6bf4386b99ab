"""Nonces of one signer: each larger than the last, on disk before use, in one process at a time.

The venue keeps a signer's highest nonces and takes each once. They are milliseconds, so that
they also lie in the window of days around now that the venue demands.
"""

from collections.abc import Callable
from pathlib import Path

from motherhaven.bot.execution.signer_lock import SignerLock, SignerLocked
from motherhaven.bot.venues.hyperliquid.signed_log import SignedAction, SignedLog
from motherhaven.contract import private
from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import ExchangeError
from motherhaven.recorder.filelock import FileLock


class Nonces:
    """Gives nonces and keeps the log that they are on disk in.

    `log` may be read by anybody; the lock is taken at the first nonce and kept.
    """

    def __init__(
        self, folder: Path, name: str, clock: Clock, signer_lock: SignerLock | None = None
    ) -> None:
        """Keep the files `name`.jsonl and `name`.lock in `folder`.

        `signer_lock` is the one that bots of other folders know too.
        """
        self._clock = clock
        self._folder = folder
        self._lock = FileLock(folder / f"{name}.lock")
        self._signer_lock = signer_lock or SignerLock(None)
        self.log = SignedLog(folder / f"{name}.jsonl")
        self.log.read()

    def use(self, make: Callable[[int], SignedAction]) -> SignedAction:
        """Sign with the next nonce and put it on disk; `make` gets the nonce.

        Raises:
            SignerLocked: another process signs with this key.
            ExchangeError: the disk takes nothing.
        """
        self._own()
        nonce = max(int(self._clock.now().timestamp() * 1000), self.log.last_nonce + 1)
        action = make(nonce)
        self.log.signed(action)
        return action

    def close(self) -> None:
        """Let go of the lock and the file."""
        self.log.close()
        self._lock.release()
        self._signer_lock.release()

    def _own(self) -> None:
        if self._lock.held:
            return
        try:
            private.make_folder(self._folder)
            taken = self._lock.try_acquire()
        except OSError as error:
            raise ExchangeError(
                f"the lock in {self._folder} cannot be made ({error}); nothing is sent without it"
            ) from error
        if not taken:
            raise SignerLocked(
                f"another process signs with this key (lock in {self._folder}); nothing is sent: "
                "end that process, or make an API wallet of its own for this bot"
            )
        try:
            self._signer_lock.own()
            self.log.open()
        except ExchangeError:
            self._lock.release()
            self._signer_lock.release()
            raise
