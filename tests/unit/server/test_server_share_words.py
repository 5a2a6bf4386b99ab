"""`motherhaven share` and `shares` against a server: made, listed, ended; nothing odd printed."""

from collections.abc import Iterator

import httpx
import pytest
from typer.testing import CliRunner

from motherhaven.cli import control
from motherhaven.cli.main import app
from motherhaven.server import ServerConfig, ServerThread
from motherhaven.settings import SystemClock
from motherhaven.stores import MemoryStore
from tests.serverkit import API, KEY, item


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server that knows one bot, as the settings name it."""
    config = ServerConfig(port=0, api_key=KEY)
    with ServerThread(config, MemoryStore(clock=SystemClock()), SystemClock()) as server:
        events = [item(1, bot_id="bot-1", bot_name="one")]
        headers = {"x-api-key": KEY}
        httpx.post(f"{server.url}{API}/ingest/batch", json={"events": events}, headers=headers)
        monkeypatch.setenv("MOTHERHAVEN_API_URL", server.url)
        monkeypatch.setattr(control, "open_api", lambda _: control.ControlApi(server.url, KEY))
        yield server.url


def run(*words: str) -> str:
    """What a command prints to its output."""
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_link_is_made_listed_and_ended(url: str) -> None:
    """By name, for so many days; the address works until it is revoked."""
    link = run("share", "one", "--days", "3").splitlines()[-1]
    assert link.startswith(f"{url}{API}/shared?link=mhs_")
    with httpx.Client() as browser:
        assert browser.get(link).status_code == 303
        seen = browser.get(f"{url}{API}/session").json()
        assert (seen["bot_id"], seen["share"]["prompts"]) == ("bot-1", False)
        listed = run("shares")
        assert "bot-1  without prompts" in listed
        assert listed.rstrip().endswith("open")
        assert "mhs_" not in listed
        run("shares", "--revoke", listed.split()[0])
        assert browser.get(f"{url}{API}/bots").status_code == 403
    assert run("shares").rstrip().endswith("ended")
    assert "every bot  with prompts" in (run("share", "all", "--with-prompts"), run("shares"))[1]


def test_the_log_of_a_bot_is_printed(url: str) -> None:
    """From a level on, each line on its own, nothing that acts on a terminal."""
    body = {"run": "r", "first": 0, "lines": [
        ["2026-01-01T00:00:00Z", "INFO", "m", "quiet"],
        ["2026-01-01T00:00:01Z", "ERROR", "m", "loud\x1b[2J"],
    ]}  # fmt: skip
    answer = httpx.post(f"{url}{API}/bots/bot-1/log", json=body, headers={"x-api-key": KEY})
    assert answer.status_code == 200
    assert len(run("log", "one").splitlines()) == 2
    [line] = run("log", "one", "--level", "warning").splitlines()
    assert line.endswith("ERROR     loud\\u001b[2J")
