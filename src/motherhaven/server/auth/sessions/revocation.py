"""Sessions that were ended before their time, remembered over a restart."""

import logging
import os
from collections import OrderedDict
from pathlib import Path
from typing import Final

LOG: Final = logging.getLogger("motherhaven.server")

MOST: Final = 10_000
"""So many are remembered; each was a valid session that signed out."""


class Revoked:
    """Names of ended sessions, until they would have expired anyway.

    With a `path` they are kept in that file, one line each; without, as long as the
    process. A name alone signs nobody in.
    """

    def __init__(self, path: Path | None, now: float) -> None:
        self._path = path
        self._names: OrderedDict[str, int] = OrderedDict()
        if path is not None:
            self._load(path, now)

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def all(self) -> dict[str, int]:
        """Every name, and when its session would have expired (Unix seconds)."""
        return dict(self._names)

    def add(self, name: str, expiry: int) -> None:
        """Remember that a session was ended; it would have lasted until `expiry`."""
        self._names[name] = expiry
        while len(self._names) > MOST:
            self._names.popitem(last=False)
        if self._path is None:
            return
        try:
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
            with os.fdopen(os.open(self._path, flags, 0o600), "w", encoding="ascii") as file:
                file.write(f"{name} {expiry}\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            LOG.warning(
                "%s cannot be written (%s): a session that was ended now would be valid again "
                "after a restart; make the file writable, or delete session_secret beside it",
                self._path,
                error.strerror or error,
            )

    def _load(self, path: Path, now: float) -> None:
        """Read the file, and write it anew where lines have expired."""
        try:
            lines = path.read_text("ascii", "replace").splitlines()
        except FileNotFoundError:
            return
        except OSError as error:
            LOG.warning("%s cannot be read (%s)", path, error.strerror or error)
            return
        for line in lines:
            name, _, expiry = line.partition(" ")
            if expiry.isdecimal() and len(expiry) < 20 and int(expiry) > now:
                self._names[name] = int(expiry)
        if len(self._names) < len(lines):
            self._rewrite(path)

    def _rewrite(self, path: Path) -> None:
        text = "".join(f"{name} {expiry}\n" for name, expiry in self._names.items())
        new = path.with_name(path.name + ".new")
        try:
            new.unlink(missing_ok=True)
            with os.fdopen(
                os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii"
            ) as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            new.replace(path)
        except OSError as error:
            LOG.warning("%s cannot be written (%s)", path, error.strerror or error)
