"""scripts/build_page.py on a small dashboard: when it builds, what it puts where, how it fails."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.build_page import STAMP, build_page, ensure_modules, page_problem, sources_digest
from scripts.common import ROOT, ToolError
from scripts.node_env import node_environment
from tests.patience import HANG_SECONDS

BUILD = """
import { appendFileSync, cpSync, mkdirSync } from "node:fs";
appendFileSync("../builds.txt", "built\\n");
mkdirSync("out/_next", { recursive: true });
cpSync("page.html", "out/llm-bot.html");
cpSync("page.js", "out/_next/page.js");
"""
BUILD_PAGE = ROOT / "scripts" / "build_page.py"


@pytest.fixture(autouse=True)
def _builds_are_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MOTHERHAVEN_PAGE_BUILD", raising=False)


@pytest.fixture
def dashboard(tmp_path: Path) -> Path:
    """A dashboard without packages, whose build copies two files and counts itself."""
    folder = tmp_path / "dashboard"
    folder.mkdir()
    manifest = {"name": "small", "version": "1.0.0", "scripts": {"build": "node build.mjs"}}
    lock = {"name": "small", "version": "1.0.0", "lockfileVersion": 3, "requires": True}
    lock["packages"] = {"": {"name": "small", "version": "1.0.0"}}
    (folder / "package.json").write_text(json.dumps(manifest), encoding="utf-8")
    (folder / "package-lock.json").write_text(json.dumps(lock), encoding="utf-8")
    (folder / "build.mjs").write_text(BUILD, encoding="utf-8")
    (folder / "page.html").write_text("first", encoding="utf-8")
    (folder / "page.js").write_text("1;", encoding="utf-8")
    return folder


def builds(dashboard: Path) -> int:
    """How often the dashboard has been built."""
    count = dashboard.parent / "builds.txt"
    return len(count.read_text(encoding="utf-8").splitlines()) if count.exists() else 0


def test_the_page_is_built_when_missing_or_stale_and_only_then(
    dashboard: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Missing: built. Unchanged: left alone, silently. Changed source: replaced as a whole."""
    page = tmp_path / "server" / "page"
    assert build_page(dashboard, page, if_stale=True)
    assert (page / "llm-bot.html").read_text(encoding="utf-8") == "first"
    assert "building the page (there is no llm-bot.html)" in capfd.readouterr().err
    assert page_problem(page, dashboard) is None

    assert not build_page(dashboard, page, if_stale=True)
    assert builds(dashboard) == 1
    assert capfd.readouterr() == ("", "")

    (page / "left-over.html").write_text("old", encoding="utf-8")
    (dashboard / "page.html").write_text("second", encoding="utf-8")
    assert build_page(dashboard, page, if_stale=True)
    assert "its sources have changed" in capfd.readouterr().err
    assert (page / "llm-bot.html").read_text(encoding="utf-8") == "second"
    assert not (page / "left-over.html").exists()
    assert builds(dashboard) == 2


def test_a_build_installs_only_what_it_needs(dashboard: Path, tmp_path: Path) -> None:
    """What lints and tests the page comes with the checks, and a build later keeps it."""
    (dashboard / "lint").mkdir()
    tool = {"name": "lint", "version": "1.0.0"}
    (dashboard / "lint" / "package.json").write_text(json.dumps(tool), encoding="utf-8")
    for name in ("package.json", "package-lock.json"):
        listed = json.loads((dashboard / name).read_text(encoding="utf-8"))
        own = listed if name == "package.json" else listed["packages"][""]
        own["devDependencies"] = {"lint": "file:lint"}
        if name == "package-lock.json":
            listed["packages"]["lint"] = {**tool, "dev": True}
            listed["packages"]["node_modules/lint"] = {"resolved": "lint", "link": True}
        (dashboard / name).write_text(json.dumps(listed), encoding="utf-8")
    build_page(dashboard, tmp_path / "page")
    installed = dashboard / "node_modules" / "lint"
    assert not installed.exists()
    ensure_modules(dashboard, node_environment())
    assert installed.exists()
    build_page(dashboard, tmp_path / "page")
    assert installed.exists()


def test_two_processes_build_once(dashboard: Path, tmp_path: Path) -> None:
    """`motherhaven up` in two terminals: one builds, the other waits and takes the result."""
    command = [sys.executable, str(BUILD_PAGE), "--if-stale", "--dashboard", str(dashboard)]
    command += ["--page", str(tmp_path / "page")]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(2)]
    for process in both:
        _, told = process.communicate(timeout=HANG_SECONDS)
        assert process.returncode == 0, told
    assert builds(dashboard) == 1
    assert page_problem(tmp_path / "page", dashboard) is None


def test_a_failed_build_keeps_the_old_page_and_tells_why(
    dashboard: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The last lines of npm are shown, the text ends with the fix, the page stays served."""
    page = tmp_path / "page"
    build_page(dashboard, page)
    (dashboard / "build.mjs").write_text('throw new Error("colour is undefined")', encoding="utf-8")
    with pytest.raises(ToolError, match=r"ended with exit code 1\. .*`make page`"):
        build_page(dashboard, page, if_stale=True)
    assert "colour is undefined" in capfd.readouterr().err
    assert (page / "llm-bot.html").read_text(encoding="utf-8") == "first"


def test_a_build_without_script_is_not_taken(dashboard: Path, tmp_path: Path) -> None:
    """A build that ends well but leaves half a page does not replace anything."""
    text = BUILD.replace("out/_next/page.js", "out/_next/page.txt")
    (dashboard / "build.mjs").write_text(text, encoding="utf-8")
    with pytest.raises(ToolError, match="its JavaScript is missing"):
        build_page(dashboard, tmp_path / "page")
    assert not (tmp_path / "page").exists()


def test_the_digest_follows_sources_and_not_what_is_built(dashboard: Path) -> None:
    """Contents and names count; packages, builds and caches do not."""
    digest = sources_digest(dashboard)
    for name in ("node_modules/x/index.js", ".next/cache", "out/llm-bot.html", "a.tsbuildinfo"):
        (dashboard / name).parent.mkdir(parents=True, exist_ok=True)
        (dashboard / name).write_text("made", encoding="utf-8")
    assert sources_digest(dashboard) == digest
    (dashboard / "page.js").rename(dashboard / "renamed.js")
    assert sources_digest(dashboard) != digest


def test_a_wheel_has_no_sources_to_compare_with(tmp_path: Path) -> None:
    """Without dashboard/ a whole page is fine as it is; a half one is not."""
    (tmp_path / "llm-bot.html").touch()
    assert page_problem(tmp_path, tmp_path / "none") == "its JavaScript is missing"
    (tmp_path / "_next").mkdir()
    (tmp_path / "_next" / "a.js").touch()
    assert page_problem(tmp_path, tmp_path / "none") is None
    assert not (tmp_path / STAMP).exists()


def test_a_missing_dashboard_is_told(tmp_path: Path) -> None:
    """The error names the folder and what to do."""
    with pytest.raises(ToolError, match="holds no page to build"):
        build_page(tmp_path / "nowhere", tmp_path / "page")
