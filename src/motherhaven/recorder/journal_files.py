"""The files of an open journal: exchanged when they are damaged, or no longer in place."""

import logging
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Final

import apsw

from motherhaven.contract.errors import JournalError
from motherhaven.recorder.database import Damaged, explained
from motherhaven.recorder.opening import Inode, MemoryFiles, Opener, OpenFiles, inode
from motherhaven.recorder.repair import rescue
from motherhaven.recorder.writer import Numbers

_LOG: Final = logging.getLogger("motherhaven")
_RESTORES: Final = 5


class JournalFiles:
    """What a Journal stands on; every method is called under its lock, on its thread."""

    def __init__(self, path: Path, opener: Opener) -> None:
        self.path = path
        self.in_memory = opener.in_memory
        self._opener = opener
        self._files: OpenFiles | MemoryFiles | None = None
        self._numbers = Numbers()
        self._sharers: list[Callable[[], None]] = []
        self._closed = False

    def is_current(self, there: Inode | None) -> bool:
        """Whether `there` is still the file at the journal's path."""
        return self.in_memory or there == inode(self.path)

    def on_reopen(self, let_go: Callable[[], None]) -> None:
        """Call `let_go` when every connection to the file must be closed."""
        self._sharers.append(let_go)

    def report_damage(self) -> None:
        """Another connection found the file damaged."""
        raise NotImplementedError

    @property
    def _connection(self) -> apsw.Connection | None:
        return None if self._files is None else self._files.connection

    def _ensure_open(self) -> OpenFiles | MemoryFiles:
        if self._closed:
            raise JournalError(f"{self.path}: the journal is closed; open a new one")
        if self._files is None:
            self._numbers.forget()
            with explained(self.path, "opening the journal"):
                try:
                    self._files = self._open()
                except Damaged:
                    self._set_aside()
        assert self._files is not None
        return self._files

    def _open(self) -> OpenFiles | MemoryFiles:
        return self._opener.open(weakref.WeakMethod(self.report_damage))

    def _set_aside(self) -> None:
        """Replace the damaged file by a new one that holds all that can still be read."""
        self._drop_broken()
        for let_go in self._sharers:
            let_go()
        outcome = self._opener.set_aside()
        self._files = self._open()
        if outcome is not None:
            _LOG.critical(
                "%s is damaged: set aside as %s; a new journal (epoch %d) holds the %d events "
                "that could be read. Keep the old file, and check the disk",
                self.path, outcome.aside, outcome.identity.epoch, outcome.saved,
            )  # fmt: skip

    def _drop(self) -> None:
        files, self._files = self._files, None
        if files is not None:
            files.close()

    def _drop_broken(self) -> None:
        files, self._files = self._files, None
        if files is not None:
            files.close_untouched()

    def _ensure_in_place(self) -> OpenFiles | MemoryFiles:
        files = self._ensure_open()
        for _ in range(_RESTORES):
            if files.in_place():
                break
            files = self._restore(files)
        return files

    def _restore_if_moved(self) -> None:
        if self._files is not None and not self._closed:
            self._ensure_in_place()

    def _restore(self, files: OpenFiles | MemoryFiles) -> OpenFiles | MemoryFiles:
        """Carry what the open files hold over to the journal at the path."""
        assert isinstance(files, OpenFiles)
        _LOG.error(
            "%s: another program removed or replaced the journal's files while they were open; "
            "writing again what they held. Read a running bot's journal with: motherhaven query",
            self.path,
        )
        with explained(self.path, "carrying events over to the new files"):
            is_main = self.is_current(files.main)
            rescue.spool(files.connection, self.path, whole=not is_main)
            self._drop_broken()
            for let_go in self._sharers:
                let_go()
            if files.main is not None:
                rescue.close_strays(files.main)
            if not is_main:
                rescue.unlink_log(self.path, files.log)
        return self._ensure_open()
