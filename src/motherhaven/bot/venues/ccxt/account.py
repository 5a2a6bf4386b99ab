"""The account as the exchange has it: money, positions with their exits, prices and fees."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from motherhaven.bot.execution.orders import OrderKind
from motherhaven.bot.market import ccxt_read
from motherhaven.bot.market.instruments import FeeRates, Level, Prices
from motherhaven.bot.portfolio.account import Position
from motherhaven.bot.portfolio.events import MarginMode
from motherhaven.bot.venues.ccxt import read
from motherhaven.bot.venues.ccxt.profile import Path, at
from motherhaven.bot.venues.ccxt.read import Market, SeenOrder, mapping, number, positive
from motherhaven.bot.venues.ccxt.session import Session
from motherhaven.contract.errors import ExchangeError, MarketError
from motherhaven.contract.exact import exact, quotient

ZERO: Final = Decimal(0)
BOOK_LEVELS: Final = 50


@dataclass(frozen=True, slots=True)
class Money:
    """The account's money in USD, from one answer."""

    equity: Decimal
    wallet: Decimal
    available: Decimal
    used: Decimal | None
    maintenance: Decimal | None
    unrealized: Decimal


@dataclass(frozen=True, slots=True)
class SeenPosition:
    """An open position as the exchange has it; `leverage` None where it does not tell it here."""

    market: Market
    size: Decimal
    entry: Decimal
    mark: Decimal
    leverage: int | None
    mode: MarginMode
    unrealized: Decimal
    maintenance: Decimal
    liquidation: Decimal | None
    time: datetime

    def position(self, leverage: int, orders: Sequence[SeenOrder]) -> Position:
        """With its nearest exits of `orders`; fees and funding are the books' to know."""
        with exact():
            margin = quotient(abs(self.size) * self.entry, Decimal(leverage))
            roe = quotient(self.unrealized, margin) if margin else ZERO
        coin, long = self.market.coin, self.size > 0
        exits = [
            one for one in orders
            if one.coin == coin and one.trigger and one.price and one.side.sign * self.size < 0
        ]  # fmt: skip
        stops = [one.price for one in exits if one.kind is OrderKind.STOP and one.price]
        targets = [one.price for one in exits if one.kind is OrderKind.TARGET and one.price]
        return Position(
            coin, coin, self.size, self.entry, self.mark, leverage, self.mode,
            bucket=margin if self.mode is MarginMode.ISOLATED else None,
            unrealized=self.unrealized, roe=roe, maintenance=self.maintenance,
            liquidation=self.liquidation, opened_at=self.time, fees=ZERO, funding=ZERO,
            stop=(max(stops) if long else min(stops)) if stops else None,
            target=(min(targets) if long else max(targets)) if targets else None,
        )  # fmt: skip


