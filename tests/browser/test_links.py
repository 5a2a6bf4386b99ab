"""Check 7: the address holds what a screen was told to show, and Back takes it back."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, TimeoutError

from tests.browser.conftest import Site
from tests.browser.looks import SCREENS, OpenPage, path_of, settle
from tests.patience import HANG_SECONDS

# Every choice that can be seen on the page itself: nothing is taken from the address.
CHOICES = """() => {
  const seen = (css, tell) =>
    [...document.querySelectorAll(css)].filter(e => e.checkVisibility()).map(tell);
  const text = e => e.innerText.trim().replace(/\\s+/g, ' ');
  return [
    ...seen('main h1', text),
    ...seen('main input[type=radio]:checked',
      e => `${e.closest('[role=radiogroup]').ariaLabel}: ${text(e.parentElement)}`),
    ...seen('main [role=tab][aria-selected=true]', e => `tab: ${text(e)}`),
    ...seen('main button[aria-pressed=true]', e => `pressed: ${text(e)}`),
    ...seen('main th[aria-sort]', e => `sorted by: ${text(e)}`),
    ...seen('main :is(input:not([type=radio]), select)', e => `field: ${e.value}`),
    ...seen('main figure', e => e.ariaLabel),
    ...seen('main [data-decision][aria-current]', e => `row: ${text(e)}`),
    ...seen('main [data-cause][aria-expanded=true]', e => `cause: ${text(e)}`),
    ...seen('main :is(aside, article) header', e => `of: ${text(e)}`),
  ];
}"""
SAME = f"choices => JSON.stringify(({CHOICES})()) === JSON.stringify(choices)"
OTHER = f"choices => JSON.stringify(({CHOICES})()) !== JSON.stringify(choices)"
Step = Callable[[Page], object]


def pick(role: str, name: str, nth: int = 0) -> Step:
    """Click what has this role and name."""
    return lambda page: page.get_by_role(role, name=name, exact=True).nth(nth).click()  # type: ignore[arg-type]  # any role


def click(css: str) -> Step:
    """Click the first that fits."""
    return lambda page: page.locator(css).first.click()


def open_decision(page: Page) -> None:
    """Click the first row; its panel comes after the row says that it is chosen."""
    page.locator("[data-decision]").first.click()
    page.locator("main :is(aside, article) header").first.wait_for()


STEPS: dict[str, list[Step]] = {
    "arena": [
        pick("radio", "1w"),
        pick("radio", "$"),
        click("figure button[title*='click hides']"),
        pick("radio", "table"),
        pick("button", "max dd"),
        pick("radio", "Closed"),
        pick("button", "trades only"),
        lambda page: page.get_by_placeholder("btc buy").fill("btc"),
        open_decision,
    ],
    "bot": [
        pick("radio", "1w"),
        pick("radio", "drawdown"),
        click("[role=tab]:has-text('Errors')"),
        click("[data-cause]"),
        click("[role=tab]:has-text('Config')"),
        click("[role=tab]:has-text('Decisions')"),
        pick("radio", "entries and exits"),
        open_decision,
        click("[role=tab]:has-text('Raw')"),
    ],
    "decision": [
        click("[role=tab]:has-text('JSON')"),
        click("button[aria-label*='(J)']"),
        click("[role=tab]:has-text('Diff')"),
        lambda page: page.keyboard.press("k"),
    ],
    "trade": [pick("radio", "candles")],
    "compare": [
        pick("radio", "1w"),
        click("button[aria-pressed=true]"),
        lambda page: page.get_by_label("Settings shown").get_by_role("radio", name="all").click(),
    ],
    "errors": [
        lambda page: page.get_by_label("Since").get_by_role("radio", name="all").click(),
        pick("radio", "guard"),
        lambda page: page.locator("main select").select_option(label="random"),
        click("[data-cause]"),
    ],
    "settings": [],
}


def differs(page: Page, choices: list[str], when: str, seconds: float) -> list[str]:
    """A complaint unless the page comes to show exactly these choices."""
    try:
        page.wait_for_function(SAME, arg=choices, timeout=seconds * 1000)
    except TimeoutError:
        now = page.evaluate(CHOICES)
        return [f"{when}: {set(choices) ^ set(now)}"]
    return []


def link_complaints(
    page: Page, steps: list[Step], fresh: Callable[[str], Page], seconds: float = HANG_SECONDS
) -> list[str]:
    """Take the steps; a fresh browser must show the last, and Back every one before, in turn."""
    before = []
    for step in steps:
        choices, address = page.evaluate(CHOICES), page.url
        before.append(choices)
        step(page)
        page.wait_for_function(OTHER, arg=choices)
        page.wait_for_url(lambda url, old=address: url != old)  # type: ignore[misc]  # a default binds it
        settle(page)
    last = page.evaluate(CHOICES)
    complaints = differs(fresh(page.url), last, f"a fresh {page.url}", seconds)
    away = "Errors" if page.url.endswith("settings") else "Settings"
    page.get_by_role("navigation", name="Screens").get_by_role("link", name=away).click()
    page.wait_for_url(f"**/{away.lower()}")
    before.append(last)
    for number, choices in reversed(list(enumerate(before))):
        page.go_back()
        complaints += differs(page, choices, f"back to step {number}", seconds)
    return complaints


@pytest.mark.parametrize("screen", SCREENS)
def test_a_link_shows_the_same_and_back_restores(
    recorded: Site, open_page: OpenPage, screen: str
) -> None:
    """Filters, range, selection and tab: the same in a fresh browser, and undone by Back."""
    page = open_page(recorded.url + path_of(recorded, screen))
    settle(page)
    assert link_complaints(page, STEPS[screen], open_page) == []


def test_planted_lost_choices_are_found(recorded: Site, open_page: OpenPage) -> None:
    """Check 7 can fail: an address that forgets the range, and steps that are no history."""
    steps = STEPS["arena"][:1]
    forgetful = open_page(f"{recorded.url}/llm-bot")
    settle(forgetful)
    found = link_complaints(
        forgetful, steps, lambda url: open_page(url.replace("range=1w", "")), seconds=2
    )
    assert [one.partition(" http")[0] for one in found] == ["a fresh"]
    no_history = "History.prototype.pushState = History.prototype.replaceState"
    page = open_page(f"{recorded.url}/llm-bot", init=no_history)
    settle(page)
    assert any("back to step" in one for one in link_complaints(page, steps, open_page, seconds=2))
