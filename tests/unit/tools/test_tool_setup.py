"""The tools that set up, share and clean the checkout."""

import ast
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import bootstrap, chromium, common, dev, node_env
from scripts.clean import made
from scripts.common import ROOT, ToolError, only_one

HOLD = """
import sys
from pathlib import Path
from scripts.common import only_one
with only_one(Path(sys.argv[1]), "testing"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_an_old_python_can_read_the_gate() -> None:
    """scripts/__init__.py must parse on old Pythons, or they could not say what is wrong."""
    source = (ROOT / "scripts" / "__init__.py").read_text(encoding="utf-8")
    assert ast.parse(source, feature_version=(3, 7))


def test_an_old_python_without_a_newer_one_tells_the_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing newer on PATH: the text says what was found, what to install, how to name it."""
    import scripts

    monkeypatch.setenv("PATH", "")
    with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer[^$]*make up PYTHON="):
        scripts._require_new_python()


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Lock files and an environment in a folder of the test's own, with a Python in it."""
    for name in ("run", "dev", "build"):
        (tmp_path / f"{name}.lock").write_text(name, encoding="utf-8")
    (tmp_path / "pyproject.toml").touch()
    venv = tmp_path / "venv"
    common.venv_bin(venv, "python").parent.mkdir(parents=True)
    common.venv_bin(venv, "python").touch()
    for name, value in {"ROOT": tmp_path, "REQUIREMENTS": tmp_path, "VENV": venv}.items():
        monkeypatch.setattr(bootstrap, name, value)
    monkeypatch.setattr(bootstrap, "TOOLS", tmp_path / "tools")
    monkeypatch.setattr(bootstrap, "ensure_uv", lambda: tmp_path / "uv")
    return tmp_path


def test_packages_are_installed_when_the_locks_change_and_only_then(
    environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unchanged checkout starts nothing; `make up` after `make test` installs nothing."""
    installed: list[str] = []

    def install(level: str, _uv: Path, stamp: str) -> None:
        installed.append(level)
        (bootstrap.VENV / bootstrap.STAMP).write_text(stamp, encoding="utf-8")

    monkeypatch.setattr(bootstrap, "_install", install)
    for level in ("run", "run", "dev", "dev", "run"):
        bootstrap.ensure_environment(level)
    assert installed == ["run", "dev"]
    (environment / "dev.lock").write_text("changed", encoding="utf-8")
    bootstrap.ensure_environment("dev")
    assert installed == ["run", "dev", "dev"]


def test_the_lock_keeps_others_out_until_its_holder_dies(tmp_path: Path) -> None:
    """Held: the second gives up with a text that names the lock. Killed: it is free at once."""
    path = tmp_path / "a.lock"
    command = [sys.executable, "-c", HOLD, str(path)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=env, stdin=pipe, stdout=pipe) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held" + os.linesep.encode()
        with (
            pytest.raises(ToolError, match=r"a\.lock.*End it"),
            only_one(path, "testing", patience_seconds=0),
        ):
            pytest.fail("two processes held the lock")
        holder.kill()
        holder.wait()
        with only_one(path, "testing", patience_seconds=30):
            assert path.exists()


def test_caches_stay_in_the_checkout_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing goes to the home folder; a cache that the user has named is used."""
    monkeypatch.delenv("UV_CACHE_DIR", raising=False)
    monkeypatch.setenv("PIP_CACHE_DIR", "/elsewhere")
    env = common.tool_environment()
    assert env["UV_CACHE_DIR"] == str(ROOT / ".tools" / "cache" / "uv")
    assert env["PIP_CACHE_DIR"] == "/elsewhere"


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ((18, 20), False),
        ((20, 18), False),
        ((20, 19), True),
        ((21, 9), False),
        ((22, 11), False),
        ((22, 12), True),
        ((24, 0), True),
    ],
)
def test_only_a_node_that_the_page_builds_with_is_taken(
    version: tuple[int, int], expected: bool
) -> None:
    """Odd and early releases are left alone in favour of the one in .venv."""
    assert node_env.usable(version) is expected


def test_node_and_npm_of_the_environment_work_without_any_on_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With no Node on PATH, npm from .venv starts and runs the Node beside it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    path = node_env.node_path()
    assert path.endswith(str(tmp_path))
    env = {**node_env.node_environment(), "HOME": str(tmp_path)}
    command = [node_env.program("npm", env), "exec", "--offline", "-c", "node --version"]
    env["PATH"] += os.pathsep + os.defpath
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    major, minor = done.stdout.strip().removeprefix("v").split(".")[:2]
    assert node_env.usable((int(major), int(minor)))


def test_a_named_browser_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong MOTHERHAVEN_CHROMIUM is an error, not a reason to take another browser."""
    monkeypatch.setenv(chromium.SETTING, "/no/such/browser")
    with pytest.raises(ToolError, match="MOTHERHAVEN_CHROMIUM is '/no/such/browser'"):
        chromium._system()
    monkeypatch.setenv(chromium.SETTING, sys.executable)
    found = chromium._system()
    assert found is not None
    assert found.launch_options()["executable_path"] == sys.executable


def test_a_port_in_use_is_told_before_anything_is_started() -> None:
    """`npm run dev` beside a running one: the text names the port and the way out."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ToolError, match=f"port {port} is in use.*--port {port + 1}"):
            dev.develop(port, 1)
    assert not dev.in_use(port)


def test_clean_removes_what_is_made_and_nothing_else(tmp_path: Path) -> None:
    """Builds and caches are listed; data, settings and, unless asked for, packages are not."""
    keep = ["data/server.db", "logs/bot.log", ".env.local", "src/a.py", ".venv/x", ".tools/x"]
    remove = ["dist/x.whl", "dashboard/.next/x", "src/motherhaven/server/page/x"]
    remove += ["src/b/__pycache__/a.pyc", "dashboard/tsconfig.tsbuildinfo"]
    for name in [*keep, *remove]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = {path.relative_to(tmp_path).as_posix() for path in made(tmp_path)}
    assert found == {
        "dist",
        "dashboard/.next",
        "dashboard/tsconfig.tsbuildinfo",
        "src/b/__pycache__",
        "src/motherhaven/server/page",
    }
    everything = {path.name for path in made(tmp_path, installed=True)}
    assert {".venv", ".tools"} <= everything
    assert "data" not in everything
