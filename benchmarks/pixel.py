"""From a log call to the painted pixel: logger, journal, shipper, server, stream, page.

The page's own clock is the wall clock of this machine: the text's appearance is noted by a
MutationObserver, and its painting two animation frames later (the first is the one in which
the change is drawn, so the second says that it was shown).
"""

import importlib
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from benchmarks._serve import KEY
from benchmarks._wire import running
from motherhaven.cli.page import page_dir
from motherhaven.contract.ids import IdSource
from motherhaven.recorder import TradingLogger, open_recorder, open_shipper
from motherhaven.settings import SystemClock

CALLS: Final = 40
PAUSE: Final = 0.1
_TIMEOUT_MS: Final = 60_000

_WATCH: Final = """
window.painted = {};
new MutationObserver(() => {
  for (const found of document.body.innerText.matchAll(/pixel-\\d+/g)) {
    const name = found[0];
    if (name in window.painted) continue;
    window.painted[name] = 0;
    requestAnimationFrame(() => requestAnimationFrame(() => {
      window.painted[name] = performance.timeOrigin + performance.now();
    }));
  }
}).observe(document.body, {subtree: true, childList: true, characterData: true});
"""

Figure = tuple[str, float, str]


def run(rounds: int) -> list[Figure]:
    """Median and 95th percentile over all calls, in milliseconds."""
    try:
        playwright: Any = importlib.import_module("playwright.sync_api")
    except ImportError:
        return [("log call to pixel, p95", 0.0, "skipped: playwright is not installed")]
    if not (page_dir() / "llm-bot.html").is_file():
        return [("log call to pixel, p95", 0.0, "skipped: the page is not built; run `make page`")]
    chromium: Any = importlib.import_module("scripts.chromium")
    took: list[float] = []
    with (
        tempfile.TemporaryDirectory(prefix="motherhaven-bench-") as name,
        running("real", Path(name)) as server,
        playwright.sync_playwright() as driver,
    ):
        browser = driver.chromium.launch(**chromium.find_chromium().launch_options())
        page = browser.new_page()
        url = f"http://127.0.0.1:{server.port}"
        logger = _logger(Path(name), url)
        _log(logger, "before")
        logger.flush(30)
        page.goto(f"{url}/llm-bot")
        page.get_by_text("before").first.wait_for(timeout=_TIMEOUT_MS)
        page.evaluate(_WATCH)
        for number in range(CALLS * rounds):
            took.append(_painted(page, logger, f"pixel-{number:04d}"))
            time.sleep(PAUSE)
        logger.close(1)
        browser.close()
    took.sort()
    what = f"ms, {len(took)} calls of log_decision"
    return [
        ("log call to pixel, median", statistics.median(took), what),
        ("log call to pixel, p95", took[int(len(took) * 0.95)], "ms, goal <= 300"),
    ]


def _painted(page: Any, logger: TradingLogger, name: str) -> float:
    begun = time.time()
    _log(logger, name)
    handle = page.wait_for_function(
        "name => window.painted[name]", arg=name, timeout=_TIMEOUT_MS, polling=20
    )
    return (float(handle.json_value()) / 1000 - begun) * 1000


def _logger(folder: Path, url: str) -> TradingLogger:
    clock = SystemClock()
    recorder = open_recorder(folder / "journal.db", clock=clock, ids=IdSource(clock, os.urandom))
    return TradingLogger.build(recorder, open_shipper(recorder, base_url=url, api_key=KEY))


def _log(logger: TradingLogger, words: str) -> None:
    decision = {
        "coin": "BTC", "signal": "hold", "quantity_usd": 50.0, "leverage": 3, "confidence": 0.7,
        "justification": words,
    }  # fmt: skip
    logger.log_decision(decision)
