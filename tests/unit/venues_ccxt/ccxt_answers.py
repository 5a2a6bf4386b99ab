"""Answers of the four exchanges in their recorded shapes, for one account with one order.

The account is flat until `held` is set; the order that was last sent is shown as `state` says.
"""

from ccxt_wire import IDS, MS

MARKS = {
    "binanceusdm": {
        "/fapi/v1/leverageBracket": [
            {"symbol": "BTCUSDT", "notionalCoef": 1.5, "brackets": [
                {"bracket": 1, "initialLeverage": 50, "notionalCap": 1000000,
                 "notionalFloor": 0, "maintMarginRatio": 0.004, "cum": 0.0}]},
        ],
        "/fapi/v1/premiumIndex": {
            "symbol": "BTCUSDT", "markPrice": "50000", "indexPrice": "50000",
            "lastFundingRate": "0.0001", "nextFundingTime": MS, "time": MS, "interestRate": "0",
            "estimatedSettlePrice": "0",
        },
        "/fapi/v1/ticker/bookTicker": [
            {"symbol": "BTCUSDT", "bidPrice": "49999.9", "bidQty": "1", "askPrice": "50000.1",
             "askQty": "1", "time": MS},
        ],
    },
    "bybit": {
        "/v5/market/risk-limit": {
            "retCode": 0, "retMsg": "OK", "time": MS,
            "result": {
                "category": "linear",
                "list": [
                    {"id": 1, "symbol": "BTCUSDT", "riskLimitValue": "2000000",
                     "maintenanceMargin": "0.004", "initialMargin": "0.01", "isLowestRisk": 1,
                     "maxLeverage": "50.00", "mmDeduction": ""},
                ],
            },
        },
        "/v5/market/tickers": {
            "retCode": 0, "retMsg": "OK", "time": MS,
            "result": {
                "category": "linear",
                "list": [
                    {"symbol": "BTCUSDT", "lastPrice": "50000", "indexPrice": "50000",
                     "markPrice": "50000", "bid1Price": "49999.9", "ask1Price": "50000.1",
                     "fundingRate": "0.0001", "nextFundingTime": str(MS), "prevPrice24h": "1",
                     "fundingIntervalHour": "8"},
                ],
            },
        },
    },
    "okx": {
        "/api/v5/market/ticker": {
            "code": "0", "msg": "",
            "data": [
                {"instType": "SWAP", "instId": "BTC-USDT-SWAP", "last": "50000",
                 "askPx": "50000.1", "bidPx": "49999.9", "open24h": "1", "ts": str(MS)},
            ],
        },
        "/api/v5/public/funding-rate": {
            "code": "0", "msg": "",
            "data": [
                {"instId": "BTC-USDT-SWAP", "fundingRate": "0.0001", "fundingTime": str(MS),
                 "nextFundingTime": str(MS), "nextFundingRate": "", "ts": str(MS)},
            ],
        },
        "/api/v5/public/position-tiers": {
            "code": "0", "msg": "",
            "data": [
                {"instFamily": "BTC-USDT", "instId": "", "maxLever": "50", "maxSz": "10000",
                 "minSz": "0", "mmr": "0.004", "imr": "0.01", "tier": "1", "uly": "BTC-USDT"},
            ],
        },
    },
    "bitget": {
        "/api/v2/mix/market/ticker": {
            "code": "00000", "msg": "success",
            "data": [
                {"symbol": "BTCUSDT", "lastPr": "50000", "askPr": "50000.1", "bidPr": "49999.9",
                 "markPrice": "50000", "indexPrice": "50000", "ts": str(MS),
                 "fundingRate": "0.0001", "open24h": "1", "high24h": "1", "low24h": "1"},
            ],
        },
        "/api/v2/mix/market/current-fund-rate": {
            "code": "00000", "msg": "success",
            "data": [{"symbol": "BTCUSDT", "fundingRate": "0.0001", "fundingRateInterval": "8",
                      "nextUpdate": str(MS)}],
        },
        "/api/v2/mix/market/query-position-lever": {
            "code": "00000", "msg": "success",
            "data": [{"symbol": "BTCUSDT", "level": "1", "startUnit": "0", "endUnit": "100000",
                      "leverage": "50", "keepMarginRate": "0.004"}],
        },
    },
}  # fmt: skip
CREATED = {
    "binanceusdm": lambda named: {
        "orderId": 11, "algoId": 11, "symbol": "BTCUSDT", "status": "NEW", "algoStatus": "NEW",
        "clientOrderId": named,
    },
    "bybit": lambda named: {
        "retCode": 0, "retMsg": "OK", "result": {"orderId": "11", "orderLinkId": named},
    },
    "okx": lambda named: {
        "code": "0", "msg": "",
        "data": [{"ordId": "11", "algoId": "", "clOrdId": named, "sCode": "0", "sMsg": ""}],
    },
    "bitget": lambda named: {
        "code": "00000", "msg": "success", "data": {"orderId": "11", "clientOid": named},
    },
}  # fmt: skip


