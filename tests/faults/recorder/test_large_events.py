"""No event is too large to pass others: what does not fit travels in parts, or cut with a mark."""

import pytest

from motherhaven.contract.jsonio import dumps, loads, loads_own
from motherhaven.contract.wire import event_from_item
from motherhaven.recorder.shorten import cut_text, fit, shorten
from motherhaven.testing.stub_server import Reply, StubServer
from tests.unit.recorder.support import Shipping, account, decision, status

MEGA = 1_000_000
LARGE = {
    "a text of any name": {"notes": "x" * (3 * MEGA)},
    "a nested text": {"extra": {"deep": {"list": ["a", "y" * (9 * MEGA), "z"]}}},
    "four bytes a character": {"notes": "\U0001f600" * MEGA},
    "escapes": {"notes": '\x01"\\' * MEGA},
    "100,000 small keys": {"extra": {f"key {n}": n for n in range(100_000)}},
    "100,000 keys beside": {f"key {n}": n for n in range(100_000)},
    "12,000 keys": {"extra": {f"k{n}": n for n in range(12_000)}},
    "60,000 small lists": {"extra": [[] for _ in range(60_000)]},
    "many small objects": {"extra": [{"a": [n]} for n in range(30_000)]},
    "a long list": {"extra": list(range(300_000))},
    "a declared text": {"invalidation_condition": "i" * (2 * MEGA)},
    "a long key": {"k" * 900: "v" * (2 * MEGA)},
    "known texts": {"raw_response": "r" * (20 * MEGA), "user_prompt": "u" * (2 * MEGA)},
    "both": {"raw_response": "r" * MEGA, "notes": "n" * MEGA, "justification": "j" * 90_000},
}


def check_arrived(shipping, server, event_id):
    """The event is there, valid, whole or with a mark; it passed nobody and holds nobody."""
    shipping.check_nothing_lost()
    event = server.events[event_id]
    payload = loads(event.payload)
    assert (payload["coin"], payload["signal"], payload["quantity_usd"]) == ("BTC", "hold", "1")
    assert max(len(request.body) for request in server.requests) <= 1 << 20
    return payload


@pytest.mark.parametrize("what", LARGE)
@pytest.mark.parametrize("limit", [1 << 20, 100_000, 4_096])
def test_an_event_of_any_size_arrives_and_holds_nobody_up(tmp_path, what, limit):
    """Through a server or proxy with a limit of its own as well; the journal has the whole."""
    if limit == 4_096 and what == "known texts":
        pytest.skip("4,500 parts through a proxy of 4 KiB take minutes")
    with StubServer(max_body=limit) as server:
        shipping = Shipping(tmp_path, server)
        first = shipping.recorder.record("decision", decision(0)).event_id
        large = shipping.recorder.record("decision", decision(1, **LARGE[what]))
        after = [
            shipping.recorder.record("decision", decision(2)).event_id,
            shipping.recorder.record("account", account()).event_id,
            shipping.recorder.record("status", status()).event_id,
        ]
        shipping.drain(steps=5_000)
        assert set(server.events) == {first, large.event_id, *after}
        payload = check_arrived(shipping, server, large.event_id)
        cut = payload.get("cut_to_travel")
        if cut is None:
            assert loads(server.events[large.event_id].payload) == decision_of(LARGE[what])
        else:
            assert cut["bytes"] > min(limit // 2, 100_000)
            assert cut["fields"]
        shipping.outbox.close()
        shipping.recorder.journal.close()


def decision_of(more):
    """The payload as it was given, with its time."""
    whole = {**decision(1, **more), "timestamp": "2026-01-02T03:04:05.000000Z"}
    return loads_own(dumps(whole))


@pytest.mark.soak
def test_150_megabytes_of_raw_response(tmp_path):
    """Cut to what parts can carry; the next events are there."""
    with StubServer() as server:
        shipping = Shipping(tmp_path, server)
        large = shipping.recorder.record("decision", decision(1, raw_response="r" * (150 * MEGA)))
        after = shipping.recorder.record("decision", decision(2)).event_id
        shipping.drain(steps=5_000)
        assert after in server.events
        text = loads(server.events[large.event_id].payload)["raw_response"]
        assert text.endswith(
            "[cut: 150000000 characters in all; the whole is in the bot's journal]"
        )
        shipping.outbox.close()
        shipping.recorder.journal.close()


def test_a_server_that_refuses_every_size_is_waited_for(tmp_path):
    """413 for everything: nothing is cut for it, nothing set aside; later all arrives whole."""
    with StubServer() as server:
        shipping = Shipping(tmp_path, server)
        server.default = lambda stub, request: Reply(413, b"<html>too large</html>")
        large = shipping.recorder.record("decision", decision(1, notes="x" * 200_000))
        for _ in range(30):
            shipping.clock.advance(shipping.sender.step() or 0)
        server.default = StubServer.accept
        shipping.drain()
        payload = loads(server.events[large.event_id].payload)
        assert payload["notes"] == "x" * 200_000
        assert "cut_to_travel" not in payload


def test_an_old_server_gets_a_large_event_cut(tmp_path):
    """A single endpoint with a limit of 1 MB takes what fits, with the mark."""
    with StubServer(batches=False, max_body=1_000_000) as server:
        shipping = Shipping(tmp_path, server)
        shipping.recorder.record("decision", decision(0))
        shipping.recorder.record("decision", decision(1, raw_response="r" * (9 * MEGA)))
        shipping.recorder.record("decision", decision(2))
        shipping.drain()
        assert [body["justification"][:10] for _, body in server.singles] == [
            "decision 0", "decision 1", "decision 2",
        ]  # fmt: skip
        assert "in all" in server.singles[1][1]["raw_response"]
        assert shipping.outbox.quarantined == shipping.outbox.behind() == 0


@pytest.mark.parametrize("room", [2_000, 5_000, 100_000, 600_000])
@pytest.mark.parametrize("what", LARGE)
def test_what_is_cut_fits_and_stays_valid(what, room):
    """The room is kept, and the contract takes the result, down to the smallest."""
    payload = {**decision(1, **LARGE[what]), "timestamp": "2026-01-02T03:04:05Z"}
    payload = loads_own(dumps(payload))
    short = shorten(payload, room, ("coin", "signal", "quantity_usd", "leverage", "confidence",
                                    "justification", "timestamp"), "0" * 64)  # fmt: skip
    assert len(dumps(short)) <= room
    item = {"event_id": "a", "kind": "decision", "time": "2026-01-02T03:04:05Z", "payload": short}
    event_from_item(item, shipping_time())


def shipping_time():
    """A time of receipt."""
    from datetime import UTC, datetime

    return datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize("text", ["a" * 10_000, "\x01" * 10_000, "\U0001f600" * 5_000, '"' * 9_000])
@pytest.mark.parametrize("room", [0, 10, 200, 5_000])
def test_a_cut_text_is_whole_characters_and_a_mark(text, room):
    """Never half a character, and never more than the room (but for the mark)."""
    short = cut_text(text, room)
    short.encode()
    assert "characters in all" in short
    assert len(dumps(short)) <= max(room, 150)
    assert fit(text, 1 << 30) is text
