"""The core: guard, orders, exits between decisions, and what is put on record."""

import asyncio
from datetime import timedelta
from decimal import Decimal

from shell_support import (
    MINUTE,
    NOON,
    action,
    answer,
    entry,
    kinds,
    new_cycle,
    new_trader,
    of_kind,
    piece,
    quotes_of,
)

from motherhaven.bot.decider import BuyAndHold
from motherhaven.bot.running.sink import MemorySink
from motherhaven.contract.errors import InvalidEvent, JournalError
from motherhaven.contract.events import PAYLOADS
from motherhaven.contract.ids import client_order_id
from motherhaven.contract.jsonio import dumps, loads
from motherhaven.contract.limits import RiskLimits
from motherhaven.contract.wire import validate_payload
from motherhaven.testing.scripted_model import ScriptedModel


def run(cycle, at=NOON, quotes=None):
    """One cycle at `at`, trading at 50,000."""
    return asyncio.run(cycle.run(lambda: at, quotes or quotes_of(BTC="50000"), None))


def traded(*said, **setup):
    """A cycle that has seen one bar of 50,000 and been through the first answer."""
    trader = new_trader(**setup)
    trader.on_slice(piece(NOON - MINUTE, BTC="50000"))
    sink = MemorySink()
    cycle = new_cycle(trader, ScriptedModel(said), sink)
    run(cycle)
    return cycle, sink


def test_the_chain_of_an_entry_is_followable_from_either_end():
    """cycle → decision → cloid → fill → position, all by ids, in the order that it happened."""
    _, sink = traded(answer(entry()))
    assert kinds(sink.kept) == [
        "answer", "decision", "order", "order", "order", "execution", "fill", "position_opened",
        "protection", "account", "status",
    ]  # fmt: skip
    given, decision, *orders, execution, fill, opened, protection, account, status = (
        r.payload for r in sink.kept
    )
    assert (protection["state"], protection["stop"]) == ("protected", 49_000)
    assert protection["position_id"] == opened["position_id"]
    assert [(one["kind"], one["state"]) for one in orders] == [
        ("market", "planned"), ("stop", "planned"), ("target", "planned"),
    ]  # fmt: skip
    assert orders[0]["cloid"] == execution["cloid"]
    assert {one["decision_id"] for one in orders} == {execution["decision_id"]}
    decision_id = sink.kept[1].event_id
    assert decision["answer_id"] == sink.kept[0].event_id
    assert execution["decision_id"] == fill["decision_id"] == opened["decision_id"] == decision_id
    assert execution["cloid"] == fill["cloid"] == client_order_id(decision_id, "BTC", "entry")
    assert execution["position_id"] == fill["position_id"] == opened["position_id"]
    assert decision["cycle_id"] == account["cycle_id"] == status["cycle_id"]
    assert execution["execution_status"] == "executed"
    assert (given["raw_response"], given["model"]) == (answer(entry()), "scripted:model")
    assert decision["model"] == "scripted:model"
    assert decision["verdict"]["allowed"] is True
    assert opened["stop_loss"] == 49000
    assert opened["profit_target"] == 52000


def test_every_decision_has_what_set_it_off_on_record():
    """A model's with its answer; a baseline makes no answer, so its decision says it itself."""
    _, sink = traded(answer(entry()))
    [given], [decision] = of_kind(sink.kept, "answer"), of_kind(sink.kept, "decision")
    assert given["trigger"] == "schedule"
    assert "trigger" not in decision
    trader, sink = new_trader(), MemorySink()
    trader.on_slice(piece(NOON - MINUTE, BTC="50000"))
    run(new_cycle(trader, BuyAndHold(), sink))
    assert of_kind(sink.kept, "answer") == []
    assert [one["trigger"] for one in of_kind(sink.kept, "decision")] == ["schedule"]


def test_the_account_is_reported_after_the_trades():
    """The open position stands in it with its mark, and the identity holds to the digit."""
    _, sink = traded(answer(entry()))
    account = of_kind(sink.kept, "account")[0]
    assert account["num_positions"] == 1
    assert account["positions"][0]["mark"] == 50000
    assert account["equity_usd"] == account["balance_usd"] + account["unrealized_pnl"]
    assert account["realized_pnl"] == -account["fees_usd"]
    assert account["total_pnl"] == account["equity_usd"] - account["deposits_usd"]


