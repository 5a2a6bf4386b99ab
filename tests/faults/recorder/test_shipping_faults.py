"""Faults between bot and server: nothing lost, nothing twice, order kept in each lane."""

import logging
import resource
import time

import pytest

from motherhaven.contract.jsonio import dumps, loads
from motherhaven.recorder.core import NewEvent
from motherhaven.recorder.factory import open_shipper
from motherhaven.settings.clock import SystemClock
from motherhaven.testing.stub_server import Reply, StubServer, always, lost_answer
from tests.patience import HANG_SECONDS, figure
from tests.unit.recorder.support import Shipping, account, decision, open_recorder, status


def orders(server):
    """For each lane the sequence numbers in order of arrival."""
    lanes = {}
    for event_id in server.order:
        event = server.events[event_id]
        lanes.setdefault(event.lane, []).append(event.seq)
    return lanes


def cut_after(size):
    """Keep the events, but send only `size` bytes of the answer."""

    def behave(server, request):
        reply = server.accept(request)
        return Reply(reply.status, reply.body, reply.headers, cut_at=size)

    return behave


def test_an_answer_cut_at_any_byte_is_never_half_believed(shipping, server):
    """Sweep: the answer breaks off after byte k; sent again, deduplicated, all there once."""
    for size in range(0, 240, 6):
        shipping.recorder.record("decision", decision(size))
        shipping.recorder.record("status", status(str(size)))
        server.script(cut_after(size))
        shipping.drain()
    assert len(server.events) == 80
    assert all(seqs == sorted(seqs) for seqs in orders(server).values())
    shipping.check_nothing_lost()


def test_a_server_down_for_ten_thousand_events_then_back(tmp_path):
    """10,000 events wait without limit; when the server is back all arrive, once, in order."""
    with StubServer() as gone:
        pass
    shipping = Shipping(tmp_path, gone)
    for start in range(0, 10_000, 500):
        shipping.recorder.record_many(
            NewEvent(
                *(("decision", decision(n)), ("account", account(n)), ("status", status()))[n % 3]
            )
            for n in range(start, start + 500)
        )
        delay = shipping.sender.step()
        assert delay > 0
        shipping.clock.advance(delay)
    assert shipping.outbox.behind() == 10_000
    with StubServer() as server:
        shipping.outbox.close()
        back = Shipping(tmp_path, server)
        back.drain()
        assert len(server.events) == 10_000
        assert server.duplicates == 0
        assert all(seqs == sorted(seqs) for seqs in orders(server).values())
        back.check_nothing_lost()


def test_status_and_money_overtake_a_backlog_of_decisions(shipping, server):
    """With thousands of decisions waiting, a new status and account go out first."""
    shipping.recorder.record_many(NewEvent("decision", decision(n)) for n in range(3_000))
    shipping.sender.step()
    fresh = [
        shipping.recorder.record("account", account()).event_id,
        shipping.recorder.record("status", status()).event_id,
    ]
    shipping.sender.step()
    assert set(fresh) <= set(server.order[:1_000])
    shipping.drain()
    assert all(seqs == sorted(seqs) for seqs in orders(server).values())


def check_backlog(tmp_path, events):
    """Ship a large backlog while new events come; memory stays bounded."""
    logging.getLogger("motherhaven").setLevel(logging.WARNING)
    with StubServer() as server:
        shipping = Shipping(tmp_path, server)
        for start in range(0, events, 10_000):
            shipping.recorder.record_many(
                NewEvent("decision", decision(n)) for n in range(start, min(events, start + 10_000))
            )
        server.accept = _acknowledge
        shipping.sender.step()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        while shipping.outbox.behind():
            fresh = shipping.recorder.record("status", status()).seq
            assert shipping.sender.step() is not None
            newest = loads(server.requests[-1].body)["events"][0]
            assert newest["seq"] == fresh
            server.requests.clear()
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert grown < 30_000
    logging.getLogger("motherhaven").setLevel(logging.NOTSET)


def _acknowledge(request):
    """Take everything, keep nothing: for backlogs larger than a test should hold."""
    results = [
        {"event_id": item["event_id"], "status": "stored"} for item in loads(request.body)["events"]
    ]
    return Reply(body=dumps({"success": True, "results": results, "parts": []}))


