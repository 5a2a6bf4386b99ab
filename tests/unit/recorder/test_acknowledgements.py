"""What counts as the server's acknowledgement, and every near miss that does not."""

import json
from datetime import UTC, datetime

import pytest

from motherhaven.recorder.sending.responses import ResponseKind, read_batch, read_single
from motherhaven.recorder.sending.transport import Answer

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WHOLE = [{"event_id": "a", "status": "stored"}, {"event_id": "b", "status": "duplicate"}]


def answer(body, status=200):
    """An answer with a JSON body."""
    return Answer(status, "OK", {"content-type": "application/json"}, json.dumps(body).encode())


def test_success_with_a_verdict_for_each_event_is_taken():
    """The one form that counts."""
    reading = read_batch(answer({"success": True, "results": WHOLE}), ["a", "b"], 0, NOW)
    assert reading.kind is ResponseKind.TAKEN
    assert {key: result.status for key, result in reading.results.items()} == {
        "a": "stored", "b": "duplicate",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, {"results": WHOLE}),
        *((200, {"success": told, "results": WHOLE}) for told in (False, None, 1, "true", [True])),
        (200, {"success": True}),
        (200, {"success": True, "results": WHOLE[:1]}),
        (200, {"success": True, "results": [WHOLE[0], WHOLE[0]]}),
        (200, {"success": True, "results": [WHOLE[0], {"event_id": "b"}]}),
        (200, {"success": True, "results": [WHOLE[0], {"event_id": "b", "status": "ok"}]}),
        (200, {"success": True, "results": {"a": "stored", "b": "stored"}}),
        (200, [{"success": True, "results": WHOLE}]),
        *((status, {"success": True, "results": WHOLE})
          for status in (201, 202, 204, 206, 301, 302, 304, 307, 400, 404, 413, 429, 500, 503)),
    ],
)  # fmt: skip
def test_near_misses_are_not_taken(status, body):
    """Another status, no success, a verdict too few or of another kind."""
    reading = read_batch(answer(body, status), ["a", "b"], 0, NOW)
    assert reading.kind is not ResponseKind.TAKEN


@pytest.mark.parametrize("told", [False, None, 1, "true", [True]])
def test_an_old_server_must_say_success(told):
    """The four old endpoints answer without verdicts: `success` is all there is."""
    assert read_single(answer({"success": True}), "a", NOW)[0].kind is ResponseKind.TAKEN
    reading, _ = read_single(answer({"success": told}), "a", NOW)
    assert reading.kind is not ResponseKind.TAKEN
    assert reading.results == {}
    for status in (201, 204, 302):
        reading, _ = read_single(answer({"success": True}, status), "a", NOW)
        assert reading.kind is not ResponseKind.TAKEN
