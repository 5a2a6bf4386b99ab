"""A bot's panel of commands in a real browser: held, confirmed, followed tick by tick."""

import json
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.processes import KEY
from tests.acceptance.test_keys import keys
from tests.browser.conftest import Site
from tests.patience import HANG_SECONDS

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
BOT = "bot-subject"


def asked(site: Site, path: str, body: dict[str, Any] | None = None) -> Any:
    """What the server answers a bot."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{site.port}/api/llm-bot/{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "x-api-key": KEY},
    )
    with urllib.request.urlopen(request, timeout=HANG_SECONDS) as answer:
        return json.loads(answer.read() or b"null")


class FakeBot:
    """Fetches a command as a bot does, and acknowledges it state by state."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.seq = 0

    def fetch(self) -> dict[str, Any]:
        """The next command, waited for."""
        found = asked(self.site, f"bots/{BOT}/commands?after={self.seq}&wait=30")
        [command] = found["commands"]
        self.seq = command["seq"]
        return dict(command)

    def tell(self, command: dict[str, Any], state: str, **more: Any) -> None:
        """One acknowledgement."""
        now = datetime.now(UTC).isoformat()
        payload = {
            "timestamp": now, "command_id": command["id"], "name": command["name"],
            "state": state, "by": command["by"], **more,
        }  # fmt: skip
        one = {
            "event_id": f"{command['id']}-{state}", "bot_id": BOT, "kind": "command",
            "time": now, "payload": payload,
        }  # fmt: skip
        told = asked(self.site, "ingest/batch", {"events": [one]})
        assert told["results"][0]["status"] == "stored"


def running(site: Site) -> FakeBot:
    """A bot that holds one position."""
    now = datetime.now(UTC).isoformat()
    site.post("status", {"timestamp": now, "status": "running", "message": "", "bot_id": BOT})
    opening = {
        "coin": "BTC", "side": "long", "quantity_usd": 1000, "leverage": 3, "size": "0.03",
        "entry_price": 100000, "entry_time": now, "status": "open", "bot_id": BOT,
    }  # fmt: skip
    site.post("position", opening)
    return FakeBot(site)


def sign_in(page: Page, key: str) -> None:
    """Through the key page."""
    page.locator("input[type=password]").fill(key)
    page.keyboard.press("Enter")


def confirm(page: Page, key: str) -> None:
    """Show the key once more."""
    dialog = page.get_by_role("dialog", name="Confirm with your key")
    dialog.get_by_label("Key").fill(key)
    dialog.get_by_role("button", name="Confirm").click()
    expect(dialog).to_be_hidden()


def test_flatten_is_held_confirmed_and_followed_to_verified(
    closed_site: Site, open_page: OpenPage
) -> None:
    """A click does nothing; held by keyboard it asks for the key; ticks come live, one by one."""
    bot = running(closed_site)
    page = open_page(f"{closed_site.url}/llm-bot/bot?id={BOT}", tolerate=("401", "403"))
    sign_in(page, KEY)
    panel = page.get_by_role("region", name="Control", exact=True)
    hold = panel.get_by_role("button", name="Flatten")
    expect(
        panel.get_by_text("Flatten: Closes 1 position at the market: BTC long 0.03")
    ).to_be_visible()
    hold.click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(panel.get_by_text("No command was given yet.")).to_be_visible()
    hold.focus()
    page.keyboard.down("Enter")
    expect(page.get_by_role("dialog", name="Confirm with your key")).to_be_visible()
    page.keyboard.up("Enter")
    confirm(page, KEY)
    command = bot.fetch()
    assert (command["name"], command["by"]) == ("flatten", "the shared key, dashboard")
    row = panel.locator(f"[data-command='{command['id']}']")
    done = row.get_by_label("done")
    expect(done).to_have_count(1)
    bot.tell(command, "received")
    expect(done).to_have_count(2)
    bot.tell(command, "applied", left={"positions": {"BTC": "0.01"}})
    expect(done).to_have_count(3)
    expect(row).to_contain_text("left: BTC 0.01")
    expect(panel.get_by_text("(not verified yet)")).to_be_visible()
    bot.tell(
        command, "verified", positions={}, open_orders=0,
        snapshot_at=datetime.now(UTC).isoformat(),
    )  # fmt: skip
    expect(done).to_have_count(4)
    expect(row).to_contain_text("By the venue: no position, 0 orders.")
    expect(panel.get_by_text("(not verified yet)")).to_be_hidden()


