"""An answer that is not what the venue documents is no answer, and never an empty one."""

import asyncio
import copy
import json
from datetime import timedelta
from decimal import Decimal

import httpx
import pytest
from hl_support import ACCOUNT, NOW, StepClock, cloid

from motherhaven.bot.execution.orders import OrderKind, OrderState
from motherhaven.bot.portfolio.account import LeverageSetting
from motherhaven.bot.portfolio.events import FillReason, FlowReason, MarginMode, Side
from motherhaven.bot.venues.hyperliquid import info as info_module
from motherhaven.bot.venues.hyperliquid.account_state import read_account, read_asset
from motherhaven.bot.venues.hyperliquid.client import Client
from motherhaven.bot.venues.hyperliquid.fill_events import fills_of
from motherhaven.bot.venues.hyperliquid.info import Info
from motherhaven.bot.venues.hyperliquid.markets import read_book, read_markets, read_mids
from motherhaven.bot.venues.hyperliquid.money_state import read_fill, read_flow, read_funding
from motherhaven.bot.venues.hyperliquid.orders_state import (
    read_open_orders,
    read_status,
    state_of,
)
from motherhaven.bot.venues.hyperliquid.parse import BadAnswer
from motherhaven.bot.venues.hyperliquid.signed_log import SignedOrder
from motherhaven.contract.errors import ExchangeError

MS = int(NOW.timestamp() * 1000)
CONTEXT = {"markPx": "50000", "midPx": "50001", "oraclePx": "49999", "funding": "0"}
MARKETS = [
    {
        "universe": [
            {"name": "BTC", "szDecimals": 5, "maxLeverage": 40, "marginTableId": 40},
            {"name": "OLD", "szDecimals": 1, "maxLeverage": 3, "isDelisted": True},
            {"name": "ETH", "szDecimals": 4, "maxLeverage": 25, "marginTableId": 25},
        ],
        "marginTables": [],
    },
    [CONTEXT, CONTEXT | {"markPx": None}, CONTEXT | {"midPx": None}],
]
STATE = {
    "marginSummary": {"accountValue": "1000.5"},
    "crossMarginSummary": {"accountValue": "900", "totalMarginUsed": "100"},
    "crossMaintenanceMarginUsed": "5",
    "assetPositions": [
        {
            "type": "oneWay",
            "position": {
                "coin": "BTC", "szi": "-0.01", "entryPx": "50000", "positionValue": "510",
                "unrealizedPnl": "-10", "leverage": {"type": "cross", "value": 5},
                "liquidationPx": None,
            },
        }
    ],
    "time": MS,
}  # fmt: skip
ORDER = {
    "coin": "BTC", "side": "A", "limitPx": "45000", "sz": "0.0", "oid": 7, "timestamp": MS,
    "isTrigger": True, "triggerPx": "48000", "children": [], "isPositionTpsl": True,
    "reduceOnly": True, "orderType": "Stop Market", "origSz": "0.0", "tif": None,
    "cloid": cloid(1),
}  # fmt: skip
STATUS = {
    "status": "order", "order": {"order": ORDER, "status": "open", "statusTimestamp": MS},
}  # fmt: skip
FILL = {
    "coin": "BTC", "px": "50000", "sz": "0.01", "side": "B", "time": MS, "startPosition": "0.0",
    "dir": "Open Long", "closedPnl": "0.0", "hash": "0x0", "oid": 7, "crossed": True,
    "fee": "0.225", "tid": 9, "feeToken": "USDC", "cloid": cloid(1),
}  # fmt: skip


def test_delisted_markets_keep_their_number_and_are_not_traded():
    """The number of a market is its place among all."""
    found = read_markets(MARKETS, NOW)
    assert found.assets == {"BTC": 0, "OLD": 1, "ETH": 2}
    assert set(found.specs) == {"BTC", "ETH"}
    assert found.prices["ETH"].mid == found.prices["ETH"].mark == 50_000
    with pytest.raises(ExchangeError, match="delisted"):
        found.spec("OLD")


def changed(value, path, to):
    """A copy with one thing changed; `to` ... takes it out."""
    copied = copy.deepcopy(value)
    at = copied
    for key in path[:-1]:
        at = at[key]
    if to is ...:
        del at[path[-1]]
    else:
        at[path[-1]] = to
    return copied