def test_a_stop_acts_between_decisions_at_its_price():
    """The bar that goes through the stop closes the position; net counts both fees."""
    cycle, sink = traded(answer(entry()))
    cycle.trader.on_slice(piece(NOON, BTC=("50000", "50100", "48000", "48500")))
    cycle.flush()
    closed = of_kind(sink.kept, "position_closed")[0]
    assert (closed["reason"], closed["exit_price"]) == ("stop", 49000)
    assert closed["realized_pnl"] == closed["gross_pnl"] - closed["fees_usd"]
    assert closed["fees_usd"] > 0
    assert "decision_id" not in closed
    assert not cycle.trader.ledger.holdings


def test_a_decided_close_names_its_decision():
    """The exit is linked to the decision that wanted it."""
    cycle, sink = traded(answer(entry()), answer(action(signal="close")))
    cycle.trader.on_slice(piece(NOON, BTC="50500"))
    run(cycle, NOON + MINUTE, quotes_of(BTC="50600"))
    closed = of_kind(sink.kept, "position_closed")[0]
    ids = [r.event_id for r in sink.kept if r.kind == "decision"]
    assert closed["decision_id"] == ids[1]
    assert (closed["reason"], closed["exit_price"]) == ("close", 50600)


def test_what_the_guard_refuses_is_recorded_and_not_traded():
    """An over-limit entry: verdict with its rule, execution rejected, no fill."""
    _, sink = traded(answer(entry(quantity_usd=5000)))
    assert kinds(sink.kept) == ["answer", "decision", "execution", "account", "status"]
    decision, execution = sink.kept[1].payload, sink.kept[2].payload
    assert decision["verdict"]["allowed"] is False
    assert decision["verdict"]["rule"] == "max_position_size"
    assert decision["verdict"]["asked_usd"] == 5000
    assert execution["execution_status"] == "rejected"
    assert execution["execution_error"] == decision["verdict"]["reason"]
    assert execution["reason_code"] == "max_position_size"


def test_an_entry_without_a_stop_is_refused_but_for_buy_and_hold():
    """Only the baseline may hold openly without one, and says so."""
    _, sink = traded(answer(entry(stop_loss=None)))
    assert of_kind(sink.kept, "decision")[0]["verdict"]["rule"] == "stop_missing"
    trader = new_trader()
    trader.on_slice(piece(NOON - MINUTE, BTC="50000"))
    sink = MemorySink()
    run(new_cycle(trader, BuyAndHold(), sink))
    assert of_kind(sink.kept, "fill")
    assert "no stop" in of_kind(sink.kept, "decision")[0]["justification"]


def test_an_unusable_answer_holds_every_coin_with_its_reason():
    """The failure and the raw text are on record; the status says it too."""
    cycle, sink = traded("this is no answer")
    decision = of_kind(sink.kept, "decision")[0]
    assert decision["signal"] == "hold"
    assert decision["error"].startswith("AnswerMalformed")
    given = of_kind(sink.kept, "answer")[0]
    assert given["raw_response"] == "this is no answer"
    assert (given["error"], given["error_code"]) == (decision["error"], "answer_malformed")
    status = of_kind(sink.kept, "status")[0]
    assert status["error"].startswith("held: AnswerMalformed")
    assert not cycle.trader.has_orders


def test_a_decision_that_cannot_be_read_is_rejected_alone():
    """Its neighbour is judged as ever; cost and tokens are counted once an answer."""
    trader = new_trader(coins=("BTC", "ETH"))
    trader.on_slice(piece(NOON - MINUTE, BTC="50000", ETH="3000"))
    sink = MemorySink()
    model = ScriptedModel([answer(entry(), {"coin": "ETH", "signal": "moon"})])
    run(new_cycle(trader, model, sink))
    good, bad = of_kind(sink.kept, "decision")
    assert good["verdict"]["allowed"]
    assert bad["verdict"]["rule"] == "parse"
    (given,) = of_kind(sink.kept, "answer")
    assert given["cost_usd"] == Decimal("0.001")
    assert "cost_usd" not in good | bad


def test_a_coin_without_fresh_data_is_neither_shown_nor_traded():
    """Its series is older than the others': the decider is not asked about it."""
    trader = new_trader(coins=("BTC", "ETH"))
    trader.on_slice(piece(NOON - 2 * MINUTE, BTC="50000", ETH="3000"))
    trader.on_slice(piece(NOON - MINUTE, BTC="50000"))
    model = ScriptedModel([answer(entry("ETH", stop_loss=2900, profit_target=None))])
    sink = MemorySink()
    run(new_cycle(trader, model, sink))
    assert list(model.asked[0].series_by_coin) == ["BTC"]
    refused = next(d for d in of_kind(sink.kept, "decision") if d["coin"] == "ETH")
    assert refused["verdict"]["rule"] == "unknown_coin"
    assert not of_kind(sink.kept, "fill")


