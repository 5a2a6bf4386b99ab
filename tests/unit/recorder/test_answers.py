"""An answer is recorded once; the view, and servers of every age, still tell it with decisions."""

import json
from decimal import Decimal

import apsw
import pytest

from motherhaven.contract.jsonio import loads
from motherhaven.recorder.core import NewEvent
from motherhaven.testing.stub_server import Reply, StubServer
from tests.unit.recorder.support import Shipping, account, decision, open_recorder

TEXTS = {"system_prompt": "you trade", "user_prompt": "prices ✓", "raw_response": '{"x": 1}'}
FIGURES = {"tokens_in": 900, "tokens_out": 80, "tokens_cached": 0, "cost_usd": Decimal("0.0125")}


def cycle(recorder, coins=("BTC", "ETH", "SOL"), **more):
    """One answer with a decision for each coin, as a bot records them; returns their ids."""
    answer = {**TEXTS, **FIGURES, "decider": "m", "analysis": "up", "thinking": "hm", **more}
    ids = [recorder.ids.new() for _ in range(len(coins) + 1)]
    events = [NewEvent("answer", answer, None, ids[0])]
    for place, coin in enumerate(coins):
        named = {"answer_id": ids[0], "answer_index": place, "cycle_id": "c"}
        events.append(
            NewEvent("decision", decision(place, coin=coin) | named, None, ids[place + 1])
        )
    events.append(NewEvent("account", account()))
    recorder.record_many(events)
    return ids