POSITION = ("assetPositions", 0, "position")
BAD = [
    (lambda v: read_markets(v, NOW), MARKETS, [
        ((1,), [CONTEXT]), ((0, "universe"), None), ((0, "universe", 1, "name"), "BTC"),
        ((0, "universe", 0, "szDecimals"), 99), ((0, "universe", 0, "maxLeverage"), "40"),
        ((1, 0, "markPx"), "NaN"), ((1, 0, "markPx"), "-1"), ((1, 0), None), ((0,), []),
    ]),
    (read_account, STATE, [
        (("marginSummary",), ...), (("marginSummary", "accountValue"), None),
        (("marginSummary", "accountValue"), "Infinity"), (("time",), 5), (("time",), "now"),
        (("assetPositions",), None), (("crossMaintenanceMarginUsed",), ...),
        ((*POSITION, "szi"), "x"), ((*POSITION, "entryPx"), "0"), ((*POSITION, "entryPx"), None),
        ((*POSITION, "leverage", "type"), "other"), ((*POSITION, "leverage", "value"), 10**9),
        ((*POSITION, "coin"), "xyz:TSLA"), ((*POSITION, "unrealizedPnl"), ...),
    ]),
    (read_open_orders, [ORDER], [
        ((0, "oid"), "7"), ((0, "side"), "C"), ((0, "isTrigger"), 1), ((0, "sz"), "-1"),
        ((0, "orderType"), "Trailing"), ((0, "cloid"), "0x12"), ((0, "timestamp"), None),
        ((0, "coin"), 5), ((0, "children"), "x"), ((0, "reduceOnly"), ...), ((0,), "order"),
    ]),
    (lambda v: read_fill(v, ACCOUNT), FILL, [
        (("px",), None), (("sz",), "-1"), (("side",), "X"), (("time",), 1), (("oid",), None),
        (("crossed",), "yes"), (("fee",), "free"), (("feeToken",), "HYPE"), (("tid",), -4),
        (("liquidation",), "us"), (("liquidation",), {}), (("startPosition",), ...),
        (("closedPnl",), "NaN"), (("cloid",), 5),
    ]),
    (read_status, STATUS, [
        (("order", "statusTimestamp"), None),
        (("status",), "maybe"), (("order", "status"), "goneFishing"), (("order", "order"), None),
        (("order", "status"), None), (("order", "order", "origSz"), ...),
    ]),
]  # fmt: skip
CASES = [(read, value, path, to) for read, value, paths in BAD for path, to in paths]


@pytest.mark.parametrize(("read", "value", "path", "to"), CASES, ids=range(len(CASES)))
def test_one_wrong_field_spoils_the_answer(read, value, path, to):
    """Whatever is missing, of another type or out of range; as it was, it is read."""
    read(value)
    with pytest.raises(BadAnswer, match="unreadable"):
        read(changed(value, path, to))


@pytest.mark.parametrize("value", [None, 5, "x", [], {}, [1], {"a": 1}])
def test_what_is_something_else_is_refused(value):
    """Whole answers of another kind."""
    readers = [lambda v: read_markets(v, NOW), read_account, read_book, read_status]
    readers += [lambda v: read_asset(v, "BTC"), lambda v: read_fill(v, ACCOUNT), read_funding]
    readers += [lambda v: read_flow(v, ACCOUNT)]
    for read in readers:
        with pytest.raises(BadAnswer):
            read(value)


def test_a_book_that_is_crossed_is_no_book():
    """A taker's price from it would be nonsense."""
    side = [[{"px": "2", "sz": "1"}], [{"px": "1", "sz": "1"}]]
    with pytest.raises(BadAnswer, match="crossed"):
        read_book({"levels": side})
    assert read_mids({"BTC": "1", "@1": "2", "ETH": "0"}) == {"BTC": Decimal(1)}