def test_without_a_price_nothing_is_filled():
    """A hole right after the decision: skipped, and said."""
    trader = new_trader()
    trader.on_slice(piece(NOON - MINUTE, BTC="50000"))
    sink = MemorySink()
    run(new_cycle(trader, ScriptedModel([answer(entry())]), sink), quotes=quotes_of())
    execution = of_kind(sink.kept, "execution")[0]
    assert execution["execution_status"] == "skipped"
    assert "hole" in execution["execution_error"]


def test_a_price_that_ran_away_is_not_chased():
    """The entry is bounded by our own mark; past it the order is refused."""
    trader = new_trader()
    trader.on_slice(piece(NOON - MINUTE, BTC="50000"))
    sink = MemorySink()
    run(new_cycle(trader, ScriptedModel([answer(entry())]), sink), quotes=quotes_of(BTC="51900"))
    assert of_kind(sink.kept, "execution")[0]["execution_status"] == "rejected"
    assert not trader.ledger.holdings


def test_a_bar_in_whose_middle_was_traded_does_not_strike_with_its_past():
    """The low before the fill was not ours; the low after the close's way is."""
    trader = new_trader(patience=MINUTE)
    trader.on_slice(piece(NOON - MINUTE, BTC="50000"))
    cycle = new_cycle(trader, ScriptedModel([answer(entry())]))

    async def late():
        quote = (await quotes_of(BTC="50000")())["BTC"]
        return {"BTC": type(quote)("BTC", *(Decimal(50000),) * 3, NOON + timedelta(seconds=30))}

    run(cycle, NOON + timedelta(seconds=30), late)
    trader.on_slice(piece(NOON, BTC=("49900", "50100", "48000", "50050")))
    assert "BTC" in trader.ledger.holdings
    trader.on_slice(piece(NOON + MINUTE, BTC=("50050", "50100", "48000", "50050")))
    assert "BTC" not in trader.ledger.holdings


def test_a_bar_that_comes_late_strikes_nothing():
    """It was over before the trade; the next one counts again."""
    trader = new_trader(patience=2 * MINUTE)
    trader.on_slice(piece(NOON - MINUTE, BTC="50000"))
    cycle = new_cycle(trader, ScriptedModel([answer(entry())]))

    async def late():
        quote = (await quotes_of(BTC="50000")())["BTC"]
        return {"BTC": type(quote)("BTC", *(Decimal(50000),) * 3, NOON + 1.5 * MINUTE)}

    run(cycle, NOON + 1.5 * MINUTE, late)
    trader.on_slice(piece(NOON, BTC=("50000", "50000", "48000", "49500")))
    assert "BTC" in trader.ledger.holdings
    trader.on_slice(piece(NOON + 2 * MINUTE, BTC=("50000", "50000", "48000", "49500")))
    assert "BTC" not in trader.ledger.holdings


def test_a_record_that_cannot_be_kept_does_not_hold_up_the_others():
    """A poison record is left out by itself and named; the rest is on disk."""
    cycle, sink = traded(answer(action()))
    written = sink.write

    def write(batch):
        if any(record.payload.get("coin") == "POISON" for record in batch):
            raise InvalidEvent("coin: POISON")
        written(batch)

    sink.write = write
    cycle.trader.settle("some-decision", "POISON", "test", NOON)
    cycle.trader.settle("some-decision", "BTC", "test", NOON)
    assert cycle.flush()
    assert of_kind(sink.kept, "execution")[-1]["coin"] == "BTC"
    assert cycle.trader.recording


def test_funding_is_booked_once_an_hour_where_the_rate_is_known():
    """Longs pay a positive rate; on the wire paid is positive."""
    cycle, sink = traded(answer(entry()))
    trader = cycle.trader
    trader.funding_rates = {"BTC": Decimal("0.0001")}
    for minute in range(61):
        trader.on_slice(piece(NOON + minute * MINUTE, BTC="50000"))
    cycle.flush()
    (paid,) = of_kind(sink.kept, "funding")
    held = trader.ledger.holdings["BTC"]
    assert paid["amount"] == held.size * 50000 * Decimal("0.0001")
    assert paid["timestamp"].startswith("2026-03-04T13:00:00")
    assert trader.ledger.funding == -paid["amount"]


