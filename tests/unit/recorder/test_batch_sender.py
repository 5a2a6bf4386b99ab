"""Each answer of a server leads to the right next step; nothing is lost on the way."""

import logging
from datetime import timedelta
from email.utils import format_datetime

import pytest

from motherhaven.contract.jsonio import loads
from motherhaven.recorder.core import NewEvent
from motherhaven.recorder.sending.backoff import KEY_SECONDS, LONGEST_DELAY
from motherhaven.testing.stub_server import Reply, StubServer, always, lost_answer
from tests.unit.recorder.support import Shipping, account, decision, status


def record(shipping, *kinds):
    """Record one event of each kind; their ids."""
    made = {"decision": decision, "account": account, "status": status}
    return [shipping.recorder.record(kind, made[kind]()).event_id for kind in kinds]


def test_everything_arrives_once_in_lane_order(shipping, server):
    """Status overtakes money, money overtakes decisions; order kept inside each."""
    ids = record(shipping, "decision", "account", "decision", "status", "account")
    assert shipping.sender.step() == 0
    assert shipping.sender.step() is None
    assert server.order == [ids[3], ids[1], ids[4], ids[0], ids[2]]
    assert len(server.requests) == 1
    shipping.check_nothing_lost()


def test_events_carry_who_when_and_in_which_order(shipping, server):
    """The item names bot, mode, epoch and seq; money stays an exact string."""
    (event_id,) = record(shipping, "decision")
    shipping.drain()
    event = server.events[event_id]
    assert (event.bot_id, event.bot_name) == (shipping.recorder.journal.bot_id, "tester")
    assert (event.mode, event.epoch, event.seq) == ("paper", 1, 1)
    assert loads(event.payload)["confidence"] == "0.5"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b"<html>welcome</html>", {"Content-Type": "text/html"}),
        Reply(200, b'{"success":true}'),
        Reply(200, b'{"success":true,"results":[]}'),
        Reply(200, b'{"success":true,"results":[{"event_id":"x","status":"stored"}]}'),
        Reply(200, b""),
        Reply(200, b"[]"),
        Reply(201),
        Reply(204, b""),
        Reply(302, b"", {"Location": "/elsewhere"}),
        Reply(500, b"{}"),
        Reply(418, b"{}"),
    ],
    ids=lambda reply: f"{reply.status}-{reply.body[:12]!r}",
)
def test_nothing_but_a_full_acknowledgement_counts(shipping, server, reply):
    """Wrong, cut, foreign or empty answers keep every event; later it arrives once."""
    record(shipping, "decision", "status")
    server.script(reply, reply, reply)
    for _ in range(3):
        assert shipping.sender.step() > 0
        assert shipping.outbox.behind() == 2
        shipping.clock.advance(LONGEST_DELAY)
    shipping.drain()
    assert len(server.events) == 2
    shipping.check_nothing_lost()


def test_backoff_doubles_with_jitter_up_to_its_cap(tmp_path):
    """Delays grow from under half a second to under a minute and never stay in step."""
    with StubServer() as gone:
        pass
    shipping = Shipping(tmp_path, gone)
    record(shipping, "status")
    delays = []
    for _ in range(12):
        delay = shipping.sender.step()
        delays.append(delay)
        shipping.clock.advance(delay)
    assert 0.25 <= delays[0] <= 0.5
    assert 30 <= delays[-1] <= 60
    for n, delay in enumerate(delays[:7]):
        assert 0.25 * 2**n <= delay <= 0.5 * 2**n
    assert len(set(delays)) == len(delays)
    assert shipping.outbox.behind() == 1


def test_a_failure_is_warned_of_once_a_minute_with_its_cause(tmp_path, caplog):
    """One line for each kind and cause, repeated only after a minute; recovery is told."""
    with StubServer() as gone:
        pass
    shipping = Shipping(tmp_path, gone)
    record(shipping, "decision", "status")
    for _ in range(4):
        shipping.clock.advance(shipping.sender.step())
    assert caplog.messages == [
        "[Motherhaven] Failed to log status: Connection refused",
        "[Motherhaven] Failed to log decision: Connection refused",
    ]
    shipping.clock.advance(61)
    shipping.sender.step()
    assert len(caplog.messages) == 4


