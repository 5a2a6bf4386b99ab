"""A chart saved as a PNG: as it is shown, with title, range, zone and legend, and offline."""

import struct
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.layout import opened
from tests.browser.looks import OpenPage

# Every text that was written on a canvas that is in no page, as a picture to be saved is.
SPY = """(() => {
window.pictured = [];
const { fillText } = CanvasRenderingContext2D.prototype;
CanvasRenderingContext2D.prototype.fillText = function (text, ...more) {
  if (!this.canvas.isConnected) window.pictured.push(text);
  return fillText.call(this, text, ...more);
};
})()"""
# How many colours the picture has: a blank one has one.
COLOURS = """async bytes => {
  const blob = new Blob([new Uint8Array(bytes)], { type: 'image/png' });
  const picture = await createImageBitmap(blob);
  const pen = new OffscreenCanvas(picture.width, picture.height).getContext('2d');
  pen.drawImage(picture, 0, 0);
  const { data } = pen.getImageData(0, 0, picture.width, picture.height);
  const seen = new Set();
  for (let at = 0; at < data.length; at += 4)
    seen.add((data[at] << 16) | (data[at + 1] << 8) | data[at + 2]);
  return seen.size;
}"""


def saved(page: Page, tmp_path: Path) -> tuple[str, bytes, list[str]]:
    """Save the chart by its button: the file's name, its bytes, and the texts drawn on it."""
    page.evaluate(SPY)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the chart as PNG").click()
    path = tmp_path / "chart.png"
    download.value.save_as(path)
    return download.value.suggested_filename, path.read_bytes(), page.evaluate("window.pictured")


CHARTS = {
    "/llm-bot?range=all": ("Equity", "return, range all", "leader"),
    "/llm-bot/bot?id=leader": ("Equity of leader", "in USD, range 1d", "leader"),
    "/llm-bot/trade?id=whale-sol&bot=whale": ("Candles of SOL", "candles of 30", "stop"),
    "/llm-bot/compare?ids=leader,b01": ("Return from the same start", "return", "leader"),
}


@pytest.mark.parametrize("path", CHARTS)
def test_a_chart_is_saved_as_it_is_shown(
    fleet: Site, open_page: OpenPage, tmp_path: Path, path: str
) -> None:
    """Title, what is drawn, the span with its zone, and each line with its figure."""
    page = opened(fleet, open_page, path, 1440)
    page.context.set_offline(True)
    name, data, texts = saved(page, tmp_path)
    assert name.startswith("motherhaven-")
    assert name.endswith("Z.png")
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", data[16:24])
    assert width > 600
    assert height > 300
    assert page.evaluate(COLOURS, list(data)) > 20
    title, note, key = CHARTS[path]
    whole = "\n".join(texts)
    assert title in whole
    assert note in whole
    assert key in texts
    assert "times in UTC · saved 20" in whole
    assert "TradingView" in whole


def asked(page: Page, words: str) -> None:
    """Open the palette by its keys, and type."""
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Go to a screen")
    expect(field).to_be_focused()
    field.press_sequentially(words)


def test_the_palette_saves_it_too_and_only_where_there_is_one(
    fleet: Site, open_page: OpenPage
) -> None:
    """By keys alone; on the screen of errors the palette does not offer it."""
    page = opened(fleet, open_page, "/llm-bot/bot?id=leader", 1440)
    asked(page, "chart as png")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename.startswith("motherhaven-equity-of-leader-")
    page = opened(fleet, open_page, "/llm-bot/errors", 1440)
    asked(page, "chart as png")
    expect(page.get_by_text("Nothing is called that.")).to_be_visible()
