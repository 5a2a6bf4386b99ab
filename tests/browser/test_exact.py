"""Checks 11 and 13: odd amounts, columns that hold still, and an answer of 20 MB."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.long_answer import send_long_answer
from tests.browser.looks import OpenPage, settle
from tests.patience import figure

TICKER = {"bot_id": "ticking", "bot_name": "ticking"}
# Every visible cell by table and column, the first row's; and every column's width.
CELLS = """() => Object.fromEntries([...document.querySelectorAll('main table')].flatMap(table => {
  const shown = row => [...(row?.cells ?? [])].filter(cell => cell.checkVisibility());
  const cells = shown(table.querySelector('tbody tr:last-child'));
  return shown(table.tHead?.rows[0]).map((head, index) =>
    [`${table.ariaLabel}, ${head.innerText}`, cells[index]?.innerText.trim()]);
}))"""
WIDTHS = """() => Object.fromEntries([...document.querySelectorAll('main th')]
  .filter(e => e.checkVisibility())
  .map(e => [`${e.closest('table').ariaLabel}, ${e.innerText}`, e.offsetWidth]))"""
# Where room is scarce, columns leave; this wide, none does.
NARROW, WIDE = 1280, 2560
GONE = """() => [...document.querySelectorAll('main th')].filter(e => !e.checkVisibility())
  .map(e => `${e.closest('table').ariaLabel}, ${e.textContent}`)"""
ODD = {
    "1000000000": "+$1,000,000,000.00",
    "-0.000001": "−<$0.01",
    "-0": "$0.00",
    "9.99": "+$9.99",
    "-10.01": "−$10.01",
}

NO_NUMBER = re.compile(r"NaN|Infinity|null|[-−+]\$?0(?:\.0+)?(?![\d.])")
"""What no amount may look like; a zero has no sign."""


def tick(site: Site, mark: str, pnl: str) -> None:
    """An account in which the one marked position stands at this mark and result."""
    position = {
        "position_id": "p1",
        "coin": "BTC",
        "size": "0.003",
        "entry_price": "99800",
        "mark": mark,
        "leverage": "3",
        "unrealized_pnl": pnl,
    }
    site.report("10009.99", pnl, num_positions=2, positions=[position], **TICKER)


@pytest.fixture
def ticking(site: Site) -> Site:
    """A bot with two positions: one that is marked, one of which nothing is known."""
    for coin, name in (("BTC", "p1"), ("ETH", "p2")):
        site.post(
            "position",
            {
                "coin": coin,
                "side": "long",
                "quantity_usd": "100",
                "leverage": "3",
                "entry_price": "99800",
                "entry_time": "2026-01-02T03:04:05Z",
                "status": "open",
                "position_id": name,
                **TICKER,
            },
        )
    return site


def amount_complaints(page: Page, place: str, shown: str) -> list[str]:
    """A cell must show exactly this; nothing on the page may be no number."""
    cell = page.evaluate(CELLS).get(place)
    complaints = [] if cell == shown else [f"{place}: {cell!r} instead of {shown!r}"]
    text = page.locator("main").inner_text()
    return complaints + NO_NUMBER.findall(text)


def width_complaints(page: Page, before: dict[str, int]) -> list[str]:
    """No column may have another width than before."""
    now = page.evaluate(WIDTHS)
    names = before.keys() | now.keys()
    return [f"{n}: {before.get(n)} → {now.get(n)}" for n in names if before.get(n) != now.get(n)]


@pytest.mark.parametrize("width", [NARROW, WIDE])
@pytest.mark.parametrize(("path", "tables"), [("/llm-bot", 2), ("/llm-bot/bot?id=ticking", 1)])
def test_odd_amounts_are_right_and_columns_hold_still(
    ticking: Site, open_page: OpenPage, path: str, tables: int, width: int
) -> None:
    """−0.000001, −0 and 1e9 keep sign and unit, null is a dash, and no tick moves a column."""
    tick(ticking, "99812.10", "7.50")
    page = open_page(ticking.url + path, viewport={"width": width, "height": 900})
    settle(page)
    row = page.get_by_role("table", name="Open positions").get_by_role("row").last
    # Ordinary ticks: no column ever moves. After 1e9 there is room for everything.
    for amounts in (["9.99", "-10.01", "-0"], list(ODD)):
        widths: dict[str, int] | None = None
        for number, pnl in enumerate(amounts):
            tick(ticking, f"{99_790 + 13 * number}.55", pnl)
            expect(row).to_contain_text(ODD[pnl])
            assert amount_complaints(page, "Open positions, unrealized", ODD[pnl]) == []
            widths = widths or page.evaluate(WIDTHS)
            assert width_complaints(page, widths) == []
    unknown = page.get_by_role("table", name="Open positions").get_by_role("row").nth(1)
    assert unknown.inner_text().count("—") >= 4
    watched = page.evaluate(WIDTHS)
    assert len({name.partition(", ")[0] for name in watched}) == tables
    assert len(watched) > (8 if width == WIDE else 6) * tables
    assert page.evaluate(GONE) == [] or width != WIDE


def test_planted_wrong_amounts_and_widths_are_found(ticking: Site, open_page: OpenPage) -> None:
    """Check 11 can fail: a lost minus, a null, and a column that grows."""
    tick(ticking, "99812.10", "-0.000001")
    page = open_page(f"{ticking.url}/llm-bot")
    settle(page)
    place = "Open positions, unrealized"
    assert amount_complaints(page, place, "−<$0.01") == []
    before = page.evaluate(WIDTHS)
    page.evaluate("document.querySelector('main th').style.width = '300px'")
    assert width_complaints(page, before) != []
    cell = page.get_by_role("table", name="Open positions").get_by_text("−<$0.01")
    cell.evaluate("cell => { cell.innerText = '$0.00 null'; }")
    assert amount_complaints(page, place, "−<$0.01") == [
        f"{place}: '$0.00 null' instead of '−<$0.01'",
        "null",
    ]


PART, WHOLE = 65_536, 20_000_000
# From the press on the tab to the first part on the screen, by the page's own clock. The longest
# task is the longest time without a beat: Chromium's own list leaves out what follows a fetch.
TIMER = f"""window.longest = 0;
let beat = performance.now();
setInterval(() => {{
  const now = performance.now();
  window.longest = Math.max(window.longest, now - beat - 10);
  beat = now;
}}, 10);
addEventListener('pointerdown', () => {{
  const pressed = performance.now();
  window.longest = 0;
  const look = () => {{
    const length = document.querySelector('[aria-label=Text]')?.textContent.length ?? 0;
    if (length < {PART}) requestAnimationFrame(look);
    else window.waited = performance.now() - pressed;
  }};
  look();
}}, {{ capture: true, once: true }});"""
ON_TEXT = """const fetched = window.fetch;
window.fetch = async request => {
  const answer = await fetched(request);
  if (String(request.url ?? request).includes('/text?')) await FAULT;
  return answer;
};"""
SLOW = ON_TEXT.replace("FAULT", "new Promise(done => setTimeout(done, 1200))")
BUSY = ON_TEXT.replace("FAULT", "(() => { const t = Date.now(); while (Date.now() - t < 300); })()")


@pytest.fixture(scope="module")
def long_answer(desk: Site) -> str:
    """The address of a decision whose raw answer has 20 MB."""
    return f"{desk.url}/llm-bot/decision?id={send_long_answer(desk, WHOLE)}"


def long_text_times(open_page: OpenPage, url: str, init: str = "") -> tuple[float, float]:
    """Open the raw answer: milliseconds to its first 64 KB, and of the longest task."""
    page = open_page(url, init=TIMER + init)
    settle(page)
    page.get_by_role("tab", name="Raw").click()
    waited = page.wait_for_function("() => window.waited").json_value()
    settle(page)
    assert download_complaints(page) == []
    return float(waited), float(page.evaluate("window.longest"))


def download_complaints(page: Page) -> list[str]:
    """The whole of the raw answer must be offered as a file."""
    offered = page.get_by_role("region", name="Raw answer").get_by_role("link", name="Download")
    return [] if offered.count() == 1 else ["no download is offered"]


@pytest.mark.figures
def test_a_20_mb_answer_opens_at_once(long_answer: str, open_page: OpenPage) -> None:
    """The first 64 KB show before the rest is there, and all can be saved.

    Figures: they show within a second, and no task blocks over 200 ms.
    """
    waited, longest = long_text_times(open_page, long_answer)
    figure("ms to the first 64 KB of 20 MB", waited, 1_000)
    figure("longest task, ms", longest, 200)
    page = open_page(f"{long_answer}&view=raw")
    expect(page.get_by_text(f"showing {PART:,} of")).to_be_visible()
    with page.expect_download() as saving:
        page.get_by_role("region", name="Raw answer").get_by_role("link", name="Download").click()
    saved: Any = saving.value.path()
    assert saved.stat().st_size >= WHOLE


def test_planted_slow_and_blocking_texts_are_found(long_answer: str, open_page: OpenPage) -> None:
    """Check 13 can fail: a part that comes 1.2 s late, a task of 300 ms, and no download."""
    assert long_text_times(open_page, long_answer, SLOW)[0] > 1_000
    assert long_text_times(open_page, long_answer, BUSY)[1] > 200
    page = open_page(f"{long_answer}&view=raw")
    expect(page.get_by_text("begin of a long answer")).to_be_visible()
    assert download_complaints(page) == []
    page.evaluate("document.querySelectorAll('a[download]').forEach(one => one.remove())")
    assert download_complaints(page) != []
