"""Check 9: by keys alone to the raw answer and back, the focus seen at every step."""

from playwright.sync_api import Page, TimeoutError, expect

from tests.browser.conftest import Site
from tests.browser.looks import OpenPage, read, rest, settle
from tests.patience import HANG_SECONDS

# What has the focus, and whether anyone can see that: a ring that is drawn, in sight, uncovered;
# a field without one shows it by the border of its label.
FOCUS = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return { what: 'nothing', seen: false };
  const tell = e.dataset.decision ?? e.getAttribute('aria-label') ?? e.innerText ?? e.tagName;
  const [style, box] = [getComputedStyle(e), e.getBoundingClientRect()];
  const clear = color => color === 'transparent' || /, 0\\)$/.test(color);
  const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2
    && !clear(style.outlineColor);
  const label = e.closest('label');
  const accent = document.createElement('i');
  accent.style.color = 'var(--accent)';
  document.body.append(accent);
  const bordered = label
    && getComputedStyle(label).borderTopColor === getComputedStyle(accent).color;
  accent.remove();
  const x = Math.min(box.left + box.width / 2, innerWidth - 1);
  const at = document.elementFromPoint(x, box.top + box.height / 2);
  return { what: tell.trim().replace(/\\s+/g, ' '), seen: !!(ring || bordered) && !!at
    && (e.contains(at) || at.contains(e)), at: `${at?.outerHTML.slice(0, 80)} ${scrollY}` };
}"""
ON = f"what => ({FOCUS})().what.includes(what)"


def focus_complaints(page: Page, expected: str, seconds: float = HANG_SECONDS) -> list[str]:
    """The focus must come to be on what is expected, and be seen there."""
    try:
        page.wait_for_function(ON, arg=expected, timeout=seconds * 1000)
    except TimeoutError:
        return [f"the focus is on {page.evaluate(FOCUS)['what']!r}, not on {expected!r}"]
    return [] if page.evaluate(FOCUS)["seen"] else [f"the focus on {expected!r} is not seen"]


def tab_to(page: Page, name: str, key: str = "Tab") -> list[str]:
    """Press the key until `name` has the focus; what is not seen on the way is complained of."""
    complaints = []
    for _ in range(80):
        page.keyboard.press(key)
        now = page.evaluate(FOCUS)
        if not now["seen"]:
            complaints.append(f"the focus on {now['what']!r} is not seen: {now}")
        if name in now["what"]:
            return complaints
    return [*complaints, f"{name!r} is not reached by {key}"]


def answered(site: Site, name: str) -> str:
    """Three decisions of one bot with raw answers; the newest one's id."""
    for number in range(3):
        site.decide(f"{name} {number}.", raw_response=f'{{"answer": {number}}}', bot_name=name)
    return str(read(site, "feed?limit=1")["items"][0]["id"])


def test_keyboard_alone_reaches_the_raw_answer_and_returns(site: Site, open_page: OpenPage) -> None:
    """Arena, Bot, Decision, raw answer, and back: focus visible at each step, and restored."""
    newest = answered(site, "keys")
    page = open_page(f"{site.url}/llm-bot")
    settle(page)
    assert tab_to(page, "keys") == []
    page.keyboard.press("Enter")
    page.wait_for_url("**/bot?id=*")
    settle(page)
    page.keyboard.press("j")
    assert focus_complaints(page, newest) == []
    page.keyboard.press("Enter")
    expect(page.get_by_role("complementary", name="Decision")).to_be_visible()
    rest(page)  # what is still on its way to the panel moves what has the focus
    assert focus_complaints(page, newest) == []
    assert tab_to(page, "Open as a page", "Shift+Tab") == []
    page.keyboard.press("Enter")
    page.wait_for_url("**/decision?id=*")
    settle(page)
    assert tab_to(page, "Formatted") == []
    page.keyboard.press("ArrowRight")
    assert focus_complaints(page, "Raw") == []
    expect(page.get_by_text('{"answer": 2}')).to_be_visible()
    assert back_complaints(page, ["Raw", "Open as a page", newest, "keys"]) == []


def back_complaints(page: Page, places: list[str], seconds: float = HANG_SECONDS) -> list[str]:
    """Back, step by step: the focus must be where it was when that step was left."""
    complaints = []
    for place in places:
        page.go_back()
        complaints += focus_complaints(page, place, seconds)
    return complaints


def test_escape_returns_to_the_row(desk: Site, open_page: OpenPage) -> None:
    """J and Enter open a decision beside the feed; Esc closes it and the row has the focus."""
    newest = answered(desk, "escape")
    page = open_page(f"{desk.url}/llm-bot")
    settle(page)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    inspector = page.get_by_role("complementary", name="Decision")
    expect(inspector).to_be_visible()
    rest(page)
    assert tab_to(page, "Raw", "Shift+Tab") == []
    page.keyboard.press("Escape")
    expect(inspector).to_have_count(0)
    assert focus_complaints(page, newest) == []


def test_planted_hidden_and_lost_focus_are_found(desk: Site, open_page: OpenPage) -> None:
    """Check 9 can fail: rings that are not drawn, a row that is covered, focus that Back loses."""
    newest = answered(desk, "lost")
    page = open_page(f"{desk.url}/llm-bot")
    settle(page)
    hidden = page.add_style_tag(content=":focus-visible { outline: none !important; }")
    assert any("'Arena' is not seen" in one for one in tab_to(page, "Settings"))
    hidden.evaluate("style => style.remove()")
    page.keyboard.press("j")
    assert focus_complaints(page, newest) == []
    cover = "position: fixed; inset: 0; height: auto"
    page.evaluate(f"document.querySelector('header').style.cssText = '{cover}'")
    assert any("not seen" in one for one in focus_complaints(page, newest))
    page.evaluate("document.querySelector('header').style.cssText = ''")
    page.evaluate("HTMLElement.prototype.focus = () => {}")
    page.get_by_role("link", name="lost", exact=True).first.press("Enter")
    page.wait_for_url("**/bot?id=*")
    assert any("'nothing'" in one for one in back_complaints(page, ["lost"], 1))
