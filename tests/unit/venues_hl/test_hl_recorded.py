"""Answers that the venue itself has given are read as they were meant."""

from decimal import Decimal

import pytest
from hl_support import NOW, needs_data, recorded

from motherhaven.bot.execution.orders import OrderKind, OrderState
from motherhaven.bot.portfolio.events import FlowReason, MarginMode, Side
from motherhaven.bot.venues.hyperliquid.account_state import read_account
from motherhaven.bot.venues.hyperliquid.markets import read_book, read_mids
from motherhaven.bot.venues.hyperliquid.money_state import read_fill, read_flow, read_funding
from motherhaven.bot.venues.hyperliquid.orders_state import read_open_orders, read_status

pytestmark = needs_data


def answer(name, kind=None):
    """The request and the answer of this type in a file."""
    found = [one for one in recorded(name) if kind in (None, one["request"]["type"])]
    return found[0]["request"], found[0]["response"]


def with_time(state):
    """Answers of 2023 have neither a time nor the maintenance margin yet."""
    return state | {"time": int(NOW.timestamp() * 1000), "crossMaintenanceMarginUsed": "0.0"}


def test_an_account_with_twelve_cross_positions():
    """Sizes signed, marks from the value, liquidation prices where there are any."""
    _, state = answer("get_user_state")
    found = read_account(with_time(state))
    assert len(found.positions) == len(state["assetPositions"]) == 12
    btc, eth = found.positions["BTC"], found.positions["ETH"]
    assert (btc.size, btc.entry, btc.leverage) == (Decimal("-0.00785"), Decimal("26951.0"), 20)
    assert (btc.mode, btc.bucket) == (MarginMode.CROSS, None)
    assert btc.liquidation == Decimal("173198.69592357")
    assert eth.liquidation is None
    assert found.equity == Decimal(state["marginSummary"]["accountValue"])
    for one in found.positions.values():
        # What the venue says of the profit is what size, mark and entry come to, to a cent.
        assert abs(one.size * (one.mark - one.entry) - one.unrealized) < Decimal("0.01")


def test_a_parent_and_its_children_are_listed_once():
    """Nested in it and again beside it: three orders, two of them triggers with a parent."""
    _, orders = answer("get_frontend_open_orders")
    found = {one.oid: one for one in read_open_orders(orders)}
    parent, stop, target = (found[oid] for oid in ("3184595905", "3184595906", "3184595907"))
    assert (parent.kind, parent.price, parent.reduce_only) == (OrderKind.LIMIT, Decimal(10), False)
    assert (stop.kind, stop.price, stop.limit) == (
        OrderKind.STOP, Decimal("9.995"), Decimal("9.1954"),
    )  # fmt: skip
    assert (target.kind, target.side) == (OrderKind.TARGET, Side.SELL)
    assert {stop.parent, target.parent} == {"3184595905"}
    assert {one.cloid for one in found.values()} == {""}, "none of them is ours"


@pytest.mark.parametrize("name", ["get_user_fills", "get_user_fills_by_time"])
def test_every_recorded_fill_is_read(name):
    """Each with its sign; what is realized is told where a position is reduced only."""
    request, rows = answer(name)
    found = [read_fill(row, request["user"]) for row in rows]
    kept = [one for one in found if one is not None]
    assert len(kept) == len([row for row in rows if "@" not in row["coin"]])
    for one, row in zip(found, rows, strict=True):
        if one is None:
            continue
        closing = row["dir"].startswith("Close") or ">" in row["dir"]
        assert one.closes is closing, row["dir"]
        assert (one.size > 0) is (row["side"] == "B")
        assert closing or not one.realized
        assert not one.liquidated
    assert len({(one.key, one.price, one.start) for one in kept}) == len(kept)


@pytest.mark.parametrize(
    "name", ["user_funding_history_with_end_time", "user_funding_history_without_end_time"]
)
def test_recorded_funding_is_as_received(name):
    """A long pays a positive rate; the oracle that follows from it is a price."""
    _, rows = answer(name)
    for row in rows:
        found = read_funding(row)
        paid = found.size * found.rate
        assert not paid or not found.amount or (found.amount > 0) is (paid < 0)
        assert found.oracle >= 0
    by_coin = {read_funding(row).coin: read_funding(row).oracle for row in rows}
    if "BTC" in by_coin:
        assert Decimal(10_000) < by_coin["BTC"] < Decimal(200_000)


def test_recorded_movements_of_money():
    """Deposits come in, a transfer to spot goes out, what stays in spot is no flow."""
    request, rows = answer("user_non_funding_ledger_updates_without_end_time")
    found = [read_flow(row, request["user"]) for row in rows]
    assert [one and (one.amount, one.reason) for one in found] == [
        (Decimal("2703997.4500000002"), FlowReason.DEPOSIT),
        (Decimal("-12.0"), FlowReason.TRANSFER),
        None,
        (Decimal("-2684105.0099999998"), FlowReason.TRANSFER),
        (Decimal("1099994.98"), FlowReason.DEPOSIT),
    ]
    names = [one.external_id for one in found if one]
    assert len(set(names)) == len(names)


def test_recorded_statuses_are_known():
    """Rejected as an IOC without a match, cancelled, filled: each of the list's words."""
    _, rows = answer("historical_orders")
    states = {row["status"]: read_status({"status": "order", "order": row}).state for row in rows}
    assert states["iocCancelRejected"] is OrderState.REJECTED
    assert states["canceled"] is OrderState.CANCELED


def test_recorded_prices():
    """Mids and books of the market."""
    _, mids = answer("get_all_mids")
    assert read_mids(mids)["BTC"] == Decimal(mids["BTC"])
    _, book = answer("get_l2_snapshot", "l2Book")
    bids, asks = read_book(book)
    assert bids[0].price < asks[0].price
