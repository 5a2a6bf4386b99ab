"""A position without its stop wakes somebody, by the bot's own status, and its end is told."""

import json
from dataclasses import replace
from datetime import UTC, datetime

from motherhaven.contract.events import Event
from motherhaven.server.alerts.halts import BARE_SECONDS, fold_halts

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


def status(event, **lacking):
    """A status of a bot whose position lacks protection so."""
    one = {"coin": "BTC", "state": "unprotected", "reason_code": "stop_none", **lacking}
    payload = {"status": "running", "protection": {"lacking": [one] if lacking else []}}
    return replace(event, payload=json.dumps(payload).encode())


def an_event():
    """A status as the server has it."""
    fields = dict.fromkeys(Event.__dataclass_fields__)
    fields |= {"event_id": "e", "bot_id": "b", "kind": "status", "received_at": NOW, "time": NOW}
    return Event(**fields)


def test_a_bare_position_is_told_after_a_while_and_forgotten_when_it_is_safe():
    """Not at once, for a stop takes a moment; a baseline's own choice never."""
    event = an_event()
    assert fold_halts({}, [status(event, seconds=BARE_SECONDS - 1)]) == {}
    bare = fold_halts({}, [status(event, seconds=BARE_SECONDS)])
    assert bare == {"b": {"bare": "BTC unprotected (stop_none)"}}
    unknown = fold_halts({}, [status(event, seconds=99, state="unknown")])
    assert "unknown" in unknown["b"]["bare"]
    assert fold_halts(bare, [status(event)]) == {}
    assert fold_halts({}, [status(event, seconds=99, reason_code="stop_exempt")]) == {}


def test_what_others_send_under_the_name_is_no_alert():
    """A text, a number or a list in its place says nothing."""
    for value in ("bare", 3, [1], {"lacking": "x"}, {"lacking": [1, {"seconds": "9"}]}):
        payload = json.dumps({"status": "running", "protection": value}).encode()
        assert fold_halts({}, [replace(an_event(), payload=payload)]) == {}
