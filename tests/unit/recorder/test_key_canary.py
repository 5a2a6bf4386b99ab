"""The key is in no log line, no exception and no traceback, whatever goes wrong."""

import logging
import socket
import threading
import traceback

import pytest

from motherhaven.contract.errors import MotherhavenError
from motherhaven.recorder import MotherhavenLogger
from motherhaven.recorder.sending.transport import HttpTransport
from motherhaven.testing.stub_server import Reply, always
from tests.unit.recorder.support import Shipping, decision

CANARY = "canary-Zx81-key"

ANSWERS = {
    "echoed in the body": Reply(500, CANARY.encode()),
    "echoed in an error": Reply(401, b'{"error":{"message":"bad key %s"}}' % CANARY.encode()),
    "echoed in a refusal": Reply(422, b'{"success":false,"error":"%s"}' % CANARY.encode()),
    "echoed in a header": Reply(503, b"", {"Retry-After": CANARY, "X-Key": CANARY}),
    "echoed in the type": Reply(200, b"x", {"Content-Type": CANARY}),
    "cut": Reply(cut_at=30),
    "closed": Reply(cut_at=0),
}


def raw(answer):
    """A server that says these bytes to everybody."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(65_536)
                    connection.sendall(answer)
            except OSError:
                return

    threading.Thread(target=serve, daemon=True).start()
    return listener, f"http://127.0.0.1:{listener.getsockname()[1]}"


def posted(url):
    """Everything that a failed post says, its traceback with all causes included."""
    transport = HttpTransport(url, CANARY)
    try:
        transport.post("/x", b"{}" * 500_000, 2.0)
    except MotherhavenError as error:
        return "".join(traceback.format_exception(error))
    finally:
        transport.close()
    return ""


@pytest.mark.parametrize("what", ANSWERS)
def test_no_answer_brings_the_key_into_the_log(tmp_path, server, caplog, what):
    """Even a server that sends the key back."""
    caplog.set_level(logging.DEBUG)
    server.default = always(ANSWERS[what])
    shipping = Shipping(tmp_path, server, key=CANARY)
    shipping.recorder.record("decision", decision())
    for _ in range(8):
        shipping.clock.advance(shipping.sender.step() or 0)
    client = MotherhavenLogger(server.url, CANARY, timeout=2)
    client.log_status("running")
    assert CANARY not in caplog.text + repr(client) + str(client.last_error)
    assert CANARY not in str(shipping.sender.backoff.last_error)
    assert CANARY not in posted(server.url)


@pytest.mark.parametrize(
    "answer",
    [b"", b"\x00" * 100, f"{CANARY}\r\n\r\n".encode(), f"HTTP/9 {CANARY}\r\n".encode(),
     f"HTTP/1.1 200 {CANARY}\r\nContent-Length: 5\r\n\r\n".encode(), b"\x16\x03\x01" + b"a" * 50],
)  # fmt: skip
def test_no_noise_on_the_line_brings_the_key_into_an_exception(answer):
    """Answers that are no HTTP, and those that repeat what they were sent."""
    listener, url = raw(answer)
    with listener:
        assert CANARY not in posted(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "https://127.0.0.1:1", "http://no.invalid"])
def test_no_failed_connection_does(url):
    """Refused, without TLS, without a name."""
    assert CANARY not in posted(url)


@pytest.mark.parametrize(
    "key", [CANARY + end for end in ("\n", "\r\nx: y", "\u20ac", "\x00", "\xe9", "\x7f")]
)
@pytest.mark.parametrize("url", ["http://h", "http://h:99999999", "http://[::1", "nonsense"])
def test_an_unusable_key_is_named_and_not_shown(key, url):
    """Line breaks and characters that no header can carry."""
    with pytest.raises(MotherhavenError) as raised:
        HttpTransport(url, key)
    assert "Zx81" not in "".join(traceback.format_exception(raised.value))
