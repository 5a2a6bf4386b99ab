"""Codes through the whole bot: what is refused, skipped or held says why by its code."""

import asyncio

import pytest
from shell_support import (
    MINUTE,
    NOON,
    answer,
    entry,
    new_cycle,
    new_trader,
    of_kind,
    piece,
    quotes_of,
)

from motherhaven.bot.decider.types import Answer
from motherhaven.bot.running.sink import MemorySink
from motherhaven.contract.errors import (
    AnswerMalformed,
    DeciderTimeout,
    DeciderUnavailable,
    ModelBudgetExceeded,
)
from motherhaven.contract.reasons import REASONS
from motherhaven.testing.scripted_model import ScriptedModel


def recorded(*said, bar_start=NOON - MINUTE, prices=None, **setup):
    """What one cycle at NOON puts on record, after a bar of 50,000."""
    trader = new_trader(**setup)
    trader.on_slice(piece(bar_start, BTC="50000"))
    sink = MemorySink()
    cycle = new_cycle(trader, ScriptedModel(said), sink)
    quotes = quotes_of(BTC="50000") if prices is None else quotes_of(**prices)
    asyncio.run(cycle.run(lambda: NOON, quotes, None))
    return sink.kept


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (entry(quantity_usd=5000), "max_position_size"),
        (entry(leverage=50), "max_leverage"),
        (entry(stop_loss=None), "stop_missing"),
        (entry(signal="close"), "no_position"),
        (entry(quantity_usd="$100"), "number_spelling"),
        (entry(signal="moon"), "unknown_signal"),
        (entry(signal="reduce"), "missing_field"),
        (entry(signal="adjust", stop_loss=None, profit_target=None), "missing_field"),
    ],
)
def test_a_refusal_carries_its_rule_or_fault_as_its_code(said, code):
    """Of the guard and of the parser alike; the advice is found by it."""
    (execution,) = of_kind(recorded(answer(said), answer(said)), "execution")
    assert (execution["execution_status"], execution["reason_code"]) == ("rejected", code)
    assert code in REASONS


def test_an_order_without_a_price_carries_its_code():
    """What was allowed and not executed."""
    (execution,) = of_kind(recorded(answer(entry()), prices={}), "execution")
    assert (execution["execution_status"], execution["reason_code"]) == ("skipped", "no_price")


def test_an_unusable_answer_carries_its_code_with_decision_and_status():
    """Both say the same, by the class of the failure."""
    kept = recorded("not an answer", "not an answer")
    (decision,), (status,) = of_kind(kept, "decision"), of_kind(kept, "status")
    assert decision["error_code"] == status["error_code"] == "answer_malformed"
    assert status["error"].endswith(decision["error"])


@pytest.mark.parametrize(
    "failure",
    [
        DeciderUnavailable("401; check the key", code="model_key"),
        ModelBudgetExceeded("5 USD are spent"),
        DeciderTimeout("too slow"),
        AnswerMalformed("not JSON"),
    ],
)
def test_answer_decision_and_status_of_a_failure_carry_one_code(failure):
    """The finer code of a provider too: its class alone would lead to other advice."""
    trader = new_trader()
    trader.on_slice(piece(NOON - MINUTE, BTC="50000"))
    sink, given = MemorySink(), Answer(failure=failure, model="m", user_prompt="?")

    class Failing(ScriptedModel):
        async def decide(self, _):
            return given

    cycle = new_cycle(trader, Failing(["x"]), sink)
    asyncio.run(cycle.run(lambda: NOON, quotes_of(BTC="50000"), None))
    found = {of_kind(sink.kept, kind)[0]["error_code"] for kind in ("answer", "decision", "status")}
    assert found == {failure.code}
    assert failure.code in REASONS


def test_an_executed_entry_carries_no_code():
    """A code says why something was not done as asked."""
    kept = recorded(answer(entry()))
    (execution,), (status,) = of_kind(kept, "execution"), of_kind(kept, "status")
    assert execution["execution_status"] == "executed"
    assert "reason_code" not in execution
    assert "error_code" not in status


@pytest.mark.parametrize("ahead", [1, 30, 59])
def test_a_candle_that_is_not_over_stops_an_entry(ahead):
    """A feed that hands over the bar of now: its prices may still change."""
    start = NOON - MINUTE + ahead * MINUTE / 60
    (execution,) = of_kind(recorded(answer(entry()), bar_start=start), "execution")
    assert execution["reason_code"] == "open_candle"
