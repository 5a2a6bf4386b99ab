"""Check 12: what a model, a bot or a venue writes is text, on every screen, whatever it says."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.looks import SCREENS, OpenPage, path_of, settle

SHORT = "<img src=x onerror=hacked=1>"
ATTACK = (
    f"{SHORT}<script>window.hacked=1</script><svg onload='window.hacked=1'></svg>"
    "[click](javascript:window.hacked=1) ![img](http://192.0.2.1/x.png) "
    "<iframe src='http://192.0.2.1/'></iframe><a href='javascript:hacked=1'>here</a>"
    "<style>@import 'http://192.0.2.1/x.css';</style>"
)
WATCH = """window.violations = [];
  addEventListener('securitypolicyviolation',
    event => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));"""
# What stands on the page must be text: nothing that runs, loads, or leads into a script.
ALIVE = """() => [...document.querySelectorAll(
    'body [onerror], body [onload], main :is(script, iframe, object, embed, style, link, base), '
    + 'main img, a[href^="javascript:" i]')].map(e => `alive: ${e.outerHTML.slice(0, 80)}`)"""
PLANTED = {
    "ran": "window.hacked = 1",
    "alive": 'main.innerHTML += `<a href="javascript:1">here</a>`',
    "policy": "main.innerHTML += '<i onclick=1>x</i>'; "
    "main.append(Object.assign(new Image(), { src: 'http://192.0.2.1/x.png' }))",
}


class Watched:
    """A page and the addresses outside of its site that it asked for."""

    def __init__(self, open_page: OpenPage, site: Site, **options: bool) -> None:
        # A policy that had to hold something back is reported by itself, below.
        self.page: Page = open_page(
            "about:blank", init=WATCH, tolerate=("Content Security Policy",), **options
        )
        self.left: list[str] = []
        self.page.on("request", lambda request: self._note(request.url, site.url))

    def _note(self, url: str, own: str) -> None:
        if not url.startswith((own, "data:", "blob:")):
            self.left.append(url)

    def complaints(self) -> list[str]:
        """What ran, what stands there alive, what the policy had to stop, what left."""
        ran = ["ran: a script of the text"] if self.page.evaluate("!!window.hacked") else []
        policy = [f"policy: {one}" for one in self.page.evaluate("window.violations")]
        alive: list[str] = self.page.evaluate(ALIVE)
        return ran + alive + policy + [f"left: {url}" for url in self.left]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server to which two bots sent attacks in every text that they can send."""
    one = Site(tmp_path_factory.mktemp("hostile"), "--open")
    one.start()
    for number in (1, 2):
        attack(one, {"bot_id": f"bot-{number}", "bot_name": f"{SHORT}{number}", "mode": "paper"})
    yield one
    one.kill()


def attack(site: Site, bot: dict[str, str]) -> None:
    """A heartbeat, decisions, and a trade, with an attack in each text."""
    site.post(
        "status",
        {
            "timestamp": "2026-01-02T03:00:00Z",
            "status": "error",
            **dict.fromkeys(("message", "error", "decider", "market", "cycle_id"), ATTACK),
            "coins": [SHORT],
            **bot,
        },
    )
    texts = ["raw_response", "system_prompt", "user_prompt", "invalidation_condition", "error"]
    texts += ["trigger", "decider", "model", "finish_reason", "cycle_id"]
    verdict = {"allowed": False, "rule": ATTACK, "reason": ATTACK, "asked_usd": 20}
    for _ in range(2):
        more = {**dict.fromkeys(texts, ATTACK), "verdict": verdict, "coin": SHORT, **bot}
        site.decide(ATTACK, **more)
    trade = {
        "coin": SHORT,
        "side": "long",
        "quantity_usd": 20,
        "leverage": 3,
        "entry_price": 100,
        "entry_time": "2026-01-02T03:00:00Z",
        "position_id": SHORT,
        "reason": ATTACK,
    }
    site.post("position", {**trade, "status": "open", **bot})
    end = {"exit_price": 99, "exit_time": "2026-01-02T04:00:00Z", "realized_pnl": -1}
    site.post("position", {**trade, **end, "status": "closed", **bot})
    site.report("1000", **bot)


@pytest.mark.parametrize("screen", SCREENS)
def test_text_of_others_stays_text(hostile: Site, open_page: OpenPage, screen: str) -> None:
    """Script, handlers, links and remote images run nothing, load nothing, break no policy."""
    watched = Watched(open_page, hostile)
    page = watched.page
    page.goto(hostile.url + path_of(hostile, screen))
    settle(page)
    if screen != "settings":
        shown = page.get_by_text("onerror=hacked=1").locator("visible=true")
        expect(shown.first).to_be_visible()
    for tab in page.locator("main [role=tab]").all():
        tab.click()
        settle(page)
    for closed in page.locator("main button[aria-expanded=false]").all():
        closed.click()
    if screen in ("arena", "bot"):
        page.goto(hostile.url + path_of(hostile, screen))
        page.locator("[data-decision]").first.click()
        expect(page.get_by_role("complementary", name="Decision")).to_contain_text("onerror")
    assert watched.complaints() == []


@pytest.mark.parametrize("fault", PLANTED)
def test_planted_attacks_are_found(hostile: Site, open_page: OpenPage, fault: str) -> None:
    """Check 12 can fail: a script that ran, a live link, and what the policy had to stop."""
    watched = Watched(open_page, hostile)
    watched.page.goto(f"{hostile.url}/llm-bot/settings")
    settle(watched.page)
    watched.page.evaluate(
        f"() => {{ const main = document.querySelector('main'); {PLANTED[fault]}; }}"
    )
    watched.page.wait_for_function(
        "fault => fault !== 'policy' || window.violations.length > 0", arg=fault
    )
    assert any(one.startswith(fault) for one in watched.complaints())


def test_planted_a_request_that_leaves_is_found(hostile: Site, open_page: OpenPage) -> None:
    """Check 12 can fail: without a policy an image of another host is asked for, and seen."""
    watched = Watched(open_page, hostile, bypass_csp=True)
    watched.page.route("http://192.0.2.1/*", lambda route: route.fulfill(body=""))
    watched.page.goto(f"{hostile.url}/llm-bot/settings")
    with watched.page.expect_request("http://192.0.2.1/x.png"):
        watched.page.evaluate("() => { new Image().src = 'http://192.0.2.1/x.png'; }")
    assert watched.complaints() == ["left: http://192.0.2.1/x.png"]
