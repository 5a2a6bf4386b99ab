"""Small files that are on the disk when a call returns, and whole whenever they are read."""

import os
from contextlib import suppress
from pathlib import Path

from motherhaven.contract import private


def write(path: Path, data: bytes) -> None:
    """Put `data` at `path`, on the disk when this returns; readers see the old or the new.

    Raises:
        OSError: the disk does not take it; what was there stays.
    """
    private.make_folder(path.parent)
    draft = path.with_suffix(".tmp")
    private.make_file(draft)
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    _sync_folder(path.parent)


def remove(path: Path) -> None:
    """Remove a file, for good when this returns; harmless where there is none.

    Raises:
        OSError: it cannot be removed.
    """
    path.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    # Not every system lets a folder be opened; there the file's own sync has to do.
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
