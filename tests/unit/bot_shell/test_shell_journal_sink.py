"""The journal as a sink: what is written comes back, checked or trusted."""

import os
import random

import apsw
import pytest
from shell_support import MINUTE, NOON, answer, entry, new_cycle, new_trader, piece, quotes_of

from motherhaven.bot.core.records import Record
from motherhaven.bot.running.journal_sink import JournalSink
from motherhaven.bot.running.recover import KINDS, fold
from motherhaven.contract.errors import InvalidEvent, JournalError
from motherhaven.contract.ids import IdSource
from motherhaven.recorder.factory import open_recorder
from motherhaven.recorder.sending.stats import ShippingStats
from motherhaven.settings import SystemClock
from motherhaven.testing.scripted_model import ScriptedModel


def sink_at(path, **options):
    """A sink over a journal of its own."""
    clock = SystemClock()
    ids = IdSource(clock, os.urandom)
    return JournalSink(open_recorder(path, clock=clock, ids=ids), **options)


async def live(sink):
    """An entry and its stop, recorded in `sink`."""
    trader = new_trader()
    rng = random.Random(7)
    trader.new_id = IdSource(SystemClock(), rng.randbytes).new
    trader.on_slice(piece(NOON - MINUTE, BTC="50000"))
    cycle = new_cycle(trader, ScriptedModel([answer(entry())]), sink)
    await cycle.run(lambda: NOON, quotes_of(BTC="50000"), None)
    return trader


@pytest.mark.parametrize("trusted", [False, True])
def test_an_account_can_be_rebuilt_from_the_file(tmp_path, trusted):
    """Both ways of writing keep the same numbers, exact to the last digit."""
    import asyncio

    sink = sink_at(tmp_path / "j.db", trusted=trusted)
    trader = asyncio.run(live(sink))
    sink.close()
    again = sink_at(tmp_path / "j.db")
    saved = fold(again.read(KINDS))
    again.close()
    assert [fill.size for fill in saved.fills] == [trader.ledger.holdings["BTC"].size]
    assert saved.fills[0].fee == trader.ledger.fees
    assert saved.deposit == trader.ledger.deposits


def test_the_same_event_again_changes_nothing(tmp_path):
    """A flush that is repeated after a doubt does not count twice."""
    sink = sink_at(tmp_path / "j.db")
    record = Record(
        "status", {"timestamp": "2026-03-04T12:00:00Z", "status": "running"}, NOON, "e1"
    )
    sink.write([record])
    sink.write([record])
    assert len(list(sink.read(("status",)))) == 1
    sink.close()


def test_nonsense_is_refused_whole(tmp_path):
    """A batch is all or nothing."""
    sink = sink_at(tmp_path / "j.db")
    good = Record("status", {"status": "running"}, NOON, "e1")
    bad = Record("status", {"status": "flying"}, NOON, "e2")
    with pytest.raises(InvalidEvent):
        sink.write([good, bad])
    assert list(sink.read(("status",))) == []
    sink.close()


def test_a_journal_that_vanished_is_told(tmp_path):
    """Reading from a file that is no database says so."""
    sink = sink_at(tmp_path / "j.db")
    connection = apsw.Connection(str(tmp_path / "j.db"))
    connection.execute("DROP VIEW decisions")
    connection.execute("ALTER TABLE events RENAME TO elsewhere")
    connection.close()
    with pytest.raises(JournalError, match=r"j\.db"):
        list(sink.read(("status",)))
    sink.close()


def test_the_lag_is_that_of_the_shipper(tmp_path):
    """Nothing ships: nothing to say; otherwise what is behind and set aside."""

    class Shipping:
        closed = 0.0

        def stats(self):
            return ShippingStats(sent=1, behind=5, quarantined=2, state="shipping")

        def close(self, timeout):
            self.closed = timeout

    assert sink_at(tmp_path / "a.db").lag() == {}
    shipping = Shipping()
    sink = sink_at(tmp_path / "b.db", shipper=shipping, close_seconds=0.7)
    assert sink.lag() == {"behind": 5, "quarantined": 2}
    assert sink.healthy()
    sink.close()
    assert shipping.closed == 0.7
