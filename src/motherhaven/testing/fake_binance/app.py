"""The ASGI application of the fake exchange: routes, signatures, and connections that break."""

import hmac
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, Final
from urllib.parse import parse_qsl

from motherhaven.contract.jsonio import dumps
from motherhaven.testing.fake_binance.faults import DropReply, HalfBody, RateLimited, ServerBusy
from motherhaven.testing.fake_binance.reading import Reading
from motherhaven.testing.fake_binance.records import Refused, SeenRequest, to_ms
from motherhaven.testing.fake_binance.state import State
from motherhaven.testing.fake_binance.trading import Trading
from motherhaven.testing.fake_venue.server import CUT

Params = dict[str, str]
Answer = Callable[[Params], Any]
MOST_BYTES: Final = 1 << 16
RECV_MS: Final = 5_000
AHEAD_MS: Final = 1_000
ORDERS: Final = ("/fapi/v1/order", "/fapi/v1/algoOrder")
_WRITES: Final = ("POST", "DELETE")


class FakeBinanceApp:
    """Serves one `State` to whoever has its key."""

    def __init__(self, state: State, key: str, secret: str) -> None:
        self._state = state
        self._key = key
        self._secret = secret.encode()
        self.requests: list[SeenRequest] = []
        self._weight = 0
        trading = Trading(state)
        reading = Reading(state, trading)
        self._public = _public(state)
        self._signed = _signed(trading, reading, state)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        body = await _body(receive)
        query = scope["query_string"].decode("ascii", "replace")
        text = "&".join(part for part in (query, body) if part)
        params = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=100))
        headers = {k.decode().lower(): v.decode() for k, v in scope["headers"]}
        method, path = scope["method"], scope["path"]
        order = path in ORDERS and method in _WRITES
        switches = self._state.switches
        dropped = switches.take(DropReply) if order else None
        if dropped is not None and dropped.before:
            self._see(method, path, params, headers, 0, None)
            scope[CUT]()
            return
        status, reply = self._answer(method, path, text, params, headers)
        if order and switches.take(ServerBusy) is not None:
            status = 503
            reply = {"code": -1007, "msg": "Timeout waiting for response from backend server. "
                     "Send status unknown; execution status unknown."}  # fmt: skip
        self._see(method, path, params, headers, status, None if dropped else reply)
        if dropped is not None:
            scope[CUT]()
            return
        half = order and switches.take(HalfBody) is not None
        await self._send(send, status, dumps(reply), half=half)
        if half:
            scope[CUT]()

    def _answer(
        self, method: str, path: str, text: str, params: Params, headers: Mapping[str, str]
    ) -> tuple[int, Any]:
        self._weight += 1
        self._state.stepped.now = self._state.now()
        try:
            public = self._public.get(path) if method == "GET" else None
            if public is not None:
                return 200, public(params)
            answer = self._signed.get((method, path))
            if answer is None:
                raise Refused(-5000, f"Path {path}, Method {method} is invalid", 404)
            self._check(text, params, headers)
            return 200, answer(params)
        except Refused as refused:
            return refused.status, refused.body

    def _check(self, text: str, params: Params, headers: Mapping[str, str]) -> None:
        """The key, the signature and the time of a signed request."""
        if self._state.switches.take(RateLimited) is not None:
            raise Refused(-1003, "Too many requests; current limit is 2400 requests per minute.",
                          429)  # fmt: skip
        if headers.get("x-mbx-apikey") != self._key:
            raise Refused(-2015, "Invalid API-key, IP, or permissions for action.", 401)
        signed, _, given = text.partition("&signature=")
        right = hmac.new(self._secret, signed.encode(), sha256).hexdigest()
        if not hmac.compare_digest(right, given):
            raise Refused(-1022, "Signature for this request is not valid.")
        stamp, window = params.get("timestamp", ""), params.get("recvWindow", str(RECV_MS))
        if not (stamp.isdigit() and window.isdigit() and int(window) <= 60_000):
            raise Refused(-1102, "Mandatory parameter 'timestamp' was not sent.")
        late = to_ms(self._state.now()) - int(stamp)
        if late > int(window) or late < -AHEAD_MS:
            raise Refused(-1021, "Timestamp for this request is outside of the recvWindow.")

    def _see(
        self, method: str, path: str, params: Params, headers: dict[str, str], status: int,
        reply: Any,
    ) -> None:  # fmt: skip
        self.requests.append(SeenRequest(method, path, params, headers, status, reply))

    async def _send(self, send: Any, status: int, body: bytes, *, half: bool) -> None:
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"x-mbx-used-weight-1m", str(self._weight).encode()),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        part = body[: len(body) // 2] if half else body
        await send({"type": "http.response.body", "body": part, "more_body": half})


def _public(state: State) -> dict[str, Answer]:
    market, now = state.market, state.now

    def klines(params: Params) -> Any:
        first, most = params.get("startTime", ""), params.get("limit", "")
        return market.klines(
            params.get("symbol"), int(first) if first.isdigit() else None,
            int(most) if most.isdigit() else 500, now(),
        )  # fmt: skip

    return {
        "/fapi/v1/ping": lambda params: {},
        "/fapi/v1/time": lambda params: {"serverTime": to_ms(now())},
        "/fapi/v1/exchangeInfo": lambda params: market.info(now()),
        "/fapi/v1/premiumIndex": lambda params: market.premium(params.get("symbol"), now()),
        "/fapi/v1/ticker/bookTicker": lambda params: market.best(params.get("symbol"), now()),
        "/fapi/v1/ticker/24hr": lambda params: market.day(params.get("symbol"), now()),
        "/fapi/v1/depth": lambda params: market.depth(params.get("symbol"), now()),
        "/fapi/v1/klines": klines,
    }


def _signed(trading: Trading, reading: Reading, state: State) -> dict[tuple[str, str], Answer]:
    v1, v3 = "/fapi/v1", "/fapi/v3"
    gets: dict[str, Answer] = {
        f"{v3}/account": reading.account, f"{v3}/balance": reading.balance,
        f"{v3}/positionRisk": reading.positions, f"{v1}/order": reading.order,
        f"{v1}/algoOrder": reading.algo, f"{v1}/openOrders": reading.open_orders,
        f"{v1}/openAlgoOrders": reading.open_algos, f"{v1}/userTrades": reading.trades,
        f"{v1}/income": reading.income, f"{v1}/symbolConfig": reading.symbol_config,
        f"{v1}/commissionRate": reading.commission, f"{v1}/positionSide/dual": reading.dual,
        f"{v1}/leverageBracket": lambda params: state.market.brackets(),
        "/sapi/v1/account/apiRestrictions": reading.rights,
    }  # fmt: skip
    posts: dict[str, Answer] = {
        f"{v1}/order": trading.post_order, f"{v1}/algoOrder": trading.post_algo,
        f"{v1}/leverage": trading.post_leverage, f"{v1}/marginType": trading.post_margin_type,
    }  # fmt: skip
    deletes: dict[str, Answer] = {
        f"{v1}/order": trading.delete_order, f"{v1}/algoOrder": trading.delete_algo,
    }  # fmt: skip
    return {
        **{("GET", path): answer for path, answer in gets.items()},
        **{("POST", path): answer for path, answer in posts.items()},
        **{("DELETE", path): answer for path, answer in deletes.items()},
    }


async def _body(receive: Any) -> str:
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return ""
        parts.append(message.get("body", b""))
        if sum(map(len, parts)) > MOST_BYTES:
            return ""
        if not message.get("more_body"):
            return b"".join(parts).decode("utf-8", "replace")
