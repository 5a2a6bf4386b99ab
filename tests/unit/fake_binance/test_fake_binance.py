"""The fake Binance keeps to Binance's rules: signatures, filters, the Algo service, its codes."""

import hmac
from decimal import Decimal
from hashlib import sha256
from urllib.parse import urlencode

import httpx
import pytest

from motherhaven.contract.errors import ConfigError
from motherhaven.testing.fake_binance import FakeBinance
from motherhaven.testing.fake_binance.records import to_ms
from motherhaven.testing.fake_binance.venue import KEY, SECRET

ORDER = {
    "symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01",
    "newClientOrderId": "one",
}  # fmt: skip
STOP = {
    "symbol": "BTCUSDT", "side": "SELL", "type": "STOP_MARKET", "algoType": "CONDITIONAL",
    "quantity": "0.01", "triggerPrice": "49000", "reduceOnly": "true", "clientAlgoId": "stop",
}  # fmt: skip


class Client:
    """Signs as Binance's own clients do."""

    def __init__(self, fake):
        self.fake = fake
        self.http = httpx.Client(base_url=fake.url, trust_env=False)

    def ask(self, method, path, params=None, *, secret=SECRET, key=KEY, late=0):
        """Status and body of a signed request to a path below /fapi."""
        given = {**(params or {}), "timestamp": to_ms(self.fake.clock.now()) - late}
        text = urlencode(given)
        signature = hmac.new(secret.encode(), text.encode(), sha256).hexdigest()
        target = f"/fapi/{path}?{text}&signature={signature}"
        reply = self.http.request(method, target, headers={"X-MBX-APIKEY": key})
        return reply.status_code, reply.json()

    def code(self, method, path, params=None, **given):
        """The code of an error, 0 for none."""
        status, body = self.ask(method, path, params, **given)
        assert (status >= 400) == ("code" in body and body["code"] not in (200, "200"))
        return body.get("code", 0)


@pytest.fixture
def fake():
    """An exchange."""
    with FakeBinance() as made:
        yield made


@pytest.fixture
def client(fake):
    """A client of it."""
    made = Client(fake)
    yield made
    made.http.close()


def test_keys_signatures_and_times_are_checked(client):
    """A wrong one of each is refused with Binance's code, and nothing is done."""
    assert client.code("POST", "v1/order", ORDER, secret="other") == -1022
    assert client.code("POST", "v1/order", ORDER, key="other") == -2015
    assert client.code("POST", "v1/order", ORDER, late=5_001) == -1021
    assert client.code("POST", "v1/order", ORDER, late=-1_001) == -1021
    assert client.ask("GET", "v3/positionRisk")[1] == []
    assert client.ask("POST", "v1/order", ORDER)[1]["status"] == "FILLED"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"symbol": "NOSUCH"}, -1121), ({"side": "HOLD"}, -1117), ({"quantity": "0"}, -4003),
        ({"quantity": "0.0001"}, -1111), ({"quantity": "x"}, -1100), ({"quantity": "0.001"}, -4164),
        ({"quantity": "9"}, -2019), ({"newClientOrderId": "a" * 37}, -4015),
        ({"newClientOrderId": "a b"}, -4015), ({"reduceOnly": "true"}, -2022),
        ({"type": "LIMIT", "timeInForce": "IOC"}, -1102),
        ({"type": "LIMIT", "timeInForce": "IOC", "price": "50000.05"}, -4014),
        ({"type": "LIMIT", "timeInForce": "GTC", "price": "90000"}, -4016),
        ({"type": "LIMIT", "price": "50000"}, -1115),
        ({"type": "STOP_MARKET", "stopPrice": "49000"}, -4120),
        ({"positionSide": "LONG"}, -4061),
    ],
)  # fmt: skip
def test_orders_are_refused_with_binances_codes(client, changed, code):
    """Filters, margin, form; and a conditional order at the plain endpoint."""
    assert client.code("POST", "v1/order", {**ORDER, **changed}) == code
    assert client.ask("GET", "v3/positionRisk")[1] == []


def test_a_conditional_order_is_only_at_the_algo_service(client):
    """The plain lists and questions do not know it."""
    client.ask("POST", "v1/order", ORDER)
    assert client.ask("POST", "v1/algoOrder", STOP)[1]["algoStatus"] == "NEW"
    assert client.ask("GET", "v1/openOrders")[1] == []
    assert [one["clientAlgoId"] for one in client.ask("GET", "v1/openAlgoOrders")[1]] == ["stop"]
    named = {"symbol": "BTCUSDT", "origClientOrderId": "stop"}
    assert client.code("GET", "v1/order", named) == -2013
    assert client.code("DELETE", "v1/order", named) == -2011
    assert client.ask("DELETE", "v1/algoOrder", {"clientAlgoId": "stop"})[1]["msg"] == "success"
    assert client.code("DELETE", "v1/algoOrder", {"clientAlgoId": "stop"}) == -2011


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"triggerPrice": "50000.05"}, -4014), ({"triggerPrice": "51000"}, -2021),
        ({"closePosition": "true"}, -1106), ({"type": "LIMIT"}, -1116),
        ({"side": "BUY"}, -2022), ({"quantity": "0.0001"}, -1111),
    ],
)  # fmt: skip
def test_conditional_orders_are_refused_with_binances_codes(client, changed, code):
    """Price, side, size, and what does not go together."""
    client.ask("POST", "v1/order", ORDER)
    assert client.code("POST", "v1/algoOrder", {**STOP, **changed}) == code


