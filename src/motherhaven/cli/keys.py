"""The key of a server that has none set: made once, readable by its owner alone."""

import os
import secrets
from pathlib import Path

from motherhaven.contract import private
from motherhaven.contract.errors import ConfigError


def session_secret(folder: Path) -> bytes | None:
    """What signs this server's sessions, so that browsers stay signed in over a restart.

    None, which means a new one for each process, where the folder cannot be written.

    Raises:
        ConfigError: the file is there but holds no secret.
    """
    try:
        return own_key(folder / "session_secret").encode()
    except OSError:
        return None


def own_key(path: Path) -> str:
    """The key in `path`; made there (256 random bits, mode 0600) if it is missing.

    Raises:
        ConfigError: the file is there but holds no key.
    """
    private.make_folder(path.parent)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        key = path.read_text(encoding="utf-8").strip()
        if len(key) < 8:
            raise ConfigError(f"{path} holds no key; delete the file to get a new one") from None
        return key
    key = secrets.token_urlsafe(32)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(key + "\n")
    return key
