"""A bot that was killed anywhere in an entry or a close: no order is doubled, none stays open."""

import asyncio

import pytest
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
)  # fmt: skip

from motherhaven.bot.running.recover import fold, restore
from motherhaven.bot.running.sink import MemorySink
from motherhaven.testing.scripted_model import ScriptedModel

SAID = (answer(entry()), answer(action(signal="close")))


def history():
    """What an entry and its close leave on record."""
    trader, sink = new_trader(), MemorySink()
    trader.on_slice(piece(NOON - MINUTE, BTC="50000"))
    cycle = new_cycle(trader, ScriptedModel(SAID), sink)
    for _ in SAID:
        asyncio.run(cycle.run(lambda: NOON, quotes_of(BTC="50000"), None))
    cycle.flush()
    return sink.kept


KEPT = history()


def test_each_order_is_one_event_before_its_result():
    """Entry, stop and target, and the close: planned, then what came of them."""
    orders = of_kind(KEPT, "order")
    assert len(orders) == len({one["cloid"] for one in orders}) == 4
    found = kinds(KEPT)
    assert found.index("order") < found.index("execution") < found.index("fill")


@pytest.mark.parametrize("end", range(len(KEPT) + 1))
def test_killed_after_each_record(end):
    """The orders whose result is not on record are asked for, and the venue never had them."""
    saved = fold(KEPT[:end])
    fresh = new_trader()
    restore(fresh, saved)
    left = {one.cloid for one in fresh.account.orders.unknown}
    told = {one["cloid"] for one in of_kind(KEPT[:end], "order")}
    executed = sum(one.kind == "execution" for one in KEPT[:end])
    assert len(left) == len(told) - (0, 3, 4)[executed]
    assert (fresh.account.orders.blocks("BTC") is not None) is bool(left)
    fresh.take()  # the exits that rest again
    fresh.resolve_orders(NOON)
    states = {one["state"] for one in of_kind(fresh.take(), "order")}
    assert states == ({"never_landed"} if left else set())
    assert fresh.account.orders.blocks("BTC") is None
    fills = sum(one.kind == "fill" for one in KEPT[:end])
    assert len(fresh.account.venue.positions()) == (1 if fills == 1 else 0)
    assert not fresh.account.venue.drain()
