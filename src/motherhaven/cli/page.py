"""Where the built page is, and building it in a checkout when it is missing or stale."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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


class PageBuild:
    """The page's folder, and its build while one runs beside the server.

    In a checkout whose page is missing or stale the build starts at once; the server need
    not wait for it, and shows how long it has been going on. A failed build is said and
    does not stop the server: the API works without the page.
    """

    def __init__(self) -> None:
        self.folder = page_dir()
        self._process: subprocess.Popen[bytes] | None = None
        self._teller: threading.Thread | None = None
        root = checkout()
        if root is None:
            return
        command = [sys.executable, str(root / "scripts" / "build_page.py")]
        if subprocess.run([*command, "--check"], cwd=root, check=False).returncode != 0:
            # A session of its own, so that it can be ended with all that it started.
            self._process = subprocess.Popen(
                [*command, "--if-stale"], cwd=root, stdin=subprocess.DEVNULL, start_new_session=True
            )
            self._teller = threading.Thread(target=self._tell, name="page build", daemon=True)
            self._teller.start()

    def running(self) -> bool:
        """Whether the build is still going on."""
        return self._process is not None and self._process.poll() is None

    def end(self) -> None:
        """Stop a build that is still going on; it begins anew the next time."""
        if self._process is not None and self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGTERM)

    def _tell(self) -> None:
        assert self._process is not None
        code = self._process.wait()
        if code > 0:
            say("The page could not be built (see above); the API works without it.")


@contextmanager
def page_build() -> Iterator[PageBuild]:
    """The page for a server: built beside it where needed, and ended with it."""
    build = PageBuild()
    try:
        yield build
    finally:
        build.end()
