"""A page that is being built: the server runs beside the build and says so."""

import os
from pathlib import Path

import pytest

from motherhaven.cli import page as pages
from tests.serverkit import KEY, config, running

pytestmark = pytest.mark.anyio

API = "/api/llm-bot"
STALE, CURRENT = 1, 0
SCRIPT = """
import os, sys
from pathlib import Path
here = Path(__file__).resolve().parent
if "--check" in sys.argv:
    sys.exit(int((here / "check").read_text()))
(here / "began").write_text(str(os.getpid()))
os.open(here / "gate", os.O_RDONLY)  # ends when the test opens the other end
sys.exit(int((here / "code").read_text()))
"""


@pytest.fixture
def scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The scripts of a checkout whose build waits until the test lets it end."""
    folder = tmp_path / "scripts"
    folder.mkdir()
    (folder / "build_page.py").write_text(SCRIPT)
    (folder / "check").write_text(str(STALE))
    (folder / "code").write_text("0")
    os.mkfifo(folder / "gate")
    monkeypatch.setattr(pages, "checkout", lambda: tmp_path)
    return folder


def let_end(build: pages.PageBuild, scripts: Path) -> None:
    """Let the build come to its end, and wait for it."""
    with (scripts / "gate").open("w"):
        assert build._process is not None
        build._process.wait()


def test_a_stale_page_is_built_beside_the_server(scripts: Path) -> None:
    """Nobody waits for the build; its end is seen."""
    with pages.page_build() as build:
        assert build.running()
        let_end(build, scripts)
        assert not build.running()


def test_a_current_page_is_not_built(scripts: Path) -> None:
    """No process is started, and the page is served from the first moment on."""
    (scripts / "check").write_text(str(CURRENT))
    with pages.page_build() as build:
        assert not build.running()
    assert not (scripts / "began").exists()


def test_a_failed_build_is_said(scripts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server goes on, and the terminal tells that the page is missing."""
    said: list[str] = []
    monkeypatch.setattr(pages, "say", said.append)
    (scripts / "code").write_text("1")
    with pages.page_build() as build:
        let_end(build, scripts)
        assert build._teller is not None
        build._teller.join()
    assert said == ["The page could not be built (see above); the API works without it."]


def test_the_build_ends_with_the_server(scripts: Path) -> None:
    """Nothing goes on in the background after Ctrl-C."""
    with pages.page_build() as build:
        process = build._process
        assert process is not None
    assert process.wait() == -15


async def test_the_server_says_that_its_page_is_being_built(tmp_path: Path) -> None:
    """An older page is not shown, the API answers, and the address asks again by itself."""
    (tmp_path / "llm-bot.html").write_text("arena")
    going_on = [True]
    settings = config(page_dir=tmp_path, page_building=lambda: going_on[0])
    async with running(settings) as server, server.client(key=KEY) as client:
        waiting = await client.get("/llm-bot")
        assert waiting.status_code == 503
        assert waiting.headers["refresh"] == "2"
        assert "being built" in " ".join(waiting.text.split())
        assert (await client.get(f"{API}/bots")).status_code == 200
        going_on[0] = False
        assert (await client.get("/llm-bot")).text == "arena"
