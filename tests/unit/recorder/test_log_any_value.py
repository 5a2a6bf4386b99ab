"""Whatever is given to a log call, the bot's loop goes on and the event is recorded."""

import logging
import random
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from motherhaven.contract.errors import InvalidEvent
from motherhaven.contract.jsonio import loads
from motherhaven.contract.wire import event_from_item
from motherhaven.recorder import TradingLogger
from motherhaven.recorder.sending.outbox import Outbox
from motherhaven.recorder.sending.request_bodies import item
from motherhaven.testing.clock import FakeClock
from tests.unit.recorder.support import DECISION, open_recorder


class Hostile:
    """An object whose every method raises."""

    def _refuse(self, *_: object) -> None:
        raise RuntimeError("no")

    __str__ = __repr__ = __bool__ = __len__ = __iter__ = __eq__ = __float__ = __int__ = _refuse
    __getitem__ = __index__ = _refuse
    __hash__ = object.__hash__

    def __getattr__(self, name: str) -> object:
        raise RuntimeError(name)


class Endless(dict):
    """A mapping without an end."""

    def items(self):
        number = 0
        while True:
            yield number, number
            number += 1


CYCLE: list[object] = [1]
CYCLE.append(CYCLE)
DEEP: dict[str, object] = {}
_inner = DEEP
for _ in range(2_000):
    _inner["x"] = {}
    _inner = _inner["x"]  # type: ignore[assignment]

ODD = [
    Hostile(), object(), CYCLE, DEEP, float("nan"), float("-inf"), Decimal("sNaN"),
    Decimal("1E+9999"), 10**5000, 5e-324, 1e308, np.float64("nan"), np.array([1.0, np.nan]),
    np.complex128(1j), pd.NA,
    pd.NaT, np.array([]), pd.Series([1.0]), ValueError("boom"), KeyError, lambda: None, iter([1]),
    "NaN", "\ud800\x00", "x" * 5_000, b"\xff", {1: 2, "1": 3}, {(): ()}, {Hostile(): 1}, set(), (),
    True, None, "", 0, -1, 1j, NotImplemented, ..., type, random, "BUY_TO_ENTER ", "2026-01-02",
]  # fmt: skip

# By their place: Hypothesis shows what it draws from, and some of these cannot be shown.
ANY_ODD = st.integers(0, len(ODD) - 1).map(lambda place: ODD[place])

ANYTHING = st.one_of(
    ANY_ODD,
    st.recursive(
        st.one_of(
            ANY_ODD, st.text(st.characters()), st.integers(), st.floats(),
            st.decimals(), st.binary(), st.datetimes(), st.timedeltas(), st.uuids(), st.fractions(),
        ),
        lambda inner: st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=3),
        max_leaves=6,
    ),
)  # fmt: skip

CALLS = {
    "log_decision": ["decision", "raw_response", "system_prompt", "user_prompt"],
    "log_decision_from_trade_decision": ["trade_decision", "raw_response"],
    "log_account_state": [
        "balance", "equity", "unrealized_pnl", "realized_pnl", "sharpe_ratio", "num_positions",
    ],
    "log_position_entry": [
        "position_id", "coin", "side", "entry_price", "quantity_usd", "leverage", "decision_id",
    ],
    "log_bot_status": ["status", "message", "error"],
}  # fmt: skip


def check_recorded(recorder):
    """Every event is valid on the wire, and what it has as columns can be read."""
    outbox = Outbox(recorder.journal, recorder.clock)
    waiting = outbox.take(1_000, 10**9)
    outbox.close()
    for event in waiting:
        event_from_item(loads(item(event, None)), recorder.clock.now())
    return [loads(event.payload) for event in waiting]


@pytest.mark.parametrize("name", CALLS)
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_arbitrary_objects_never_raise_and_are_recorded(name, data):
    """Any object at any argument and as any extra: one more event, fit for the wire."""
    clock = FakeClock()
    recorder = open_recorder(":memory:", clock, synchronous="off")
    logger = TradingLogger.build(recorder)
    arguments = {key: data.draw(ANYTHING, label=key) for key in CALLS[name]}
    more = {key: data.draw(ANYTHING, label=key) for key in ("rsi", "time", "event_id", "model")}
    getattr(logger, name)(**arguments, **more)
    assert len(payloads_of(recorder)) == 1
    getattr(logger, name)(**arguments, **more)
    recorder.journal.close()


def payloads_of(recorder):
    """The payloads of a journal in memory, each valid for its kind."""
    found = []

    def read(writer):
        rows = writer._connection.execute("SELECT kind, payload, time FROM events").fetchall()
        found.extend(rows)

    recorder.journal.write(read)
    made = []
    for kind, payload, time in found:
        body = {"kind": kind, "payload": loads(payload.encode()), "time": time, "event_id": "e"}
        event_from_item(body, recorder.clock.now())
        made.append(body["payload"])
    return made


@pytest.mark.parametrize("field", ["coin", "signal", "quantity_usd", "leverage", "confidence",
                                   "justification", "exit_plan"])  # fmt: skip
@pytest.mark.parametrize("value", ODD, ids=lambda v: type(v).__name__)
def test_each_odd_value_in_a_decision_costs_that_value_only(recorder, field, value):
    """The other fields are there as given, and the record names what is not."""
    logger = TradingLogger.build(recorder)
    assert logger.log_decision({**DECISION, field: value}) == 1
    [payload] = check_recorded(recorder)
    for other in {"coin", "signal", "leverage", "justification"} - {field}:
        assert payload[other] == DECISION[other]