def order_row(venue, named, *, filled="0.01", state="filled"):
    """An entry of 0.01 BTC by its client id, with what is filled of it."""
    done = state == "filled"
    return {
        "binanceusdm": {
            "orderId": 11, "symbol": "BTCUSDT", "status": "FILLED" if done else "EXPIRED",
            "clientOrderId": named, "price": "50500", "avgPrice": "50000.1",
            "origQty": "0.01", "executedQty": filled, "cumQuote": "500", "timeInForce": "IOC",
            "type": "LIMIT", "reduceOnly": False, "side": "BUY", "positionSide": "BOTH",
            "stopPrice": "0", "time": MS, "updateTime": MS,
        },
        "bybit": {
            "orderId": "11", "orderLinkId": named, "symbol": "BTCUSDT", "price": "50500",
            "qty": "0.01", "side": "Buy", "orderStatus": "Filled" if done else "Cancelled",
            "avgPrice": "50000.1", "cumExecQty": filled, "cumExecValue": "500",
            "orderType": "Limit", "timeInForce": "IOC", "reduceOnly": False, "triggerPrice": "",
            "takeProfit": "", "stopLoss": "", "createdTime": str(MS), "updatedTime": str(MS),
            "triggerDirection": 0, "stopOrderType": "", "leavesQty": "0", "tpslMode": "",
        },
        "okx": {
            "ordId": "11", "clOrdId": named, "instId": "BTC-USDT-SWAP", "instType": "SWAP",
            "px": "50500", "sz": "1", "side": "buy", "ordType": "ioc",
            "state": "filled" if done else "canceled", "avgPx": "50000.1",
            "accFillSz": "1" if filled == "0.01" else "0", "reduceOnly": "false",
            "slTriggerPx": "", "slOrdPx": "", "tpTriggerPx": "", "tpOrdPx": "",
            "cTime": str(MS), "uTime": str(MS), "fillTime": str(MS), "fee": "0", "feeCcy": "USDT",
        },
        "bitget": {
            "orderId": "11", "clientOid": named, "symbol": "BTCUSDT", "price": "50500",
            "size": "0.01", "side": "buy", "state": "filled" if done else "canceled",
            "priceAvg": "50000.1", "baseVolume": filled, "quoteVolume": "500",
            "orderType": "limit", "force": "ioc", "reduceOnly": "NO", "posMode": "one_way_mode",
            "cTime": str(MS), "uTime": str(MS), "fee": "0", "presetStopLossPrice": "",
            "presetStopSurplusPrice": "",
        },
    }[venue]  # fmt: skip


