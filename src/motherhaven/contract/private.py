"""Files and folders that only their owner may read, whatever the umask says."""

import contextlib
import os
import stat
from itertools import count
from pathlib import Path
from typing import Final

FILE_MODE: Final = 0o600
FOLDER_MODE: Final = 0o700
_DRAFTS: Final = count()


def make_folder(folder: Path) -> None:
    """Make `folder` and those above it that are missing, for the owner alone.

    One that exists is left as it is: a user may have made it for other things too.

    Raises:
        OSError: it cannot be made.
    """
    missing = []
    at = folder
    while not at.exists():
        missing.append(at)
        at = at.parent
    for one in reversed(missing):
        with contextlib.suppress(FileExistsError):
            one.mkdir(FOLDER_MODE)
    folder.mkdir(exist_ok=True)


def make_file(path: Path) -> bool:
    """Make an empty file for the owner alone, or take others' rights from the one there.

    Never opens a file that exists. Returns whether it was made.

    Raises:
        OSError: it cannot be made, or belongs to somebody else.
    """
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE))
    except FileExistsError:
        tighten(path)
        return False
    return True


def write(path: Path, data: bytes) -> None:
    """Write a file for the owner alone, in place of one that is there.

    Raises:
        OSError: it cannot be written.
    """
    make_file(path)
    path.write_bytes(data)


def tighten(path: Path) -> None:
    """Take the rights of group and others from a file of ours; harmless if it is gone."""
    with contextlib.suppress(FileNotFoundError, PermissionError):
        mode = stat.S_IMODE(path.stat().st_mode)
        if path.is_file() and mode & 0o077:
            path.chmod(mode & FOLDER_MODE)


def replace(path: Path, data: bytes) -> None:
    """Put a file for the owner alone in place of the one there, whole and on disk, or not at all.

    Raises:
        OSError: it cannot be written; the old file is as it was.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.{next(_DRAFTS)}.tmp")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
        try:
            with open(handle, "wb", closefd=False) as file:
                file.write(data)
            os.fsync(handle)
        finally:
            os.close(handle)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Have the folder's own list on disk, where the system can."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        with contextlib.suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)