def test_the_daily_loss_counts_from_the_day_s_first_equity():
    """After the limit is lost, entries stop until the next day."""
    limits = RiskLimits(max_position_size_usd=Decimal(1000), daily_loss_limit_usd=Decimal("0.5"))
    cycle, sink = traded(answer(entry()), answer(entry()), limits=limits)
    cycle.trader.on_slice(piece(NOON, BTC=("50000", "50000", "48000", "48500")))
    run(cycle, NOON + MINUTE, quotes_of(BTC="48500"))
    assert of_kind(sink.kept, "decision")[-1]["verdict"]["rule"] == "daily_loss"
    tomorrow = NOON + timedelta(days=1)
    cycle.trader.on_slice(piece(tomorrow - MINUTE, BTC="50000"))
    run(cycle, tomorrow)
    assert of_kind(sink.kept, "decision")[-1]["verdict"]["allowed"]


def test_decisions_are_durable_before_any_order():
    """At the first write nothing has been filled yet."""
    trader = new_trader()
    trader.on_slice(piece(NOON - MINUTE, BTC="50000"))
    seen = []

    class Watching(MemorySink):
        def write(self, batch):
            seen.append((kinds(batch), trader.ledger.seq))
            super().write(batch)

    run(new_cycle(trader, ScriptedModel([answer(entry())]), Watching()))
    assert seen[0] == (["answer", "decision"], 0)
    assert seen[1][0][:4] == ["order", "order", "order", "execution"]


def test_while_the_journal_fails_entries_stop_and_exits_go_on():
    """Disk full: no new position, closing works, and all is recorded when space returns."""
    cycle, sink = traded(answer(entry()), answer(entry()), answer(action(signal="close")))
    broken = True
    written = sink.write

    def write(batch):
        if broken:
            raise JournalError("disk full")
        written(batch)

    sink.write = write
    size = cycle.trader.ledger.holdings["BTC"].size
    cycle.trader.on_slice(piece(NOON, BTC="50000"))
    run(cycle, NOON + MINUTE)
    assert cycle.trader.ledger.holdings["BTC"].size == size
    cycle.trader.on_slice(piece(NOON + MINUTE, BTC="50000"))
    run(cycle, NOON + 2 * MINUTE)
    assert not cycle.trader.ledger.holdings
    assert not of_kind(sink.kept, "position_closed")
    broken = False
    cycle.trader.on_slice(piece(NOON + 2 * MINUTE, BTC="50000"))
    run(cycle, NOON + 3 * MINUTE)
    assert of_kind(sink.kept, "position_closed")
    assert cycle.trader.recording


def test_the_kill_switch_flattens_and_refuses_entries():
    """Everything closed, nothing opened, until it is re-armed by hand."""
    cycle, sink = traded(answer(entry()), answer(entry()))
    trader = cycle.trader
    trader.kill = trader.kill.engage(NOON, "test", flatten=True)
    trader.flatten(NOON)
    assert not trader.ledger.holdings
    trader.on_slice(piece(NOON, BTC="50000"))
    run(cycle, NOON + MINUTE)
    assert of_kind(sink.kept, "decision")[-1]["verdict"]["rule"] == "kill_switch"
    assert of_kind(sink.kept, "status")[-1]["kill_switch"] is True


def test_paused_means_no_questions_while_stops_stay():
    """The model is not asked, the account and a paused status are still reported."""
    cycle, sink = traded(answer(entry()))
    cycle.paused = True
    cycle.trader.on_slice(piece(NOON, BTC="50000"))
    run(cycle, NOON + MINUTE)
    assert len(cycle.decider.asked) == 1
    assert of_kind(sink.kept, "status")[-1]["status"] == "paused"
    cycle.trader.on_slice(piece(NOON + MINUTE, BTC=("50000", "50000", "48000", "48500")))
    assert not cycle.trader.ledger.holdings


LIVE_KINDS = {"cash_flow", "command"}
"""Kinds that this market brings none of."""


def test_every_payload_is_valid_by_the_contract():
    """Each kind of record passes the contract's own model and canonical JSON."""
    cycle, sink = traded(
        answer(entry()), "garbage", answer({"coin": "BTC"}), answer(action(signal="close")),
        candles=True,
    )  # fmt: skip
    cycle.trader.funding_rates = {"BTC": Decimal("0.0001")}
    for step in range(1, 62):
        cycle.trader.on_slice(piece(NOON + (step - 1) * MINUTE, BTC="50000"))
        if step > 58:
            run(cycle, NOON + step * MINUTE)
    cycle.flush()
    assert set(kinds(sink.kept)) == set(PAYLOADS) - LIVE_KINDS
    for record in sink.kept:
        validate_payload(record.kind, record.payload)
        assert loads(dumps(record.payload))
