"""The wheel on a machine without Node and without network, from installing to the first page."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from scripts.bootstrap import ensure_uv
from scripts.build_page import build_page
from scripts.chromium import find_chromium
from tests.acceptance import wheelhouse
from tests.acceptance.processes import ROOT
from tests.patience import figure

pytestmark = pytest.mark.browser

PAGE = "motherhaven/server/page/"
FIRST_PAGE_SECONDS = 60.0
HEAVY = ("fastapi", "starlette", "uvicorn", "ccxt", "pandas", "numpy", "anthropic", "openai")
HEAVY += ("pydantic_ai", "typer", "rich", "motherhaven.server", "motherhaven.bot")
Say = Callable[[str], None]


@dataclass(frozen=True)
class Release:
    """What `uv build` made, and the wheels of what it needs."""

    wheel: Path
    sdist: Path
    wheels: Path
    uv: Path

    def install(self, venv: Path) -> list[str]:
        """The command that installs the wheel into `venv` from local files alone."""
        offline = ["--offline", "--no-index", "--find-links", str(self.wheels)]
        python = str(venv / "bin" / "python")
        return [str(self.uv), "pip", "install", *offline, "--python", python, str(self.wheel)]


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    build_page(if_stale=True)
    folder, uv = tmp_path_factory.mktemp("release"), ensure_uv()
    options = ["--offline", "--no-build-isolation", "--python", sys.executable]
    subprocess.run(
        [uv, "build", *options, "--out-dir", folder, ROOT], check=True, capture_output=True
    )
    (wheel,) = folder.glob("*.whl")
    (sdist,) = folder.glob("*.tar.gz")
    wheelhouse.fill(folder / "wheels", "motherhaven")
    return Release(wheel, sdist, folder / "wheels", uv)


@pytest.fixture(scope="module")
def installed(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that holds the wheel and what it needs, nothing else."""
    venv = tmp_path_factory.mktemp("core") / "venv"
    make_venv(release, venv)
    subprocess.run(release.install(venv), check=True, capture_output=True)
    return venv


def make_venv(release: Release, venv: Path) -> None:
    """An empty environment of this Python."""
    command = [release.uv, "venv", "--offline", "--python", sys.executable, venv]
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture
def say(capfd: pytest.CaptureFixture[str]) -> Say:
    """Prints a figure where people who run the tests see it."""

    def one(text: str) -> None:
        with capfd.disabled():
            print(f"\n  wheel: {text}", flush=True)

    return one


def size_of(folder: Path) -> float:
    """Size of all files below a folder in MB."""
    return sum(p.lstat().st_size for p in folder.rglob("*") if p.is_file()) / 1e6


def test_wheel_and_sdist_carry_the_page_and_its_script(release: Release, say: Say) -> None:
    """Both have every page, the scripts that the first one names, and the types' mark."""
    with zipfile.ZipFile(release.wheel) as packed:
        in_wheel = set(packed.namelist())
    with tarfile.open(release.sdist) as packed_source:
        names = packed_source.getnames()
    in_sdist = {name.partition("/src/")[2] for name in names}
    assert in_wheel >= {f"{PAGE}llm-bot.html", f"{PAGE}csp.json", "motherhaven/py.typed"}
    of_page = {name for name in in_wheel if name.startswith(PAGE)}
    assert sum(name.endswith(".js") for name in of_page) > 3
    assert of_page <= in_sdist
    sizes = [one.stat().st_size / 1e6 for one in (release.wheel, release.sdist)]
    say(f"{sizes[0]:.2f} MB, sdist {sizes[1]:.2f} MB, {len(in_wheel)} files")


def test_a_core_install_is_small_and_complete(installed: Path, release: Release, say: Say) -> None:
    """Without extras every module of the core imports, and the size stays in bounds."""
    (packages,) = (installed / "lib").glob("python*/site-packages")
    size = size_of(packages)
    count = len(list(packages.glob("*.dist-info")))
    say(f"core install {size:.1f} MB in {count} packages; biggest: {biggest(packages)}")
    assert size < 80
    command = [installed / "bin" / "motherhaven", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={})
    assert done.stdout.startswith("motherhaven ")