@pytest.mark.parametrize("code", [401, 403])
def test_a_refused_key_pauses_with_one_clear_line(shipping, server, caplog, code):
    """One alarm naming both variables; a probe each minute; a corrected key resumes."""
    caplog.set_level(logging.INFO, "motherhaven")
    record(shipping, "status", "decision")
    server.default = always(Reply(code, b"{}"))
    for _ in range(3):
        assert shipping.sender.step() == KEY_SECONDS
        assert shipping.sender.backoff.state == "paused"
        shipping.clock.advance(KEY_SECONDS - 1)
        before = len(server.requests)
        assert shipping.sender.step() == pytest.approx(1)
        assert len(server.requests) == before
        shipping.clock.advance(1)
    alarms = [m for m in caplog.messages if "MOTHERHAVEN_API_KEY" in m]
    assert "LLM_BOT_API_KEY" in alarms[0]
    assert alarms[0].startswith(f"[Motherhaven] Failed to log status: {code}")
    server.default = StubServer.accept
    shipping.drain()
    assert len(server.events) == 2
    assert any("Connection restored" in m for m in caplog.messages)


def test_retry_after_is_obeyed_in_seconds_and_as_a_date(shipping, server):
    """429 and 503 say how long; not even a hurry goes against it."""
    record(shipping, "status")
    until = format_datetime(shipping.clock.now() + timedelta(seconds=130), usegmt=True)
    server.script(
        Reply(429, b"{}", {"Retry-After": "120"}), Reply(503, b"{}", {"Retry-After": until})
    )
    assert shipping.sender.step() == 120
    shipping.sender.backoff.retry_now()
    assert shipping.sender.step() == 120
    shipping.clock.advance(120)
    assert shipping.sender.step() == pytest.approx(10)
    shipping.clock.advance(10)
    shipping.drain()
    assert len(server.events) == 1


def test_413_halves_until_it_fits_and_drops_nothing(shipping, server):
    """A server with a small limit gets smaller batches; all arrive."""
    server.max_body = 4_000
    for n in range(60):
        shipping.recorder.record("decision", decision(n))
    shipping.drain()
    assert len(server.events) == 60
    assert sum(len(r.body) <= 4_000 for r in server.requests) > len(server.requests) / 2
    shipping.check_nothing_lost()


def test_413_for_one_event_sends_it_in_parts_or_cut(shipping, server):
    """Texts travel in parts; what has no parts is cut with a mark, and the rest goes on."""
    server.max_body = 60_000
    long = shipping.recorder.record("decision", decision(1, raw_response="é" * 50_000))
    cut = shipping.recorder.record("decision", decision(2, note="x" * 70_000))
    after = shipping.recorder.record("decision", decision(3))
    shipping.drain()
    assert server.order == [long.event_id, cut.event_id, after.event_id]
    assert loads(server.events[long.event_id].payload)["raw_response"] == "é" * 50_000
    there = loads(server.events[cut.event_id].payload)
    assert there["note"].endswith(
        "[cut: 70000 characters in all; the whole is in the bot's journal]"
    )
    assert there["cut_to_travel"]["fields"] == ["note"]
    assert shipping.outbox.quarantined == 0
    shipping.check_nothing_lost()


@pytest.mark.parametrize("text", ["a" * 99_999, "\U0001f600" * 99_999, 'é\\"\n' * 250_000])
def test_events_beyond_a_body_travel_in_parts_byte_for_byte(shipping, server, text):
    """Texts larger than a request arrive whole, whatever their characters."""
    fields = dict.fromkeys(("raw_response", "system_prompt", "user_prompt"), text)
    big = shipping.recorder.record("decision", decision(1, **fields, justification=text[:90_000]))
    small = shipping.recorder.record("decision", decision(2))
    shipping.drain()
    assert server.order == [big.event_id, small.event_id]
    assert max(len(r.body) for r in server.requests) <= 1 << 20
    shipping.check_nothing_lost()


def test_lost_parts_are_sent_again(shipping, server):
    """`incomplete` (the server lost the parts) sends them again, then the event is taken."""
    big = shipping.recorder.record("decision", decision(1, raw_response="x" * 700_000))
    shipping.sender.step()
    assert big.event_id in server.events
    second = shipping.recorder.record("decision", decision(2, raw_response="y" * 700_000))

    def forget(stub, request):
        reply = stub.accept(request)
        stub._parts.clear()
        return reply

    server.script(forget)
    shipping.drain()
    assert second.event_id in server.events
    shipping.check_nothing_lost()


def test_only_the_culprit_is_set_aside(shipping, server):
    """A verdict `rejected` quarantines that event alone, in the same exchange."""
    server.poison = lambda item: "decision 3" in str(item)
    for n in range(6):
        shipping.recorder.record("decision", decision(n))
    shipping.drain()
    assert len(server.events) == 5
    assert shipping.outbox.quarantined == 1
    assert len(server.requests) == 1
    shipping.check_nothing_lost()


