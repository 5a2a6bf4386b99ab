"""Exceptions and log calls at any moment inside a log call leave the logger usable."""

import gc
import os
import signal
import sys
import threading
import weakref

import pytest

from benchmarks._sweeps.signals import sweep
from motherhaven.contract.errors import JournalError
from motherhaven.recorder.core import NewEvent
from motherhaven.recorder.worker import Worker
from tests.patience import HANG_SECONDS
from tests.unit.recorder.support import decision, open_journal, open_recorder, status


def test_interruptions_leave_the_logger_usable(tmp_path):
    """150 moments, by signals and at lines and instructions, main thread and others, beside
    a shipper: what returned is there, once; the next call works.
    """
    (tally,) = sweep(tmp_path, 150, 8)
    assert tally.n >= 150
    assert tally.acknowledged > 100
    assert tally.clean, tally


def test_a_handler_that_logs_twice_while_a_call_waits_does_not_hang(tmp_path):
    """The main thread waits for its own record while the handler's are recorded first."""
    recorder = open_recorder(tmp_path / "j.db")
    busy = threading.Event()
    done = []

    def handler(number, frame):
        done.append(recorder.record("status", status("one")).event_id)
        done.append(recorder.record("status", status("two")).event_id)

    def build(writer):
        busy.set()
        os.kill(os.getpid(), signal.SIGUSR1)
        return NewEvent("decision", decision(1))

    before = signal.signal(signal.SIGUSR1, handler)
    try:
        assert recorder.record_with(build) is not None
        recorder.record("status", status("after"))
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert len(done) == 2
    connection = recorder.journal.open_connection("normal")
    assert connection.execute("SELECT count(*) FROM events").fetchall() == [(4,)]
    connection.close()
    recorder.journal.close()


def test_a_log_call_while_another_builds_its_event_is_refused(tmp_path):
    """It cannot be durable before the other one is; the error says what to do."""
    recorder = open_recorder(tmp_path / "j.db")

    def build(writer):
        recorder.record("status", status())
        return NewEvent("decision", decision(1))

    with pytest.raises(JournalError, match="log after it"):
        recorder.record_with(build)
    recorder.record("status", status("goes on"))
    recorder.journal.close()


def test_in_memory_a_call_inside_another_joins_it():
    """A replay's journal has nothing to make durable: both are kept."""
    recorder = open_recorder(":memory:", synchronous="off")

    def build(writer):
        recorder.record("status", status())
        return NewEvent("decision", decision(1))

    assert recorder.record_with(build) is not None
    recorder.record("status", status())
    recorder.journal.close()


def test_a_forgotten_worker_ends_its_thread():
    """No reference to the worker stays in its thread."""
    worker = Worker("test-forgotten")
    assert worker.run(lambda: 7) == 7
    gone = weakref.ref(worker)
    (thread,) = [t for t in threading.enumerate() if t.name == "test-forgotten"]
    del worker
    gc.collect()
    assert gone() is None
    thread.join(HANG_SECONDS)
    assert not thread.is_alive()


def test_errors_come_back_to_the_caller_and_what_follows_waits():
    """The work's own exception, SystemExit too; `after` runs only when it worked."""
    worker = Worker("test-errors")
    told = threading.Event()
    with pytest.raises(SystemExit):
        worker.run(lambda: sys.exit(3), told.set)
    assert not told.is_set()
    worker.run(lambda: None, told.set)
    assert told.wait(HANG_SECONDS)
    worker.stop()


def test_a_child_that_was_forked_inside_a_call_is_told(tmp_path):
    """The child of a fork in a handler gets an error in place of a record that is its parent's."""
    journal = open_journal(tmp_path / "j.db", seed=None)
    children = []

    def handler(number, frame):
        children.append(os.fork())

    before = signal.signal(signal.SIGUSR1, handler)
    try:
        journal.run(lambda: os.kill(os.getpid(), signal.SIGUSR1) or threading.Event().wait(0.2))
    except JournalError:
        os._exit(7 if children == [0] else 1)
    finally:
        signal.signal(signal.SIGUSR1, before)
    if children == [0]:
        os._exit(0)
    assert os.WEXITSTATUS(os.waitpid(children[0], 0)[1]) in (0, 7)
    journal.close()
