"""Behind nginx with TLS: records come in, events leave at once, and only the key opens the door."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from scripts.ports import free_port
from tests.acceptance import nginxkit
from tests.acceptance.nginxkit import NAME, Nginx, Visitor
from tests.acceptance.processes import KEY, get, start_server
from tests.patience import HANG_SECONDS, figure
from tests.programs import needs

API = "/api/llm-bot"

pytestmark = needs("nginx")


def decision(text: str) -> dict[str, Any]:
    """A decision as old clients send it."""
    return {
        "timestamp": datetime.now(UTC).isoformat(),
        "coin": "BTC",
        "signal": "hold",
        "quantity_usd": 20,
        "leverage": 3,
        "confidence": 0.75,
        "justification": text,
    }


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Visitor, int, int]]:
    """A visitor, the server's own port, and nginx's port without TLS."""
    folder = tmp_path_factory.mktemp("nginx")
    cert = nginxkit.certificate(folder)
    server, (plain, tls) = free_port(), nginxkit.ports()
    content = nginxkit.shipped(folder, server, plain, tls)
    with (
        start_server(folder, server, "--open", "--store", f"sqlite:///{folder}/server.db"),
        Nginx(folder, content, tls),
    ):
        yield Visitor(tls, cert), server, plain


def test_records_come_in_and_only_the_key_reads_them(site: tuple[Visitor, int, int]) -> None:
    """Ingest through TLS is kept; reading without the key is refused though --open is given."""
    visitor, server, _ = site
    sent = visitor.ask("POST", f"{API}/ingest/decision", decision("through tls"), x_api_key=KEY)
    assert (sent[0], json.loads(sent[2])["success"]) == (200, True)
    assert get(server, f"{API}/decisions", key=None)[0] == 200, "open to this machine itself"
    assert visitor.ask("GET", f"{API}/decisions")[0] == 401
    status, _, page = visitor.ask("GET", "/llm-bot")
    assert (status, b'type="password"' in page) == (401, True)
    status, _, body = visitor.ask("GET", f"{API}/decisions", x_api_key=KEY)
    assert status == 200
    assert "through tls" in body.decode()


@pytest.mark.figures
def test_events_leave_one_by_one_and_at_once(site: tuple[Visitor, int, int]) -> None:
    """Ten events arrive over TLS, each before the next one is posted; nothing is held back.

    That each takes at most a second is a figure.
    """
    visitor, _, _ = site
    stream = visitor.connect()
    stream.request("GET", f"{API}/live", headers={"Host": NAME, "x-api-key": KEY})
    answer = stream.getresponse()
    assert answer.status == 200
    assert answer.getheader("content-type", "").startswith("text/event-stream")
    slowest = 0.0
    for number in range(10):
        posted = time.monotonic()
        text = f"live number {number} of the stream"
        visitor.ask("POST", f"{API}/ingest/decision", decision(text), x_api_key=KEY)
        line = b""
        while text.encode() not in line:
            line = answer.readline()
            assert line, "the stream ended"
        slowest = max(slowest, time.monotonic() - posted)
    stream.close()
    figure("seconds from a post to its event, slowest of ten", slowest, 1.0)


def test_the_login_cookie_is_secure_and_opens_the_page(site: tuple[Visitor, int, int]) -> None:
    """The form's cookie is __Host-, Secure, HttpOnly, SameSite=Strict; a foreign form gets none."""
    visitor, _, _ = site
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    own = {**form, "Origin": f"https://{NAME}"}
    status, headers, _ = visitor.ask("POST", f"{API}/login", f"key={KEY}", **own)
    assert status == 303
    cookie = headers["set-cookie"]
    assert cookie.startswith("__Host-motherhaven_session=")
    assert {"Secure", "HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    session = cookie.partition(";")[0]
    assert visitor.ask("GET", f"{API}/bots", Cookie=session)[0] == 200
    foreign = {**form, "Origin": "https://evil.example"}
    status, headers, _ = visitor.ask("POST", f"{API}/login", f"key={KEY}", **foreign)
    assert (status, "set-cookie" in headers) == (403, False)


def test_guessing_keys_is_slowed_for_each_visitor(site: tuple[Visitor, int, int]) -> None:
    """nginx answers 429 after a few attempts, before the server's limit hits everyone."""
    visitor, _, _ = site
    answers = [visitor.ask("POST", f"{API}/login", {"key": "guess"})[0] for _ in range(12)]
    assert 429 in answers
    assert set(answers) <= {401, 429}


def test_without_tls_a_key_is_refused_and_a_page_led_over(site: tuple[Visitor, int, int]) -> None:
    """Port 80 takes no records and redirects none; browsers are sent to https."""
    _, _, plain = site
    request = urllib.request.Request(
        f"http://127.0.0.1:{plain}{API}/ingest/decision",
        data=json.dumps(decision("plain")).encode(),
        headers={"Host": NAME, "x-api-key": KEY, "Content-Type": "application/json"},
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=HANG_SECONDS)
    assert refused.value.code == 403
    refused.value.close()
    opener = urllib.request.build_opener(_NoRedirect)
    page = urllib.request.Request(f"http://127.0.0.1:{plain}/llm-bot", headers={"Host": NAME})
    with pytest.raises(urllib.error.HTTPError) as led:
        opener.open(page, timeout=HANG_SECONDS)
    assert (led.value.code, led.value.headers["location"]) == (308, f"https://{NAME}/llm-bot")
    led.value.close()


def test_the_server_s_own_refusals_pass_through(site: tuple[Visitor, int, int]) -> None:
    """A body over 1 MiB gets the server's 413 in JSON, which tells bots to send less at once."""
    visitor, _, _ = site
    body = decision("x" * 1_200_000)
    status, headers, text = visitor.ask("POST", f"{API}/ingest/decision", body, x_api_key=KEY)
    assert status == 413
    assert headers["content-type"] == "application/json"
    assert json.loads(text)["error"]["code"] == "too_large"
    assert headers["strict-transport-security"].startswith("max-age=")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """Follow nothing."""
