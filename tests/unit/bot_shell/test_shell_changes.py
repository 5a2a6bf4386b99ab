"""Reduce and adjust at the paper exchange, on record, and after a restart."""

import asyncio
import json
from decimal import Decimal

import pytest
from shell_support import MINUTE, NOON, new_cycle, new_trader, piece

from motherhaven.bot.market.feed import Quote
from motherhaven.bot.running.recover import fold, restore
from motherhaven.bot.running.sink import Kept, MemorySink
from motherhaven.contract.events import DecisionExecuted, DecisionMade
from motherhaven.contract.jsonio import dumps, loads
from motherhaven.testing.scripted_model import ScriptedModel

D = Decimal
BUY = {
    "coin": "BTC", "signal": "buy_to_enter", "quantity_usd": 900, "leverage": 2,
    "confidence": 0.7, "stop_loss": 48_000, "profit_target": 55_000,
    "invalidation_condition": None, "justification": "up",
}  # fmt: skip


def run(*steps, script=()):
    """Cycles, each with one answer at the price given; returns the trader and its sink."""
    trader, sink = new_trader(), MemorySink()
    wishes = [json.dumps({"decisions": [wish]}) for wish, _ in steps]
    cycle = new_cycle(trader, ScriptedModel(wishes), sink)

    async def live():
        for number, (_, price) in enumerate(steps):
            now = NOON + number * MINUTE
            trader.on_slice(piece(now - MINUTE, BTC=price))

            async def quotes(price=price, now=now):
                return {"BTC": Quote("BTC", D(price), D(price), D(price), now)}

            await cycle.run(lambda now=now: now, quotes, None)

    asyncio.run(live())
    return trader, sink


def of(sink, kind):
    """The payloads of one kind."""
    return [record.payload for record in sink.kept if record.kind == kind]


def adjust(stop=None, target=None):
    """An answer that moves exits."""
    return {"coin": "BTC", "signal": "adjust", "stop_loss": stop, "profit_target": target}


def test_a_stop_is_moved_new_first_and_rests_alone():
    """One stop and one target rest, where they should."""
    trader, sink = run((BUY, 50_000), (adjust(stop=49_500), 51_000))
    orders = {(one.kind.value, one.price) for one in trader.account.venue.open_orders("BTC")}
    assert orders == {("stop", D(49_500)), ("target", D(55_000))}
    made, done = of(sink, "decision")[-1], of(sink, "execution")[-1]
    assert (made["signal"], made["adjusted_stop_loss"]) == ("hold", 49_500)
    assert "stop_loss" not in made
    assert done["execution_status"] == "executed"
    assert (done["stop_loss_before"], done["stop_loss"]) == (48_000, 49_500)
    assert DecisionMade.model_validate(loads(dumps(made))).adjusted_stop_loss == 49_500
    assert DecisionExecuted.model_validate(loads(dumps(done))).stop_loss == 49_500


@pytest.mark.parametrize(
    "wish",
    [
        {"coin": "BTC", "signal": "hold", "stop_loss": 49_500, "profit_target": 60_000},
        {"coin": "BTC", "signal": "hold", "exit_plan": {"stop_loss": 45_000}},
        adjust(stop=47_000),
        adjust(stop=51_500),
        adjust(stop=48_000, target=55_000),
    ],
)
def test_what_moves_nothing_leaves_both_exits(wish):
    """A repeated plan, a wider stop, one on the wrong side, and what is there already."""
    trader, _ = run((BUY, 50_000), (wish, 51_000))
    held = trader.account.snapshot().positions["BTC"]
    assert (held.stop, held.target) == (48_000, 55_000)


def test_the_moved_stop_is_struck():
    """And the old one is gone."""
    trader, _ = run((BUY, 50_000), (adjust(stop=49_500), 51_000))
    trader.on_slice(piece(NOON + 5 * MINUTE, BTC=(50_900, 50_900, 49_000, 49_100)))
    assert not trader.account.snapshot().positions
    assert trader.log.trades[-1].exit == 49_500
    assert not trader.account.venue.open_orders()