def test_an_isolated_position_has_a_bucket():
    """What it owes or has in USD, and its cost: its equity without its profit."""
    lever = {"type": "isolated", "value": 5, "rawUsd": "610"}
    found = read_account(changed(STATE, (*POSITION, "leverage"), lever)).positions["BTC"]
    assert (found.mode, found.bucket) == (MarginMode.ISOLATED, Decimal("110"))


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("open", OrderState.OPEN), ("triggered", OrderState.OPEN), ("filled", OrderState.FILLED),
        ("canceled", OrderState.CANCELED), ("reduceOnlyCanceled", OrderState.CANCELED),
        ("siblingFilledCanceled", OrderState.CANCELED), ("scheduledCancel", OrderState.CANCELED),
        ("selfTradeCanceled", OrderState.CANCELED), ("liquidatedCanceled", OrderState.CANCELED),
        ("internalCancel", OrderState.CANCELED), ("rejected", OrderState.REJECTED),
        ("tickRejected", OrderState.REJECTED), ("minTradeNtlRejected", OrderState.REJECTED),
        ("perpMarginRejected", OrderState.REJECTED), ("iocCancelRejected", OrderState.REJECTED),
        ("reduceOnlyRejected", OrderState.REJECTED), ("badTriggerPxRejected", OrderState.REJECTED),
        ("tooManyOpenOrdersRejected", OrderState.REJECTED),
    ],
)  # fmt: skip
def test_each_status_word_has_one_meaning(word, state):
    """And one that nobody knows has none."""
    assert state_of(word) is state
    with pytest.raises(BadAnswer, match="not known"):
        state_of(word + "?")


def test_an_order_of_somebody_else_has_no_cloid():
    """A limit order that a person placed on the venue's page."""
    plain = ORDER | {"isTrigger": False, "cloid": None, "orderType": "Limit", "sz": "2"}
    (found,) = read_open_orders([plain])
    assert (found.cloid, found.kind, found.price) == ("", OrderKind.LIMIT, Decimal(45_000))
    assert read_open_orders([plain | {"coin": "xyz:TSLA"}, plain | {"coin": "@107"}]) == []


def signed(kind=OrderKind.MARKET, reduce_only=False):
    """How to find one order of ours."""
    order = SignedOrder(cloid(1), "BTC", kind, Side.BUY, Decimal("0.01"), reduce_only)
    return lambda name: order if name == cloid(1) else None


def fills(find=None, **more):
    """A fill as the books take it."""
    raw = read_fill(FILL | more, ACCOUNT)
    setting = LeverageSetting("BTC", 5, MarginMode.CROSS)
    return fills_of(raw, cloid(1), find or signed(), setting)


def test_a_fill_of_our_entry():
    """Signed size, its fee, our cloid, the leverage of its market, the venue's own id."""
    (fill,) = fills()
    assert (fill.size, fill.fee, fill.cloid) == (Decimal("0.01"), Decimal("0.225"), cloid(1))
    assert (fill.reason, fill.leverage, fill.external_id) == (FillReason.ENTRY, 5, "9:7")
    assert (fill.seq, fill.position_id) == (0, "")


SHUT = {"side": "A", "startPosition": "0.01", "dir": "Close Long", "closedPnl": "3"}
US = {"liquidatedUser": ACCOUNT.upper().replace("0X", "0x"), "markPx": "1", "method": "market"}


@pytest.mark.parametrize(
    ("find", "more", "reason"),
    [
        (signed(OrderKind.STOP, True), SHUT, FillReason.STOP),
        (signed(OrderKind.TARGET, True), SHUT, FillReason.TARGET),
        (signed(OrderKind.MARKET, True), SHUT, FillReason.CLOSE),
        (lambda _: None, SHUT, FillReason.CLOSE),
        (lambda _: None, {}, FillReason.ENTRY),
        (lambda _: None, SHUT | {"liquidation": US}, FillReason.LIQUIDATION),
        (lambda _: None, SHUT | {"dir": "Auto-Deleveraging"}, FillReason.ADL),
        (lambda _: None, SHUT | {"liquidation": US | {"liquidatedUser": "0x1"}}, FillReason.CLOSE),
    ],
)
def test_why_a_fill_happened(find, more, reason):
    """By our own order's kind; liquidated only where we are the one who was."""
    (fill,) = fills(find=find, **more)
    assert fill.reason is reason


def test_a_fill_that_turns_a_position_round_comes_as_two():
    """One closes with all that was realized, one opens; sizes and fees add up to the digit."""
    closes, opens = fills(
        side="A", sz="0.03", startPosition="0.01", dir="Long > Short", closedPnl="7", fee="0.1"
    )
    assert (closes.size, opens.size) == (Decimal("-0.01"), Decimal("-0.02"))
    assert (closes.realized, opens.realized) == (7, 0)
    assert closes.fee + opens.fee == Decimal("0.1")
    assert (closes.reason, opens.reason) == (FillReason.CLOSE, FillReason.ENTRY)
    assert closes.external_id != opens.external_id


def test_spot_and_other_exchanges_are_left_out():
    """They are listed beside the perpetuals and move another account."""
    for coin in ("@107", "PURR/USDC", "xyz:TSLA"):
        assert read_fill(FILL | {"coin": coin}, ACCOUNT) is None
    assert read_fill(FILL | {"sz": "0.0"}, ACCOUNT) is None


