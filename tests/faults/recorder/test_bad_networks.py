"""Whatever the network does: nothing lost, nothing twice, nothing set aside, nobody blocked."""

import threading

import pytest

from motherhaven.recorder.factory import open_shipper
from motherhaven.settings.clock import SystemClock
from motherhaven.testing.bad_network import MODES, sweep, total
from motherhaven.testing.stub_server import Reply
from tests.patience import HANG_SECONDS
from tests.unit.recorder.support import decision, open_recorder

ALWAYS = (
    "cut at byte 64", "reset after the commit", "black hole after the commit", "answered twice",
    "content-length too small", "chunked, no hex", "gzip bomb", "redirect 307", "103 first",
    "HTTP/0.9", "noise", "1,000 headers", "404 with a page", "422 with a page",
    "200 with verdicts of others",
)  # fmt: skip


def check(outcomes):
    """Per mode and together."""
    for name, outcome in outcomes.items():
        assert (outcome.lost, outcome.twice, outcome.quarantined) == (0, 0, 0), name
        assert outcome.acknowledged == outcome.n >= 12, name
    assert total(outcomes).lost == 0


def test_fifteen_bad_networks(tmp_path):
    """The kinds that broke others."""
    check(sweep(tmp_path, 1, ALWAYS))


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 2])
def test_every_bad_network(tmp_path, seed):
    """More than sixty."""
    assert len(MODES) >= 60
    check(sweep(tmp_path, seed))


def test_a_held_request_blocks_no_log_call(tmp_path, server):
    """While the server keeps a request without an answer, 200 records return."""
    held, release = threading.Event(), threading.Event()

    def hold(stub, request):
        held.set()
        release.wait(HANG_SECONDS)
        return stub.accept(request)

    server.script(hold)
    recorder = open_recorder(tmp_path / "journal.db", SystemClock(), seed=None)
    shipper = open_shipper(
        recorder, base_url=server.url, api_key=server.api_key, timeout=HANG_SECONDS
    )
    recorder.record("decision", decision(0))
    assert held.wait(HANG_SECONDS)
    for n in range(1, 200):
        recorder.record("decision", decision(n))
    assert server.events == {}
    release.set()
    assert shipper.flush(HANG_SECONDS)
    assert len(server.events) == 200
    shipper.close()
    recorder.journal.close()


def test_a_full_sweep_would_see_a_loss(tmp_path, monkeypatch):
    """The oracle itself: a server that forgets what it acknowledged is found out."""
    from motherhaven.testing.stub_server import StubServer

    def forgetful(self, request):
        reply = accept(self, request)
        self.events.clear()
        self.order.clear()
        return reply

    accept = StubServer.accept
    monkeypatch.setattr(StubServer, "accept", forgetful)
    (outcome,) = sweep(tmp_path, 1, ("closed",)).values()
    assert outcome.lost > 0
    assert Reply().status == 200