def test_an_add_with_a_wider_stop_is_refused_and_a_tighter_one_replaces():
    """The other way to replace a stop."""
    small = {**BUY, "quantity_usd": 50}
    trader, _ = run(
        ({**BUY, "quantity_usd": 100}, 50_000), ({**small, "stop_loss": 47_000}, 50_000)
    )
    assert trader.account.snapshot().positions["BTC"].stop == 48_000
    trader, _ = run(
        ({**BUY, "quantity_usd": 100}, 50_000), ({**small, "stop_loss": 49_000}, 50_000)
    )
    assert trader.account.snapshot().positions["BTC"].stop == 49_000


def test_a_part_is_closed_and_the_exits_stay_for_the_rest():
    """Size, fills, margin and the position's own record."""
    half = {"coin": "BTC", "signal": "reduce", "close_fraction": 0.5}
    trader, sink = run((BUY, 50_000), (half, 52_000))
    held = trader.account.snapshot().positions["BTC"]
    opened = of(sink, "fill")[0]["size"]
    assert held.size == opened - (opened / 2).quantize(D("0.00001"), "ROUND_FLOOR")
    assert (held.stop, held.target) == (48_000, 55_000)
    made, done = of(sink, "decision")[-1], of(sink, "execution")[-1]
    assert (made["signal"], made["close_fraction"]) == ("close", D("0.5"))
    assert done["execution_status"] == "executed"
    assert done["filled_usd"] == pytest.approx(450, rel=D("0.01"))
    assert not of(sink, "position_closed")
    assert of(sink, "fill")[-1]["decision_id"] == done["decision_id"]


def test_the_whole_follows_a_part():
    """The last part ends the position by the decision that closed it."""
    half = {"coin": "BTC", "signal": "reduce", "close_fraction": 0.5}
    close = {"coin": "BTC", "signal": "close"}
    trader, sink = run((BUY, 50_000), (half, 52_000), (close, 52_000))
    assert not trader.account.snapshot().positions
    (closed,) = of(sink, "position_closed")
    assert closed["decision_id"] == of(sink, "execution")[-1]["decision_id"]


def test_the_decider_hears_what_became_of_its_changes():
    """In its own words, with the prices."""
    trader, _ = run((BUY, 50_000), (adjust(stop=49_500), 51_000), (adjust(stop=1_000), 51_000))
    told = [(one.signal, one.result) for one in trader.log.outcomes]
    assert told[1] == ("adjust", "executed stop 48000 to 49500")
    assert "refused" in told[2][1]


def kept(sink):
    """Records as a journal gives them back."""
    return [
        Kept(one.kind, loads(dumps(one.payload)), one.time, one.event_id or "") for one in sink.kept
    ]


def test_what_was_refused_is_told_in_the_model_s_own_words_before_and_after_a_restart():
    """A refused adjust was no hold, and a refused reduce no close: so the wire has them."""
    tiny = {"coin": "BTC", "signal": "reduce", "close_fraction": 0.001}
    steps = [(BUY, 50_000), (adjust(stop=1_000), 51_000), (tiny, 51_000), (BUY, 51_000)]
    trader, sink = run(*steps)
    told = [(one.signal, one.result) for one in trader.log.outcomes]
    assert [signal for signal, _ in told] == ["buy_to_enter", "adjust", "reduce", "buy_to_enter"]
    again = [(str(one.signal), one.result) for one in fold(kept(sink), "UTC").outcomes]
    assert again == told


def test_a_moved_stop_survives_a_kill_before_the_account_was_told():
    """The execution alone says where the stop is: a restart must not loosen it."""
    _, sink = run((BUY, 50_000), (adjust(stop=49_500, target=60_000), 51_000))
    records = kept(sink)
    last = max(n for n, one in enumerate(records) if one.kind == "execution")
    fresh = new_trader()
    assert restore(fresh, fold(records[: last + 1])) == []
    held = fresh.account.snapshot().positions["BTC"]
    assert (held.stop, held.target) == (49_500, 60_000)


def test_an_adjustment_whose_outcome_was_not_recorded_is_told_as_left_out():
    """Killed between decision and order: on record, and the old stop rests."""
    _, sink = run((BUY, 50_000), (adjust(stop=49_500), 51_000))
    records = kept(sink)
    last = max(n for n, one in enumerate(records) if one.kind == "decision")
    saved = fold(records[: last + 1])
    assert list(saved.pending.values()) == ["BTC"]
    fresh = new_trader()
    restore(fresh, saved)
    assert fresh.account.snapshot().positions["BTC"].stop == 48_000
