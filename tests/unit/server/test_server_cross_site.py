"""What another site has a browser ask for is refused before it runs; so is what was forwarded."""

from typing import Any

import pytest

from motherhaven.contract.errors import ConfigError
from motherhaven.server.auth.policy import Rule
from motherhaven.server.forwarding import is_forwarding, trusted_proxies
from motherhaven.stores import MemoryStore
from tests.serverkit import API, KEY, config, declared, rule_of, running
from tests.unit.server.test_server_access import routes

pytestmark = pytest.mark.anyio

LINK = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
FOREIGN: list[Any] = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": " Cross-Site "},
    {"sec-fetch-site": "nonsense"},
    {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"},
    {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"},
    [("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
]


class Watched(MemoryStore):
    """Notes every use."""

    def __init__(self) -> None:
        super().__init__()
        self.used: list[str] = []

    def __getattribute__(self, name: str) -> object:
        if name in {
            "bots",
            "decisions",
            "accounts",
            "statuses",
            "errors",
            "append",
            "get_shared_record",
        }:
            self.used.append(name)
        return super().__getattribute__(name)


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize("is_open", [True, False])
async def test_nothing_runs_for_another_site(headers: Any, is_open: bool) -> None:
    """Every route and method of the table, with the key or open: 403, and the store rests."""
    store = Watched()
    settings = config(open_reading=is_open)
    async with running(settings, store) as server, server.client(key=KEY) as client:
        server.app.state.broadcaster.close()
        store.used.clear()
        for method, path in routes():
            address = path.replace("{path:path}", "llm-bot")
            answer = await client.request(method, address, headers=headers)
            assert answer.status_code == 403, (method, path)
            assert "another site asked for this" in answer.text or method == "HEAD"
        # The tasks beside the requests look at the shared records.
        assert [name for name in store.used if name != "get_shared_record"] == []


async def test_a_link_to_a_page_is_followed_and_nothing_else() -> None:
    """A user may come from anywhere to a page, to the key page, and to the first address."""
    async with running(config(open_reading=True)) as server, server.client() as client:
        server.app.state.broadcaster.close()
        for method, path in routes():
            address = path.replace("{path:path}", "llm-bot")
            is_page = rule_of(path) is Rule.PAGE or address in {"/", f"{API}/login"}
            answer = await client.request(method, address, headers=LINK)
            is_refused = answer.status_code == 403
            assert is_refused != (is_page and method in {"GET", "HEAD"}), (method, path)
    assert len(declared().policies) > 20


@pytest.mark.parametrize("site", ["same-origin", "none", None])
async def test_the_own_page_and_programs_are_served(site: str | None) -> None:
    """What a browser says of our own page, and what has no such header."""
    headers = {} if site is None else {"sec-fetch-site": site, "sec-fetch-mode": "cors"}
    async with running(config(open_reading=True)) as server, server.client() as client:
        assert (await client.get(f"{API}/bots", headers=headers)).status_code == 200


FORWARDING_TEXT = """
Forwarded X-Forwarded-For X-Forwarded-Host X-Forwarded-Proto X-Forwarded X-Forwarded-Server
X_Forwarded_For x-FORWARDED-by Forwarded-For X-Forward-For Forwarded-For-Ip X-Real-IP X_Real_Ip
Via CF-Connecting-IP CF-Connecting-IPv6 CF-Ray CF-IPCountry CF-Visitor True-Client-IP
X-Client-IP Client-IP Fly-Client-IP Fly-Forwarded-Port X-Original-URL X-Original-Host
X-Original-Forwarded-For X-Originating-IP X-Cluster-Client-IP X-Remote-IP X-Remote-Addr
X-ProxyUser-Ip Proxy-Connection X-Envoy-External-Address X-Azure-ClientIP X-ARR-Log-ID
X-Amzn-Trace-Id X-Vercel-Forwarded-For X-Nf-Client-Connection-Ip Fastly-Client-IP
CloudFront-Viewer-Address X-Appengine-User-Ip CDN-Loop X-Host X-HTTP-Host-Override X-Rewrite-URL
Akamai-Origin-Hop WL-Proxy-Client-IP X-Coming-From Front-End-Https Front_End_Https X-Varnish
Tailscale-User-Login X-Request-Start X-Cloud-Trace-Context X-Akamai-Edgescape X-Sendfile-Type
Surrogate-Capability Ngrok-Agent-Ips X-Ngrok-Id X-LB-IP X-User-IP X-IP X-Peer-IP
"""
FORWARDING = FORWARDING_TEXT.split()
ORDINARY_TEXT = """
Host Accept Accept-Encoding User-Agent Cookie X-Api-Key Content-Type Content-Length Origin
Referer Sec-Fetch-Site Sec-Fetch-Mode Cache-Control Pragma If-None-Match Last-Event-ID DNT
Connection Upgrade-Insecure-Requests Sec-CH-UA Priority Range Authorization X-Requested-With
Traceparent
"""
ORDINARY = ORDINARY_TEXT.split()


@pytest.mark.parametrize("name", FORWARDING)
@pytest.mark.parametrize("dev_proxy", [False, True])
async def test_open_reading_ends_where_anything_was_in_between(name: str, dev_proxy: bool) -> None:
    """Every header that a proxy, a CDN or a tunnel adds, in any spelling: a key is needed."""
    settings = config(open_reading=True, dev_proxy=dev_proxy)
    async with running(settings) as server, server.client() as client:
        answer = await client.get(f"{API}/bots", headers={name: "198.51.100.7"})
        # The development proxy of this machine may say which scheme it was asked with.
        is_allowed = dev_proxy and name == "X-Forwarded-Proto"
        assert answer.status_code == (200 if is_allowed else 401)
        with_key = {name: "198.51.100.7", "x-api-key": KEY}
        assert (await client.get(f"{API}/bots", headers=with_key)).status_code == 200


def test_ordinary_headers_are_no_forwarding() -> None:
    """Nothing that browsers and programs send of themselves closes the page."""
    assert [name for name in ORDINARY if is_forwarding(name.encode())] == []


@pytest.mark.parametrize(
    ("addresses", "header", "named"),
    [
        ("10.0.0.0/40", "x-forwarded-for", "MOTHERHAVEN_TRUSTED_PROXIES"),
        ("localhost", "x-forwarded-for", "MOTHERHAVEN_TRUSTED_PROXIES"),
        ("127.0.0.1", "x forwarded", "MOTHERHAVEN_CLIENT_ADDRESS_HEADER"),
        ("127.0.0.1", "", "MOTHERHAVEN_CLIENT_ADDRESS_HEADER"),
    ],
)
def test_a_wrong_setting_is_named(addresses: str, header: str, named: str) -> None:
    """At start, with the fix."""
    with pytest.raises(ConfigError, match=named):
        trusted_proxies(addresses, header)
