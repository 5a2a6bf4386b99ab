"""Lets the guide's commands work with any `python`: they go on in the checkout's own environment.

A Python that already has what the bot needs (an activated .venv, an install of the user's)
is used as it is.
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

NEEDED = ("apsw", "httpx", "pydantic_settings", "typer")


def go_on_in_checkout() -> None:
    """Continue this program in .venv, made first if need be; returns if that is not needed.

    Ends the process with one clear line when the environment cannot be made.
    """
    root = Path(__file__).resolve().parent.parent
    sys.path.insert(0, str(root / "src"))
    if all(importlib.util.find_spec(name) for name in NEEDED):
        return
    from scripts.bootstrap import ensure_environment  # only when it is needed
    from scripts.common import ToolError, stop

    try:
        python = ensure_environment("run")
    except ToolError as error:
        stop(error)
    command = [str(python), *sys.argv]
    if os.name == "nt":
        sys.exit(subprocess.call(command))  # this very program
    os.execv(python, command)  # noqa: S606  # this very program
