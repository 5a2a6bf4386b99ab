"""What each screen of the page costs a browser that opens it for the first time, with 21 bots.

First contentful paint, the time that scripts keep the page from answering (what long tasks take
beyond 50 ms), the shift of its layout, and what comes over the wire, compressed. Each round is a
context of its own: nothing is cached.
"""

import importlib
import json
import statistics
import tempfile
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from benchmarks._serve import KEY
from benchmarks._wire import running
from motherhaven.cli.page import page_dir

BOTS: Final = 21
CYCLES: Final = 96
STEP: Final = timedelta(minutes=15)
_BATCH: Final = 400
_TIMEOUT_MS: Final = 60_000
_ARENA_GOAL: Final = 350

_WATCH: Final = """
window.cost = { blocked: 0, shift: 0 };
new PerformanceObserver(list => list.getEntries().forEach(one => {
  window.cost.blocked += Math.max(0, one.duration - 50);
})).observe({ type: 'longtask', buffered: true });
new PerformanceObserver(list => list.getEntries().forEach(one => {
  if (!one.hadRecentInput) window.cost.shift += one.value;
})).observe({ type: 'layout-shift', buffered: true });
"""
_TOLD: Final = """() => ({ ...window.cost,
  paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0 })"""
_READY: Final = """() => document.querySelector('[data-phase=live]') && !document.querySelector(
  '[aria-busy=true], main div.animate-breathe, main section > .opacity-60')"""

Figure = tuple[str, float, str]
Cost = dict[str, float]


def run(rounds: int) -> list[Figure]:
    """The median of each cost of each screen."""
    try:
        playwright: Any = importlib.import_module("playwright.sync_api")
    except ImportError:
        return [("arena: paint", 0.0, "skipped: playwright is not installed")]
    if not (page_dir() / "llm-bot.html").is_file():
        return [("arena: paint", 0.0, "skipped: the page is not built; run `make page`")]
    chromium: Any = importlib.import_module("scripts.chromium")
    found: list[Figure] = []
    with (
        tempfile.TemporaryDirectory(prefix="motherhaven-bench-") as name,
        running("real", Path(name)) as server,
        playwright.sync_playwright() as driver,
    ):
        url = f"http://127.0.0.1:{server.port}"
        _fill(url)
        browser = driver.chromium.launch(**chromium.find_chromium().launch_options())
        for screen, path in _screens().items():
            costs = [_opened(browser, f"{url}/llm-bot{path}") for _ in range(rounds)]
            found += _figures(screen, costs)
        browser.close()
    return found


def _figures(screen: str, costs: list[Cost]) -> list[Figure]:
    def median(what: str) -> float:
        return statistics.median(cost[what] for cost in costs)

    goal = f", goal <= {_ARENA_GOAL}" if screen == "arena" else ""
    return [
        (f"{screen}: paint", median("paint"), "ms to the first contentful paint"),
        (f"{screen}: blocked", median("blocked"), "ms that long tasks take beyond 50 each"),
        (f"{screen}: shift", median("shift"), "of the layout, goal <= 0.05"),
        (f"{screen}: weight", median("bytes") / 1024, f"KiB over the wire{goal}"),
        (f"{screen}: requests", median("requests"), "answers until it is at rest"),
    ]


def _opened(browser: Any, url: str) -> Cost:
    """Open a screen in a fresh context, and wait until nothing is read for the first time."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.add_init_script(_WATCH)
    sizes: list[float] = []
    client = context.new_cdp_session(page)
    client.on("Network.loadingFinished", lambda one: sizes.append(one["encodedDataLength"]))
    client.send("Network.enable")
    page.goto(url)
    page.wait_for_function(_READY, timeout=_TIMEOUT_MS)
    page.evaluate("document.fonts.ready")
    told: Cost = page.evaluate(_TOLD)
    context.close()
    return {**told, "bytes": sum(sizes), "requests": len(sizes)}


def _screens() -> dict[str, str]:
    ids = ",".join(f"bot-{number}" for number in range(8))
    return {
        "arena": "",
        "bot": "/bot?id=bot-0",
        "decision": "/decision?id=bot-0-entry",
        "trade": "/trade?id=bot-0-position&bot=bot-0",
        "compare": f"/compare?ids={ids}",
        "errors": "/errors",
        "settings": "/settings",
    }


def _fill(url: str) -> None:
    events = [event for number in range(BOTS) for event in _life(number)]
    for start in range(0, len(events), _BATCH):
        request = urllib.request.Request(  # our own server
            f"{url}/api/llm-bot/ingest/batch",
            data=json.dumps({"events": events[start : start + _BATCH]}).encode(),
            headers={"Content-Type": "application/json", "x-api-key": KEY},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert {one["status"] for one in json.loads(answer.read())["results"]} == {"stored"}


def _life(number: int) -> Iterator[dict[str, Any]]:
    """A day of a bot: a decision, an account and a heartbeat each cycle, and one open position."""
    bot, now = f"bot-{number}", datetime.now(UTC)
    seq = 0
    for cycle in range(CYCLES):
        time = (now - (CYCLES - cycle) * STEP).isoformat()
        equity = f"{10_000 + number * 10 + (cycle * 37 + number * 11) % 90}.25"
        decision = {
            "coin": "BTC", "signal": "buy_to_enter" if cycle == 1 else "hold",
            "quantity_usd": "100", "leverage": "2", "confidence": "0.7",
            "justification": "The range broke on twice its usual volume. " * 4,
            "model": "m", "cost_usd": "0.01", "tokens_in": 2_000, "tokens_out": 300,
            "user_prompt": "price 95,000 and what came before it\n" * 60,
        }  # fmt: skip
        account = {
            "balance_usd": equity, "equity_usd": equity, "unrealized_pnl": "0",
            "realized_pnl": "0", "total_pnl": "0", "num_positions": 1, "deposits_usd": "10000",
        }  # fmt: skip
        status = {"status": "running", "message": "cycle completed", "interval_seconds": 900}
        position = {
            "coin": "BTC", "side": "long", "quantity_usd": "100", "leverage": "2",
            "entry_price": "95000", "entry_time": time, "status": "open", "size": "0.002",
            "position_id": f"{bot}-position", "decision_id": f"{bot}-entry",
        }  # fmt: skip
        told: list[tuple[str, dict[str, Any]]] = [
            ("decision", decision), ("account", account), ("status", status),
        ]  # fmt: skip
        if cycle == 1:
            told.append(("position_opened", position))
        for kind, payload in told:
            seq += 1
            entry = kind == "decision" and cycle == 1
            yield {
                "event_id": f"{bot}-entry" if entry else f"{bot}-{seq}", "bot_id": bot,
                "bot_name": f"a-model-of-some-family-{number}", "mode": "paper", "epoch": 1,
                "seq": seq, "kind": kind, "time": time, "recorded_at": time,
                "payload": {"timestamp": time, **payload},
            }  # fmt: skip
