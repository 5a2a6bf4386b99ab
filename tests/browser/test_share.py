"""A share link in a browser: made in Settings, read only, ended for good."""

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.acceptance.processes import KEY
from tests.browser.conftest import Site
from tests.browser.fleet import fill
from tests.browser.looks import OpenPage, rest, settle

REFUSED = ("the server responded with a status of 403",)
NOT_SHARED = ("Errors", "Settings", "Compare")


def signed_in(site: Site, open_page: OpenPage, path: str, **options: Any) -> Page:
    """The page at an address, after the key was entered."""
    page = open_page(f"{site.url}/api/llm-bot/login?next={path}", **options)
    page.get_by_label("Key").fill(KEY)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/llm-bot(/|\?|$)"))
    settle(page)
    return page


def made_link(page: Page) -> str:
    """The address of a new link, made by the form as it stands."""
    page.get_by_role("button", name="Make a link").click()
    return page.get_by_label("The new link").inner_text()


def test_a_link_shows_one_bot_and_ends(closed_site: Site, open_page: OpenPage) -> None:
    """Made beside a bot, opened without a key, live, without control; revoked, it is refused."""
    fill(closed_site)
    owner = signed_in(closed_site, open_page, "/llm-bot/bot?id=b01")
    owner.get_by_role("link", name="Share").click()
    owner.wait_for_url("**/settings?share=b01")
    link = made_link(owner)
    guest = open_page(link, tolerate=REFUSED, viewport={"width": 1440, "height": 900})
    guest.wait_for_url("**/llm-bot/bot?id=b01")
    assert "mhs_" not in guest.evaluate("document.referrer + location.href + document.cookie")
    settle(guest)
    expect(guest.get_by_text("Shared view, read only, without prompts")).to_be_visible()
    expect(guest.get_by_role("heading", level=1)).to_contain_text("sonnet-4.5-thinking")
    nav = guest.get_by_role("navigation", name="Screens")
    for name in NOT_SHARED:
        expect(nav.get_by_role("link", name=name)).to_have_count(0)
    expect(guest.get_by_role("region", name="Control")).to_have_count(0)
    expect(guest.get_by_role("tab")).to_contain_text(["decisions", "trades", "P&L"])
    expect(guest.get_by_role("link", name="Export", exact=False)).to_have_count(0)
    guest.locator("[data-decision]").first.click()
    rest(guest)
    expect(guest.get_by_role("tab", name="Raw")).to_have_count(0)
    guest.goto(f"{closed_site.url}/llm-bot")
    settle(guest)
    expect(guest.get_by_role("table", name="Bots", exact=True).locator("tbody tr")).to_have_count(1)
    assert "leader" not in guest.content()
    guest.goto(f"{closed_site.url}/llm-bot/settings")
    expect(guest.get_by_text("a share link does not show this")).to_be_visible()
    owner.get_by_role("list", name="Links").get_by_role("button", name="Revoke").click()
    expect(owner.get_by_role("list", name="Links")).to_contain_text("ended")
    guest.goto(f"{closed_site.url}/llm-bot/bot?id=b01")
    expect(guest.get_by_text("expired or was revoked")).to_be_visible()
    guest.goto(link)
    expect(guest.get_by_text("This link has expired or was revoked")).to_be_visible()


def test_a_link_of_the_arena_with_prompts(closed_site: Site, open_page: OpenPage) -> None:
    """All bots, raw texts where that was chosen; still no settings."""
    closed_site.decide("why", raw_response="RAW ANSWER", system_prompt="SYSTEM WORDS")
    owner = signed_in(closed_site, open_page, "/llm-bot/settings")
    owner.get_by_role("checkbox", name="with prompts and answers").check()
    guest = open_page(made_link(owner), tolerate=REFUSED, viewport={"width": 1440, "height": 900})
    guest.wait_for_url("**/llm-bot")
    settle(guest)
    expect(guest.get_by_text("Shared view, read only, with prompts")).to_be_visible()
    guest.locator("[data-decision]").first.click()
    guest.get_by_role("tab", name="Raw").click()
    expect(guest.get_by_text("RAW ANSWER", exact=True)).to_be_visible()
    closed_site.decide("a later reason")
    expect(guest.get_by_text("a later reason").first).to_be_visible()


def test_without_a_key_nobody_shares(site: Site, open_page: OpenPage) -> None:
    """Where this machine reads without a key, the form says what is missing."""
    site.decide("why")
    page = open_page(f"{site.url}/llm-bot/settings", tolerate=REFUSED)
    settle(page)
    page.get_by_role("button", name="Make a link").click()
    expect(page.get_by_text("Sharing needs a key")).to_be_visible()