def stop_row(venue, named):
    """A stop of 0.01 BTC at 49000 that rests, by its client id."""
    return {
        "binanceusdm": {
            "algoId": 11, "clientAlgoId": named, "algoType": "CONDITIONAL",
            "orderType": "STOP_MARKET", "symbol": "BTCUSDT", "side": "SELL",
            "positionSide": "BOTH", "timeInForce": "GTC", "quantity": "0.01",
            "algoStatus": "NEW", "actualOrderId": "", "triggerPrice": "49000", "price": "0",
            "workingType": "MARK_PRICE", "closePosition": False, "reduceOnly": True,
            "createTime": MS, "updateTime": MS,
        },
        "bybit": {
            "orderId": "11", "orderLinkId": named, "symbol": "BTCUSDT", "price": "0",
            "qty": "0.01", "side": "Sell", "orderStatus": "Untriggered", "avgPrice": "",
            "cumExecQty": "0", "cumExecValue": "0", "orderType": "Market", "timeInForce": "IOC",
            "reduceOnly": True, "triggerPrice": "49000", "takeProfit": "", "stopLoss": "",
            "createdTime": str(MS), "updatedTime": str(MS), "triggerDirection": 2,
            "stopOrderType": "Stop", "leavesQty": "0.01", "tpslMode": "",
        },
        "okx": {
            "algoId": "11", "algoClOrdId": named, "clOrdId": "", "instId": "BTC-USDT-SWAP",
            "instType": "SWAP", "sz": "1", "side": "sell", "ordType": "conditional",
            "state": "live", "reduceOnly": "true", "slTriggerPx": "49000", "slOrdPx": "-1",
            "slTriggerPxType": "mark", "tpTriggerPx": "", "tpOrdPx": "", "ordIdList": [],
            "cTime": str(MS), "uTime": str(MS), "triggerPx": "", "ordPx": "",
        },
        "bitget": {
            "orderId": "11", "clientOid": named, "symbol": "BTCUSDT", "size": "0.01",
            "side": "sell", "planStatus": "live", "planType": "loss_plan",
            "triggerPrice": "49000", "triggerType": "mark_price", "orderType": "market",
            "executePrice": "0", "posMode": "one_way_mode", "cTime": str(MS), "uTime": str(MS),
        },
    }[venue]  # fmt: skip


def listed(venue, rows):
    """Rows in the envelope of the exchange's lists."""
    return {
        "binanceusdm": rows,
        "bybit": {"retCode": 0, "retMsg": "OK", "time": MS, "result": {"list": rows}},
        "okx": {"code": "0", "msg": "", "data": rows},
        "bitget": {"code": "00000", "msg": "success", "data": {"entrustedList": rows}},
    }[venue]


def position_rows(venue, size="0.01"):
    """A long of 0.01 BTC."""
    rows = {
        "binanceusdm": {
            "symbol": "BTCUSDT", "positionSide": "BOTH", "positionAmt": size,
            "entryPrice": "50000.1", "markPrice": "50000", "unRealizedProfit": "-0.001",
            "liquidationPrice": "41000", "isolatedMargin": "0", "notional": "500",
            "initialMargin": "100", "maintMargin": "2", "updateTime": MS,
        },
        "bybit": {
            "symbol": "BTCUSDT", "side": "Buy", "size": size, "avgPrice": "50000.1",
            "markPrice": "50000", "unrealisedPnl": "-0.001", "liqPrice": "41000",
            "leverage": "5", "positionValue": "500", "positionIdx": 0, "tradeMode": 0,
            "positionIM": "100", "positionMM": "2", "updatedTime": str(MS),
            "createdTime": str(MS), "autoAddMargin": 0,
        },
        "okx": {
            "instId": "BTC-USDT-SWAP", "instType": "SWAP", "posSide": "net", "pos": "1",
            "avgPx": "50000.1", "markPx": "50000", "upl": "-0.001", "liqPx": "41000",
            "lever": "5", "mgnMode": "cross", "notionalUsd": "500", "imr": "100", "mmr": "2",
            "uTime": str(MS), "cTime": str(MS), "margin": "", "mgnRatio": "10", "uplRatio": "0",
            "availPos": "1",
        },
        "bitget": {
            "symbol": "BTCUSDT", "holdSide": "long", "total": size, "available": size,
            "openPriceAvg": "50000.1", "markPrice": "50000", "unrealizedPL": "-0.001",
            "liquidationPrice": "41000", "leverage": "5", "marginMode": "crossed",
            "posMode": "one_way_mode", "marginSize": "100", "keepMarginRate": "0.004",
            "marginRatio": "0.01", "cTime": str(MS), "uTime": str(MS), "marginCoin": "USDT",
        },
    }  # fmt: skip
    return [rows[venue]]