OTHER = "0x" + "bb" * 20


@pytest.mark.parametrize(
    ("delta", "amount", "reason"),
    [
        ({"type": "deposit", "usdc": "5"}, 5, FlowReason.DEPOSIT),
        ({"type": "withdraw", "usdc": "5", "fee": "1", "nonce": 1}, -6, FlowReason.WITHDRAWAL),
        ({"type": "accountClassTransfer", "usdc": "5", "toPerp": True}, 5, FlowReason.TRANSFER),
        ({"type": "accountClassTransfer", "usdc": "5", "toPerp": False}, -5, FlowReason.TRANSFER),
        ({"type": "internalTransfer", "usdc": "5", "user": ACCOUNT, "destination": OTHER,
          "fee": "1"}, -6, FlowReason.TRANSFER),
        ({"type": "internalTransfer", "usdc": "5", "user": OTHER, "destination": ACCOUNT,
          "fee": "1"}, 5, FlowReason.TRANSFER),
        ({"type": "subAccountTransfer", "usdc": "5", "user": ACCOUNT, "destination": OTHER}, -5,
         FlowReason.TRANSFER),
        ({"type": "vaultDeposit", "usdc": "5", "vault": OTHER}, -5, FlowReason.TRANSFER),
        ({"type": "vaultWithdraw", "netWithdrawnUsd": "5"}, 5, FlowReason.TRANSFER),
        ({"type": "send", "token": "USDC", "amount": "5", "user": ACCOUNT, "destination": ACCOUNT,
          "sourceDex": "spot", "destinationDex": ""}, 5, FlowReason.TRANSFER),
        ({"type": "send", "token": "USDC", "amount": "5", "user": ACCOUNT, "destination": OTHER,
          "sourceDex": "", "destinationDex": ""}, -5, FlowReason.TRANSFER),
        ({"type": "send", "token": "HYPE", "amount": "5", "user": ACCOUNT, "destination": OTHER,
          "sourceDex": "", "destinationDex": ""}, None, None),
        ({"type": "liquidation"}, None, None),
        ({"type": "spotTransfer"}, None, None),
        ({"type": "somethingNew", "usdc": "5"}, None, None),
    ],
)  # fmt: skip
def test_what_each_entry_of_the_ledger_moved(delta, amount, reason):
    """Between the account of perpetuals and elsewhere, fees included."""
    found = read_flow({"time": MS, "hash": "0xab", "delta": delta}, ACCOUNT)
    assert (found and (found.amount, found.reason)) == (amount and (Decimal(amount), reason))


class Paged:
    """A server with many fills that gives a page from one end of the range asked for."""

    def __init__(self, count, page, *, newest):
        self.rows = [FILL | {"time": MS + n, "tid": n} for n in range(count)]
        self.page, self.newest, self.asked = page, newest, 0

    def __call__(self, request):
        self.asked += 1
        ask = json.loads(request.content)
        until = ask.get("endTime", 1 << 60)
        found = [one for one in self.rows if ask["startTime"] <= one["time"] <= until]
        found = found[::-1][: self.page] if self.newest else found[: self.page]
        return httpx.Response(200, json=found)


@pytest.mark.parametrize("newest", [False, True])
@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 35])
def test_every_page_is_read_whichever_end_comes_first(count, newest, monkeypatch):
    """Each fill once, oldest first."""
    monkeypatch.setattr(info_module, "FILLS_PAGE", 10)
    server = Paged(count, 10, newest=newest)
    client = Client("http://127.0.0.1:1", httpx.MockTransport(server))
    found = asyncio.run(Info(client, ACCOUNT, StepClock()).fills(NOW - timedelta(days=1)))
    assert [one.tid for one in found] == list(range(count))


def test_a_list_that_may_be_cut_is_no_list(monkeypatch):
    """The venue keeps so many fills; beyond them nobody knows what is missing."""
    monkeypatch.setattr(info_module, "FILLS_PAGE", 10)
    monkeypatch.setattr(info_module, "MOST_FILLS", 30)
    client = Client("http://127.0.0.1:1", httpx.MockTransport(Paged(30, 10, newest=False)))
    with pytest.raises(ExchangeError, match="may be missing"):
        asyncio.run(Info(client, ACCOUNT, StepClock()).fills(NOW))
