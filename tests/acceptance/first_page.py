"""Installs the wheel and opens its page, timing it; runs where there is no network.

Reads JSON from standard input (see test_wheel.py) and prints the seconds as JSON. A browser
and its driver are the test's own; the product's PATH holds its virtual environment alone.
"""

import array
import fcntl
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Error, Page, sync_playwright

from tests.patience import HANG_MS, HANG_SECONDS, wait_until

_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1


def loopback_up() -> None:
    """Bring lo up, which a new network namespace has, but down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        fcntl.ioctl(one, _SIOCSIFFLAGS, array.array("B", struct.pack("16sh14x", b"lo", _IFF_UP)))


def reachable() -> bool:
    """Whether anything but this machine can be reached (a route is enough)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        try:
            one.connect(("192.0.2.1", 9))
        except OSError:
            return False
    return True


def run(given: dict[str, Any]) -> dict[str, Any]:
    """Install, start, open, and say how long each took."""
    folder, venv = Path(given["folder"]), Path(given["venv"])
    env = {"PATH": str(venv / "bin"), "HOME": str(folder), "LANG": "C.UTF-8"}
    assert shutil.which("node", path=env["PATH"]) is None
    started = time.monotonic()
    subprocess.run(given["install"], check=True, capture_output=True)
    installed = time.monotonic()
    command = [str(venv / "bin" / "motherhaven"), "up", "--port", "3000"]
    with subprocess.Popen(command, cwd=folder, env=env, stderr=subprocess.DEVNULL) as product:
        try:
            painted, bots, foreign = _look(given["browser"], "http://localhost:3000/llm-bot")
        finally:
            product.terminate()
            code = product.wait(HANG_SECONDS)
    return {
        "install": installed - started,
        "page": painted - installed,
        "all": painted - started,
        "bots": bots,
        "foreign": foreign,
        "code": code,
        "reachable": reachable(),
    }


def _look(browser: dict[str, Any], url: str) -> tuple[float, list[str], list[str]]:
    """When the first decision was on the screen, the bots' names, and requests to elsewhere."""
    foreign: list[str] = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(**browser)
        page = chromium.new_page()
        page.on("request", lambda r: None if _own(r.url) else foreign.append(r.url))
        wait_until(lambda: _goes(page, url), "the server")
        row = page.get_by_role("list", name="Decisions").get_by_role("listitem").first
        row.wait_for(state="visible", timeout=HANG_MS)
        painted = time.monotonic()
        for name in ("hold", "ema", "random"):
            page.get_by_text(name, exact=True).first.wait_for(timeout=HANG_MS)
        answer = page.request.get("http://localhost:3000/api/llm-bot/bots")
        bots = sorted(bot["name"] for bot in answer.json()["bots"])
        chromium.close()
    return painted, bots, foreign


def _goes(page: Page, url: str) -> bool:
    """Whether the page can be had yet."""
    try:
        page.goto(url)
    except Error:
        return False
    return True


def _own(url: str) -> bool:
    return url.startswith(("http://localhost:3000/", "data:", "blob:"))


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    if asked["alone"]:
        loopback_up()
    os.environ["NO_PROXY"] = "*"
    json.dump(run(asked), sys.stdout)
