"""A killed bot goes on with the same account."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest
from shell_support import (
    MINUTE,
    NOON,
    action,
    answer,
    entry,
    new_cycle,
    new_trader,
    of_kind,
    piece,
    quotes_of,
)

from motherhaven.bot.core.records import Record
from motherhaven.bot.decider.guidance import Guidance
from motherhaven.bot.portfolio.events import MarginMode
from motherhaven.bot.running.build import _settle
from motherhaven.bot.running.recover import KINDS, fold, restore
from motherhaven.bot.running.sink import Kept, MemorySink
from motherhaven.contract.errors import InvalidEvent
from motherhaven.testing.scripted_model import ScriptedModel


def lived(*said, minutes=2, prices="50000"):
    """A bot that lived some minutes with a scripted model, and its sink."""
    trader, sink = new_trader(), MemorySink()
    cycle = new_cycle(trader, ScriptedModel(said), sink)
    for step in range(minutes):
        at = NOON + step * MINUTE
        trader.on_slice(piece(at - MINUTE, BTC=prices))
        asyncio.run(cycle.run(lambda at=at: at, quotes_of(BTC=prices), None))
    return cycle, sink


def reborn(sink):
    """A new trader with what the sink has on record."""
    saved = fold(sink.read(KINDS))
    trader = new_trader(now=saved.last_time)
    unprotected = restore(trader, saved)
    return trader, saved, unprotected


def test_a_leverage_that_no_fill_tells_of_comes_back():
    """Changed under an open position; books and venue have it again after a restart."""
    cycle, sink = lived(answer(entry()), answer(action()))
    cycle.trader.account.set_leverage("BTC", 4, MarginMode.CROSS)
    cycle.trader.report_account(NOON + 2 * MINUTE)
    cycle.flush()
    trader, *_ = reborn(sink)
    assert trader.ledger.holdings["BTC"].leverage == 4
    assert trader.account.venue.positions()["BTC"].leverage == 4


def test_account_positions_and_protection_come_back_exactly():
    """Wallet, entry, fees, stop and target are those of before; the stop still works."""
    cycle, sink = lived(answer(entry()), answer(action()))
    trader, saved, unprotected = reborn(sink)
    before, after = cycle.trader.account.snapshot(), trader.account.snapshot()
    assert (after.wallet, after.fees, after.deposits) == (
        before.wallet, before.fees, before.deposits,
    )  # fmt: skip
    old, new = before.positions["BTC"], after.positions["BTC"]
    assert (new.position_id, new.size, new.entry) == (old.position_id, old.size, old.entry)
    assert (new.stop, new.target) == (old.stop, old.target) == (49000, 52000)
    assert unprotected == []
    assert not saved.pending
    trader.on_slice(piece(NOON + MINUTE, BTC=("50000", "50000", "48000", "48000")))
    (closed,) = of_kind(trader.records, "position_closed")
    assert closed["position_id"] == old.position_id
    assert not of_kind(trader.records, "position_opened")


def test_the_day_its_entries_and_the_model_s_cost_come_back():
    """Limits of the day do not start anew with the process."""
    _, sink = lived(answer(entry()), answer(action()))
    trader, saved, _ = reborn(sink)
    assert trader.day is not None
    assert trader.day.equity == 10000
    assert trader.entries_today == 1
    assert trader.last_entries["BTC"] == NOON
    assert saved.cost == Decimal("0.002")
    assert saved.cost_day == NOON.date()


def test_pause_and_kill_switch_outlive_the_process():
    """A stop of the process is no resume; only the user's word is."""
    cycle, sink = lived(answer(action()))
    cycle.paused = True
    cycle.trader.kill = cycle.trader.kill.engage(NOON, "by hand")
    cycle.status("paused", NOON)
    cycle.status("stopped", NOON, state="stopped")
    cycle.flush()
    saved = fold(sink.read(KINDS))
    assert saved.paused
    assert saved.kill.engaged
    cycle.paused = False
    cycle.trader.kill = cycle.trader.kill.rearm()
    cycle.status("resumed", NOON)
    cycle.flush()
    saved = fold(sink.read(KINDS))
    assert not saved.paused
    assert not saved.kill.engaged


