"""The page where streams end or its files lie elsewhere: Chromium signs in and sees it live."""

import json
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from motherhaven.cli.page import page_dir
from scripts.build_page import build_page
from scripts.chromium import find_chromium
from scripts.node_env import node_environment, program
from scripts.ports import free_port
from tests.acceptance import nginxkit
from tests.acceptance.nginxkit import Nginx, Visitor
from tests.acceptance.processes import KEY, ROOT, Process, clean_environment, start_server
from tests.patience import HANG_MS, HANG_SECONDS, wait_until
from tests.programs import needs

pytestmark = pytest.mark.browser

DECISION = {
    "timestamp": "2026-03-01T12:00:00+00:00",
    "coin": "BTC",
    "signal": "hold",
    "quantity_usd": 20,
    "leverage": 3,
    "confidence": 0.75,
}


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """The built page as such a host publishes it: with each page's policy in the page."""
    page = tmp_path / "export"
    build_page(if_stale=True)
    shutil.copytree(page_dir(), page)
    env = node_environment()
    command = [program("node", env), ROOT / "deploy" / "static" / "csp.mjs", page]
    subprocess.run(command, env=env, check=True, capture_output=True)
    return page


@pytest.fixture
def host(export: Path, tmp_path: Path) -> Iterator[Visitor]:
    """A host of static files in front of a server that knows the host's name."""
    cert = nginxkit.certificate(tmp_path)
    server, port = free_port(), free_port()
    content = nginxkit.static_host(tmp_path, server, port, export)
    names = {"MOTHERHAVEN_ALLOWED_HOSTS": f"localhost:{port}"}
    with start_server(tmp_path, server, **names), Nginx(tmp_path, content, port):
        yield Visitor(port, cert)


def test_every_page_is_bound_before_it_loads_anything(export: Path) -> None:
    """Each page starts with its policy, and the list of hashes is not published."""
    pages = list(export.rglob("*.html"))
    assert len(pages) >= 3
    for page in pages:
        head = page.read_text(encoding="utf-8").split("<head>", 1)[1]
        assert head.startswith('<meta http-equiv="Content-Security-Policy"'), page.name
        assert "'unsafe-inline'; img-src" in head.split("script-src", 1)[1].split("style-src")[1]
    assert not (export / "csp.json").exists()


@needs("nginx")
def test_a_visitor_signs_in_and_sees_what_arrives(host: Visitor) -> None:
    """The static page leads to the key page and back, then shows a decision as it is posted."""
    url = f"https://localhost:{host.port}"
    complaints: list[str] = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(**find_chromium().launch_options())
        expect.set_options(timeout=HANG_MS)
        page = chromium.new_context(ignore_https_errors=True).new_page()
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.goto(f"{url}/llm-bot?range=7d")
        page.locator("input[type=password]").fill(KEY)
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{url}/llm-bot?range=7d")
        expect(page.get_by_text("Connected", exact=True).first).to_be_visible()
        sent = {**DECISION, "justification": "arrived through the static host"}
        status, _, body = host.ask("POST", "/api/llm-bot/ingest/decision", sent, x_api_key=KEY)
        assert (status, json.loads(body)["success"]) == (200, True)
        expect(page.get_by_text("arrived through the static host").first).to_be_visible()
        chromium.close()
    assert [text for text in complaints if "401" not in text] == []


def test_streams_that_end_leave_no_gap_on_the_page(tmp_path: Path) -> None:
    """As a function, whose streams last a second: all that is posted appears, once, unaided."""
    port = free_port()
    env = clean_environment(
        tmp_path,
        LLM_BOT_API_KEY=KEY,
        MOTHERHAVEN_DATA=str(tmp_path),
        MOTHERHAVEN_STREAM_SECONDS="1",
    )
    command = ["-m", "uvicorn", "motherhaven.server.asgi:app", "--port", str(port)]
    url = f"http://localhost:{port}"
    with Process(command, cwd=tmp_path, env=env) as server, sync_playwright() as playwright:
        server.wait_for("Uvicorn running on")
        chromium = playwright.chromium.launch(**find_chromium().launch_options())
        expect.set_options(timeout=HANG_MS)
        page = chromium.new_page()
        page.goto(f"{url}/llm-bot")
        page.locator("input[type=password]").fill(KEY)
        page.keyboard.press("Enter")
        expect(page.get_by_text("Connected", exact=True).first).to_be_visible()
        page.evaluate("window.notReloaded = true")
        for number in range(6):
            post(port, {**DECISION, "justification": f"number {number} of six"})
            expect(page.get_by_text(f"number {number} of six").first).to_be_visible()
            # The stream that brought it ends before the next is posted.
            wait_for_streams(server, page, number + 2)
        rows = page.get_by_role("list", name="Decisions").get_by_role("listitem")
        expect(rows).to_have_count(6)
        assert page.evaluate("window.notReloaded") is True
        chromium.close()


def wait_for_streams(server: Process, page: Page, count: int) -> None:
    """Wait until the page has opened this many streams."""

    def opened() -> bool:
        page.wait_for_timeout(20)  # Playwright's loop runs in this thread: it must be let run
        return sum("/api/llm-bot/live" in line for line in server.lines) >= count

    wait_until(opened, f"stream {count}")


def post(port: int, body: dict[str, object]) -> None:
    """Send a decision as a client does."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/llm-bot/ingest/decision",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "x-api-key": KEY},
    )
    with urllib.request.urlopen(request, timeout=HANG_SECONDS) as answer:
        assert json.loads(answer.read())["success"] is True
