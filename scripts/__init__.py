"""Tools of the checkout: set-up, page, locks, checks. Not part of the installed package.

Importing it on a Python older than 3.11 goes on with a newer one from PATH, or says how to get
one; so this file alone keeps to what old Pythons can read.
"""

import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)


def _newer_python() -> "str | None":
    """Path of a Python on PATH that is new enough and starts, or None."""
    test = f"import sys; sys.exit(sys.version_info < {OLDEST!r})"
    for minor in range(19, OLDEST[1] - 1, -1):
        path = shutil.which(f"python3.{minor}")
        if path and subprocess.call([path, "-c", test], stderr=subprocess.DEVNULL) == 0:
            return path
    return None


def _require_new_python() -> None:
    newer = _newer_python()
    if newer:
        os.execv(newer, [newer, *sys.argv])  # noqa: S606  # the same program, no shell
    found = f"{sys.executable} is {sys.version_info[0]}.{sys.version_info[1]}"
    sys.exit(
        f"[motherhaven] ERROR: Motherhaven needs Python 3.11 or newer; {found}, and no newer one "
        "is on PATH.\nInstall one (Debian, Ubuntu: apt install python3.11 python3.11-venv; macOS: "
        "brew install python@3.13), or name one:\n  make up PYTHON=/path/to/python3.13"
    )


if sys.version_info < OLDEST:
    _require_new_python()
