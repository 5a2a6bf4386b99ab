"""What goes over the wire to each of the four exchanges, built by ccxt, without a network."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from ccxt_answers import Answers, venues
from ccxt_wire import Exchange

from motherhaven.bot.execution.commands import CancelOrders, PlaceOrders
from motherhaven.bot.execution.orders import Accepted, OrderIntent, OrderKind, Rejected
from motherhaven.bot.portfolio.events import Side

CLOID = f"0x{7:032x}"
BARE = CLOID[2:]
ENTRY = OrderIntent("BTC", Side.BUY, Decimal("0.01"), price=Decimal("50500.04"), cloid=CLOID)
STOP = OrderIntent(
    "BTC", Side.SELL, Decimal(0), OrderKind.STOP, Decimal(49_000), reduce_only=True, cloid=CLOID
)
TARGET = replace(STOP, kind=OrderKind.TARGET, price=Decimal(55_000))
LISTS = (
    "openOrders", "openAlgoOrders", "order/realtime", "orders-pending", "orders-algo-pending",
    "orders-plan-pending",
)  # fmt: skip
REFERRALS = (
    "referer", "x-channel-api-code", '"tag"', "broker", "ccxt", "x-xckt", "6b9ad766b55dbcde",
    "p4sve", "subaffiliate",
)  # fmt: skip


def placed(venue, folder, intent, **answers):
    """The outcome of one order at an exchange, and the exchange."""
    answering = Answers(venue, **answers)
    exchange = Exchange(venue, folder, answering)
    (outcome,) = exchange.run(lambda adapter: adapter.submit([PlaceOrders((intent,))]))
    return outcome, exchange


def test_an_entry_is_an_immediate_limit_on_the_tick(tmp_path):
    """At each exchange: its own names, our client id, our digits, never worse than the bound."""
    expected = {
        "binanceusdm": {
            "symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "IOC",
            "quantity": "0.01", "price": "50500", "newClientOrderId": CLOID,
            "newOrderRespType": "RESULT",
        },
        "bybit": {
            "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "timeInForce": "IOC",
            "qty": "0.01", "price": "50500", "orderLinkId": CLOID, "category": "linear",
        },
        "okx": {
            "instId": "BTC-USDT-SWAP", "side": "buy", "ordType": "ioc", "sz": "1",
            "px": "50500", "clOrdId": BARE, "tdMode": "cross",
        },
        "bitget": {
            "symbol": "BTCUSDT", "side": "buy", "orderType": "limit", "force": "IOC",
            "size": "0.01", "price": "50500", "clientOid": CLOID, "marginCoin": "USDT",
            "marginMode": "crossed", "productType": "USDT-FUTURES", "timeInForce": "IOC",
        },
    }  # fmt: skip
    for venue in venues():
        outcome, exchange = placed(venue, tmp_path / venue, ENTRY)
        assert outcome == Accepted(CLOID, Decimal("0.01"), Decimal("50000.1"), False, "11"), venue
        (request,) = exchange.sent()
        assert _order(request) == expected[venue], venue


def test_a_stop_is_reduce_only_sized_and_judged_by_the_mark(tmp_path):
    """At each exchange, and it counts as placed once the list of what rests shows it."""
    expected = {
        "binanceusdm": {
            "symbol": "BTCUSDT", "side": "SELL", "type": "STOP_MARKET", "quantity": "0.01",
            "triggerPrice": "49000", "clientAlgoId": CLOID, "algoType": "CONDITIONAL",
            "workingType": "MARK_PRICE", "reduceOnly": "true", "newOrderRespType": "RESULT",
        },
        "bybit": {
            "symbol": "BTCUSDT", "side": "Sell", "orderType": "Market", "qty": "0.01",
            "triggerPrice": "49000", "triggerDirection": 2, "triggerBy": "MarkPrice",
            "reduceOnly": True, "closeOnTrigger": True, "orderLinkId": CLOID,
            "category": "linear",
        },
        "okx": {
            "instId": "BTC-USDT-SWAP", "side": "sell", "ordType": "conditional", "sz": "1",
            "slTriggerPx": "49000", "slOrdPx": "-1", "slTriggerPxType": "mark",
            "reduceOnly": True, "clOrdId": BARE, "algoClOrdId": BARE, "tdMode": "cross",
        },
        "bitget": {
            "symbol": "BTCUSDT", "orderType": "market", "size": "0.01", "holdSide": "buy",
            "triggerPrice": "49000", "triggerType": "mark_price", "planType": "loss_plan",
            "clientOid": CLOID, "marginCoin": "USDT", "productType": "USDT-FUTURES",
            "force": "GTC",
        },
    }  # fmt: skip
    for venue in venues():
        outcome, exchange = placed(venue, tmp_path / venue, STOP, held=True)
        assert isinstance(outcome, Accepted), (venue, outcome)
        assert outcome.resting
        (request,) = exchange.sent()
        assert _order(request) == expected[venue], venue


@pytest.mark.parametrize("venue", venues())
def test_a_target_is_told_apart_from_a_stop(venue, tmp_path):
    """The exchange is told to take profit, not to stop: the words differ at each."""
    _, exchange = placed(venue, tmp_path, TARGET, held=True)
    body = _order(exchange.sent()[0])
    words = {
        "binanceusdm": ("type", "TAKE_PROFIT_MARKET"), "bybit": ("triggerDirection", 1),
        "okx": ("tpTriggerPxType", "mark"), "bitget": ("planType", "profit_plan"),
    }  # fmt: skip
    name, value = words[venue]
    assert body[name] == value


@pytest.mark.parametrize("venue", venues())
def test_nothing_on_the_wire_names_a_broker_or_a_referrer(venue, tmp_path):
    """No header, parameter or client id of any request does: we promise that to the user."""
    answers = Answers(venue)
    exchange = Exchange(venue, tmp_path, answers)

    async def everything(adapter):
        await adapter.submit([PlaceOrders((ENTRY,))])
        answers.held = True
        await adapter.submit([PlaceOrders((replace(STOP, cloid=f"0x{8:032x}"),))])
        await adapter.submit([CancelOrders((f"0x{8:032x}",))])

    exchange.run(everything)
    assert len(exchange.sent()) == 3
    for request in exchange.seen:
        text = request.raw.lower()
        assert not [word for word in REFERRALS if word in text], request.raw


@pytest.mark.parametrize("venue", venues())
def test_every_list_of_what_rests_is_asked_for(venue, tmp_path):
    """Plain orders and conditional ones are kept apart by the exchanges: a stop must be seen."""
    answers = Answers(venue)
    answers.stop = Exchange(venue, tmp_path, answers).profile.ids.wire(CLOID)
    exchange = Exchange(venue, tmp_path, answers)
    (found,) = exchange.run(lambda adapter: adapter.open_orders())
    assert (found.cloid, found.kind, found.price, found.size) == (
        CLOID, OrderKind.STOP, Decimal(49_000), Decimal("0.01")
    )  # fmt: skip
    assert found.reduce_only
    lists = [one for one in exchange.seen if one.path.endswith(LISTS)]
    assert len(lists) == len(exchange.profile.listings)


@pytest.mark.parametrize("venue", venues())
def test_an_order_that_filled_nothing_is_refused_for_want_of_a_match(venue, tmp_path):
    """Immediate or cancel: nothing filled and nothing rests."""
    answers = Answers(venue)
    answers.filled, answers.state = "0", "canceled"
    exchange = Exchange(venue, tmp_path, answers)
    (outcome,) = exchange.run(lambda adapter: adapter.submit([PlaceOrders((ENTRY,))]))
    assert isinstance(outcome, Rejected)
    assert outcome.code == "venue_no_match"


def test_each_exchange_is_asked_on_its_test_network(tmp_path):
    """Demo or sandbox, as the profile says: other hosts, or a header that says so."""
    hosts = {}
    for venue in venues():
        exchange = Exchange(venue, tmp_path / venue, Answers(venue), testnet=True)
        exchange.run(lambda adapter: adapter.submit([PlaceOrders((ENTRY,))]))
        (request,) = exchange.sent()
        marks = {name.lower() for name in request.headers}
        hosts[venue] = (request.host, marks & {"x-simulated-trading", "paptrading"})
    assert hosts == {
        "binanceusdm": ("demo-fapi.binance.com", set()),
        "bybit": ("api-testnet.bybit.com", set()),
        "okx": ("www.okx.com", {"x-simulated-trading"}),
        "bitget": ("api.bitget.com", {"paptrading"}),
    }


def _order(request):
    """The order of a request without what signs it."""
    body = request.params[0] if isinstance(request.params, list) else request.params
    unsigned = ("timestamp", "signature", "recvWindow")
    return json.loads(json.dumps({k: v for k, v in body.items() if k not in unsigned}))
