"""Where the built page is, and building it in a checkout when it is missing or stale."""

import subprocess
import sys
from pathlib import Path

import motherhaven
from motherhaven.cli.output import say

PACKAGE = Path(motherhaven.__file__).parent


def page_dir() -> Path:
    """The folder of the built page, in the wheel and in a checkout alike."""
    return PACKAGE / "server" / "page"


def checkout() -> Path | None:
    """The checkout that this package runs from, None when it was installed from a wheel."""
    root = PACKAGE.parents[1]
    return root if (root / "scripts" / "build_page.py").is_file() else None


def ensure_page() -> Path:
    """Build the page if this is a checkout and the page is missing or stale.

    A failed build is said and does not stop the server: the API works without the
    page, and the server explains at /llm-bot how to build it.
    """
    root = checkout()
    if root is not None:
        script = str(root / "scripts" / "build_page.py")
        done = subprocess.run([sys.executable, script, "--if-stale"], cwd=root, check=False)
        if done.returncode != 0:
            say("The page could not be built (see above); the API works without it.")
    return page_dir()
