"""A real server on SQLite, and Chromium looking at its page."""

import json
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from motherhaven.cli.page import page_dir
from scripts.build_page import DASHBOARD, ensure_modules
from scripts.chromium import find_chromium
from scripts.node_env import node_environment
from scripts.ports import free_port
from tests.acceptance.processes import KEY, ROOT, Process, start_server
from tests.browser.recorded import record
from tests.patience import HANG_MS, HANG_SECONDS


class Site:
    """A server that can be killed and started again on the same port and store."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self._options = ("--store", f"sqlite:///{folder}/server.db", *options)
        self.process: Process | None = None

    def start(self) -> None:
        """Start it, or start it again."""
        self.process = start_server(self.folder, self.port, *self._options)

    def kill(self) -> None:
        """SIGKILL."""
        if self.process is not None:
            self.process.kill()
            self.process = None

    def post(self, endpoint: str, body: dict[str, Any]) -> None:
        """Send an event as an old client does; it must be answered with 200."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/llm-bot/ingest/{endpoint}",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "x-api-key": KEY},
        )
        with urllib.request.urlopen(request, timeout=HANG_SECONDS) as answer:
            assert answer.status == 200
            assert json.loads(answer.read())["success"] is True

    def decide(self, text: str, **more: Any) -> None:
        """Post a decision with this justification."""
        now = datetime.now(UTC).isoformat()
        body = {
            "timestamp": now,
            "coin": "BTC",
            "signal": "buy_to_enter",
            "quantity_usd": 20,
            "leverage": 3,
            "confidence": 0.75,
            "justification": text,
        }
        self.post("decision", {**body, **more})

    def report(self, equity: str, pnl: str = "0", **more: Any) -> None:
        """Post an account with this equity and unrealized profit or loss."""
        body = {
            "timestamp": datetime.now(UTC).isoformat(),
            "balance_usd": equity,
            "equity_usd": equity,
            "unrealized_pnl": pnl,
            "realized_pnl": "0",
            "total_pnl": pnl,
            "num_positions": 0,
        }
        self.post("account", {**body, **more})


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    assert (page_dir() / "llm-bot.html").is_file(), "the page is not built; run `make page`"
    with sync_playwright() as playwright:
        one = playwright.chromium.launch(**find_chromium().launch_options())
        expect.set_options(timeout=HANG_MS)  # Playwright's own five seconds judge the machine
        yield one
        one.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens pages in contexts of their own; complaints of the page fail the test at its end."""
    contexts = []
    complaints: list[str] = []

    def open_one(
        url: str, *, tolerate: tuple[str, ...] = (), init: str = "", **options: Any
    ) -> Page:
        context = browser.new_context(**options)
        context.set_default_timeout(HANG_MS)
        contexts.append(context)
        if init:
            context.add_init_script(init)
        page = context.new_page()

        def complain(text: str) -> None:
            if not any(known in text for known in tolerate):
                complaints.append(text)

        page.on("pageerror", lambda error: complain(f"page error: {error}"))
        page.on(
            "console",
            lambda m: complain(f"{m.text} {m.location['url']}") if m.type == "error" else None,
        )
        page.goto(url)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []


def _serve(folder: Path, *options: str) -> Iterator[Site]:
    one = Site(folder, *options)
    one.start()
    yield one
    one.kill()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A server that lets this machine read."""
    yield from _serve(tmp_path, "--open")


@pytest.fixture
def closed_site(tmp_path: Path) -> Iterator[Site]:
    """A server whose readers need the key."""
    yield from _serve(tmp_path)


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server to which nobody posts."""
    yield from _serve(tmp_path_factory.mktemp("blank"), "--open")


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One server for all tests that need not be alone on it."""
    yield from _serve(tmp_path_factory.mktemp("desk"), "--open")


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with recorded runs: some 10,000 decisions, trades, days of equity, three bots."""
    for one in _serve(tmp_path_factory.mktemp("recorded"), "--open"):
        record(one.folder, one.port, "ema-cross", 8_000)
        record(one.folder, one.port, "random", 8_000, loss_limit="40")
        record(one.folder, one.port, "buy-and-hold", 600)
        yield one


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with the day of more than twenty odd bots."""
    from tests.browser.fleet import fill

    for one in _serve(tmp_path_factory.mktemp("fleet"), "--open"):
        fill(one)
        yield one


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, an accessibility checker."""
    ensure_modules(DASHBOARD, node_environment())  # a build alone installs no checkers
    source = ROOT / "dashboard" / "node_modules" / "axe-core" / "axe.min.js"
    return source.read_text(encoding="utf-8")
