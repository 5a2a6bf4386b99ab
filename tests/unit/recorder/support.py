"""What the recorder's tests share: sources, sample payloads, a sender without a thread."""

import os
import random
from decimal import Decimal
from pathlib import Path

from motherhaven.contract.ids import IdSource
from motherhaven.contract.jsonio import loads
from motherhaven.recorder.core import Recorder
from motherhaven.recorder.journal import Journal
from motherhaven.recorder.sending.batch_sender import BatchSender
from motherhaven.recorder.sending.outbox import Outbox
from motherhaven.recorder.sending.transport import HttpTransport
from motherhaven.testing.clock import FakeClock
from motherhaven.testing.stub_server import StubServer

DECISION = {
    "coin": "BTC",
    "signal": "buy_to_enter",
    "quantity_usd": 50.0,
    "leverage": 3,
    "confidence": 0.7,
    "exit_plan": {"profit_target": 110.5, "stop_loss": 90.25, "invalidation_condition": "below 89"},
    "justification": "momentum",
}


def ids_for(clock, seed=7):
    """Seeded ids, the same in every run; with None random ones, as forks need."""
    return IdSource(clock, os.urandom if seed is None else random.Random(seed).randbytes)


def open_journal(path, clock=None, seed=7, **options):
    """A journal at `path` under a fake clock."""
    clock = clock or FakeClock()
    return Journal(path, clock=clock, ids=ids_for(clock, seed), **options)


def open_recorder(path, clock=None, seed=7, **options):
    """A recorder over a journal at `path`."""
    clock = clock or FakeClock()
    ids = ids_for(clock, seed)
    return Recorder(Journal(path, clock=clock, ids=ids, **options), clock=clock, ids=ids)


def decision(n=0, **more):
    """A decision payload; `n` makes it differ."""
    return {
        "coin": "BTC",
        "signal": "hold",
        "quantity_usd": Decimal(n),
        "leverage": 1,
        "confidence": Decimal("0.5"),
        "justification": f"decision {n}",
        **more,
    }


def account(n=0):
    """An account payload."""
    return {
        "balance_usd": 1000 + n,
        "equity_usd": 1000 + n,
        "unrealized_pnl": 0,
        "realized_pnl": n,
        "total_pnl": n,
        "num_positions": 0,
    }


def status(message="ok"):
    """A status payload."""
    return {"status": "running", "message": message}


class Shipping:
    """A journal, a stub server and a sender that a test steps through by hand."""

    def __init__(self, folder: Path, server: StubServer, **options):
        self.clock = FakeClock()
        self.server = server
        self.recorder = open_recorder(folder / "journal.db", self.clock, synchronous="off")
        self.outbox = Outbox(self.recorder.journal, self.clock)
        self.sender = BatchSender(
            self.outbox,
            HttpTransport(options.pop("url", server.url), options.pop("key", server.api_key)),
            clock=self.clock,
            random=random.Random(1),
            timeout=options.pop("timeout", 5.0),
            bot_name="tester",
        )

    def drain(self, steps=200, until=None):
        """Step until nothing waits (or `until` holds), the fake clock passing over delays."""
        for _ in range(steps):
            if until is not None and until():
                return
            delay = self.sender.step()
            if delay is None:
                return
            self.clock.advance(delay)
        raise AssertionError(f"not drained after {steps} steps: {self.sender.backoff.last_error}")

    def check_nothing_lost(self):
        """journal = server + outbox + quarantine, payloads equal, once each, in order."""
        connection = self.recorder.journal.open_connection("normal")
        rows = connection.execute(
            "SELECT event_id, sha256, seq FROM events ORDER BY seq"
        ).fetchall()
        quarantined = {
            seq
            for (seq,) in connection.execute(
                "SELECT seq FROM shipping_exceptions WHERE state <> 'retry'"
            )
        }
        connection.close()
        here = {event_id: sha for event_id, sha, seq in rows if seq not in quarantined}
        there = {
            event_id: loads(event.payload).get("cut_to_travel", {}).get("sha256", event.sha256)
            for event_id, event in self.server.events.items()
        }
        assert set(there) <= set(here) | {e for e, _, s in rows if s in quarantined}
        assert len(here) - len(there) == self.outbox.behind()
        assert all(here[event_id] == sha for event_id, sha in there.items())
        assert len(self.server.order) == len(set(self.server.order))