class AccountReader:
    """Reads one account."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def money(self) -> Money:
        """Equity, wallet and margins.

        Raises:
            ExchangeError: they cannot be read.
        """
        profile = self._session.profile
        raw = await self._session.wire.ask(
            "the account", lambda client: client.fetch_balance(dict(profile.balance))
        )
        info = mapping(raw, "the account").get("info")
        where = profile.account
        equity, unrealized, available = (
            _money(info, path) for path in (where.equity, where.unrealized, where.available)
        )
        with exact():
            wallet = _money(info, where.wallet) if where.wallet else equity - unrealized
        used, maintenance = (
            _money(info, path) if path else None for path in (where.used, where.maintenance)
        )
        return Money(equity, wallet, available, used, maintenance, unrealized)

    async def sizes(self) -> dict[str, Decimal]:
        """The signed size of each open position.

        Raises:
            ExchangeError: they cannot be read.
        """
        return {coin: held.size for coin, held in (await self.positions()).items()}

    async def positions(self) -> dict[str, SeenPosition]:
        """Open positions by coin.

        Raises:
            ExchangeError: they cannot be read, or one is held in hedge mode.
        """
        params = dict(self._session.profile.positions)
        raw = await self._session.wire.ask(
            "positions", lambda client: client.fetch_positions(None, params)
        )
        markets = await self._session.markets()
        found: dict[str, SeenPosition] = {}
        for row in read.rows(raw, "positions"):
            told = mapping(row, "a position")
            if not number(told.get("contracts") or 0, "a position's size"):
                continue
            market = markets.by_symbol.get(str(told.get("symbol")))
            if market is None:
                raise ExchangeError(
                    f"the account holds {str(told.get('symbol'))[:40]}, which this bot cannot "
                    "trade; close it there, or use an account of its own"
                )
            if market.coin in found:
                raise ExchangeError(
                    f"{market.coin} is held long and short at once; set one-way mode"
                )
            found[market.coin] = self._position(market, told)
        return found

    async def mark(self, coin: str) -> Decimal:
        """The mark of one coin in USD.

        Raises:
            ExchangeError: it cannot be read.
        """
        found = (await self.prices([coin])).get(coin)
        if found is None:
            raise ExchangeError(f"{self._session.profile.title} has no price of {coin}")
        return found.mark

    async def prices(self, coins: Sequence[str]) -> dict[str, Prices]:
        """Mark, mid and oracle of the coins that are listed and have a price.

        Raises:
            ExchangeError: they cannot be read.
        """
        markets = await self._session.markets()
        listed = [markets.by_coin[coin] for coin in coins if coin in markets.by_coin]
        found = await asyncio.gather(*(self._prices(market) for market in listed))
        return {one.coin: one for one in found if one is not None}

    async def book(self, coin: str) -> tuple[Sequence[Level], Sequence[Level]]:
        """Bids and asks, best first, sizes in coin.

        Raises:
            ExchangeError: it cannot be read.
        """
        market = await self._session.market(coin)
        raw = await self._session.wire.ask(
            f"the book of {coin}",
            lambda client: client.fetch_order_book(market.symbol, BOOK_LEVELS),
        )
        contract = {"contractSize": market.contract}
        try:
            book = ccxt_read.book_of(coin, contract, raw)
        except MarketError as error:
            raise ExchangeError(str(error)) from error
        return book.bids, book.asks

    async def fees(self, coin: str) -> FeeRates:
        """The account's own rates in one market.

        Raises:
            ExchangeError: they cannot be read.
        """
        market = await self._session.market(coin)
        raw = await self._session.wire.ask(
            "fee rates", lambda client: client.fetch_trading_fee(market.symbol)
        )
        told = mapping(raw, "fee rates")
        return FeeRates(
            number(told.get("taker"), "the taker's rate"),
            number(told.get("maker"), "the maker's rate"),
        )

    async def _prices(self, market: Market) -> Prices | None:
        coin, wire = market.coin, self._session.wire
        ticker, funding = await asyncio.gather(
            wire.ask(f"the ticker of {coin}", lambda client: _best(client, market.symbol)),
            wire.ask(
                f"the mark of {coin}", lambda client: client.fetch_funding_rate(market.symbol)
            ),
        )
        if not ccxt_read.has_price(ticker):
            return None
        try:
            quote = ccxt_read.quote_of(coin, {}, ticker, funding, None, self._session.now)
        except MarketError as error:
            raise ExchangeError(str(error)) from error
        return Prices(coin, quote.mark, quote.mid, quote.oracle, quote.time.astimezone(UTC))

    def _position(self, market: Market, told: Mapping[str, Any]) -> SeenPosition:
        what = f"the position in {market.coin}"
        if told.get("side") not in ("long", "short"):
            raise ExchangeError(f"{what} has the side {str(told.get('side'))[:20]}")
        if told.get("hedged") is True:
            raise ExchangeError(f"{what} is held in hedge mode; set one-way mode")
        sign = 1 if told["side"] == "long" else -1
        with exact():
            size = sign * abs(number(told.get("contracts"), what)) * market.contract
        leverage = positive(told.get("leverage"), f"the leverage of {what}")
        entry = positive(told.get("entryPrice"), f"the entry of {what}")
        if entry is None:
            raise ExchangeError(f"{what} has no entry price")
        mode = told.get("marginMode")
        return SeenPosition(
            market, size, entry,
            mark=positive(told.get("markPrice"), f"the mark of {what}") or entry,
            leverage=None if leverage is None else int(min(leverage, Decimal(1000))),
            mode=MarginMode.ISOLATED if mode == "isolated" else MarginMode.CROSS,
            unrealized=number(told.get("unrealizedPnl") or 0, f"the profit of {what}"),
            maintenance=number(told.get("maintenanceMargin") or 0, f"the margin of {what}"),
            liquidation=positive(told.get("liquidationPrice"), f"the liquidation of {what}"),
            time=read.moment(told.get("timestamp") or 0, what),
        )  # fmt: skip


async def _best(client: Any, symbol: str) -> object:
    """Bid and ask of one market, by the call that tells both."""
    if client.has.get("fetchBidsAsks") is True:
        found = await client.fetch_bids_asks([symbol])
        return found.get(symbol)
    return await client.fetch_ticker(symbol)


def _money(info: object, path: Path) -> Decimal:
    found = at(info, path)
    if found is None or found == "":
        raise ExchangeError(f"the exchange's answer: the account has no {path[-1]}")
    return number(found, f"the account's {path[-1]}")
