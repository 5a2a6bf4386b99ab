"""The shipping thread: prompt, quiet, one per journal, bounded at the end."""

import random
import threading
import time

import pytest

from motherhaven.contract.jsonio import loads
from motherhaven.recorder.factory import open_shipper
from motherhaven.recorder.trading_logger import TradingLogger
from motherhaven.settings.clock import SystemClock
from motherhaven.testing.stub_server import Reply, StubServer, always
from tests.patience import HANG_SECONDS, figure
from tests.unit.recorder.support import DECISION, decision, open_recorder, status


@pytest.fixture
def live(tmp_path):
    """A recorder on the machine's clock: these tests have a thread and a real socket."""
    recorder = open_recorder(tmp_path / "journal.db", SystemClock(), synchronous="off")
    yield recorder
    recorder.journal.close()


def ship(recorder, server, **options):
    """A shipper to `server`."""
    return open_shipper(
        recorder, base_url=server.url, api_key=server.api_key, random=random.Random(1), **options
    )


@pytest.mark.figures
def test_an_event_is_sent_at_once(live, server):
    """Each event goes out by itself, before there is a next one to wait for.

    A figure: from the return of record to the server's receipt in under 100 ms.
    """
    shipper = ship(live, server)
    live.record("status", status("warm up"))
    assert server.wait_for(lambda s: len(s.events) == 1)
    delays = []
    for n in range(20):
        started = time.monotonic()
        live.record("decision", decision(n))
        assert server.wait_for(lambda s, n=n: len(s.events) == n + 2)
        delays.append(time.monotonic() - started)
    figure("seconds from record to receipt, median", sorted(delays)[10], 0.1)
    shipper.close()


def test_flush_says_whether_all_is_there(live, server):
    """True once everything is acknowledged, False when time runs out; stats agree."""
    shipper = ship(live, server)
    for n in range(300):
        live.record("decision", decision(n))
    assert shipper.flush(HANG_SECONDS)
    assert len(server.events) == 300
    stats = shipper.stats()
    assert (stats.sent, stats.behind, stats.state) == (300, 0, "shipping")
    server.default = always(Reply(silent=True))
    live.record("status", status())
    assert not shipper.flush(0.2)
    assert shipper.stats().behind == 1
    shipper.close(0.1)


def test_the_status_event_says_what_is_kept(live):
    """log_bot_status carries the shipper's counts."""
    with StubServer() as gone:
        pass
    shipper = ship(live, gone)
    logger = TradingLogger.build(live, shipper)
    logger.log_decision(DECISION)
    live.tags = ("trend", "eu")
    logger.log_bot_status("running", "ok")
    connection = live.journal.open_connection("normal")
    ((text,),) = connection.execute("SELECT payload FROM events WHERE kind = 'status'")
    connection.close()
    assert '"behind":1' in text
    assert '"quarantined":0' in text
    assert '"tags":["trend","eu"]' in text
    logger.close(0.5)


@pytest.mark.figures
@pytest.mark.parametrize("reply", [Reply(silent=True), Reply(body=b"x" * 500, drip_seconds=0.5)])
def test_close_is_bounded_whatever_the_server_does(live, server, reply):
    """A black hole or a dripping server cannot hold the bot's exit beyond the bound.

    The request itself may take for ever; so when close returns, it was the bound that ended it.
    A figure: that takes the bound's 0.3 s and little more.
    """
    server.default = always(reply)
    shipper = ship(live, server, timeout=3_600)
    live.record("status", status())
    assert server.wait_for(lambda s: len(s.requests) == 1)
    started = time.monotonic()
    shipper.close(0.3)
    figure("seconds that close(0.3) took", time.monotonic() - started, 2.0)
    assert not shipper._thread.is_alive()


def test_close_does_not_wait_out_a_server_that_is_down(live):
    """One failed try is enough: ending does not take its hour when nobody listens."""
    with StubServer() as gone:
        pass
    shipper = ship(live, gone)
    live.record("status", status())
    shipper.close(3_600)
    assert not shipper._thread.is_alive()


def test_one_ships_the_other_stands_by_and_takes_over(tmp_path, live, server):
    """Two shippers on one journal: each event once; the second goes on when the first ends."""
    other = open_recorder(tmp_path / "journal.db", SystemClock(), seed=9, synchronous="off")
    first = ship(live, server)
    live.record("status", status("1"))
    assert first.flush(HANG_SECONDS)
    second = ship(other, server)
    other.record("status", status("2"))
    assert second.flush(HANG_SECONDS)
    assert second.stats().state == "standby"
    first.close()
    other.record("status", status("3"))
    assert second.flush(HANG_SECONDS)
    assert second.stats().state == "shipping"
    assert len(server.events) == 3
    assert server.duplicates == 0
    second.close()
    other.journal.close()


def test_recording_never_waits_for_the_server(live, server):
    """A hundred calls return while the one request there is has no answer and no deadline."""
    server.default = always(Reply(silent=True))
    shipper = ship(live, server, timeout=3_600)
    live.record("status", status())
    assert server.wait_for(lambda s: len(s.requests) == 1)
    for n in range(100):
        live.record("decision", decision(n))
    assert server.events == {}
    assert len(server.requests) == 1
    shipper.close(0.1)


def test_no_thread_is_left_behind(live, server):
    """After close the shipping thread is gone."""
    shipper = ship(live, server)
    live.record("status", status())
    shipper.close()
    assert not [t for t in threading.enumerate() if t.name == "motherhaven-shipper"]
    assert len(server.events) == 1


def test_the_newest_status_is_true_when_a_backlog_is_gone(tmp_path, server):
    """A status that told of 100 events behind is followed by one that tells of none."""
    recorder = open_recorder(tmp_path / "journal.db", SystemClock(), seed=None)
    for n in range(100):
        recorder.record("decision", decision(n))
    recorder.record("status", {**status("busy"), "behind": 100, "cycle_id": "c"})
    shipper = open_shipper(recorder, base_url=server.url, api_key=server.api_key)
    assert server.wait_for(lambda s: len(s.events) == 102)
    told = [loads(e.payload) for e in server.events.values() if e.kind == "status"]
    assert [(t["behind"], t["cycle_id"], t["message"]) for t in told] == [
        (100, "c", "busy"),
        (0, "c", "busy"),
    ]
    assert server.order[-1] == max(e.event_id for e in server.events.values() if e.kind == "status")
    shipper.close()
    recorder.journal.close()


def test_flush_is_not_done_while_anything_is_set_aside(tmp_path, server):
    """Refused, to be sent again, or kept for a newer server: False, and the counts say why."""
    recorder = open_recorder(tmp_path / "journal.db", SystemClock(), seed=None)
    server.poison = lambda item: "decision 1" in str(item)
    shipper = open_shipper(recorder, base_url=server.url, api_key=server.api_key)
    recorder.record("decision", decision(0))
    assert shipper.flush(HANG_SECONDS)
    recorder.record("decision", decision(1))
    assert not shipper.flush(HANG_SECONDS)
    assert (shipper.stats().behind, shipper.stats().quarantined) == (0, 1)
    shipper.close()
    recorder.journal.close()
