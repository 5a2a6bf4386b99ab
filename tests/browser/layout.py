"""What is wrong with how a page is laid out: cut, over one another, too wide, or moving."""

from playwright.sync_api import Page, TimeoutError

from tests.browser.conftest import Site
from tests.browser.looks import OpenPage, settle

HEIGHTS = {375: 812, 768: 1024, 1280: 800, 1440: 900, 1920: 1080}
SHIFTS = """window.shift = 0;
new PerformanceObserver(list => list.getEntries().forEach(one => {
  if (!one.hadRecentInput) window.shift += one.value;
})).observe({ type: 'layout-shift', buffered: true });"""
# Each text in sight: where it is drawn, and whether something cuts it without saying so.
FAULTS = """() => {
  const found = [], seen = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const hidden = e => e.closest('.sr-only, [data-readout], nextjs-portal, svg, script, style')
    || !e.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  while (walker.nextNode()) {
    const node = walker.currentNode, parent = node.parentElement;
    if (!node.data.trim() || !parent || hidden(parent)) continue;
    // What is for readers of the screen alone is one pixel wide.
    if (parent.closest('span, a')?.offsetWidth === 1) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      if (box.width < 1 || box.height < 1) continue;
      let [left, right, top, bottom] = [box.left, box.right, box.top, box.bottom];
      let told = false;
      for (let up = parent; up && up !== document.body; up = up.parentElement) {
        const style = getComputedStyle(up);
        if (style.overflowX === 'visible' && style.overflowY === 'visible') continue;
        const clip = up.getBoundingClientRect();
        const says = style.textOverflow === 'ellipsis' || style.webkitLineClamp !== 'none'
          || up.dataset.more !== undefined;
        told ||= says;
        if (right > clip.right + 1.5 && left < clip.right && !told && style.overflowX !== 'visible')
          found.push(`cut: ${node.data.slice(0, 40)}`);
        [left, right] = [Math.max(left, clip.left), Math.min(right, clip.right)];
        [top, bottom] = [Math.max(top, clip.top), Math.min(bottom, clip.bottom)];
      }
      if (right - left > 2 && bottom - top > 2)
        seen.push({ left, right, top, bottom, text: node.data.slice(0, 30), node });
    }
  }
  seen.sort((a, b) => a.top - b.top);
  seen.forEach((a, i) => {
    for (let j = i + 1; j < seen.length && seen[j].top < a.bottom - 3; j += 1) {
      const b = seen[j];
      const [x, y] = [Math.min(a.right, b.right) - Math.max(a.left, b.left),
        Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)];
      const stuck = one => one.node.parentElement.closest('header.sticky, td, th') !== null;
      if (x > 3 && y > 4 && a.node !== b.node && !(stuck(a) && stuck(b) && a.top < 44))
        found.push(`over one another: ${a.text} | ${b.text}`);
    }
  });
  const beyond = document.documentElement.scrollWidth - innerWidth;
  if (beyond > 0) {
    const widest = [...document.querySelectorAll('body *')].filter(one => one.checkVisibility()
      && Math.abs(one.getBoundingClientRect().right - innerWidth - beyond) < 1).at(-1);
    found.push(`${beyond} px beside the page: ${widest?.outerHTML.slice(0, 200)}`);
  }
  return [...new Set(found)];
}"""


# The choice of a theme, as theme.js finds it before the first paint.
THEMED = "localStorage.setItem('motherhaven', JSON.stringify({ theme: '%s' }));"
# Figures whose names do not say what they mean: heads of columns of figures, and names of lists.
UNDEFINED = """() => [...document.querySelectorAll('main th.text-right, main dl dt.label')]
  .filter(e => e.checkVisibility() && e.innerText.trim() && !e.title
    && !e.querySelector('[title]') && !e.closest('[data-plain-words]'))
  .map(e => `${e.closest('section, table')?.ariaLabel}: ${e.innerText}`)"""


def layout_faults(page: Page) -> list[str]:
    """What FAULTS finds; what a new width or medium is still moving is waited for."""
    try:
        page.wait_for_function(f"() => ({FAULTS})().length === 0")
    except TimeoutError:
        found: list[str] = page.evaluate(FAULTS)
        return found
    return []


def opened(site: Site, open_page: OpenPage, path: str, width: int, theme: str = "dark") -> Page:
    """The page at rest, at this width and in this theme."""
    viewport = {"width": width, "height": HEIGHTS[width]}
    page = open_page(site.url + path, init=SHIFTS + THEMED % theme, viewport=viewport)
    settle(page)
    return page