def view(path, columns="*"):
    """Rows of the view that people query."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    rows = connection.execute(f"SELECT {columns} FROM decisions ORDER BY id").fetchall()
    connection.close()
    return rows


def test_the_view_shows_the_texts_with_each_decision_of_the_answer(tmp_path):
    """And those that a decision carries itself, as before."""
    recorder = open_recorder(tmp_path / "j.db")
    cycle(recorder)
    recorder.record("decision", decision(9, raw_response="mine", user_prompt="own"))
    recorder.journal.close()
    rows = view(tmp_path / "j.db", "coin, system_prompt, user_prompt, raw_response")
    told = tuple(TEXTS[name] for name in ("system_prompt", "user_prompt", "raw_response"))
    assert rows == [(coin, *told) for coin in ("BTC", "ETH", "SOL")] + [
        ("BTC", None, "own", "mine")
    ]


def test_a_new_server_gets_the_answer_once(tmp_path):
    """Byte for byte what is in the journal, before its decisions."""
    with StubServer() as server:
        shipping = Shipping(tmp_path, server)
        ids = cycle(shipping.recorder)
        shipping.drain()
        shipping.check_nothing_lost()
        assert [e for e in server.order if e in ids] == ids
        assert server.events[ids[0]].kind == "answer"
        assert "raw_response" not in loads(server.events[ids[1]].payload)


@pytest.mark.parametrize("batches", [True, False])
def test_an_old_server_gets_it_inside_the_first_decision(tmp_path, batches):
    """Whether it takes batches or has the four endpoints alone; nothing is set aside."""
    with StubServer(later_kinds=False, batches=batches) as server:
        shipping = Shipping(tmp_path, server)
        ids = cycle(shipping.recorder)
        shipping.drain()
        assert shipping.outbox.quarantined == 0
        assert shipping.outbox.pending() == 0
        if batches:
            told = [loads(server.events[name].payload) for name in ids[1:]]
            assert ids[0] not in server.events
        else:
            told = [body for endpoint, body in server.singles if endpoint == "decision"]
        first, *others = told
        assert {name: first[name] for name in TEXTS} == TEXTS
        assert {name: Decimal(str(first[name])) for name in FIGURES} == FIGURES
        assert (first["analysis"], first["thinking"]) == ("up", "hm")
        assert all(not {*TEXTS, *FIGURES} & other.keys() for other in others)
        assert all("answer_id" not in one for one in told)


def test_after_a_restart_the_first_decision_still_finds_its_answer(tmp_path):
    """The answer was passed over before; it is read from the journal again."""
    with StubServer(later_kinds=False) as server:
        shipping = Shipping(tmp_path, server)
        shipping.sender._max_events = 1
        ids = cycle(shipping.recorder, coins=("BTC",))
        shipping.drain(until=lambda: shipping.outbox._done.get(2) == 1)
        shipping.recorder.journal.close()
        again = Shipping(tmp_path, server)
        again.drain()
        assert loads(server.events[ids[1]].payload)["raw_response"] == TEXTS["raw_response"]


@pytest.mark.parametrize("later", [True, False])
def test_long_texts_travel_in_parts_to_servers_of_every_age(tmp_path, later):
    """Thinking too where the server takes it apart; else it is cut with a mark, the rest whole."""
    long = {"user_prompt": "p✓" * 400_000, "thinking": "t" * 700_000}
    with StubServer(later_kinds=later) as server:
        shipping = Shipping(tmp_path, server)
        ids = cycle(shipping.recorder, **long)
        shipping.drain()
        got = loads(server.events[ids[0] if later else ids[1]].payload)
        assert got["user_prompt"] == long["user_prompt"]
        assert shipping.outbox.quarantined == 0
        if later:
            assert got["thinking"] == long["thinking"]
        else:
            assert got["thinking"].startswith("t" * 1_000)
            assert got["cut_to_travel"]["fields"] == ["thinking"]


def test_other_new_kinds_wait_for_the_upgrade(tmp_path):
    """An old server never sees them; the upgraded one gets them all."""
    order = {"cloid": "0x1", "coin": "BTC", "side": "buy", "size": 1, "kind": "market",
             "state": "filled"}  # fmt: skip
    with StubServer(later_kinds=False) as server:
        shipping = Shipping(tmp_path, server)
        kept = shipping.recorder.record("order", order).event_id
        shipping.recorder.record("account", account())
        shipping.drain()
        assert shipping.outbox.not_applicable == 1
        assert kept not in server.events
        server.later_kinds = True
        shipping.recorder.record("account", account(1))
        shipping.drain()
        shipping.recorder.record("account", account(2))
        shipping.drain()
        assert kept in server.events
        assert shipping.outbox.not_applicable == 0


def test_a_decision_that_the_older_version_took_is_known_again_after_its_upgrade(tmp_path):
    """The acknowledgement was lost in between: sent in its new form it would be another."""
    with StubServer(later_kinds=False) as server:
        shipping = Shipping(tmp_path, server)
        ids = cycle(shipping.recorder, coins=("BTC",))
        server.script(*[lambda s, r: s.accept(r)] * 2, lambda s, r: (s.accept(r), Reply(500))[1])
        shipping.drain(until=lambda: ids[1] in server.events)
        server.later_kinds = True
        shipping.drain()
        assert shipping.outbox.quarantined == 0
        assert shipping.outbox.pending() == 0


def test_a_server_set_back_to_the_older_version_loses_no_answer(tmp_path):
    """What it refuses for its kind is kept until it is upgraded again."""
    with StubServer() as server:
        shipping = Shipping(tmp_path, server)
        cycle(shipping.recorder)
        shipping.drain()
        server.later_kinds = False
        ids = cycle(shipping.recorder)
        shipping.drain()
        assert shipping.outbox.quarantined == 0
        assert shipping.outbox.not_applicable == 1
        server.later_kinds = True
        for _ in range(2):
            shipping.recorder.record("account", account(3))
            shipping.drain()
        assert ids[0] in server.events


def test_the_payload_of_a_damaged_decision_stops_nothing():
    """It goes as it is, and is refused by its name."""
    from motherhaven.recorder.sending.answer_folding import for_old_server
    from motherhaven.recorder.sending.outbox import PendingEvent

    event = PendingEvent(1, 2, 1, "e", "b", "paper", 1, "decision", "t", "t", "s", b'{"answer_id":')
    assert for_old_server(event, lambda name: None) is event
    named = json.dumps({"answer_id": "gone"}).encode()
    event = PendingEvent(1, 2, 1, "e", "b", "paper", 1, "decision", "t", "t", "s", named)
    assert for_old_server(event, lambda name: None) is event
