"""An account of each exchange in its recorded shapes: money, one fill, funding, a transfer."""

from ccxt_answers import Answers
from ccxt_wire import MS

MONEY = {
    "binanceusdm": {
        "totalMarginBalance": "1000.5", "totalWalletBalance": "1000.25",
        "availableBalance": "900", "totalInitialMargin": "100", "totalMaintMargin": "2",
        "totalUnrealizedProfit": "0.25", "assets": [], "positions": [],
    },
    "bybit": {
        "retCode": 0, "retMsg": "OK", "time": MS,
        "result": {
            "list": [
                {"totalEquity": "1000.5", "totalWalletBalance": "1000.25",
                 "totalAvailableBalance": "900", "totalInitialMargin": "100",
                 "totalMaintenanceMargin": "2", "totalPerpUPL": "0.25",
                 "accountType": "UNIFIED", "coin": []},
            ],
        },
    },
    "okx": {
        "code": "0", "msg": "",
        "data": [
            {"totalEq": "5000", "uTime": str(MS),
             "details": [
                 {"ccy": "USDT", "eq": "1000.5", "cashBal": "1000.25", "availEq": "900",
                  "imr": "100", "mmr": "2", "upl": "0.25", "availBal": "900",
                  "frozenBal": "100"}]},
        ],
    },
    "bitget": {
        "code": "00000", "msg": "success",
        "data": [
            {"marginCoin": "USDT", "locked": "0", "available": "900",
             "crossedMaxAvailable": "900", "maxTransferOut": "900",
             "accountEquity": "1000.5", "usdtEquity": "1000.5", "unrealizedPL": "0.25"},
        ],
    },
}  # fmt: skip


def fill_row(venue, named):
    """The fill of the entry of 0.01 BTC at 50000.1, with a fee of 0.25 USDT."""
    return {
        "binanceusdm": {
            "symbol": "BTCUSDT", "id": 5, "orderId": 11, "side": "BUY", "price": "50000.1",
            "qty": "0.01", "realizedPnl": "0", "quoteQty": "500.001", "commission": "0.25",
            "commissionAsset": "USDT", "time": MS, "maker": False, "buyer": True,
            "positionSide": "BOTH",
        },
        "bybit": {
            "symbol": "BTCUSDT", "execId": "5", "orderId": "11", "orderLinkId": named,
            "side": "Buy", "execPrice": "50000.1", "execQty": "0.01", "execFee": "0.25",
            "feeCurrency": "USDT", "feeRate": "0.0005", "execType": "Trade",
            "execTime": str(MS), "isMaker": False, "execValue": "500.001", "execPnl": "0",
        },
        "okx": {
            "instId": "BTC-USDT-SWAP", "instType": "SWAP", "tradeId": "5", "ordId": "11",
            "clOrdId": named, "side": "buy", "fillPx": "50000.1", "fillSz": "1",
            "fee": "-0.25", "feeCcy": "USDT", "execType": "T", "ts": str(MS), "fillPnl": "0",
            "subType": "3", "billId": "9",
        },
        "bitget": {
            "symbol": "BTCUSDT", "tradeId": "5", "orderId": "11", "side": "buy",
            "price": "50000.1", "baseVolume": "0.01", "quoteVolume": "500.001", "profit": "0",
            "tradeSide": "buy_single", "posMode": "one_way_mode", "tradeScope": "taker",
            "cTime": str(MS), "feeDetail": [{"feeCoin": "USDT", "totalFee": "-0.25",
            "deduction": "no", "totalDeductionFee": "0"}],
        },
    }[venue]  # fmt: skip


LEDGER = {
    "binanceusdm": [
        {"symbol": "BTCUSDT", "incomeType": "COMMISSION", "income": "-0.25", "asset": "USDT",
         "time": MS, "tranId": 1, "tradeId": "5"},
        {"symbol": "BTCUSDT", "incomeType": "FUNDING_FEE", "income": "-0.05", "asset": "USDT",
         "time": MS, "tranId": 2, "tradeId": ""},
        {"symbol": "", "incomeType": "TRANSFER", "income": "-30", "asset": "USDT", "time": MS,
         "tranId": 3, "tradeId": ""},
    ],
    "bybit": [
        {"id": "1", "symbol": "BTCUSDT", "type": "TRADE", "change": "-0.25", "currency": "USDT",
         "transactionTime": str(MS), "cashBalance": "1", "fee": "0.25", "funding": ""},
        {"id": "2", "symbol": "BTCUSDT", "type": "SETTLEMENT", "change": "-0.05",
         "currency": "USDT", "transactionTime": str(MS), "cashBalance": "1", "funding": "0.05"},
        {"id": "3", "symbol": "", "type": "TRANSFER_OUT", "change": "-30", "currency": "USDT",
         "transactionTime": str(MS), "cashBalance": "1"},
    ],
    "okx": [
        {"billId": "1", "instId": "BTC-USDT-SWAP", "type": "2", "subType": "3",
         "balChg": "-0.25", "bal": "1", "ccy": "USDT", "ts": str(MS), "fee": "-0.25"},
        {"billId": "2", "instId": "BTC-USDT-SWAP", "type": "8", "subType": "173",
         "balChg": "-0.05", "bal": "1", "ccy": "USDT", "ts": str(MS), "fee": "0"},
        {"billId": "3", "instId": "", "type": "1", "subType": "12", "balChg": "-30", "bal": "1",
         "ccy": "USDT", "ts": str(MS), "fee": "0"},
    ],
    "bitget": [
        {"billId": "1", "symbol": "BTCUSDT", "amount": "-0.25", "fee": "-0.25",
         "businessType": "buy", "coin": "USDT", "balance": "1", "cTime": str(MS)},
        {"billId": "2", "symbol": "BTCUSDT", "amount": "-0.05", "fee": "0",
         "businessType": "contract_settle_fee", "coin": "USDT", "balance": "1",
         "cTime": str(MS)},
        {"billId": "3", "symbol": "", "amount": "-30", "fee": "0",
         "businessType": "trans_to_exchange", "coin": "USDT", "balance": "1",
         "cTime": str(MS)},
    ],
}  # fmt: skip


