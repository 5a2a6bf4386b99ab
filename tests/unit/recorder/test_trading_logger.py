"""TradingLogger keeps the signatures, return values and meaning that bots rely on."""

import inspect
import sqlite3
from types import SimpleNamespace

import pytest

from motherhaven.contract.errors import InvalidEvent
from motherhaven.contract.jsonio import loads
from motherhaven.recorder import TradingLogger, functions
from tests.unit.recorder.support import DECISION


@pytest.fixture
def logger(recorder):
    """A logger that ships nothing."""
    return TradingLogger.build(recorder)


def payloads(recorder):
    """Kind and payload of every event, in order."""
    connection = recorder.journal.open_connection("normal")
    found = connection.execute("SELECT kind, payload FROM events ORDER BY seq").fetchall()
    connection.close()
    return [(kind, loads(payload.encode())) for kind, payload in found]


SIGNATURES = {
    "log_decision": ["decision", "raw_response", "system_prompt", "user_prompt"],
    "log_account_state": [
        "balance", "equity", "unrealized_pnl", "realized_pnl", "sharpe_ratio", "num_positions",
    ],
    "log_position_entry": [
        "position_id", "coin", "side", "entry_price", "quantity_usd", "leverage",
    ],
    "log_position_exit": ["position_id", "exit_price", "realized_pnl"],
    "log_bot_status": ["status", "message", "error"],
}  # fmt: skip


@pytest.mark.parametrize("name", SIGNATURES)
def test_documented_arguments_come_first(name):
    """The documented arguments, positional and in order, on the class and the functions."""
    for function in (getattr(TradingLogger, name), getattr(functions, name)):
        parameters = inspect.signature(function).parameters.values()
        positional = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
        assert [p for p in positional if p != "self"] == SIGNATURES[name]


def test_ids_count_up_per_kind(logger):
    """Each call returns its row's id, as a fresh table would give it."""
    assert [logger.log_decision(DECISION) for _ in range(3)] == [1, 2, 3]
    assert logger.log_account_state(1, 1) == 1
    assert logger.log_position_entry("a", "BTC", "long", 1, 1, 1) == 1
    assert logger.log_bot_status("running", "fine") is None


def test_an_entry_and_its_exit_are_linked(logger, recorder):
    """Decision, entry and exit name each other; the exit carries the entry's terms."""
    row = logger.log_decision(DECISION, event_id="d-1")
    logger.log_position_entry("p-1", "BTC", "long", 100.1, 50, 3, decision_id=row, stop_loss=90)
    assert logger.log_position_exit("p-1", 101.5, "-0.75", decision_id="d-2", reason="stop")
    (_, decision), (_, opened), (_, closed) = payloads(recorder)
    assert decision["profit_target"] == "110.5"
    assert (opened["decision_id"], opened["position_id"], opened["stop_loss"]) == ("d-1", "p-1", 90)
    shared = ("coin", "side", "quantity_usd", "leverage", "entry_price", "entry_time")
    assert {k: closed[k] for k in shared} == {k: opened[k] for k in shared}
    assert (closed["decision_id"], closed["realized_pnl"], closed["reason"]) == (
        "d-2",
        "-0.75",
        "stop",
    )


def test_closing_twice_or_what_is_not_open_changes_nothing(logger, recorder):
    """False, and no event, for an unknown or closed position."""
    assert not logger.log_position_exit("p-1", 1, 1)
    logger.log_position_entry("p-1", "BTC", "long", 1, 1, 1)
    assert logger.log_position_exit("p-1", 2, 1)
    assert not logger.log_position_exit("p-1", 3, 1)
    assert [kind for kind, _ in payloads(recorder)] == ["position_opened", "position_closed"]


def test_total_pnl_is_exact(logger, recorder):
    """0.1 + 0.2 is 0.3 in the record."""
    logger.log_account_state(1000, 1000.3, 0.1, 0.2)
    assert payloads(recorder)[0][1]["total_pnl"] == "0.3"


