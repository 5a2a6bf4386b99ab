"""A reader with a key of one bot, in a real browser: sees that bot, and leaves with the key."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.test_keys import keys
from tests.browser.conftest import Site

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]


def test_a_friend_s_key_shows_one_bot_until_it_is_revoked(
    closed_site: Site, open_page: OpenPage, tmp_path: Path
) -> None:
    """Signed in with it, the feed and the stream are one bot's; revoked, the key page is back."""
    store = ("--store", f"sqlite:///{closed_site.folder}/server.db")
    closed_site.decide("mine before", bot_id="bot-mine")
    closed_site.decide("theirs before", bot_id="bot-theirs")
    words = ("create", "--name", "friend", "--bot", "bot-mine", "--scope", "read", *store)
    [key], _ = keys(tmp_path, *words)
    page = open_page(f"{closed_site.url}/llm-bot", tolerate=("401", "403"))
    page.locator("input[type=password]").fill(key)
    page.keyboard.press("Enter")
    expect(page.get_by_text("mine before")).to_be_visible()
    closed_site.decide("theirs live", bot_id="bot-theirs")
    closed_site.decide("mine live", bot_id="bot-mine")
    expect(page.get_by_text("mine live")).to_be_visible()
    assert "theirs" not in page.content()
    keys(tmp_path, "revoke", key.split("_")[1], *store)
    expect(page.locator("input[type=password]")).to_be_visible()
    assert "mine" not in page.content()
