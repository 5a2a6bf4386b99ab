"""Bulk records: kept in one row, and in every other place the events that are in them."""

import json
from datetime import datetime, timedelta

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motherhaven.bot.decider.recorded import read_answers
from motherhaven.cli.import_file import _rows
from motherhaven.contract.bulk import BULK, MAX_BULK, encode, expand, item_id
from motherhaven.contract.columns import Column
from motherhaven.contract.errors import InvalidEvent
from motherhaven.contract.events import MAX_CANDLES
from motherhaven.contract.jsonio import dumps, loads_own
from motherhaven.recorder.digest import SELECT, intact
from motherhaven.recorder.factory import open_shipper
from motherhaven.recorder.pouring import pour
from motherhaven.recorder.quarantine import Quarantine
from motherhaven.recorder.sending.outbox import Outbox, Settled
from motherhaven.recorder.writer import Entry, Writer
from motherhaven.settings.clock import SystemClock
from motherhaven.testing.clock import FakeClock
from tests.patience import HANG_SECONDS, wait_until
from tests.unit.recorder.support import account, decision, open_recorder

TIMES = [f"2026-01-01T00:0{minute}:00.000000Z" for minute in range(4)]


def holds(count=4, **changes):
    """A bulk record of decisions to hold XRP."""
    same = {name: value for name, value in decision().items() if name != "timestamp"}
    same |= {"coin": "XRP", "signal": "hold"}
    each = {"timestamp": TIMES[:count], "mark": [str(100 + n) for n in range(count)]}
    return encode(count, same, each, {"cycle_id": "cycle"}) | changes


