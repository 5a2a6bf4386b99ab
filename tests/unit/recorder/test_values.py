"""Values as people have them are recorded exactly, wherever they stand."""

import dataclasses
import subprocess
import sys
from collections import OrderedDict, deque, namedtuple
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal, localcontext
from enum import Enum, IntEnum, StrEnum
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from uuid import UUID

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from motherhaven.contract.jsonio import loads
from motherhaven.recorder import TradingLogger
from motherhaven.recorder.faults import Faults
from motherhaven.recorder.payload import clean
from tests.unit.recorder.support import DECISION


class Colour(Enum):
    """An enum of a plain value."""

    RED = Decimal("1.5")


class Level(IntEnum):
    """An enum that is an int."""

    HIGH = 3


class Side(StrEnum):
    """An enum that is text."""

    LONG = "long"


@dataclasses.dataclass
class Point:
    """A dataclass."""

    x: float
    y: object = None


class Model(BaseModel):
    """A pydantic model with fields beyond its own."""

    model_config = {"extra": "allow"}
    price: Decimal


class Half(float):
    """A float with a repr of its own."""

    def __repr__(self):
        return "Half()"


Pair = namedtuple("Pair", "first second")
MOMENT = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
UUID_TEXT = "0190b5a4-0000-7000-8000-000000000001"

EXACT = [
    (np.float64(100.5), "100.5"),
    (np.float64(1e-5), "0.00001"),
    (np.float32(0.1), "0.1"),
    (np.float16(0.1), "0.1"),
    (np.longdouble("0.1"), "0.1"),
    (np.int64(5), 5),
    (np.uint64(2**64 - 1), "18446744073709551615"),
    (np.bool_(True), True),
    (np.str_("x"), "x"),
    (np.bytes_(b"x"), "x"),
    (np.array(5.5), "5.5"),
    (np.array("x", dtype=object), "x"),
    (np.array([[1.5, 2], [3, 4]]), [["1.5", "2.0"], ["3.0", "4.0"]]),
    (np.array([np.float32(0.1)]), ["0.1"]),
    (np.ma.masked, None),
    (np.datetime64("2026-01-02T03:04:05.123456789"), "2026-01-02T03:04:05.123456789"),
    (np.datetime64("NaT"), None),
    (np.timedelta64(1500, "ms"), "1.5"),
    (np.array((1, 2.5), dtype=[("a", "i4"), ("b", "f8")])[()], {"a": 1, "b": "2.5"}),
    (pd.NA, None),
    (pd.NaT, None),
    (pd.Timestamp("2026-01-02T03:04:05.123456789Z"), "2026-01-02T03:04:05.123456789Z"),
    (pd.Timedelta("1500ms"), "1.5"),
    (pd.Series([1.5, 2.5], index=["a", "b"]), {"a": "1.5", "b": "2.5"}),
    (pd.DataFrame({"a": [1], "b": ["x"]}), [{"a": 1, "b": "x"}]),
    (pd.DataFrame({"a": np.array([0.1], "f4")}), [{"a": "0.1"}]),
    (pd.Series(np.array([0.1], "f4")), {"0": "0.1"}),
    (pd.Index([1, 2]), [1, 2]),
    (Decimal("1E-8"), "0.00000001"),
    (Half(1.5), "1.5"),
    (Colour.RED, "1.5"),
    (Level.HIGH, 3),
    (Side.LONG, "long"),
    (date(2026, 1, 2), "2026-01-02"),
    (time(3, 4, 5), "03:04:05"),
    (MOMENT, "2026-01-02T03:04:05.000006Z"),
    (MOMENT.astimezone(timezone(timedelta(hours=9))), "2026-01-02T03:04:05.000006Z"),
    (timedelta(days=1, microseconds=1), "86400.000001"),
    (UUID(UUID_TEXT), UUID_TEXT),
    (Path("a") / "b", str(Path("a") / "b")),
    (Point(1.5, Point(2)), {"x": "1.5", "y": {"x": 2, "y": None}}),
    (Model(price="1.10", note=np.int8(1)), {"price": "1.10", "note": 1}),
    (Pair(1, 2.5), {"first": 1, "second": "2.5"}),
    (SimpleNamespace(a=1), {"a": 1}),
    ({3, 1, 2}, [1, 2, 3]),
    (frozenset({"b", "a"}), ["a", "b"]),
    (b"text", "text"),
    (b"\xff\x00", {"base64": "/wA="}),
    (bytearray(b"text"), "text"),
    (memoryview(b"text"), "text"),
    (Fraction(1, 8), "0.125"),
    (Fraction(-7, 20), "-0.35"),
    (Fraction(1, 3), "1/3"),
    (deque([1, 2]), [1, 2]),
    (range(3), [0, 1, 2]),
    (OrderedDict(a=1), {"a": 1}),
    (MappingProxyType({"a": 1}), {"a": 1}),
    ({1: "a", 2.5: "b", None: "c", False: "d"}, {"1": "a", "2.5": "b", "null": "c", "false": "d"}),
    ({("a", 1): 2}, {'["a",1]': 2}),
    ({MOMENT: 1}, {"2026-01-02T03:04:05.000006Z": 1}),
    (10**29, str(10**29)),
]