CASES = [
    ("a NaN stop", {"exit_plan": {"stop_loss": float("nan"), "profit_target": 2}}, "stop_loss"),
    ("a text exit plan", {"exit_plan": "stop at 90"}, "exit_plan"),
    ("an unknown signal", {"signal": "moon"}, "signal"),
    ("no money", {"quantity_usd": "a lot"}, "quantity_usd"),
    ("a confidence beyond 100", {"confidence": 101}, "confidence"),
    ("a name without end", {"model": "m" * 5_000}, "model"),
    ("a negative confidence", {"confidence": "-0.1"}, "confidence"),
    ("an infinite leverage", {"leverage": float("inf")}, "leverage"),
    ("an exception", {"note": ValueError("boom")}, "note"),
    ("an object", {"note": object()}, "note"),
    ("a cycle", {"note": CYCLE}, "note.1"),
    ("depth", {"note": DEEP}, "note" + ".x" * 28),
    ("a huge int", {"note": 10**5000}, "note"),
    ("too many digits", {"note": Decimal("1." + "1" * 80)}, "note"),
]


@pytest.mark.parametrize(("what", "change", "field"), CASES, ids=[c[0] for c in CASES])
def test_the_record_names_what_was_wrong(recorder, caplog, what, change, field):
    """`faults` has the field, the problem and the value; a warning says the same."""
    caplog.set_level(logging.WARNING, "motherhaven")
    TradingLogger.build(recorder).log_decision({**DECISION, **change})
    [payload] = check_recorded(recorder)
    fault = next(f for f in payload["faults"] if f["field"].endswith(field))
    assert set(fault) == {"field", "problem", "value"}
    assert fault["problem"]
    assert any(field in message for message in caplog.messages)
    with pytest.raises(InvalidEvent) as caught:
        TradingLogger.build(recorder, strict=True).log_decision({**DECISION, **change})
    assert caught.value.code
    assert caught.value.field
    assert caught.value.fix


def test_what_was_given_as_an_exit_plan_is_kept(recorder):
    """A text stays where a reader finds it; further keys of a plan and a decision too."""
    logger = TradingLogger.build(recorder)
    logger.log_decision({**DECISION, "exit_plan": "stop at 90", "rsi": 3})
    logger.log_decision({**DECISION, "exit_plan": {"stop_loss": 1, "trailing": np.float64(0.5)}})
    first, second = check_recorded(recorder)
    assert (first["exit_plan"], first["rsi"]) == ("stop at 90", 3)
    assert (second["stop_loss"], second["exit_plan"]) == (1, {"trailing": "0.5"})


def test_an_account_with_one_amount_missing_has_it_from_the_others(recorder):
    """equity = balance + unrealized; with both missing an error status says so."""
    logger = TradingLogger.build(recorder)
    nan = float("nan")
    assert logger.log_account_state(nan, 110, 10, 1) == 1
    assert logger.log_account_state(100, None, 10, 1) == 2
    assert logger.log_account_state(100, 110, nan, 1) == 3
    assert logger.log_account_state(nan, nan, 10, 1) == 0
    *accounts, status = check_recorded(recorder)[1:] + check_recorded(recorder)[:1]
    for payload in accounts:
        assert (payload["balance_usd"], payload["equity_usd"]) == ("100", "110")
        assert payload["unrealized_pnl"] == "10"
    assert status["status"] == "error"
    assert status["message"].startswith("account not recorded: balance")
    assert loads(status["not_recorded"]["payload"].encode())["realized_pnl"] == "1"


def test_ids_that_are_used_again_lose_no_position(recorder):
    """The coin as position id, as small bots do it: each entry is closed by its own exit."""
    logger = TradingLogger.build(recorder)
    for price in (1, 2):
        assert logger.log_position_entry("BTC", "BTC", "long", price, 1, 1)
        assert logger.log_position_exit("BTC", price + 1, 1)
    logger.log_position_entry("BTC", "BTC", "long", 3, 1, 1)
    logger.log_position_entry("BTC", "BTC", "long", 4, 1, 1)
    assert logger.log_position_exit("BTC", 9, 1)
    assert logger.log_position_exit("BTC", 9, 1)
    assert not logger.log_position_exit("BTC", 9, 1)
    found = check_recorded(recorder)
    closed = [p["entry_price"] for p in found if p["status"] == "closed"]
    assert closed == [1, 2, 3, 4]
    assert len({p["position_id"] for p in found}) == 4


def test_an_event_id_that_is_used_again_is_replaced(recorder):
    """Another payload under the same id is recorded under a new one; the same one is not."""
    logger = TradingLogger.build(recorder)
    assert logger.log_decision(DECISION, event_id="a") == 1
    assert logger.log_decision(DECISION, event_id="a") == 1
    assert logger.log_decision({**DECISION, "coin": "ETH"}, event_id="a") == 2
    *_, last = check_recorded(recorder)
    assert [fault["field"] for fault in last["faults"]] == ["event_id"]


@pytest.mark.parametrize("strict", [False, True])
def test_endless_and_wide_objects_are_bounded(recorder, strict):
    """A mapping without an end is cut and named."""
    logger = TradingLogger.build(recorder, strict=strict)
    if strict:
        with pytest.raises(InvalidEvent, match="more than"):
            logger.log_decision(DECISION, note=Endless())
        return
    assert logger.log_decision(DECISION, note=[Endless()]) == 1
