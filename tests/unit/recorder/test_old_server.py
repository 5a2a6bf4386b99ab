"""A server with only the four old endpoints is known by proof, and gets what it can take."""

import logging
from decimal import Decimal

from motherhaven.contract.jsonio import loads
from motherhaven.recorder.sending.old_server import PROBE_SECONDS
from motherhaven.testing.stub_server import BATCH_PATH, Reply, StubServer
from tests.unit.recorder.support import Shipping, decision
from tests.unit.recorder.test_batch_sender import record


def test_an_old_server_gets_the_four_endpoints(tmp_path, caplog):
    """404 for batches: each event by itself, numbers as numbers; other kinds wait for the
    upgrade, which is noticed."""
    caplog.set_level(logging.INFO, "motherhaven")
    with StubServer(batches=False, names_events=False) as server:
        shipping = Shipping(tmp_path, server)
        record(shipping, "decision", "status", "account")
        shipping.recorder.record(
            "decision", decision(1, quantity_usd=Decimal("0.1234567890123456789012"))
        )
        shipping.recorder.record(
            "funding", {"coin": "BTC", "amount": 1, "rate": "0.0001", "oracle": 100}
        )
        row = [1_640_995_200_000, "1.5", "2", "1", Decimal("1.75"), None]
        candles = {"coin": "BTC", "interval_seconds": 60, "candles": [row]}
        shipping.recorder.record("candles", candles)
        shipping.drain()
        assert [endpoint for endpoint, _ in server.singles] == [
            "status", "account", "decision", "decision",
        ]  # fmt: skip
        assert b'"quantity_usd":0.1234567890123456789012,' in server.requests[-1].body
        assert server.singles[0][1]["bot_id"] == shipping.recorder.journal.bot_id
        assert shipping.outbox.quarantined == 0
        assert shipping.outbox.behind() == 0
        assert sum("at least once" in m for m in caplog.messages) == 1
        assert sum("Successfully posted" in m for m in caplog.messages) == 4
        batches = sum(r.path == BATCH_PATH for r in server.requests)
        assert batches == 4
        assert shipping.outbox.not_applicable == 2
        server.batches = True
        shipping.clock.advance(PROBE_SECONDS)
        record(shipping, "status")
        kept = shipping.recorder.record("candles", candles)
        shipping.drain()
        assert len(server.events) == 4  # with the two that the old one had no endpoint for
        assert shipping.outbox.not_applicable == 0
        assert loads(server.events[kept.event_id].payload)["candles"] == [
            [1_640_995_200_000, "1.5", "2", "1", "1.75", None]
        ]


def test_a_server_that_answers_400_to_batches_is_still_served(tmp_path):
    """A catch-all route that calls a batch a bad request must not quarantine good events."""
    with StubServer() as server:

        def no_batches(stub, request):
            return Reply(400, b"{}") if request.path == BATCH_PATH else stub.accept(request)

        server.default = no_batches
        shipping = Shipping(tmp_path, server)
        record(shipping, "decision", "status", "account", "decision")
        shipping.drain()
        assert len(server.singles) == 4
        assert shipping.outbox.quarantined == 0


def test_a_poison_event_at_an_old_server_is_set_aside(tmp_path):
    """Refused again and again while others are taken: that event only is quarantined."""
    with StubServer(batches=False) as server:
        server.poison = lambda body: body.get("justification") == "decision 1"
        shipping = Shipping(tmp_path, server)
        for n in range(3):
            shipping.recorder.record("decision", decision(n))
        shipping.drain(until=lambda: len(server.singles) == 2)
        assert [body["justification"] for _, body in server.singles] == ["decision 0", "decision 2"]
        assert shipping.outbox.quarantined == 0
        assert shipping.outbox.behind() == 1
        for n in range(3, 20):
            shipping.clock.advance(3_600)
            shipping.recorder.record("decision", decision(n))
            shipping.drain(until=lambda n=n: len(server.singles) == n)
            shipping.sender.step()
        assert shipping.outbox.quarantined == 1


def test_a_failed_post_to_an_old_server_stops_there(tmp_path):
    """In single mode the first failure ends the step; order is kept when it goes on."""
    with StubServer(batches=False) as server:
        shipping = Shipping(tmp_path, server)
        for n in range(5):
            shipping.recorder.record("decision", decision(n))
        shipping.drain(until=lambda: len(server.singles) == 1)
        server.script(StubServer.accept, Reply(500))
        shipping.sender.step()
        assert len(server.singles) == 2
        shipping.drain()
        texts = [body["justification"] for _, body in server.singles]
        assert texts == [f"decision {n}" for n in range(5)]
