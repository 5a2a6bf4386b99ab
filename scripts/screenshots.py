"""Screenshots of the page, with the demo bots behind it, into docs/images.

    python scripts/screenshots.py [--out FOLDER] [--all]

Starts `motherhaven up` on a free port with a fresh data folder, waits until the bots have
lived their day, and photographs the screens. A fourth bot joins whose model is a script, so
that prompts, answers, verdicts and mishaps are there to be seen (scripts/scripted_bot.py).
`--all` takes every screen in both themes and at phone width, for looking through; without
it only the pictures of the README.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from playwright.sync_api import Browser, expect, sync_playwright

from scripts.chromium import find_chromium
from scripts.common import ROOT, ToolError, say, stop
from scripts.ports import free_port
from scripts.scripted_bot import NAME, live_a_day

READY_SECONDS = 120.0
LIVED_DECISIONS = 1_400
LAG = 20
WIDE = (1440, 900)
PHONE = (375, 812)

Theme = Literal["dark", "light"]
Shot = tuple[str, str, Theme, tuple[int, int]]


def _json(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310  # our own server
        return json.loads(answer.read())


def _wait_until_lived(url: str) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        try:
            bots = _json(f"{url}/api/llm-bot/bots")["bots"]
        except OSError:
            bots = []
        behind = [(bot["status"] or {}).get("behind") or 0 for bot in bots]
        decisions = [bot["stats"]["decisions"] for bot in bots]
        if len(bots) == 3 and min(decisions) > LIVED_DECISIONS and max(behind) < LAG:
            return
        time.sleep(1)
    raise ToolError(f"the demo bots at {url} did not get ready within {READY_SECONDS:.0f} s")


@contextmanager
def demo() -> Iterator[tuple[str, Path]]:
    """Address and data folder of a fresh `motherhaven up` whose bots have lived their day."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="motherhaven-") as folder:
        command = [sys.executable, "-m", "motherhaven.cli.main", "up", "--port", str(port)]
        env = {**os.environ, "MOTHERHAVEN_DATA": folder}
        process = subprocess.Popen(command, cwd=ROOT, env=env, start_new_session=True)
        try:
            url = f"http://localhost:{port}"
            _wait_until_lived(url)
            yield url, Path(folder)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(20)


def _join_scripted(url: str, folder: Path) -> None:
    """The bot with the scripted model lives its day; one stranger sends what is refused."""
    key = (folder / "demo" / "api_key").read_text().strip()
    with ThreadPoolExecutor(1) as other:  # Playwright's loop runs in this thread
        other.submit(lambda: asyncio.run(live_a_day(folder, url, key))).result()
    bad = urllib.request.Request(  # noqa: S310  # our own server
        f"{url}/api/llm-bot/ingest/decision",
        data=b'{"coin": "BTC", "signal": "moon", "quantity_usd": "a lot"}',
        headers={"Content-Type": "application/json", "x-api-key": key},
    )
    with contextlib.suppress(urllib.error.HTTPError):
        urllib.request.urlopen(bad, timeout=10)  # noqa: S310  # our own server


def _screens(url: str) -> dict[str, str]:
    """The addresses of all screens, with things that the scripted bot did."""
    api = f"{url}/api/llm-bot"
    bots = _json(f"{api}/bots")["bots"]
    scripted = next(bot["id"] for bot in bots if bot["name"] == NAME)
    entries = _json(f"{api}/feed?bot={scripted}&signal=buy_to_enter&limit=50")["items"]
    cut = [one for one in entries if (one["verdict"] or {}).get("rule")]
    trade = _json(f"{api}/trades?bot={scripted}&status=closed&limit=1")["items"][0]
    return {
        "arena": "/llm-bot",
        "decision": f"/llm-bot/decision?id={(cut or entries)[0]['id']}",
        "bot": f"/llm-bot/bot?id={scripted}",
        "trade": f"/llm-bot/trade?id={trade['id']}&bot={scripted}",
        "compare": f"/llm-bot/compare?ids={','.join(bot['id'] for bot in bots)}",
        "errors": "/llm-bot/errors",
        "settings": "/llm-bot/settings",
    }


def _readme_shots() -> list[Shot]:
    return [
        ("arena-dark", "/llm-bot", "dark", WIDE),
        ("arena-light", "/llm-bot", "light", WIDE),
        ("arena-phone", "/llm-bot", "dark", PHONE),
    ]


def _all_shots(screens: dict[str, str]) -> list[Shot]:
    themes: tuple[Theme, ...] = ("dark", "light")
    return [
        (f"{name}-{theme}-{size[0]}", path, theme, size)
        for name, path in screens.items()
        for theme in themes
        for size in (WIDE, PHONE)
    ]


def _take(browser: Browser, url: str, shot: Shot, out: Path) -> None:
    name, path, theme, (width, height) = shot
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=theme,
        device_scale_factor=1,
        timezone_id="UTC",
    )
    page = context.new_page()
    page.goto(url + path)
    expect(page.get_by_text("Live").first).to_be_visible(timeout=15_000)
    page.wait_for_load_state("domcontentloaded")
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(1_500)
    page.screenshot(path=out / f"{name}.png")
    context.close()
    say(f"took {out / name}.png")


def main() -> None:
    parser = argparse.ArgumentParser(description="Screenshots of the page.")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images")
    parser.add_argument("--all", action="store_true", help="every screen, theme and width")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    try:
        with demo() as (url, folder), sync_playwright() as playwright:
            browser = playwright.chromium.launch(**find_chromium().launch_options())
            if not given.all:  # what `make up` shows, so before the fourth bot joins
                for shot in _readme_shots():
                    _take(browser, url, shot, given.out)
            _join_scripted(url, folder)
            screens = _screens(url)
            decision: Shot = ("decision", screens["decision"], "dark", WIDE)
            for shot in _all_shots(screens) if given.all else [decision]:
                _take(browser, url, shot, given.out)
            browser.close()
    except ToolError as error:
        stop(error)


if __name__ == "__main__":
    main()
