"""A wheel and an sdist carry the page and nothing of the checkout; none is built without it."""

import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from scripts.build_page import build_page

ROOT = Path(__file__).resolve().parents[2]
PAGE = Path("src", "motherhaven", "server", "page")
IN_WHEEL = "motherhaven/server/page/"
FILES = ("pyproject.toml", "hatch_build.py", "LICENSE", ".gitignore")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what a build reads, without a page."""
    copy = tmp_path / "checkout"
    copy.mkdir()
    for name in FILES:
        shutil.copy(ROOT / name, copy)
    (copy / "README.md").write_text("# A copy for a build\n", encoding="utf-8")
    for name in ("src", "trading", "web", "config"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("page", "*.pyc"))
    return copy


def add_page(checkout: Path, *, script: bool = True) -> None:
    """Put a small page where scripts/build_page.py puts the real one."""
    chunks = checkout / PAGE / "_next" / "static" / "chunks"
    chunks.mkdir(parents=True)
    (checkout / PAGE / "llm-bot.html").write_text("<!doctype html>", encoding="utf-8")
    if script:
        (chunks / "main.js").write_text("0;", encoding="utf-8")


def build(checkout: Path, target: str) -> subprocess.CompletedProcess[str]:
    """Build a wheel or an sdist into dist/, with the installed backend and no network."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", target]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)


def test_the_wheel_carries_the_page_and_not_the_checkout(checkout: Path) -> None:
    """The page and its script are in the wheel though git ignores them; the guide's modules no."""
    add_page(checkout)
    done = build(checkout, "wheel")
    assert done.returncode == 0, done.stderr
    (wheel,) = (checkout / "dist").glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert f"{IN_WHEEL}llm-bot.html" in names
    assert f"{IN_WHEEL}_next/static/chunks/main.js" in names
    assert "motherhaven/py.typed" in names
    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"motherhaven"}
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_sdist_carries_the_page_and_makes_the_same_wheel(checkout: Path) -> None:
    """A wheel built from the sdist, far from git and npm, has the page too."""
    add_page(checkout)
    done = build(checkout, "sdist")
    assert done.returncode == 0, done.stderr
    (sdist,) = (checkout / "dist").glob("*.tar.gz")
    elsewhere = checkout.parent / "elsewhere"
    with tarfile.open(sdist) as archive:
        archive.extractall(elsewhere)
    (unpacked,) = elsewhere.iterdir()
    assert (unpacked / PAGE / "llm-bot.html").is_file()
    assert build(unpacked, "wheel").returncode == 0
    (wheel,) = (unpacked / "dist").glob("*.whl")
    assert f"{IN_WHEEL}_next/static/chunks/main.js" in zipfile.ZipFile(wheel).namelist()


@pytest.mark.browser
def test_the_real_wheel_has_every_file_that_its_page_loads(tmp_path: Path) -> None:
    """The checkout's own wheel: each script and style that the page names is packed."""
    build_page(if_stale=True)
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
        html = packed.read(f"{IN_WHEEL}llm-bot.html").decode()
    loaded = set(re.findall(r'(?:src|href)="/(_next/[^"?]+)', html))
    assert {Path(name).suffix for name in loaded} >= {".js", ".css"}
    assert {name for name in loaded if IN_WHEEL + name not in names} == set()


@pytest.mark.parametrize("target", ["wheel", "sdist"])
def test_a_release_without_the_page_is_refused(checkout: Path, target: str) -> None:
    """The message names what is missing and the command that mends it."""
    done = build(checkout, target)
    assert done.returncode != 0
    assert f"the {target} would ship without the page: llm-bot.html" in done.stderr
    assert "make page" in done.stderr
    assert not list((checkout / "dist").glob("*.whl"))


def test_a_page_without_its_script_is_refused(checkout: Path) -> None:
    """HTML alone is not a page."""
    add_page(checkout, script=False)
    done = build(checkout, "wheel")
    assert done.returncode != 0
    assert "_next/**/*.js" in done.stderr


def test_an_editable_install_needs_no_page(checkout: Path) -> None:
    """The backend's own hook for `pip install -e .`, called as an installer calls it."""
    code = "import hatchling.build as b; print(b.build_editable('dist'))"
    (checkout / "dist").mkdir()
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith(".whl")
