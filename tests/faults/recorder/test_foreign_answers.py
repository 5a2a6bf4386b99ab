"""An answer that is not a server's of ours costs time, never an event.

Sweep: status × kind of body × how long × which paths. The oracle is that the journal is
what the server has and what waits, and that nothing was set aside.
"""

import itertools

import pytest

from motherhaven.testing.stub_server import BATCH_PATH, Reply, StubServer
from tests.unit.recorder.support import Shipping, account, decision, status

STATUSES = (200, 201, 204, 301, 302, 307, 400, 402, 404, 405, 408, 409, 410, 411, 413, 415, 418,
            422, 425, 429, 451, 500, 501, 502, 503, 504, 520, 599)  # fmt: skip
BODIES = {
    "empty": b"",
    "page": b"<!doctype html><title>Restarting</title>",
    "object": b"{}",
    "failure": b'{"success":false}',
    "explained": b'{"success":false,"error":{"code":"invalid_event","message":"no"}}',
    "success": b'{"success":true}',
    "verdicts of others": b'{"success":true,"results":[{"event_id":"x","status":"rejected"}]}',
    "a list": b"[]",
    "text": b"OK",
    "binary": bytes(range(256)),
    "cut": b'{"success":true,"results":[{"event_id":"',
}
SECONDS = (2, 90, 4_000)
FEW = [code for code in STATUSES if code in (200, 400, 404, 405, 409, 413, 422, 503)]
MOST = [code for code in STATUSES if code not in FEW]
SWEEP = [pytest.param(FEW, (2, 4_000), id="few"), pytest.param(STATUSES, SECONDS, id="all",
         marks=pytest.mark.soak)]  # fmt: skip


def fill(shipping, count):
    """Events of all lanes."""
    for n in range(count):
        shipping.recorder.record("decision", decision(n))
        shipping.recorder.record("account", account(n))
        shipping.recorder.record("status", status(str(n)))
    shipping.recorder.record(
        "funding", {"coin": "BTC", "amount": 1, "rate": "0.0001", "oracle": 100}
    )


def answer_like_this(shipping, server, reply, seconds, paths):
    """Step through the outage; meanwhile the bot records."""
    honest = server.default

    def foreign(stub, request):
        return reply if paths == "all" or (request.path == BATCH_PATH) else honest(stub, request)

    server.default = foreign
    until = shipping.clock.monotonic() + seconds
    steps = 0
    while shipping.clock.monotonic() < until and steps < 60:
        delay = shipping.sender.step()
        shipping.clock.advance(0.5 if delay is None else max(delay, 0.01))
        steps += 1
        if steps % 10 == 0:
            shipping.recorder.record("status", status(f"meanwhile {steps}"))
    server.default = honest


@pytest.mark.parametrize("paths", ["all", "batch"])
@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize(("codes", "lengths"), SWEEP)
def test_no_answer_of_others_settles_an_event(tmp_path, body, paths, codes, lengths):
    """Whatever the status and however long: all arrives once, none is set aside."""
    for code, seconds in itertools.product(codes, lengths):
        folder = tmp_path / f"{code}-{seconds}"
        folder.mkdir()
        with StubServer() as server:
            shipping = Shipping(folder, server)
            fill(shipping, 4)
            shipping.sender.step()
            fill(shipping, 4)
            answer_like_this(shipping, server, Reply(code, BODIES[body]), seconds, paths)
            state = (code, seconds)
            assert shipping.outbox.quarantined == 0, state
            shipping.clock.advance(4_000)
            shipping.drain()
            assert shipping.outbox.quarantined == 0, state
            assert shipping.outbox.not_applicable == 0, state
            assert shipping.outbox.behind() == 0, state
            check_all_there(shipping, server, state)
            shipping.outbox.close()
            shipping.recorder.journal.close()


def check_all_there(shipping, server, state):
    """Every event of the journal is at the server, by a batch or by a single endpoint."""
    connection = shipping.recorder.journal.open_connection("normal")
    ids = {event_id for (event_id,) in connection.execute("SELECT event_id FROM events")}
    connection.close()
    alone = [body["event_id"] for _, body in server.singles]
    assert ids == set(server.events) | set(alone), state
    assert len(server.order) == len(set(server.order)), state


@pytest.mark.parametrize(
    "code", [*FEW[1:], *(pytest.param(code, marks=pytest.mark.soak) for code in MOST)]
)
def test_an_old_server_behind_a_proxy_loses_nothing_either(tmp_path, code):
    """The four endpoints, with a proxy's page for a while: all taken, none set aside."""
    for body, seconds in itertools.product(BODIES, (2, 4_000)):
        folder = tmp_path / f"{seconds}-{len(BODIES[body])}-{body[:2]}"
        folder.mkdir()
        with StubServer(batches=False) as server:
            shipping = Shipping(folder, server)
            fill(shipping, 4)
            shipping.drain(until=lambda shipping=shipping: shipping.outbox.behind() == 0)
            fill(shipping, 4)
            answer_like_this(shipping, server, Reply(code, BODIES[body]), seconds, "all")
            shipping.clock.advance(4_000)
            shipping.drain(until=lambda shipping=shipping: shipping.outbox.behind() == 0)
            state = (body, seconds)
            assert shipping.outbox.quarantined == 0, state
            assert shipping.outbox.not_applicable == 2, state
            sent = {value["event_id"] for _, value in server.singles}
            assert len(sent) >= 24, state
            assert shipping.outbox.behind() == 0, state
            shipping.outbox.close()
            shipping.recorder.journal.close()


def test_a_restart_page_of_two_seconds_does_not_make_it_an_old_server(shipping, server):
    """404 on every path while it restarts: batches go on afterwards, nothing goes alone."""
    fill(shipping, 20)
    answer_like_this(shipping, server, Reply(404, b"<html>starting</html>"), 2, "all")
    shipping.drain()
    assert server.singles == []
    assert shipping.outbox.behind() == shipping.outbox.quarantined == 0
    shipping.check_nothing_lost()
