"""One total deadline for a request, whatever the server does."""

import socket
import time

import pytest

from motherhaven.contract.errors import ConfigError, ShippingError
from motherhaven.recorder.sending.transport import HttpTransport
from motherhaven.testing.stub_server import Reply, StubServer
from tests.patience import HANG_SECONDS, figure


@pytest.fixture
def transport(server):
    """A transport to the stub server."""
    made = HttpTransport(server.url, server.api_key)
    yield made
    made.close()


def failure(transport, timeout=HANG_SECONDS):
    """The cause of a failed request."""
    with pytest.raises(ShippingError) as raised:
        transport.post("/x", b"{}", timeout)
    return str(raised.value)


def test_an_answer_comes_back_whole_on_a_kept_connection(server, transport):
    """Status, headers in lower case and body; the second request reuses the connection."""
    server.script(Reply(200, b"abc", {"Retry-After": "7"}), Reply(503))
    answer = transport.post("/x", b"{}", HANG_SECONDS)
    assert (answer.status, answer.headers["retry-after"], answer.body) == (200, "7", b"abc")
    assert transport.post("/x", b"{}", HANG_SECONDS).status == 503
    assert server.requests[0].headers["x-api-key"] == server.api_key
    assert server.requests[0].headers["content-type"] == "application/json"


@pytest.mark.figures
@pytest.mark.parametrize(
    "reply",
    [Reply(silent=True), Reply(body=b"x" * 100_000, drip_seconds=0.05)],
    ids=["silent", "drip"],
)
def test_silence_and_dripping_end_at_the_deadline(server, transport, reply):
    """A server that never answers, or sends a byte now and then, costs the timeout.

    The drip would last for more than an hour. That little is added to 0.3 s is a figure.
    """
    server.script(reply)
    started = time.monotonic()
    assert failure(transport, 0.3) == "Timeout"
    figure("seconds that a timeout of 0.3 took", time.monotonic() - started, 2.0)


def test_a_server_that_never_accepts_ends_at_the_deadline():
    """A full backlog (connect hangs or stays silent) costs the timeout."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        transport = HttpTransport(f"http://127.0.0.1:{listener.getsockname()[1]}", "k" * 8)
        assert failure(transport, 0.3) == "Timeout"


def test_causes_are_named_as_people_search_for_them(server, transport):
    """Refused, closed, cut and non-HTTP answers each have their words."""
    server.script(Reply(cut_at=0))
    assert failure(transport) == "Connection closed without an answer"
    server.script(Reply(body=b"x" * 500, cut_at=150))
    assert failure(transport) == "Answer cut off"
    server.close()
    assert failure(transport) == "Connection refused"


def test_a_connection_that_the_server_closed_meanwhile_is_replaced(server, transport):
    """Keep-alive connections die; the request goes out again on a new one."""
    transport.post("/x", b"{}", HANG_SECONDS)
    for connection in list(server._open):
        connection.shutdown(socket.SHUT_RDWR)
    assert transport.post("/x", b"{}", HANG_SECONDS).status == 404


def test_redirects_are_not_followed(server, transport):
    """A 307 comes back as it is; its target sees nothing."""
    with StubServer() as elsewhere:
        server.script(Reply(307, b"", {"Location": elsewhere.url + "/x"}))
        assert transport.post("/x", b"{}", HANG_SECONDS).status == 307
        assert elsewhere.requests == []


def test_a_base_url_may_have_a_path_and_a_slash(server):
    """http://host/base/ and /api… join to one path."""
    HttpTransport(server.url + "/base/", server.api_key).post("/x", b"{}", HANG_SECONDS)
    assert server.requests[0].path == "/base/x"


@pytest.mark.parametrize(
    ("url", "key"), [("localhost:3000", "k"), ("ftp://h", "k"), ("http://h", "canary\r\nx: y")]
)
def test_unusable_settings_are_named_without_the_key(url, key):
    """A bad URL or a key with line breaks raises ConfigError that does not show the key."""
    with pytest.raises(ConfigError, match="MOTHERHAVEN_API_") as raised:
        HttpTransport(url, key)
    assert "canary" not in str(raised.value)