def test_the_wire_message_is_message_or_error_or_nothing(logger, recorder):
    """As the contract says, in that order."""
    logger.log_bot_status("running", "m", "e")
    logger.log_bot_status("error", error="e")
    logger.log_bot_status("running")
    assert [payload["message"] for _, payload in payloads(recorder)] == ["m", "e", ""]


def test_a_trade_decision_object_is_taken_by_its_attributes(logger, recorder):
    """log_decision_from_trade_decision reads attributes, enums and a missing exit plan."""
    plan = SimpleNamespace(profit_target=2, stop_loss=1, invalidation_condition=None)
    fields = {k: v for k, v in DECISION.items() if k != "exit_plan"}
    logger.log_decision_from_trade_decision(SimpleNamespace(**fields, exit_plan=plan), "raw")
    logger.log_decision_from_trade_decision(SimpleNamespace(**fields, exit_plan=None))
    (_, first), (_, second) = payloads(recorder)
    assert (first["profit_target"], first["stop_loss"], first["raw_response"]) == (2, 1, "raw")
    assert "invalidation_condition" not in first
    assert "profit_target" not in second


def test_what_happened_to_a_decision_shows_in_the_view(logger, recorder, tmp_path):
    """An execution event fills the decision's execution columns."""
    logger.log_decision(DECISION, event_id="d-1")
    logger.log_decision(DECISION, event_id="d-2")
    recorder.record(
        "execution",
        {"decision_id": "d-1", "coin": "BTC", "execution_status": "rejected",
         "execution_error": "too large"},
    )  # fmt: skip
    connection = sqlite3.connect(tmp_path / "journal.db")
    found = connection.execute(
        "SELECT execution_status, execution_error, execution_timestamp FROM decisions ORDER BY id"
    ).fetchall()
    connection.close()
    assert found[0] == ("rejected", "too large", "2026-01-02T03:04:05.000000")
    assert found[1] == ("pending", None, None)


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda log: log.log_account_state(float("nan"), 1), "balance"),
        (lambda log: log.log_position_entry("p", "BTC", "sideways", 1, 1, 1), "side"),
        (lambda log: log.log_decision({**DECISION, "quantity_usd": float("inf")}), "quantity_usd"),
        (lambda log: log.log_bot_status("dancing"), "status"),
        (
            lambda log: log.log_position_entry("p", "B", "long", 1, 1, 1, decision_id=9),
            "decision_id",
        ),
    ],
)
def test_nonsense_is_kept_with_its_fault_or_refused_by_a_strict_logger(
    logger, recorder, call, field
):
    """The record names the field; a strict logger raises, names it too, and records nothing."""
    with pytest.raises(InvalidEvent, match=field) as caught:
        call(TradingLogger.build(recorder, strict=True))
    assert caught.value.field == field
    assert caught.value.code
    assert caught.value.fix
    assert payloads(recorder) == []
    call(logger)
    [(_, payload)] = payloads(recorder)
    assert field in [fault["field"] for fault in payload["faults"]]


def test_a_model_text_never_loses_the_record(logger, recorder):
    """Broken text in a raw answer is recorded, repaired and flagged."""
    logger.log_decision({**DECISION, "justification": "\ud83d \x00"}, "raw \udfff")
    payload = payloads(recorder)[0][1]
    assert payload["justification"] == "\ufffd \ufffd"
    assert payload["raw_response"] == "raw \ufffd"
    assert payload["text_repaired"] is True


def test_shipping_off_counts_nothing(logger, recorder):
    """Without a server the status event claims nothing about shipping; motherhaven is None."""
    logger.log_bot_status("running")
    assert "behind" not in payloads(recorder)[0][1]
    assert logger.stats().state == "off"
    assert not logger.flush(0.01)
    assert logger.motherhaven is None
    assert logger.healthy