def test_a_second_stop_that_closes_the_position_is_refused(client):
    """So a stop of that kind cannot be replaced new-first; a sized one can."""
    client.ask("POST", "v1/order", ORDER)
    closing = {k: v for k, v in STOP.items() if k not in ("quantity", "reduceOnly")}
    closing["closePosition"] = "true"
    assert client.code("POST", "v1/algoOrder", closing) == 0
    assert client.code("POST", "v1/algoOrder", {**closing, "clientAlgoId": "b"}) == -4130
    assert client.code("POST", "v1/algoOrder", {**STOP, "clientAlgoId": "c"}) == 0


def test_a_sized_stop_outlives_its_position_and_hits_the_next(fake, client):
    """As at Binance: nobody cancels it, and the next long is closed by it."""
    client.ask("POST", "v1/order", ORDER)
    client.ask("POST", "v1/algoOrder", STOP)
    fake.switch("external_close", coin="BTC")
    assert len(client.ask("GET", "v1/openAlgoOrders")[1]) == 1
    client.ask("POST", "v1/order", {**ORDER, "newClientOrderId": "two"})
    fake.step(60)
    fake.move("BTC", Decimal(48_900))
    assert client.ask("GET", "v3/positionRisk")[1] == []
    status, algo = client.ask("GET", "v1/algoOrder", {"clientAlgoId": "stop"})
    assert (status, algo["algoStatus"]) == (200, "FINISHED")
    child = {"symbol": "BTCUSDT", "orderId": algo["actualOrderId"]}
    assert client.ask("GET", "v1/order", child)[1]["status"] == "FILLED"


def test_a_client_id_is_free_again_once_its_order_has_ended(client):
    """As at Binance: the exchange does not keep a client from ordering twice."""
    assert client.ask("POST", "v1/order", ORDER)[0] == 200
    assert client.ask("POST", "v1/order", ORDER)[0] == 200
    rests = {**ORDER, "type": "LIMIT", "timeInForce": "GTC", "price": "49000"}
    assert client.code("POST", "v1/order", rests) == 0
    assert client.code("POST", "v1/order", rests) == -4116


def test_income_says_what_moved_the_wallet(fake, client):
    """Fees, profit, funding and transfers add up to the wallet."""
    client.ask("POST", "v1/order", ORDER)
    fake.fund("BTC", Decimal("0.0001"))
    fake.transfer(Decimal(100))
    fake.move("BTC", Decimal(51_000))
    sell = {**ORDER, "side": "SELL", "reduceOnly": "true", "newClientOrderId": "two"}
    client.ask("POST", "v1/order", sell)
    rows = client.ask("GET", "v1/income")[1]
    kinds = {row["incomeType"] for row in rows}
    assert kinds == {"COMMISSION", "FUNDING_FEE", "TRANSFER", "REALIZED_PNL"}
    moved = sum(Decimal(row["income"]) for row in rows)
    wallet = Decimal(client.ask("GET", "v3/account")[1]["totalWalletBalance"])
    assert wallet == 10_000 + moved


def test_a_question_spans_at_most_a_week(client):
    """A longer one is refused, not cut."""
    span = {"symbol": "BTCUSDT", "startTime": "0", "endTime": str(8 * 86_400_000)}
    assert client.code("GET", "v1/userTrades", span) == -4166


def test_hedge_mode_and_margin_type_follow_binance(fake, client):
    """Modes are told, and cannot change under a position."""
    assert client.ask("GET", "v1/positionSide/dual")[1] == {"dualSidePosition": False}
    same = {"symbol": "BTCUSDT", "marginType": "CROSSED"}
    assert client.code("POST", "v1/marginType", same) == -4046
    client.ask("POST", "v1/order", ORDER)
    other = {"symbol": "BTCUSDT", "marginType": "ISOLATED"}
    assert client.code("POST", "v1/marginType", other) == -4048
    assert client.code("POST", "v1/leverage", {"symbol": "BTCUSDT", "leverage": "126"}) == -4028
    fake.switch("hedge_mode")
    assert client.code("POST", "v1/order", {**ORDER, "newClientOrderId": "x"}) == -4061


def test_switches_are_checked_by_name():
    """A misspelt switch says which was meant."""
    with FakeBinance() as fake:
        with pytest.raises(ConfigError, match="drop_reply"):
            fake.switch("drop_replies")
        with pytest.raises(ConfigError, match="argument"):
            fake.switch("drop_reply", after=True)


def test_public_answers_need_no_key(fake):
    """Prices, rules, candles and the clock."""
    with httpx.Client(base_url=fake.url, trust_env=False) as http:
        info = http.get("/fapi/v1/exchangeInfo").json()
        assert [one["symbol"] for one in info["symbols"]] == ["BTCUSDT", "ETHUSDT", "SOLUSDT"]
        bars = http.get("/fapi/v1/klines", params={"symbol": "BTCUSDT", "limit": 3}).json()
        assert [bar[4] for bar in bars] == ["50000"] * 3
        depth = http.get("/fapi/v1/depth", params={"symbol": "BTCUSDT"}).json()
        assert Decimal(depth["bids"][0][0]) < 50_000 < Decimal(depth["asks"][0][0])
        for path in ("ticker/24hr", "premiumIndex", "ticker/bookTicker", "ping", "time"):
            assert http.get(f"/fapi/v1/{path}").status_code == 200
        assert http.get("/fapi/v1/nothing").status_code == 404