def rows(path, sql):
    """The rows of a query."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


@pytest.fixture
def path(tmp_path):
    """A journal: a decision, a bulk record of four, a decision."""
    recorder = open_recorder(tmp_path / "bot.db", FakeClock(), seed=7)
    recorder.record("decision", decision(1), event_id="first")
    recorder.record("decisions", holds(), event_id="bulk")
    recorder.record("decision", decision(2), event_id="last")
    recorder.journal.close()
    return tmp_path / "bot.db"


def test_a_bulk_record_takes_the_numbers_of_its_events(path):
    """Three rows, numbered 1, 5 and 6 in the file, in their lane and in the view."""
    found = rows(path, "SELECT seq, lane_seq, row_id, event_id FROM events ORDER BY seq")
    assert found == [(1, 1, 1, "first"), (5, 5, 5, "bulk"), (6, 6, 6, "last")]


def test_the_view_shows_each_decision(path):
    """Its own id and time, the coin and the signal of all, and none that is not a decision."""
    found = rows(path, "SELECT id, timestamp, coin, signal, execution_status FROM decisions"
                       " WHERE coin = 'XRP' ORDER BY id")  # fmt: skip
    assert found == [
        (2 + n, TIMES[n].removesuffix("Z"), "XRP", "hold", "pending") for n in range(4)
    ]
    assert rows(path, "SELECT count(*) FROM decisions") == [(6,)]
    assert rows(path, "SELECT typeof(leverage) FROM decisions GROUP BY 1") == [("real",)]


def test_a_server_gets_single_events(tmp_path, path, server):
    """Six decisions, each with its id and place; nobody is told of a bulk record."""
    recorder = open_recorder(path, SystemClock(), seed=None)
    shipper = open_shipper(recorder, base_url=server.url, api_key=server.api_key)
    assert shipper.flush(HANG_SECONDS)
    shipper.close()
    recorder.journal.close()
    found = server.events
    assert set(found) == {"first", "last", *(f"bulk.{n}" for n in range(4))}
    assert {event.kind for event in found.values()} == {"decision"}
    assert [found[f"bulk.{n}"].seq for n in range(4)] == [2, 3, 4, 5]
    told = [json.loads(found[f"bulk.{n}"].payload)["cycle_id"] for n in range(4)]
    assert told == [f"cycle.{n}" for n in range(4)]


def test_shipping_goes_on_in_the_middle_of_a_bulk_record(path):
    """What was settled before a restart is not sent again; the rest is, and can be loaded."""
    recorder = open_recorder(path, FakeClock(), seed=8)
    outbox = Outbox(recorder.journal, recorder.clock)
    outbox.settle([Settled(event) for event in outbox.take(3, 10**6)])
    outbox.close()
    again = Outbox(recorder.journal, recorder.clock)
    assert again.pending() == 3
    assert [event.event_id for event in again.take(9, 10**6)] == ["bulk.2", "bulk.3", "last"]
    assert [event.event_id for event in again.load([3, 6, 9], 10**6)] == ["bulk.1", "last"]
    again.close()
    recorder.journal.close()


def test_one_refused_event_of_a_bulk_record_is_set_aside_alone(tmp_path, path, server):
    """It is listed by its own id, and sent again by it."""
    recorder = open_recorder(path, SystemClock(), seed=None)
    server.poison = lambda item: "bulk.2" in str(item)
    shipper = open_shipper(recorder, base_url=server.url, api_key=server.api_key)
    assert server.wait_for(lambda s: len(s.events) == 5)
    (item,) = wait_until(lambda: Quarantine(path).list(), "the refused event is set aside")
    assert (item.event_id, item.kind, item.seq) == ("bulk.2", "decision", 4)
    server.poison = lambda item: False
    assert Quarantine(path).retry(["bulk.2"]) == 1
    assert server.wait_for(lambda s: "bulk.2" in s.events)
    assert shipper.flush(HANG_SECONDS)
    shipper.close()
    recorder.journal.close()


@pytest.mark.parametrize(("bulk", "single"), BULK.items())
def test_what_is_set_aside_has_the_id_and_kind_of_its_event(tmp_path, bulk, single):
    """Of each kind of bulk record."""
    connection = apsw.Connection(str(tmp_path / "bot.db"))
    recorder = open_recorder(tmp_path / "bot.db", FakeClock(), seed=7)
    entry = Entry("bulk", bulk, "paper", TIMES[0], TIMES[0], payload := holds(2), dumps(payload))
    recorder.journal.append([entry])
    connection.execute("INSERT INTO shipping_exceptions VALUES (1, 'quarantined', 'why', 'now')")
    connection.close()
    recorder.journal.close()
    (item,) = Quarantine(tmp_path / "bot.db").list()
    assert (item.event_id, item.kind) == ("bulk.0", single)


def intact_rows(path):
    """All rows as salvage reads them."""
    return [intact(row) for row in rows(path, f"{SELECT} ORDER BY seq")]


def test_poured_into_a_new_file_it_is_the_same(tmp_path, path):
    """Numbers, views and what was shipped survive a damaged file."""
    kept = intact_rows(path)
    target = open_recorder(tmp_path / "new.db", FakeClock(), seed=9)
    target.journal.close()
    connection = apsw.Connection(str(tmp_path / "new.db"))
    assert pour(connection, kept, {2: 3}) == 6
    assert connection.execute("SELECT done FROM lanes WHERE lane = 2").fetchall() == [(3,)]
    connection.close()
    assert [row.seq for row in intact_rows(tmp_path / "new.db")] == [1, 5, 6]
    for view in ("decisions", "account_state"):
        sql = f"SELECT * FROM {view} ORDER BY id"
        assert rows(tmp_path / "new.db", sql) == rows(path, sql)


def test_poured_onto_taken_numbers_it_gets_free_ones(tmp_path, path):
    """Another event has one of its numbers: all of them move, behind the last."""
    kept = intact_rows(path)
    target = open_recorder(tmp_path / "new.db", FakeClock(), seed=9)
    for number in range(3):
        target.record("decision", decision(number), event_id=f"other{number}")
    target.journal.close()
    connection = apsw.Connection(str(tmp_path / "new.db"))
    assert pour(connection, kept) == 6
    connection.close()
    found = {row.event_id: row.seq for row in intact_rows(tmp_path / "new.db")}
    assert found["last"] == 6
    assert sorted(found.values()) == [1, 2, 3, 6, 7, 11]
    ids = rows(tmp_path / "new.db", "SELECT id FROM decisions")
    assert len(set(ids)) == len(ids) == 9


def test_a_number_inside_a_bulk_record_is_taken(tmp_path, path):
    """A single event that had the number of one of its events moves behind the last."""
    single = open_recorder(tmp_path / "other.db", FakeClock(), seed=9)
    for number in range(3):
        single.record("decision", decision(number), event_id=f"other{number}")
    single.journal.close()
    connection = apsw.Connection(str(path))
    assert pour(connection, intact_rows(tmp_path / "other.db")) == 3
    connection.close()
    assert [row.seq for row in intact_rows(path)] == [1, 5, 6, 7, 8, 9]


def test_an_import_brings_single_events(path):
    """`motherhaven import` sees six decisions with their own numbers."""
    items = list(_rows(path, "paper"))
    assert [item["seq"] for item in items] == [1, 2, 3, 4, 5, 6]
    assert [item["event_id"] for item in items][1:5] == [f"bulk.{n}" for n in range(4)]
    assert {item["kind"] for item in items} == {"decision"}
    assert items[2]["payload"] == list(expand(json.loads(dumps(holds()))))[1]


def test_recorded_answers_are_in_order_of_time(tmp_path):
    """Two coins have a bulk record each; their decisions of one cycle are one answer again."""
    recorder = open_recorder(tmp_path / "bot.db", FakeClock(), seed=7)
    for coin in ("BTC", "ETH"):
        payload = holds()
        payload["same"] = payload["same"] | {"coin": coin, "decider": "ema-cross"}
        recorder.record("decisions", payload, event_id=coin)
    recorder.journal.close()
    found = read_answers(tmp_path / "bot.db")
    coins = [[one.coin for one in answer.answer.decisions] for answer in found]
    assert coins == [["BTC", "ETH"]] * 4


def test_accounts_are_shown_one_by_one(tmp_path):
    """What differs comes from the columns, numbers compare as numbers."""
    recorder = open_recorder(tmp_path / "bot.db", FakeClock(), seed=7)
    same = {name: value for name, value in account().items() if name != "timestamp"}
    each = {"timestamp": TIMES, "equity_usd": ["9.5", "10", "11", "12"]}
    recorder.record("accounts", encode(4, same, each, {}), event_id="bulk")
    recorder.record("account", account(1))
    recorder.journal.close()
    sql = "SELECT id, equity_usd FROM account_state WHERE equity_usd < 100 ORDER BY id"
    assert rows(tmp_path / "bot.db", sql) == [(1, 9.5), (2, 10.0), (3, 11.0), (4, 12.0)]
    assert rows(tmp_path / "bot.db", "SELECT max(id) FROM account_state") == [(5,)]


def test_columns_by_a_rule_are_shown_one_by_one(tmp_path):
    """Whole numbers of a step, times that grow evenly: floats and texts as of single events."""
    recorder = open_recorder(tmp_path / "bot.db", FakeClock(), seed=7)
    same = {name: value for name, value in account().items() if name != "timestamp"}
    each: dict[str, Column] = {
        "timestamp": {"from": TIMES[0], "seconds": 86_400},
        "equity_usd": {"per": 100, "values": [950, -7, 10**15 + 1, 30]},
    }
    recorder.record("accounts", encode(4, same, each, {}), event_id="bulk")
    recorder.journal.close()
    day = TIMES[0].removesuffix("Z")
    sql = "SELECT timestamp, equity_usd FROM account_state ORDER BY id"
    found = rows(tmp_path / "bot.db", sql)
    assert [one for _, one in found] == [9.5, -0.07, float("10000000000000.01"), 0.3]
    assert found[0][0] == day
    moments = [datetime.fromisoformat(one) for one, _ in found]
    assert [one - moments[0] for one in moments] == [timedelta(days=n) for n in range(4)]
    assert {len(one) for one, _ in found} == {len(day)}


def test_statuses_are_shown_one_by_one_and_the_last_is_found(tmp_path):
    """Each has its row; whoever asks for the newest status gets the last of them."""
    recorder = open_recorder(tmp_path / "bot.db", FakeClock(), seed=7)
    same = {"status": "running", "message": "cycle completed", "trades_today": 2, "behind": 7}
    each: dict[str, Column] = {
        "timestamp": TIMES[:3], "cycle_id": ["a", "b", "c"], "pnl_today": ["0", "-1.5", "2"],
    }  # fmt: skip
    recorder.record("statuses", encode(3, same, each, {}), event_id="bulk")
    text = recorder.journal.write(Writer.last_status)
    assert text is not None
    assert json.loads(text) == {
        **same, "timestamp": TIMES[2], "cycle_id": "c", "pnl_today": "2",
    }  # fmt: skip
    recorder.record("status", {"status": "stopped", "message": "over"})
    recorder.journal.close()
    sql = "SELECT id, timestamp, status, trades_today, pnl_today FROM bot_status ORDER BY id"
    found = rows(tmp_path / "bot.db", sql)
    day = [one.removesuffix("Z") for one in TIMES]
    assert found[:3] == [
        (1, day[0], "running", 2, 0.0), (2, day[1], "running", 2, -1.5),
        (3, day[2], "running", 2, 2.0),
    ]  # fmt: skip
    assert [row[0] for row in found] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "wrong",
    [
        {"count": 0}, {"count": "4"}, {"count": MAX_BULK + 1}, {"count": 3}, {"count": None},
        {"same": None}, {"each": []}, {"each": {}}, {"numbered": 1}, {"parts": {"positions": 1}},
        {"parts": {"positions": [{"same": {}, "each": {"mark": ["1"]}}]}},
        {"each": {"timestamp": TIMES[:3]}}, {"derived": 1}, {"derived": {"tier": None}},
        {"derived": {"tier": {"twice": "0"}}, "parts": {"positions": []}}, {"tables": 1},
        {"tables": {"candles": {"rows": 0, "columns": []}}},
        {"tables": {"candles": {"rows": MAX_CANDLES + 1, "columns": []}}},
        {"tables": {"candles": {"rows": 2, "columns": [{"first": 1, "step": 1}, [1]]}}},
        {"tables": {"candles": {"rows": "2", "columns": [[1, 2]]}}},
    ],
)  # fmt: skip
def test_a_record_that_contradicts_itself_is_refused(tmp_path, wrong):
    """By name, and before anything is written."""
    recorder = open_recorder(tmp_path / "bot.db", FakeClock(), seed=7)
    with pytest.raises(InvalidEvent):
        recorder.record("decisions", holds() | wrong)
    with pytest.raises(InvalidEvent):
        list(expand(holds() | wrong))
    recorder.journal.close()
    assert rows(tmp_path / "bot.db", "SELECT count(*) FROM events") == [(0,)]


numbers = st.decimals(allow_nan=False, allow_infinity=False, places=4)


@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=20))
def test_expanding_gives_back_what_was_put_in(values):
    """Any columns, in the record and in its parts, after a way through JSON."""
    count = len(values)
    each = {"timestamp": ["t"] * count, "a": [one for one, _ in values]}
    parts = {"positions": [({"coin": "BTC"}, {"mark": [two for _, two in values]})]}
    record = loads_own(dumps(encode(count, {"x": 1}, each, {"id": "i"}, parts)))
    assert list(expand(record)) == [
        loads_own(dumps({
            "timestamp": "t", "x": 1, "a": one, "id": item_id("i", n),
            "positions": [{"coin": "BTC", "mark": two}],
        }))
        for n, (one, two) in enumerate(values)
    ]  # fmt: skip
