"""MotherhavenLogger posts as the old client did, and is True only for an acknowledged 200."""

import logging

import pytest

from motherhaven.contract.errors import ConfigError
from motherhaven.recorder import MotherhavenLogger
from motherhaven.testing.stub_server import Reply
from tests.patience import HANG_SECONDS
from tests.unit.recorder.support import DECISION


@pytest.fixture
def client(server, clock):
    """A client of the stub server."""
    return MotherhavenLogger(server.url + "/", server.api_key, timeout=HANG_SECONDS, clock=clock)


CALLS = {
    "decision": lambda c: c.log_decision(DECISION, "raw", None, "user"),
    "position": lambda c: c.log_position_entry("p", "BTC", "long", 100.1, 50, 3),
    "account": lambda c: c.log_account_state(1000, 1000.3, 0.1, 0.2, 1.5, 2),
    "status": lambda c: c.log_status("running", None, 3, -1.5),
}


@pytest.mark.parametrize("endpoint", CALLS)
def test_each_call_posts_to_its_endpoint(client, server, caplog, endpoint):
    """True, one request with numbers as numbers, and the guide's line."""
    caplog.set_level(logging.INFO, "motherhaven")
    assert CALLS[endpoint](client) is True
    ((posted, _),) = server.singles
    assert posted == endpoint
    assert caplog.messages == [
        f"[Motherhaven] Successfully posted to /api/llm-bot/ingest/{endpoint}"
    ]


def test_bodies_carry_the_documented_fields(client, server):
    """Exactly the fields of the contract's table, exact sums, nothing left out."""
    for call in CALLS.values():
        call(client)
    client.log_position_exit("p", "BTC", "long", 100.1, "2026-01-01T00:00:00Z", 99, 50, 3, -1)
    bodies = [body for _, body in server.singles]
    assert bodies[0] == {
        "timestamp": "2026-01-02T03:04:05.000000Z", "coin": "BTC", "signal": "buy_to_enter",
        "quantity_usd": 50.0, "leverage": 3, "confidence": 0.7, "justification": "momentum",
        "profit_target": 110.5, "stop_loss": 90.25, "invalidation_condition": "below 89",
        "raw_response": "raw", "user_prompt": "user",
    }  # fmt: skip
    assert bodies[1]["status"] == "open"
    assert bodies[2]["total_pnl"] == 0.3
    assert (bodies[3]["message"], bodies[3]["pnl_today"]) == ("", -1.5)
    assert (bodies[4]["status"], bodies[4]["entry_time"]) == ("closed", "2026-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        (Reply(201), "201 Stub"),
        (Reply(401, b"{}"), "401 Stub"),
        (Reply(200, b'{"success":false}'), "200 without an acknowledgement"),
        (Reply(200, b"<html>", {"Content-Type": "text/html"}), "200 without an acknowledgement"),
        (Reply(200, b'{"success":tr', cut_at=80), "Answer cut off"),
        (Reply(silent=True), "Timeout"),
        (Reply(drip_seconds=0.1), "Timeout"),
    ],
)
def test_anything_but_an_acknowledged_200_is_false(server, caplog, reply, cause):
    """False with the real cause in the guide's warning.

    Where the server never ends it is the total deadline that gives `Timeout`; else none is near.
    """
    seconds = 0.3 if cause == "Timeout" else HANG_SECONDS
    client = MotherhavenLogger(server.url, server.api_key, timeout=seconds)
    server.script(reply)
    assert client.log_status("running") is False
    assert caplog.messages[0].startswith(f"[Motherhaven] Failed to log status: {cause}")


def test_a_server_that_is_gone_is_false(client, server):
    """A refused connection is an answer of False, not an error."""
    server.close()
    assert client.log_account_state(1, 1) is False


def test_nonsense_is_false_and_never_sent(client, server, caplog):
    """A value that makes no sense is not posted; the warning names it."""
    assert client.log_account_state(float("nan"), float("nan")) is False
    assert "balance_usd" in caplog.text
    assert server.requests == []


def test_disabled_sends_nothing(server):
    """enabled=False is False at once, whatever the URL."""
    assert MotherhavenLogger("nonsense", "", enabled=False).log_status("running") is False


def test_the_key_is_never_shown(server, caplog):
    """Neither repr nor errors nor log lines contain the key."""
    client = MotherhavenLogger(server.url, "canary-key")
    client.log_status("running")
    assert "canary" not in repr(client) + caplog.text
    with pytest.raises(ConfigError) as raised:
        MotherhavenLogger("http://h", "canary\n")
    assert "canary" not in str(raised.value)
