"""kill -9, forks and many processes: acknowledged means kept, once."""

import json
import multiprocessing
import os
import random
import signal
import sys

import pytest

from motherhaven.recorder.factory import open_shipper
from motherhaven.settings.clock import SystemClock
from motherhaven.testing.stub_server import StubServer
from tests.patience import HANG_SECONDS
from tests.unit.recorder.support import account, decision, open_recorder, status

SEED = 20260122


def log_until_killed(path, url, key, pipe, seed):
    """Record and ship for ever; write each acknowledged id to the pipe after the commit."""
    recorder = open_recorder(path, SystemClock(), seed=seed)
    open_shipper(recorder, base_url=url, api_key=key)
    n = 0
    while True:
        n += 1
        kind, payload = (
            ("decision", decision(n, raw_response="x" * (n % 7 * 3_000))),
            ("account", account(n)),
            ("status", status(str(n))),
        )[n % 3]
        event_id = recorder.record(kind, payload).event_id
        os.write(pipe, event_id.encode() + b"\n")


def acknowledged(reader, data):
    """Whole lines written before the kill, `data` being the first of them."""
    while chunk := os.read(reader, 1 << 16):
        data += chunk
    os.close(reader)
    return data.decode().split("\n")[:-1]


def kill_once(path, server, rng, round_number):
    """One bot, killed some events after it has begun; the ids that it acknowledged."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reader)
            log_until_killed(path, server.url, server.api_key, writer, SEED + round_number)
        finally:
            os._exit(1)
    os.close(writer)
    wanted, data = rng.randrange(60), b""
    while data.count(b"\n") < wanted and (chunk := os.read(reader, 37)):
        data += chunk
    os.kill(child, signal.SIGKILL)
    ids = acknowledged(reader, data)
    _, code = os.waitpid(child, 0)
    assert os.WIFSIGNALED(code)
    return ids


def check_rounds(tmp_path, rounds):
    """The oracle of every kill: journal = server, ids unique, hashes equal, files sound."""
    rng = random.Random(SEED)
    path = tmp_path / "journal.db"
    with StubServer() as server:
        known = []
        for number in range(rounds):
            known += kill_once(path, server, rng, number)
        recorder = open_recorder(path, SystemClock(), seed=SEED - 1)
        shipper = open_shipper(recorder, base_url=server.url, api_key=server.api_key)
        assert shipper.flush(HANG_SECONDS)
        shipper.close()
        connection = recorder.journal.open_connection("normal")
        rows = connection.execute("SELECT event_id, sha256 FROM events ORDER BY seq").fetchall()
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        connection.close()
        recorder.journal.close()
        journal = dict(rows)
        there = {event_id: event.sha256 for event_id, event in server.events.items()}
    assert len(known) == len(set(known)) > rounds
    assert set(known) <= set(journal)
    assert journal == there
    assert len(rows) == len(journal)
    summary = {"rounds": rounds, "acknowledged": len(known), "lost": 0, "twice": 0}
    sys.stdout.write(json.dumps({**summary, "ghost": len(journal) - len(known)}) + "\n")


def test_kills_lose_and_double_nothing(tmp_path):
    """25 seeded SIGKILLs of a bot that records and ships."""
    check_rounds(tmp_path, 25)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_many_kills_lose_and_double_nothing(tmp_path):
    """500 of them."""
    check_rounds(tmp_path, 500)


def test_a_fork_inherits_no_thread_lock_or_connection(tmp_path):
    """Parent and child both go on recording on one journal; everything arrives once."""
    with StubServer() as server:
        recorder = open_recorder(tmp_path / "journal.db", SystemClock(), seed=None)
        shipper = open_shipper(recorder, base_url=server.url, api_key=server.api_key)
        recorder.record("status", status("before"))
        children = []
        for number in range(4):
            child = os.fork()
            if child == 0:
                code = 1
                try:
                    for n in range(10):
                        recorder.record("decision", decision(number * 100 + n))
                    shipper.close(0.1)
                    code = 0
                finally:
                    os._exit(code)
            children.append(child)
            recorder.record("account", account(number))
        assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
        recorder.record("status", status("after"))
        assert shipper.flush(HANG_SECONDS)
        assert shipper.stats().state == "shipping"
        shipper.close()
        recorder.journal.close()
        assert len(server.events) == 1 + 40 + 4 + 1


def test_a_fork_while_the_thread_is_busy_does_not_hang(tmp_path):
    """Forking in the middle of shipping and recording: the child can record at once."""
    with StubServer() as server:
        recorder = open_recorder(
            tmp_path / "journal.db", SystemClock(), seed=None, synchronous="off"
        )
        shipper = open_shipper(recorder, base_url=server.url, api_key=server.api_key)
        for number in range(15):
            for n in range(20):
                recorder.record("decision", decision(number * 100 + n))
            child = os.fork()
            if child == 0:
                signal.alarm(int(HANG_SECONDS))
                recorder.record("status", status(str(number)))
                os._exit(0)
            assert os.waitpid(child, 0)[1] == 0
        assert shipper.flush(HANG_SECONDS)
        shipper.close()
        recorder.journal.close()
        assert len(server.events) == 15 * 21


def test_a_child_takes_over_when_its_parent_is_killed(tmp_path):
    """The parent that shipped dies; the child that stood by ships what both recorded."""
    with StubServer() as server:
        parent = os.fork()
        if parent == 0:
            recorder = open_recorder(tmp_path / "journal.db", SystemClock(), seed=None)
            shipper = open_shipper(recorder, base_url=server.url, api_key=server.api_key)
            recorder.record("status", status("parent"))
            shipper.flush(HANG_SECONDS)
            if os.fork() == 0:
                recorder.record("status", status("child"))
                os.kill(os.getppid(), signal.SIGKILL)
                recorder.record("status", status("orphan"))
                shipper.flush(HANG_SECONDS)
            os._exit(0)
        os.waitpid(parent, 0)
        assert server.wait_for(lambda s: len(s.events) == 3)


def record_some(path, url, key, number):
    """A process of its own on a shared journal."""
    recorder = open_recorder(path, SystemClock(), seed=number, busy_seconds=90.0)
    shipper = open_shipper(recorder, base_url=url, api_key=key)
    for n in range(5):
        recorder.record("decision", decision(number * 100 + n))
    shipper.close(90)  # a shorter bound would cut calls on a busy machine, and cut calls are resent
    recorder.journal.close()


def check_sharing(tmp_path, processes):
    """All start at once on a journal that does not exist yet."""
    context = multiprocessing.get_context("spawn")
    path = tmp_path / "journal.db"
    with StubServer() as server:
        running = [
            context.Process(target=record_some, args=(path, server.url, server.api_key, n))
            for n in range(processes)
        ]
        for process in running:
            process.start()
        for process in running:
            process.join(240)
        assert [process.exitcode for process in running] == [0] * processes
        recorder = open_recorder(path, SystemClock(), seed=1000)
        shipper = open_shipper(recorder, base_url=server.url, api_key=server.api_key)
        assert shipper.flush(HANG_SECONDS)
        shipper.close()
        recorder.journal.close()
        assert len(server.events) == processes * 5
        assert len({event.bot_id for event in server.events.values()}) == 1
        assert server.duplicates == 0


def test_processes_share_a_journal_and_one_ships(tmp_path):
    """6 spawned bots on one fresh journal: one identity, every event once."""
    check_sharing(tmp_path, 6)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_fifty_processes_share_a_journal(tmp_path):
    """50 of them."""
    check_sharing(tmp_path, 50)
