"""What a chart has drawn: the texts on its canvases, where a reader of the screen sees none."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

# Notes each text with the middle of its place; what is wiped off a canvas is forgotten.
SPY = """(() => {
  const written = new Map();
  const context = CanvasRenderingContext2D.prototype;
  const { fillText, fillRect, clearRect } = context;
  context.fillText = function (text, x, y, ...more) {
    const { a, e } = this.getTransform();
    const half = this.textAlign === 'center' ? 0 : this.measureText(text).width / 2;
    const place = (a * (x + half) + e) / devicePixelRatio;
    written.set(this.canvas, [...(written.get(this.canvas) ?? []), [text, place]]);
    return fillText.call(this, text, x, y, ...more);
  };
  context.fillRect = function (...box) {
    if (this.globalCompositeOperation === 'copy') written.delete(this.canvas);
    return fillRect.call(this, ...box);
  };
  context.clearRect = function (...box) {
    written.delete(this.canvas);
    return clearRect.call(this, ...box);
  };
  window.axisTexts = () => [...written].flatMap(([canvas, texts]) => {
    const row = canvas.closest('figure tr');
    if (!row || row.nextElementSibling) return [];
    const { left } = canvas.getBoundingClientRect();
    return texts.map(([text, x]) => [text, left + x]);
  });
})();"""


# The ticks once the chart stands still for some frames, in places where the pointer may ask them:
# the outermost are drawn beside their places, lest they be cut off.
TICKS = """async () => {
  let [before, still] = ['', 0];
  while (still < 5) {
    await new Promise(requestAnimationFrame);
    const now = JSON.stringify(window.axisTexts());
    still = now === before && now !== '[]' ? still + 1 : 0;
    before = now;
  }
  const { left, right } = document.querySelector('figure table tr:last-child canvas')
    .closest('tr').getBoundingClientRect();
  return window.axisTexts().filter(([text, x]) => text.length < 12 && x > left + 120
    && x < right - 40);
}"""
TOLD = """async x => {
  for (let frame = 0; frame < 300; frame += 1) {
    await new Promise(requestAnimationFrame);
    const told = window.axisTexts().find(([text, at]) => text.length > 12
      && Math.abs(at - x) < 90);
    if (told && frame > 2) return told[0];
  }
  return 'nothing';
}"""


@dataclass(frozen=True)
class Tick:
    """A tick of the time axis, and the whole time that the crosshair tells at its place."""

    text: str
    told: str


def ticks_of(page: Page) -> list[Tick]:
    """The ticks of the page's chart, each asked for its time by putting the pointer on it."""
    pane: Any = page.locator("figure table").bounding_box()
    ticks = []
    for text, x in page.evaluate(TICKS):
        page.mouse.move(round(x), pane["y"] + pane["height"] / 2)
        ticks.append(Tick(text, page.evaluate(TOLD, x)))
    page.mouse.move(2, 2)
    return ticks
