"""The signed endpoints that only tell: the account, positions, orders, trades and income."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from motherhaven.bot.portfolio.account import Position
from motherhaven.contract.money import plain
from motherhaven.testing.fake_binance.faults import DelayVisibility, UnknownStatus
from motherhaven.testing.fake_binance.market import QUOTE
from motherhaven.testing.fake_binance.records import ZERO, Algo, Order, Refused, to_ms
from motherhaven.testing.fake_binance.state import FEES, LEVERAGE, State
from motherhaven.testing.fake_binance.trading import Params, Trading

MOST_ROWS: Final = 1_000
WEEK_MS: Final = 7 * 86_400_000
_OPEN: Final = ("NEW", "PARTIALLY_FILLED")


class Reading:
    """Answers signed questions."""

    def __init__(self, state: State, trading: Trading) -> None:
        self._state = state
        self._trading = trading

    def account(self, _: Params) -> dict[str, Any]:
        """GET account, version 3."""
        found, now = self._state.inside.account(), to_ms(self._state.now())
        money = {
            "InitialMargin": found.used, "MaintMargin": found.maintenance,
            "WalletBalance": found.wallet, "UnrealizedProfit": found.unrealized,
            "MarginBalance": found.equity, "PositionInitialMargin": found.used,
            "OpenOrderInitialMargin": ZERO, "CrossWalletBalance": found.wallet,
            "CrossUnPnl": found.unrealized,
        }  # fmt: skip
        asset = {name[0].lower() + name[1:]: plain(value) for name, value in money.items()}
        return {
            **{f"total{name}": plain(value) for name, value in money.items()},
            "availableBalance": plain(found.available),
            "maxWithdrawAmount": plain(found.available),
            "assets": [
                {
                    "asset": QUOTE, **asset, "availableBalance": plain(found.available),
                    "maxWithdrawAmount": plain(found.available), "updateTime": now,
                }
            ],
            "positions": [],
        }  # fmt: skip

    def balance(self, _: Params) -> list[dict[str, Any]]:
        """GET balance, version 3."""
        found = self._state.inside.account()
        return [
            {
                "accountAlias": "fake", "asset": QUOTE, "balance": plain(found.wallet),
                "crossWalletBalance": plain(found.wallet),
                "crossUnPnl": plain(found.unrealized),
                "availableBalance": plain(found.available),
                "maxWithdrawAmount": plain(found.available), "marginAvailable": True,
                "updateTime": to_ms(self._state.now()),
            }
        ]  # fmt: skip

    def positions(self, params: Params) -> list[dict[str, Any]]:
        """GET positionRisk, version 3: open positions only."""
        wanted = params.get("symbol")
        rows = []
        for coin, held in self._state.inside.positions().items():
            symbol = self._state.market.coins[coin]
            if wanted in (None, symbol):
                rows.append(self._position(symbol, held))
        return rows

    def _position(self, symbol: str, held: Position) -> dict[str, Any]:
        liquidation = held.liquidation or ZERO
        return {
            "symbol": symbol, "positionSide": "BOTH", "positionAmt": plain(held.size),
            "entryPrice": plain(held.entry), "breakEvenPrice": plain(held.entry),
            "markPrice": plain(held.mark), "unRealizedProfit": plain(held.unrealized),
            "liquidationPrice": plain(liquidation),
            "isolatedMargin": plain(held.bucket or ZERO),
            "notional": plain(held.size * held.mark), "marginAsset": QUOTE,
            "isolatedWallet": plain(held.bucket or ZERO),
            "initialMargin": plain(held.margin), "maintMargin": plain(held.maintenance),
            "positionInitialMargin": plain(held.margin), "openOrderInitialMargin": "0",
            "adl": 1, "bidNotional": "0", "askNotional": "0",
            "updateTime": to_ms(held.opened_at),
        }  # fmt: skip

    def order(self, params: Params) -> dict[str, Any]:
        """GET order: a plain one; conditional ones are not here."""
        return self._one(self._trading.order(params), "status")

    def algo(self, params: Params) -> dict[str, Any]:
        """GET algoOrder."""
        return self._one(self._trading.algo(params), "algoStatus")

    def open_orders(self, params: Params) -> list[dict[str, Any]]:
        """GET openOrders: plain ones only."""
        return self._open(self._state.orders, params)

    def open_algos(self, params: Params) -> list[dict[str, Any]]:
        """GET openAlgoOrders."""
        return self._open(self._state.algos, params)

    def trades(self, params: Params) -> list[dict[str, Any]]:
        """GET userTrades: of one market, at most a week at once."""
        symbol = self._state.market.listing(params.get("symbol")).symbol
        hidden = self._hidden()
        rows = [
            one for one in self._state.trades if one["symbol"] == symbol and not hidden(one["id"])
        ]
        return _window(rows, params)

    def income(self, params: Params) -> list[dict[str, Any]]:
        """GET income: all kinds, of all markets unless one is named."""
        rows = [
            one
            for one in self._state.income
            if params.get("symbol") in (None, one["symbol"])
            and params.get("incomeType") in (None, one["incomeType"])
        ]
        return _window(rows, params)

    def symbol_config(self, params: Params) -> list[dict[str, Any]]:
        """GET symbolConfig: leverage and margin type."""
        state, wanted = self._state, params.get("symbol")
        return [
            {
                "symbol": symbol, "isAutoAddMargin": False,
                "marginType": "ISOLATED" if symbol in state.isolated else "CROSSED",
                "leverage": state.leverage.get(symbol, LEVERAGE), "maxNotionalValue": "1000000",
            }
            for symbol in state.market.listings
            if wanted in (None, symbol)
        ]  # fmt: skip

    def commission(self, params: Params) -> dict[str, Any]:
        """GET commissionRate."""
        symbol = self._state.market.listing(params.get("symbol")).symbol
        return {
            "symbol": symbol, "makerCommissionRate": plain(FEES.maker),
            "takerCommissionRate": plain(FEES.taker),
        }  # fmt: skip

    def dual(self, _: Params) -> dict[str, Any]:
        """GET positionSide/dual."""
        return {"dualSidePosition": self._state.hedge}

    def rights(self, _: Params) -> dict[str, Any]:
        """GET account/apiRestrictions, of the wallet's own interface."""
        return {
            "ipRestrict": False, "createTime": 0, "enableReading": True, "enableFutures": True,
            "enableWithdrawals": self._state.withdrawals,
        }  # fmt: skip

    def _one(self, found: Order | Algo | None, status: str) -> dict[str, Any]:
        if found is None or self._hidden()(found.id):
            raise Refused(-2013, "Order does not exist.")
        row = found.row(self._state.now())
        if self._state.switches.take(UnknownStatus) is not None:
            row[status] = "NEW_IN_2027"
        return row

    def _open(self, kept: Mapping[int, Order | Algo], params: Params) -> list[dict[str, Any]]:
        wanted, hidden = params.get("symbol"), self._hidden()
        return [
            one.row(self._state.now())
            for one in kept.values()
            if one.status in _OPEN and wanted in (None, one.symbol) and not hidden(one.id)
        ]

    def _hidden(self) -> Callable[[int], bool]:
        """Which ids are not shown yet; each question uses the switch up by one."""
        after = self._state.hidden_after
        if self._state.switches.take(DelayVisibility) is None or after is None:
            return lambda number: False
        return lambda number: number > after


def _window(rows: list[dict[str, Any]], params: Params) -> list[dict[str, Any]]:
    first, last = (_integer(params.get(name)) for name in ("startTime", "endTime"))
    if first is not None and last is not None and last - first > WEEK_MS:
        raise Refused(-4166, "Search window is restricted to recent 7 days only.")
    found = [
        one for one in rows
        if (first is None or one["time"] >= first) and (last is None or one["time"] <= last)
    ]  # fmt: skip
    most = min(_integer(params.get("limit")) or 500, MOST_ROWS)
    return found[:most] if first is not None else found[-most:]


def _integer(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdigit() or len(text) > 16:
        raise Refused(-1100, "Illegal characters found in a parameter.")
    return int(text)