@pytest.mark.parametrize("code", [400, 422])
@pytest.mark.parametrize(
    ("body", "quarantined"),
    [
        (b'{"success":false,"error":{"code":"invalid_json"}}', 1),
        (b'{"success":false}', 0),
        (b"<html>blocked</html>", 0),
    ],
)
def test_a_batch_refused_without_verdicts_is_searched(shipping, server, code, body, quarantined):
    """The rest arrives at once. The one is set aside for good only if the server explained it
    five times while it took others; a filter's page never does that."""

    def strict(stub, request):
        if b"decision 77" in request.body:
            return Reply(code, body)
        return stub.accept(request)

    server.default = strict
    for n in range(100, 200):
        shipping.recorder.record("decision", decision(77 if n == 150 else n))
    shipping.drain(until=lambda: len(server.events) == 99)
    assert shipping.outbox.quarantined == 0
    assert shipping.outbox.behind() == 1
    assert len(server.requests) < 40
    shipping.drain(until=lambda: shipping.outbox.quarantined or len(server.requests) > 100)
    assert shipping.outbox.quarantined == quarantined
    shipping.check_nothing_lost()
    server.default = StubServer.accept
    if not quarantined:
        shipping.drain()
        assert len(server.events) == 100


def test_422_with_verdicts_sets_only_the_culprit_aside(shipping, server):
    """A 422 that names the culprit is believed about the culprit only."""
    ids = record(shipping, "decision", "decision", "decision")
    verdicts = b'{"success":false,"results":[{"event_id":"%s","status":"rejected","error":"bad"}]}'
    server.script(Reply(422, verdicts % ids[1].encode()))
    shipping.drain()
    assert set(server.events) == {ids[0], ids[2]}
    assert shipping.outbox.quarantined == 1


def test_a_conflict_is_set_aside_with_an_alarm(shipping, server, caplog):
    """Another payload under the same id at the server: alarm, quarantine, the next goes on."""
    ids = [shipping.recorder.record("decision", decision(n)).event_id for n in range(2)]
    kept = shipping.outbox.take(1, 10_000)[0]
    with_other = kept.payload.replace(b"decision 0", b"decision X")

    def copied(stub, request):
        altered = request.body.replace(kept.payload, with_other)
        stub.accept(type(request)(request.method, request.path, request.headers, altered))
        return Reply(cut_at=0)

    server.script(copied)
    shipping.drain()
    assert shipping.outbox.quarantined == 1
    assert len(server.events) == 2
    assert any(r.levelno == logging.CRITICAL and ids[0] in r.message for r in caplog.records)


def test_a_lost_answer_is_sent_again_and_ignored_there(shipping, server):
    """The server committed, the answer was lost: sent again, kept once."""
    record(shipping, "decision", "status")
    server.script(lost_answer, lost_answer)
    shipping.drain()
    assert len(server.events) == 2
    assert server.duplicates >= 2
    shipping.check_nothing_lost()


def test_marks_survive_a_restart(tmp_path, server):
    """What was settled is not sent again by the next process."""
    first = Shipping(tmp_path, server)
    record(first, "decision", "status")
    first.drain()
    first.outbox.close()
    second_outbox = type(first.outbox)(first.recorder.journal, first.clock)
    assert second_outbox.behind() == 0
    assert second_outbox.take(10, 10_000) == []
    second_outbox.close()


def test_a_changed_payload_on_disk_is_never_sent_as_if_it_were_whole(shipping, server):
    """Bytes that no longer match their hash are set aside with the reason, not shipped."""
    ids = record(shipping, "decision", "decision")
    connection = shipping.recorder.journal.open_connection("normal")
    connection.execute(
        "UPDATE events SET payload = replace(payload, 'decision 0', 'decision Z') WHERE seq = 1"
    )
    connection.close()
    shipping.drain()
    assert set(server.events) == {ids[1]}
    assert shipping.outbox.quarantined == 1


def test_batches_stay_within_the_contracts_bounds(shipping, server):
    """At most 500 events and 1 MiB in a request."""
    shipping.recorder.record_many(
        [NewEvent("decision", decision(n, raw_response="x" * 3_000)) for n in range(1_200)]
    )
    shipping.drain()
    assert len(server.events) == 1_200
    assert max(len(r.body) for r in server.requests) <= 1 << 20
    assert max(len(loads(r.body)["events"]) for r in server.requests) <= 500
    assert server.order == sorted(server.order)