def test_a_backlog_is_shipped_in_bounded_memory(tmp_path):
    """20,000 waiting events never stand in memory together; each new status goes first."""
    check_backlog(tmp_path, 20_000)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_a_million_waiting_events(tmp_path):
    """A backlog of 10^6."""
    check_backlog(tmp_path, 1_000_000)


@pytest.mark.figures
def test_poison_at_the_head_does_not_hold_up_the_next(tmp_path, server):
    """A refused event at the head of a lane: the next is delivered, within a second (a figure)."""
    recorder = open_recorder(tmp_path / "live.db", SystemClock(), synchronous="off")
    server.poison = lambda item: "decision 0" in str(item)
    recorder.record("decision", decision(0))
    good = recorder.record("decision", decision(1)).event_id
    started = time.monotonic()
    shipper = open_shipper(recorder, base_url=server.url, api_key=server.api_key)
    assert server.wait_for(lambda s: good in s.events)
    figure("seconds behind a refused event", time.monotonic() - started, 1.0)
    assert not shipper.flush(HANG_SECONDS)
    assert (shipper.stats().behind, shipper.stats().quarantined) == (0, 1)
    shipper.close()
    recorder.journal.close()


def test_clock_jumps_neither_stall_nor_reorder(shipping, server):
    """The time of day leaps by days both ways during an outage: order by sequence, all sent."""
    server.script(*[Reply(503)] * 4)
    for n in range(6):
        shipping.recorder.record("decision", decision(n))
        shipping.clock.jump(86_400 * (10 if n % 2 else -9))
        shipping.sender.step()
    shipping.drain()
    assert orders(server)["decisions"] == [1, 2, 3, 4, 5, 6]
    shipping.check_nothing_lost()


def test_an_outage_in_every_shape_then_good_weather(shipping, server):
    """A long seeded mixture of faults; in the end journal = server, each once."""
    storm = [
        Reply(500), lost_answer, Reply(429, b"{}", {"Retry-After": "3"}), cut_after(50),
        Reply(200, b"<html>"), Reply(401, b"{}"), cut_after(0), Reply(503), lost_answer,
        Reply(302), Reply(502, b"<html>"), Reply(200, b""), Reply(403, b"{}"),
    ]  # fmt: skip
    for n, fault in enumerate(storm * 2):
        shipping.recorder.record("decision", decision(n))
        shipping.recorder.record("account", account(n))
        server.script(fault)
        delay = shipping.sender.step()
        shipping.clock.advance(delay or 0)
    shipping.drain()
    assert len(server.events) == 2 * 2 * len(storm)
    assert all(seqs == sorted(seqs) for seqs in orders(server).values())
    assert shipping.outbox.quarantined == 0
    shipping.check_nothing_lost()


def test_a_full_disk_while_shipping_sends_nothing_twice(shipping, server):
    """Marks that the disk does not take stay in memory; later they are written."""
    shipping.recorder.record("decision", decision(1))
    shipping.outbox.behind()
    connection = shipping.outbox._connection
    connection.execute("PRAGMA query_only = 1")
    shipping.drain()
    shipping.recorder.record("decision", decision(2))
    shipping.drain()
    assert server.duplicates == 0
    connection.execute("PRAGMA query_only = 0")
    shipping.recorder.record("decision", decision(3))
    shipping.drain()
    shipping.outbox.reload()
    assert shipping.outbox.behind() == 0
    assert len(server.events) == 3


@pytest.mark.figures
def test_the_loop_is_untouched_by_a_black_hole(tmp_path, server):
    """Calls return while the server holds the first request without an answer.

    A figure: median of a call with a black-holed server against one without, in turns.
    """
    server.default = always(Reply(silent=True))
    quiet = open_recorder(tmp_path / "off.db", SystemClock())
    shipping = open_recorder(tmp_path / "hole.db", SystemClock())
    shipper = open_shipper(shipping, base_url=server.url, api_key=server.api_key)
    shipping.record("status", status())
    assert server.wait_for(lambda s: len(s.requests) == 1)
    ratios = []
    for n in range(300):
        took = []
        for recorder in (quiet, shipping) if n % 2 else (shipping, quiet):
            started = time.perf_counter()
            recorder.record("decision", decision(n))
            took.append(time.perf_counter() - started)
        ratios.append(took[1] / took[0] if n % 2 else took[0] / took[1])
    assert server.events == {}, "the server answered"
    shipper.close(0.1)
    quiet.journal.close()
    shipping.journal.close()
    figure("call with a black hole / without", sorted(ratios)[150], 2.0)
