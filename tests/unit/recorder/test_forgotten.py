"""A logger that nobody closed ends its thread and frees its files."""

import gc
import os
import threading

from motherhaven.recorder import TradingLogger
from motherhaven.recorder.factory import open_shipper
from motherhaven.settings.clock import SystemClock
from tests.patience import HANG_SECONDS, wait_until
from tests.unit.recorder.support import DECISION, open_recorder


def threads():
    """Shipping threads that run."""
    return [t for t in threading.enumerate() if t.name == "motherhaven-shipper"]


def test_two_hundred_forgotten_loggers_leave_nothing_behind(tmp_path, server):
    """Threads and open files are back where they were; what was logged is at the server."""
    gc.collect()
    before = len(os.listdir("/proc/self/fd")), len(threads())
    for n in range(200):
        clock = SystemClock()
        recorder = open_recorder(tmp_path / f"{n}.db", clock, seed=n, synchronous="off")
        shipper = open_shipper(recorder, base_url=server.url, api_key=server.api_key)
        logger = TradingLogger.build(recorder, shipper)
        logger.log_decision(DECISION)
        if n % 20 == 0:
            assert logger.flush(HANG_SECONDS)
        del recorder, shipper, logger

    def gone():
        gc.collect()
        with server._changed:
            for connection in list(server._open):
                connection.close()
        files = len(os.listdir("/proc/self/fd"))
        return len(threads()) <= before[1] and files <= before[0] + 5

    wait_until(gone, "the end of every thread and file")
    assert len(threads()) == before[1]
    assert len(os.listdir("/proc/self/fd")) <= before[0] + 5
