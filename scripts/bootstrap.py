"""Make the virtual environment .venv from nothing but Python 3.11 or newer.

    python scripts/bootstrap.py run    what `make up` needs
    python scripts/bootstrap.py dev    what `make test` needs too

uv goes to a private environment in .tools, everything else to .venv, both from lock files with
hashes. Nothing is written outside the checkout; nothing is done when nothing has changed.
"""

import hashlib
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import OLDEST
from scripts.common import (
    ROOT,
    TOOLS,
    VENV,
    ToolError,
    only_one,
    run,
    say,
    stop,
    tool_environment,
    venv_bin,
)

LEVELS = ("run", "dev")
REQUIREMENTS = ROOT / "requirements"
STAMP = ".motherhaven"
NETWORK = (
    "If a package could not be fetched, check the network or the proxy (HTTPS_PROXY) and run "
    "the same command again; what is already there is kept."
)


def _digest(*files: Path) -> str:
    """Digest of the files' contents and of the Python that would be used."""
    state = hashlib.sha256(f"{sys.version_info[:2]}".encode())
    for file in files:
        state.update(b"\0" + file.name.encode() + b"\0" + file.read_bytes())
    return state.hexdigest()


def _stamped(venv: Path, wanted: str) -> bool:
    """Whether the environment works and was made from just these inputs."""
    stamp = venv / STAMP
    return (
        stamp.is_file()
        and stamp.read_text(encoding="utf-8").strip() == wanted
        and venv_bin(venv, "python").exists()
    )


def _make_uv_environment(venv: Path) -> None:
    """An environment with pip in it, also where the system's Python lacks ensurepip."""
    if venv.exists():
        shutil.rmtree(venv)
    if importlib.util.find_spec("ensurepip") is not None:
        run([sys.executable, "-m", "venv", venv], fix="Check the free space on the disk.")
        return
    if importlib.util.find_spec("pip") is None:
        raise ToolError(
            f"{sys.executable} has neither ensurepip nor pip, so that nothing can be installed. "
            "On Debian and Ubuntu: apt install python3-venv; then run this again."
        )
    run([sys.executable, "-m", "venv", "--without-pip", venv], fix="Check the free space.")


def ensure_uv() -> Path:
    """Path of the pinned uv in .tools; installed with hashes when it is not there yet."""
    venv = TOOLS / "uv"
    lock = REQUIREMENTS / "tools.lock"
    wanted = _digest(lock)
    if not _stamped(venv, wanted):
        say("installing uv into .tools (once)")
        _make_uv_environment(venv)
        pip: list[str | Path] = [venv_bin(venv, "python"), "-m", "pip"]
        if not (venv_bin(venv, "pip")).exists():
            pip = [sys.executable, "-m", "pip", "--python", venv_bin(venv, "python")]
        options = ["--quiet", "--no-input", "--require-hashes", "--only-binary", ":all:"]
        run([*pip, "install", *options, "-r", lock], fix=NETWORK, env=tool_environment())
        (venv / STAMP).write_text(wanted + "\n", encoding="utf-8")
    return venv_bin(venv, "uv")


def _python_works(venv: Path) -> bool:
    """Whether the environment's Python starts and is new enough."""
    python = venv_bin(venv, "python")
    test = f"import sys; sys.exit(sys.version_info < {OLDEST!r})"
    try:
        done = subprocess.run([python, "-c", test], stdin=subprocess.DEVNULL, check=False)
    except OSError:
        return False
    return done.returncode == 0


def ensure_environment(level: str) -> Path:
    """Path of .venv's Python after making or renewing it for `level` ("run" or "dev").

    Raises:
        ToolError: a step failed; the text tells which and how to go on.
    """
    inputs = [ROOT / "pyproject.toml", REQUIREMENTS / "build.lock"]
    # An environment made for "dev" holds everything that "run" asks for.
    for enough in LEVELS[LEVELS.index(level) :]:
        wanted = f"{enough} {_digest(*inputs, REQUIREMENTS / f'{enough}.lock')}"
        if _stamped(VENV, wanted):
            return venv_bin(VENV, "python")
    with only_one(TOOLS / "bootstrap.lock", "installing the Python packages"):
        _install(level, ensure_uv(), f"{level} {_digest(*inputs, REQUIREMENTS / f'{level}.lock')}")
    return venv_bin(VENV, "python")


def _install(level: str, uv: Path, stamp: str) -> None:
    if _stamped(VENV, stamp):
        return
    env = tool_environment()
    python = venv_bin(VENV, "python")
    if not _python_works(VENV):
        say(f"making .venv with Python {sys.version.split()[0]}")
        remake = ["--clear"] if VENV.exists() else []
        command: list[str | Path] = [
            uv,
            "venv",
            "--quiet",
            *remake,
            "--python",
            sys.executable,
            VENV,
        ]
        run(command, fix="Remove .venv and run this again.", env=env)
    (VENV / STAMP).unlink(missing_ok=True)
    say(f"installing the packages of requirements/{level}.lock into .venv")
    install: list[str | Path] = [uv, "pip", "install", "--quiet", "--python", python]
    install += ["--build-constraint", REQUIREMENTS / "build.lock"]
    lock = REQUIREMENTS / f"{level}.lock"
    run([*install, "--require-hashes", "-r", lock], fix=NETWORK, env=env)
    run([*install, "--no-deps", "--editable", ROOT], fix=NETWORK, env=env)
    (VENV / STAMP).write_text(stamp + "\n", encoding="utf-8")


def main() -> None:
    level = sys.argv[1] if len(sys.argv) > 1 else "dev"
    if level not in LEVELS or len(sys.argv) > 2:
        sys.exit("usage: python scripts/bootstrap.py [run|dev]")
    try:
        ensure_environment(level)
    except ToolError as error:
        stop(error)


if __name__ == "__main__":
    main()
