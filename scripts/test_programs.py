"""Programs that a few tests need beside the project: brought from Debian's packages if missing.

    python scripts/test_programs.py    bring what is missing, and print the folder of the programs

With apt's own tools, but into .tools/programs: no root is needed and the system stays as it is.
Where this cannot be done the tests that need a program are skipped, and `make test` names them.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.common import TOOLS, ToolError, only_one, say

PACKAGES: Final = {
    "nginx": "nginx-light",
    "pgbouncer": "pgbouncer",
    "strace": "strace",
    "systemd-analyze": "systemd",
    "openssl": "openssl",
    "curl": "curl",
}
"""Program -> the package of Debian and Ubuntu that has it."""

FOLDER: Final = TOOLS / "programs"
LIMIT_SECONDS: Final = 120.0
"""So long may bringing all of them take; a network that does not answer costs this much."""

_SYSTEM: Final = os.pathsep.join(("/usr/sbin", "/usr/local/sbin", "/sbin"))
_STAMP: Final = "brought.txt"
_WRAPPER: Final = """#!/bin/sh
LD_LIBRARY_PATH="{root}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}{libraries}"
SYSTEMD_UNIT_PATH="{root}/usr/lib/systemd/system:{root}/lib/systemd/system:"
export LD_LIBRARY_PATH SYSTEMD_UNIT_PATH
exec "{program}" "$@"
"""


def find(name: str) -> str | None:
    """Path of a program: the system's, also an administrator's, or one that was brought."""
    places = (os.environ.get("PATH", ""), _SYSTEM, str(FOLDER / "bin"))
    return shutil.which(name, path=os.pathsep.join(places))


def brought_file(path: str) -> Path:
    """A file of a package, by its path from the root: the system's, else one that was brought."""
    ours = FOLDER / "root" / path.lstrip("/")
    return ours if ours.exists() and not Path(path).exists() else Path(path)


def remedy(name: str) -> str:
    """Why a test that needs the program is skipped, and what to do about it."""
    return (
        f"{name} is not installed, and `make test` could not bring it "
        f"(Debian, Ubuntu: apt-get install {PACKAGES[name]})"
    )


class _Apt:
    """apt with lists, a cache and a lock of its own in `folder`; it ends within the limit."""

    def __init__(self, folder: Path) -> None:
        self._end = time.monotonic() + LIMIT_SECONDS
        self._cache = folder / "cache"
        for one in ("state/lists/partial", "cache/archives/partial"):
            (folder / one).mkdir(parents=True)
        settings = (
            f"Dir::State={folder}/state",
            "Dir::State::status=/var/lib/dpkg/status",
            f"Dir::Cache={folder}/cache",
            "Debug::NoLocking=true",
            "APT::Sandbox::User=root",  # whose files these are, when root runs this
            "Acquire::Retries=1",
            "Acquire::http::Timeout=20",
            "Acquire::https::Timeout=20",
        )
        self._options = [part for one in settings for part in ("-o", one)]

    def run(self, *words: str) -> None:
        """Raises ToolError with apt's last line."""
        self.finish(["apt-get", *self._options, "-qq", *words])

    def finish(self, command: list[str]) -> None:
        left = max(self._end - time.monotonic(), 1.0)
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=left,
                check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise ToolError(f"no end within {LIMIT_SECONDS:.0f} s") from error
        if done.returncode != 0:
            raise ToolError((done.stderr.strip().splitlines() or ["no message"])[-1])

    def unpack(self, package: str, root: Path) -> None:
        """The package, and what it needs that the system lacks, below `root`."""
        asked = ["install", "--yes", "--no-install-recommends", "--download-only"]
        self.run(*asked, package)
        for deb in sorted((self._cache / "archives").glob("*.deb")):
            self.finish(["dpkg-deb", "--extract", str(deb), str(root)])
            deb.unlink()


def _wrap(name: str) -> None:
    """Make bin/NAME, which finds the libraries that came along."""
    root = FOLDER / "root"
    places = ("usr/sbin", "usr/bin", "sbin", "bin")
    program = next((one for place in places if (one := root / place / name).is_file()), None)
    if program is None:
        raise ToolError(f"the package {PACKAGES[name]} has no program {name}")
    folders = sorted({str(file.parent) for file in root.rglob("*.so*")})
    libraries = "".join(f":{folder}" for folder in folders)
    text = _WRAPPER.format(root=root, libraries=libraries, program=program)
    made = FOLDER / "bin" / name
    made.parent.mkdir(exist_ok=True)
    made.write_text(text, encoding="utf-8")
    made.chmod(0o755)


def _bring(missing: Iterable[str]) -> dict[str, str]:
    """Bring these programs; what could not be brought, each with its reason."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    (FOLDER / "root").mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="motherhaven-apt-") as name:
        apt = _Apt(Path(name))
        try:
            apt.run("update")
        except ToolError as error:
            return dict.fromkeys(missing, str(error))
        steps = (lambda name: apt.unpack(PACKAGES[name], FOLDER / "root"), _wrap)
        failed = dict[str, str]()
        for step in steps:  # all libraries are there before the first program is wrapped
            for program in missing:
                try:
                    step(program)
                except ToolError as error:
                    failed.setdefault(program, str(error))
    return failed


def bring_programs() -> dict[str, str]:
    """Bring what neither the system nor an earlier run has; what could not be brought, and why.

    Silent when all is there. Never raises for a network or a system without apt.
    """
    inside = os.pathsep.join((os.environ.get("PATH", ""), _SYSTEM))
    lacking = [name for name in PACKAGES if shutil.which(name, path=inside) is None]
    if not lacking or not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        return dict.fromkeys(lacking, "this system has no apt-get")
    wanted = hashlib.sha256(f"{lacking} {FOLDER} {_WRAPPER}".encode()).hexdigest()
    stamp = FOLDER / _STAMP
    with only_one(FOLDER.with_suffix(".lock"), "unpacking programs for the tests"):
        if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
            return {}
        failed = _bring(lacking)
        if not failed:
            stamp.write_text(wanted, encoding="utf-8")
    return failed


def tell(failed: dict[str, str]) -> str:
    """Lines about what could not be brought; empty when all is there."""
    return "".join(f"{remedy(name)}: {reason}\n" for name, reason in failed.items())


def main() -> None:
    told = tell(bring_programs())
    if told:
        say(told.rstrip("\n"))
    sys.stdout.write(f"{FOLDER / 'bin'}\n")


if __name__ == "__main__":
    main()