class Answers:
    """What one exchange answers; `sent_id` is the client id of the last order it was sent."""

    def __init__(self, venue, *, held=False, fails=None):
        self.venue = venue
        self.held = held
        self.fails = fails
        self.entry = self.stop = None
        self.filled, self.state = "0.01", "filled"

    def __call__(self, request):
        """The answer to one request."""
        if request.method != "GET":
            return self._write(request)
        marked = MARKS[self.venue].get(request.path)
        if marked is not None:
            return marked
        return self._read(request)

    def _write(self, request):
        body = request.params[0] if isinstance(request.params, list) else request.params
        trigger = request.path.endswith(("algoOrder", "order-algo", "place-tpsl-order"))
        trigger = trigger or "triggerPrice" in body
        named = next(
            (body[key] for key in ("clientAlgoId", "algoClOrdId", "newClientOrderId",
             "orderLinkId", "clOrdId", "clientOid") if key in body), "")  # fmt: skip
        if trigger:
            self.stop = named
        elif named:
            self.entry = named
        return self.fails or CREATED[self.venue](named)

    def _read(self, request):
        venue, path = self.venue, request.path
        stops = [stop_row(venue, self.stop)] if self.stop else []
        if path.endswith(("positionRisk", "position/list", "account/positions", "all-position")):
            rows = position_rows(venue) if self.held else []
            found = listed(venue, rows)
            return {**found, "data": rows} if venue == "bitget" else found
        if path.endswith(("/time", "/public/time")):
            return self._time()
        if path.endswith(("openAlgoOrders", "orders-algo-pending", "orders-plan-pending")):
            kind = request.params.get("ordType") or request.params.get("planType")
            return listed(venue, stops if kind in (None, "conditional", "profit_loss") else [])
        if path.endswith(("openOrders", "orders-pending")):
            return listed(venue, [])
        if path.endswith(("order/realtime", "order/history")):
            return listed(venue, self._bybit(request, stops))
        return self._one(path, stops)

    def _bybit(self, request, stops):
        named = request.params.get("orderLinkId")
        entry = [order_row("bybit", self.entry, filled=self.filled, state=self.state)]
        if named is None:
            return stops
        return (stops if named == self.stop else []) + (entry if named == self.entry else [])

    def _one(self, path, stops):
        venue = self.venue
        if path.endswith(("algoOrder", "order-algo")):
            return stops[0] if venue == "binanceusdm" else listed(venue, stops)
        assert path.endswith(("/order", "order/detail")), path
        row = order_row(venue, self.entry, filled=self.filled, state=self.state)
        if venue == "binanceusdm":
            return row
        return {"code": "0" if venue == "okx" else "00000", "msg": "",
                "data": [row] if venue == "okx" else row}  # fmt: skip

    def _time(self):
        return {
            "binanceusdm": {"serverTime": MS},
            "bybit": {"retCode": 0, "result": {"timeSecond": str(MS // 1000),
                      "timeNano": f"{MS}000000"}, "time": MS},
            "okx": {"code": "0", "data": [{"ts": str(MS)}]},
            "bitget": {"code": "00000", "data": {"serverTime": str(MS)}},
        }[self.venue]  # fmt: skip


def venues():
    """The names of the four."""
    return list(IDS)