def rights(venue, *, withdraws, hedged):
    """What the key may do and the position mode, by path."""
    word = "withdraw" if withdraws else "trade"
    return {
        "binanceusdm": {
            "account/apiRestrictions": {"enableWithdrawals": withdraws, "enableFutures": True},
            "positionSide/dual": {"dualSidePosition": hedged},
        },
        "bybit": {
            "user/query-api": {
                "retCode": 0, "result": {
                    "permissions": {
                        "ContractTrade": ["Order", "Position"],
                        "Wallet": ["AccountTransfer", "Withdraw"] if withdraws else [],
                    },
                },
            },
            "position/list": {
                "retCode": 0, "time": MS, "result": {
                    "list": [{"symbol": "BTCUSDT", "size": "0", "positionIdx": int(hedged),
                              "side": "", "leverage": "5", "avgPrice": "0",
                              "positionValue": "", "markPrice": "50000", "tradeMode": 0,
                              "unrealisedPnl": "", "liqPrice": "", "positionIM": "0",
                              "positionMM": "0", "updatedTime": str(MS)}],
                },
            },
        },
        "okx": {
            "account/config": {
                "code": "0", "data": [
                    {"posMode": "long_short_mode" if hedged else "net_mode",
                     "perm": f"read_only,{word}", "acctLv": "2", "uid": "1"},
                ],
            },
        },
        "bitget": {
            "spot/account/info": {
                "code": "00000", "data": {
                    "userId": "1", "authorities": ["coow", "wow"] if withdraws else ["coow"],
                },
            },
            "mix/account/account": {
                "code": "00000", "data": {
                    "marginCoin": "USDT", "posMode": "hedge_mode" if hedged else "one_way_mode",
                    "marginMode": "crossed", "crossedMarginLeverage": "5",
                    "isolatedLongLever": "5", "isolatedShortLever": "5",
                },
            },
        },
    }[venue]  # fmt: skip


class AccountAnswers(Answers):
    """The same with money, history, rights, leverage and fee rates."""

    def __init__(self, venue, *, withdraws=False, hedged=False, leverage="5", **given):
        super().__init__(venue, **given)
        self.rights = rights(venue, withdraws=withdraws, hedged=hedged)
        self.leverage = leverage

    def _read(self, request):
        venue, path = self.venue, request.path
        told = next((found for end, found in self.rights.items() if path.endswith(end)), None)
        if told is not None and not (path.endswith("position/list") and self._listed(request)):
            return told
        if path.endswith(
            ("v3/account", "wallet-balance", "account/balance", "mix/account/accounts")
        ):
            return MONEY[venue]
        if path.endswith(("userTrades", "execution/list", "trade/fills-history", "order/fills")):
            return self._fills()
        if path.endswith(("income", "transaction-log", "bills-archive", "account/bill")):
            rows = LEDGER[venue]
            return {
                "binanceusdm": rows,
                "bybit": {"retCode": 0, "time": MS, "result": {"list": rows}},
                "okx": {"code": "0", "data": rows},
                "bitget": {"code": "00000", "data": {"bills": rows, "endId": "1"}},
            }[venue]
        if path.endswith(("symbolConfig", "leverage-info")):
            rows = [{"symbol": "BTCUSDT", "marginType": "CROSSED", "leverage": self.leverage,
                     "instId": "BTC-USDT-SWAP", "mgnMode": "cross", "posSide": "net",
                     "lever": self.leverage}]  # fmt: skip
            return rows if venue == "binanceusdm" else {"code": "0", "data": rows}
        if path.endswith("account/info"):
            return {"retCode": 0, "result": {"marginMode": "REGULAR_MARGIN"}}
        return super()._read(request)

    def _listed(self, request):
        """Whether the positions of all markets are asked for, not the mode of one."""
        return "symbol" not in request.params

    def _fills(self):
        rows = [fill_row(self.venue, self.entry)] if self.entry else []
        return {
            "binanceusdm": rows,
            "bybit": {"retCode": 0, "time": MS, "result": {"list": rows}},
            "okx": {"code": "0", "data": rows},
            "bitget": {"code": "00000", "data": {"fillList": rows, "endId": "1"}},
        }[self.venue]