def biggest(packages: Path) -> str:
    """The largest folders and files of an environment, for people."""
    sizes = {
        p.name: size_of(p) if p.is_dir() else p.stat().st_size / 1e6 for p in packages.iterdir()
    }
    top = sorted(sizes, key=lambda name: -sizes[name])[:6]
    return ", ".join(f"{name} {sizes[name]:.1f}" for name in top)


IMPORT = """
import sys, time
started = time.perf_counter()
import {module}
seconds = time.perf_counter() - started
print(seconds, *sys.modules)
"""


def test_the_logger_alone_is_a_light_import(installed: Path, say: Say) -> None:
    """`import motherhaven.recorder` loads no server, market or model library."""
    seconds: dict[str, float] = {}
    loaded: dict[str, set[str]] = {}
    for module in ("motherhaven.recorder", "motherhaven.server", "motherhaven.bot.running.entry"):
        command = [installed / "bin" / "python", "-c", IMPORT.format(module=module)]
        runs = [
            subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
            for _ in range(3)
        ]
        seconds[module] = sorted(float(one[0]) for one in runs)[1]
        loaded[module] = set(runs[0][1:])
    shown = ", ".join(f"{name} {value * 1000:.0f} ms" for name, value in seconds.items())
    say(f"import {shown}; the logger loads {len(loaded['motherhaven.recorder'])} modules")
    assert loaded["motherhaven.recorder"] & set(HEAVY) == set()
    assert "fastapi" in loaded["motherhaven.server"], "else this test sees nothing"


@pytest.mark.figures
def test_from_install_to_the_first_painted_decision(
    release: Release, tmp_path: Path, say: Say
) -> None:
    """No Node, no network: `motherhaven up` shows its three bots' decisions.

    That this takes under 60 s is a figure.
    """
    venv = tmp_path / "venv"
    make_venv(release, venv)
    alone = _namespaces_work()
    given = {
        "folder": str(tmp_path),
        "venv": str(venv),
        "install": release.install(venv),
        "browser": find_chromium().launch_options(),
        "alone": alone,
    }
    driver = [sys.executable, str(ROOT / "tests" / "acceptance" / "first_page.py")]
    command = ["unshare", "-rn", *driver] if alone else driver
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, input=json.dumps(given), env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    where = "no network" if alone else "network not cut: no namespaces here"
    say(
        f"installed in {seen['install']:.1f} s, first decision {seen['page']:.1f} s later ({where})"
    )
    assert first_page_complaints(seen, alone=alone) == []
    figure("seconds from install to the first decision", seen["all"], FIRST_PAGE_SECONDS)


def first_page_complaints(seen: dict[str, Any], *, alone: bool) -> list[str]:
    """What the driver saw that a first page must not be: empty, chatty, or ended badly."""
    missing = {"hold", "ema", "random"} - {name.rpartition(" ")[2] for name in seen["bots"]}
    complaints = [f"missing: {name}" for name in sorted(missing)]
    complaints += [f"foreign: {url}" for url in seen["foreign"]]
    complaints += [f"ended with {seen['code']}"] if seen["code"] != 0 else []
    return complaints + (["network: not cut off"] if alone and seen["reachable"] else [])


GOOD = {
    "bots": ["demo hold", "demo ema", "demo random"],
    "foreign": [],
    "code": 0,
    "reachable": False,
}


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        ({"bots": ["demo hold", "demo ema"]}, "missing: random"),
        ({"foreign": ["https://192.0.2.1/font.woff2"]}, "foreign"),
        ({"code": -9}, "ended"),
        ({"reachable": True}, "network"),
    ],
)
def test_planted_bad_first_pages_are_found(fault: dict[str, Any], word: str) -> None:
    """Check 15 can fail: by a bot that is not there, by a request, a crash, a network."""
    assert first_page_complaints(GOOD, alone=True) == []
    (complaint,) = first_page_complaints({**GOOD, **fault}, alone=True)
    assert complaint.startswith(word)


def _namespaces_work() -> bool:
    """Whether a process may have a network of its own here: Linux, and allowed."""
    if shutil.which("unshare") is None:
        return False
    return (
        subprocess.run(["unshare", "-rn", "true"], check=False, capture_output=True).returncode == 0
    )