def test_a_reader_sees_states_and_no_buttons_on_a_phone_too(
    closed_site: Site, open_page: OpenPage, tmp_path: Path
) -> None:
    """With a reading key the panel has no button; it fits 375 px, and says what a refusal was."""
    bot = running(closed_site)
    store = ("--store", f"sqlite:///{closed_site.folder}/server.db")
    [key], _ = keys(tmp_path, "create", "--name", "reader", "--scope", "read", *store)
    refused = {"id": "k", "name": "resume", "by": "someone"}
    bot.tell(refused, "refused", reason_code="resume_off", reason="Resume on the bot's machine.")
    page = open_page(
        f"{closed_site.url}/llm-bot/bot?id={BOT}#control",
        tolerate=("401", "403"),
        viewport={"width": 375, "height": 800},
        reduced_motion="reduce",
    )
    sign_in(page, key)
    panel = page.get_by_role("region", name="Control", exact=True)
    expect(panel.get_by_text("This browser may read only.")).to_be_visible()
    expect(panel.locator("[data-state=refused]")).to_contain_text("Resume on the bot's machine.")
    expect(panel.get_by_role("button")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


def test_one_position_is_closed_from_its_row(closed_site: Site, open_page: OpenPage) -> None:
    """Held by the pointer, with the coin in the command; the stop's new price travels too."""
    bot = running(closed_site)
    page = open_page(f"{closed_site.url}/llm-bot/bot?id={BOT}", tolerate=("401", "403"))
    sign_in(page, KEY)
    change = page.get_by_role("button", name="Change BTC long")
    change.click()
    page.get_by_label("Stop to").fill("99000.5")
    page.get_by_role("button", name="Move", exact=True).click()
    confirm(page, KEY)
    command = bot.fetch()
    assert (command["name"], command["args"]) == ("move_stop", {"coin": "BTC", "price": "99000.5"})
    # The list below the button grows by this row, and what is open moves with it.
    listed = page.get_by_role("list", name="Commands", exact=True)
    expect(listed.get_by_text("BTC, price 99000.5")).to_be_visible()
    change.click()
    hold = page.get_by_role("button", name="Close (hold)")
    hold.hover()
    page.mouse.down()
    command = bot.fetch()
    page.mouse.up()
    assert (command["name"], command["args"]) == ("flatten", {"coin": "BTC"})


def test_guidance_has_a_bounded_length_and_an_end(closed_site: Site, open_page: OpenPage) -> None:
    """Its text and hours travel; what the bot took is shown with its end, and can be cleared."""
    bot = running(closed_site)
    page = open_page(f"{closed_site.url}/llm-bot/bot?id={BOT}", tolerate=("401", "403"))
    sign_in(page, KEY)
    panel = page.get_by_role("region", name="Control", exact=True)
    form = panel.get_by_role("form", name="Guidance")
    give = form.get_by_role("button", name="Give guidance")
    expect(give).to_be_disabled()
    words = form.get_by_label("guidance to the model")
    words.fill("x" * 2_001)
    expect(words).to_have_value("x" * 2_000)
    expect(form.get_by_text("2,000 of 2,000 characters")).to_be_visible()
    words.fill("  No new longs before the print.  ")
    form.get_by_label("holds for").select_option("1 day")
    give.click()
    confirm(page, KEY)
    command = bot.fetch()
    assert command["name"] == "guidance"
    assert command["args"] == {"text": "No new longs before the print.", "hours": "24"}
    bot.tell(command, "applied")
    bot.tell(command, "verified")
    taken = panel.get_by_text("“No new longs before the print.”", exact=True)
    expect(taken).to_be_visible()
    expect(taken.locator("xpath=..").get_by_role("time")).to_be_visible()
    form.get_by_role("button", name="Clear guidance").click()
    command = bot.fetch()
    assert command["args"] == {"text": ""}
    bot.tell(command, "verified")
    expect(taken).to_be_hidden()
    expect(form.get_by_role("button", name="Clear guidance")).to_be_hidden()
