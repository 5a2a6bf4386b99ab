"""Where this user's programs meet on this machine, whatever folder each keeps its data in."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path


def state_folder(environment: Mapping[str, str] | None = None) -> Path | None:
    """The user's folder for what programs keep on one machine; None where no user has one.

    XDG_STATE_HOME, else ~/.local/state; on Windows LOCALAPPDATA. It need not exist.
    """
    given = os.environ if environment is None else environment
    named = given.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_STATE_HOME", "")
    if named and Path(named).is_absolute():
        return Path(named) / "motherhaven"
    home = given.get("USERPROFILE" if sys.platform == "win32" else "HOME", "")
    if not home or not Path(home).is_absolute():
        return None
    return Path(home) / ".local" / "state" / "motherhaven"