@pytest.mark.parametrize(("value", "expected"), EXACT, ids=lambda v: type(v).__name__)
def test_each_type_is_taken_exactly(value, expected):
    """The value, not its repr; nothing is noted as a fault, at any depth."""
    with localcontext(prec=3):
        cleaned = clean({"v": value, "deep": {"list": [value]}})
    assert cleaned["v"] == expected
    assert cleaned["deep"]["list"][0] == expected


@pytest.mark.parametrize(("value", "expected"), EXACT, ids=lambda v: type(v).__name__)
def test_the_logger_records_each_type_at_every_extra(recorder, value, expected):
    """Read back from the journal, as an extra of each call and inside a decision."""
    logger = TradingLogger.build(recorder, strict=True)
    logger.log_decision({**DECISION, "inside": value}, rsi=value)
    logger.log_account_state(1, 1, rsi=value)
    logger.log_position_entry("p", "BTC", "long", 1, 1, 1, rsi=value)
    logger.log_position_exit("p", 1, 1, rsi=value)
    logger.log_bot_status("running", rsi={"deep": [value]})
    connection = recorder.journal.open_connection("normal")
    kept = [loads(p.encode()) for (p,) in connection.execute("SELECT payload FROM events")]
    connection.close()
    assert [payload.get("rsi") for payload in kept[:4]] == [expected] * 4
    assert kept[0].get("inside") == expected
    assert kept[4]["rsi"] == {"deep": [expected]}


def test_numpy_amounts_stand_at_every_argument(recorder):
    """np.float64 as price, margin, leverage, balance and confidence: the exact decimal."""
    logger = TradingLogger.build(recorder, strict=True)
    number = np.float64
    decision = {**DECISION, "quantity_usd": number(50.5), "confidence": np.float32(0.7)}
    decision["exit_plan"] = {"stop_loss": number(1e-5), "profit_target": np.array(2.5)}
    row = np.int64(logger.log_decision(decision))
    logger.log_account_state(number(0.1), number(0.3), number(0.2), np.float32(0.1), number(1.5))
    logger.log_position_entry(
        np.int64(7), np.str_("BTC"), Side.LONG, number(100.5), number(50), np.int64(3),
        decision_id=row, time=pd.Timestamp(MOMENT),
    )  # fmt: skip
    assert logger.log_position_exit(np.int64(7), number(101), number(-0.75))
    connection = recorder.journal.open_connection("normal")
    first, account, opened, closed = [
        loads(p.encode()) for (p,) in connection.execute("SELECT payload FROM events")
    ]
    connection.close()
    assert (first["quantity_usd"], first["confidence"]) == ("50.5", "0.7")
    assert (first["stop_loss"], first["profit_target"]) == ("0.00001", "2.5")
    assert account["total_pnl"] == "0.3"
    assert (opened["position_id"], opened["entry_price"], opened["leverage"]) == ("7", "100.5", 3)
    assert opened["entry_time"] == "2026-01-02T03:04:05.000006Z"
    assert closed["realized_pnl"] == "-0.75"


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_every_float32_is_its_shortest_decimal(number):
    """The text that NumPy shows, which reads back as the same float32."""
    text = clean({"v": np.float32(number)}, Faults())["v"]
    assert np.float32(text) == np.float32(number)


@given(st.decimals(-(10**20), 10**20, places=9) | st.fractions(max_denominator=1 << 20))
def test_decimals_and_fractions_are_exact(number):
    """Read back, the text is the same number."""
    assert Fraction(clean({"v": number}, Faults())["v"]) == Fraction(number)


@given(st.timedeltas(timedelta(days=-(10**6)), timedelta(days=10**6)))
def test_durations_are_exact_seconds(duration):
    """Read back as seconds, the same duration to the microsecond."""
    text = clean({"v": duration})["v"]
    assert Decimal(text) * 1_000_000 == duration // timedelta(microseconds=1)


def test_the_recorder_imports_neither_numpy_nor_pandas():
    """A bot without them does not need them, and one with them does not load them for us."""
    code = (
        "import sys, motherhaven.recorder; print([m for m in ('numpy', 'pandas') "
        "if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
