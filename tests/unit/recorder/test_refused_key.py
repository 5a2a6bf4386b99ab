"""What the bot's log says when its key is refused."""

import logging

import pytest

from motherhaven.testing.stub_server import Reply, always
from tests.unit.recorder.support import status


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            b'{"error":{"message":"this key belongs to the bot x"}}',
            "(this key belongs to the bot x)",
        ),
        (b'{"error":{"message":"a\\nb' + b"c" * 900 + b'"}}', "(a bccc"),
        (b'{"error":{"message":5}}', "403 Stub -"),
        (b'{"error":"no"}', "403 Stub -"),
        (b"<html>", "403 Stub -"),
    ],
)
def test_the_alarm_says_why_the_server_refuses_the_key(shipping, server, caplog, body, told):
    """A key of another bot or a revoked one is no typing mistake: one line, at most 200 chars."""
    caplog.set_level(logging.INFO, "motherhaven")
    shipping.recorder.record("status", status())
    server.default = always(Reply(403, body))
    shipping.sender.step()
    [alarm] = [m for m in caplog.messages if "MOTHERHAVEN_API_KEY" in m]
    assert told in alarm
    assert "\n" not in alarm
    assert len(alarm) < 500