def test_a_decision_whose_order_was_never_recorded_is_closed_on_the_record():
    """Killed between decision and order: nothing was traded, and the record says so."""
    cycle, sink = lived(answer(entry()), minutes=1)
    first = next(index for index, record in enumerate(sink.kept) if record.kind == "execution")
    sink.kept = sink.kept[:first]
    saved = fold(sink.read(KINDS))
    decision_id = next(r.event_id for r in sink.kept if r.kind == "decision")
    assert saved.pending == {decision_id: "BTC"}
    trader = new_trader()
    _settle(trader, saved, restore(trader, saved), NOON)
    (execution,) = of_kind(trader.records, "execution")
    assert (execution["decision_id"], execution["execution_status"]) == (decision_id, "skipped")
    assert cycle.trader is not trader


def test_events_of_other_programs_in_the_journal_do_no_harm():
    """A hand-written fill without our ledger's number is not ours to fold."""
    kept = [
        Kept("fill", {"coin": "BTC", "size": "1"}, NOON, "a"),
        Kept("status", {"status": "running"}, NOON, "b"),
    ]
    saved = fold(kept)
    assert saved.fills == []
    assert saved.deposit is None


def test_a_fill_of_ours_that_cannot_be_read_is_told_by_its_id():
    """Going on with half an account would be worse."""
    with pytest.raises(InvalidEvent, match="broken-one"):
        fold([Kept("fill", {"ledger_seq": 1, "coin": "BTC"}, NOON, "broken-one")])


def test_a_position_that_lost_its_stop_is_closed():
    """The target lies at the mark now, the venue refuses it: out, and on record."""
    _, sink = lived(answer(entry()), answer(action()))
    account = next(r for r in reversed(sink.kept) if r.kind == "account")
    spoiled = {**account.payload, "positions": [{**account.payload["positions"][0]}]}
    spoiled["positions"][0]["stop_loss"] = Decimal("50001")
    sink.kept.append(Record("account", spoiled, NOON + timedelta(minutes=2), "spoiled"))
    trader, saved, unprotected = reborn(sink)
    assert unprotected == ["BTC"]
    _settle(trader, saved, unprotected, NOON)
    assert of_kind(trader.records, "position_closed")[0]["reason"] == "close"


def test_the_decider_goes_on_knowing_its_results_and_the_guidance():
    """Closed trades and outcomes come back with their figures, and so does the user's wish."""
    cycle, sink = lived(
        answer(entry()), answer(action(signal="close")), answer(entry(quantity_usd=5000)),
        minutes=3,
    )  # fmt: skip
    cycle.guidance = Guidance("be careful", NOON + timedelta(hours=1))
    cycle.status("guided", NOON)
    cycle.flush()
    trader, saved, _ = reborn(sink)
    assert list(trader.log.trades) == list(cycle.trader.log.trades)
    assert trader.log.trades[-1].net < 0
    assert [o.result for o in trader.log.outcomes] == [o.result for o in cycle.trader.log.outcomes]
    signals = [outcome.signal for outcome in trader.log.outcomes]
    assert signals == ["buy_to_enter", "close", "buy_to_enter"]
    assert "100.00 USD of margin at 50000" in trader.log.outcomes[0].result
    assert trader.log.outcomes[2].result.startswith("refused: 5000 USD")
    assert saved.guidance == cycle.guidance


def test_a_changed_leverage_is_on_record_and_comes_back():
    """Adding at another leverage changes the position's; a restart has the same account."""
    cycle, sink = lived(answer(entry()), answer(entry(leverage=5)))
    second = of_kind(sink.kept, "execution")[1]
    assert (second["leverage_before"], second["leverage"]) == (2, 5)
    trader, _, _ = reborn(sink)
    before, after = cycle.trader.account.snapshot(), trader.account.snapshot()
    assert after.positions["BTC"].leverage == before.positions["BTC"].leverage == 5
    assert (after.used, after.available) == (before.used, before.available)
