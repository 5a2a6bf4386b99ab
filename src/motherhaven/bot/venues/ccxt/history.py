"""What happened at the account: fills, funding and money that came or went, by the page."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from motherhaven.bot.execution.orders import OrderKind, OrderState
from motherhaven.bot.market.ccxt_read import QUOTES
from motherhaven.bot.portfolio.events import (
    CashFlow,
    Fill,
    FillReason,
    FlowReason,
    FundingPayment,
    Liquidity,
)
from motherhaven.bot.venues.ccxt import read
from motherhaven.bot.venues.ccxt.find import OrderFinder
from motherhaven.bot.venues.ccxt.read import Market, mapping, number
from motherhaven.bot.venues.ccxt.register import SentOrder
from motherhaven.bot.venues.ccxt.session import Session
from motherhaven.bot.venues.ccxt.wire import milliseconds
from motherhaven.contract.errors import ExchangeError
from motherhaven.contract.exact import exact

ZERO: Final = Decimal(0)
PAGES: Final = 200
_REASONS: Final = {
    OrderKind.STOP: FillReason.STOP,
    OrderKind.TARGET: FillReason.TARGET,
}

Page = Callable[[int, int], Awaitable[list[Any]]]
"""Rows from a first to a last Unix millisecond, both included."""


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One line of the account's ledger: in USD, positive when received."""

    type: str
    id: str
    coin: str | None
    amount: Decimal
    time: datetime


class History:
    """Reads what happened; each question asks for all pages of it."""

    def __init__(self, session: Session, finder: OrderFinder) -> None:
        self._session = session
        self._finder = finder
        self._explained: set[str] = set()
        """Triggers of ours of which it is known what became: they are not asked about again."""

    async def ledger(self, since: datetime) -> list[LedgerRow]:
        """The account's ledger from `since` on, oldest first.

        Raises:
            ExchangeError: a part of it cannot be read.
        """
        fields = self._session.profile.ledger

        async def page(first: int, last: int) -> list[Any]:
            return read.rows(
                await self._session.wire.ask(
                    "the account's ledger",
                    lambda client: client.fetch_ledger(None, first, fields.page, {"until": last}),
                ),
                "ledger rows",
            )

        def key(row: Mapping[str, Any]) -> str:
            kind = mapping(row.get("info"), "a ledger row").get(fields.type)
            return f"{kind}:{row.get('id')}:{row.get('referenceId')}:{row.get('timestamp')}"

        since = max(since, self._session.now - fields.kept)
        found = await self._pages(since, fields.window, fields.page, page, key)
        markets = await self._session.markets()
        rows = []
        for raw in found:
            info = mapping(raw.get("info"), "a ledger row")
            market = markets.by_id.get(str(info.get(fields.symbol)))
            rows.append(
                LedgerRow(
                    read.text(info.get(fields.type)),
                    read.text(info.get(fields.id)),
                    None if market is None else market.coin,
                    number(info.get(fields.amount), "an amount of the ledger"),
                    read.moment(raw.get("timestamp"), "a ledger row"),
                )
            )
        return sorted(rows, key=lambda row: row.time)

    def funding_of(
        self, rows: list[LedgerRow], sizes: Mapping[str, Decimal]
    ) -> list[FundingPayment]:
        """The funding among ledger rows; the exchange does not tell its rate and oracle there."""
        kinds = self._session.profile.ledger.funding
        return [
            FundingPayment(
                0, row.coin, row.amount, ZERO, ZERO, sizes.get(row.coin, ZERO), "", row.time
            )
            for row in rows
            if row.type in kinds and row.coin is not None
        ]

    def flows_of(self, rows: list[LedgerRow]) -> list[CashFlow]:
        """What is neither of a trade nor funding, each with the exchange's id of it."""
        fields = self._session.profile.ledger
        told = fields.funding | fields.trade
        return [
            CashFlow(
                0, row.amount, FlowReason.TRANSFER, row.time,
                f"{self._session.profile.venue}:{row.type}:{row.id}",
            )
            for row in rows
            if row.type not in told and row.amount
        ]  # fmt: skip

    async def fills(
        self, since: datetime, coins: set[str], leverage: Callable[[str], int | None]
    ) -> list[Fill]:
        """Fills from `since` on, oldest first; `coins` are asked for where one must name them.

        Raises:
            ExchangeError: a part of them cannot be read.
        """
        fields = self._session.profile.fills
        if fields.by_symbol:
            found = [
                one
                for coin in sorted(coins)
                for one in await self._trades(since, await self._session.market(coin))
            ]
        else:
            found = await self._trades(since, None)
        markets = await self._session.markets()
        fills: dict[str, Fill] = {}
        for raw in found:
            market = markets.by_symbol.get(str(raw.get("symbol")))
            if market is not None:
                fill = await self._fill(market, raw, leverage(market.coin) or 1)
                fills[fill.external_id or ""] = fill
        return sorted(fills.values(), key=lambda one: (one.time, _by_number(one.external_id)))

    async def _trades(self, since: datetime, market: Market | None) -> list[Mapping[str, Any]]:
        fields = self._session.profile.fills
        symbol = None if market is None else market.symbol

        async def page(first: int, last: int) -> list[Any]:
            return read.rows(
                await self._session.wire.ask(
                    "fills",
                    lambda client: client.fetch_my_trades(
                        symbol, first, fields.page, {"until": last}
                    ),
                ),
                "fills",
            )

        since = max(since, self._session.now - fields.kept)
        return await self._pages(since, fields.window, fields.page, page, _trade_key)

    async def _fill(self, market: Market, raw: Mapping[str, Any], leverage: int) -> Fill:
        what, info = f"a fill in {market.coin}", mapping(raw.get("info"), "a fill")
        fields = self._session.profile.fills
        side = read.side(raw.get("side"), what)
        with exact():
            size = side.sign * number(raw.get("amount"), what) * market.contract
        ours, liquidated = await self._order_of(market, raw, info)
        price, fee = read.positive(raw.get("price"), what), mapping(raw.get("fee"), what)
        if price is None:
            raise ExchangeError(f"the exchange's answer: {what} has no price")
        realized = info.get(fields.realized) if fields.realized is not None else None
        return Fill(
            0, market.coin, size, price, await self._in_usd(fee, what),
            Liquidity.MAKER if raw.get("takerOrMaker") == "maker" else Liquidity.TAKER,
            ZERO if realized in (None, "") else number(realized, what),
            _reason(ours, liquidated=liquidated), "", read.moment(raw.get("timestamp"), what),
            None if ours is None else ours.cloid, leverage,
            external_id=f"{self._session.profile.venue}:{market.coin}:{read.text(raw.get('id'))}",
        )  # fmt: skip

    async def _order_of(
        self, market: Market, raw: Mapping[str, Any], info: Mapping[str, Any]
    ) -> tuple[SentOrder | None, bool]:
        """Our order behind a fill, None for another's, and whether the exchange liquidated."""
        profile, register = self._session.profile, self._session.register
        oid, word = read.text(raw.get("order")), profile.fills.liquidation
        known = register.by_oid(oid)
        if known is not None:
            return known, False
        if word is not None and _means(info, word):
            return None, True
        named = profile.fills.cloid
        cloid = profile.ids.ours(info.get(named)) if named is not None else ""
        if cloid and register.find(cloid) is not None:
            register.named(cloid, oid)
            return register.find(cloid), False
        order = await self._finder.by_oid(market.coin, oid) if oid else None
        if order is not None and register.find(order.cloid) is not None:
            register.named(order.cloid, oid)
            return register.find(order.cloid), False
        mine = await self._triggered(market, oid)
        if mine is None and word is not None and order is not None:
            return None, _means({word[0]: order.named}, word)
        return mine, False

    async def _triggered(self, market: Market, oid: str) -> SentOrder | None:
        """Our stop or target that turned into this order."""
        register = self._session.register
        if not self._session.profile.triggers.order_of:
            return None
        since = self._session.now - timedelta(days=90)
        for sent in register.orders():
            if sent.cloid in self._explained or not sent.trigger or sent.time < since:
                continue
            found = await self._finder.find(sent) if sent.coin == market.coin else None
            if found is not None and found.state is not OrderState.OPEN:
                self._explained.add(sent.cloid)
            if found is not None and found.became == oid:
                register.named(sent.cloid, oid)
                return sent
        return None

    async def _in_usd(self, fee: Mapping[str, Any], what: str) -> Decimal:
        """A fee in USD; one in another coin counts at its price now."""
        cost = number(fee.get("cost") or 0, f"the fee of {what}")
        currency = read.text(fee.get("currency"))
        if not cost or currency in QUOTES:
            return cost
        ticker = await self._session.wire.ask(
            f"the price of {currency}",
            lambda client: client.fetch_ticker(f"{currency}/USDT:USDT"),
        )
        price = read.positive(mapping(ticker, "a ticker").get("last"), f"the price of {currency}")
        if price is None:
            raise ExchangeError(f"{what} has its fee in {currency}, which has no price in USD")
        with exact():
            return cost * price

    async def _pages(
        self,
        since: datetime,
        window: timedelta,
        page_size: int,
        page: Page,
        key: Callable[[Mapping[str, Any]], str],
    ) -> list[Mapping[str, Any]]:
        """All rows from `since` to now, each once; a full page is asked on from its last row."""
        found: dict[str, Mapping[str, Any]] = {}
        end = milliseconds(self._session.now) + 60_000
        first = milliseconds(since)
        span = window // timedelta(milliseconds=1) - 1
        for _ in range(PAGES):
            last = min(first + span, end)
            rows = [mapping(raw, "a row") for raw in await page(first, last)]
            before = len(found)
            found.update({key(row): row for row in rows})
            if len(rows) >= page_size:
                newest = max(row.get("timestamp") or 0 for row in rows)
                first = newest if len(found) > before else newest + 1
            elif last >= end:
                return list(found.values())
            else:
                first = last + 1
        raise ExchangeError(
            f"{self._session.profile.title}: more than {PAGES} pages since {since.isoformat()}; "
            "ask for a later time"
        )


def _reason(ours: SentOrder | None, *, liquidated: bool) -> FillReason:
    if liquidated:
        return FillReason.LIQUIDATION
    if ours is None:
        return FillReason.ENTRY
    return _REASONS.get(ours.kind, FillReason.CLOSE if ours.reduce_only else FillReason.ENTRY)


def _means(info: Mapping[str, Any], word: tuple[str, tuple[str, ...]]) -> bool:
    told = str(info.get(word[0]) or "")
    return any(told.startswith(one) for one in word[1])


def _trade_key(row: Mapping[str, Any]) -> str:
    return f"{row.get('symbol')}:{row.get('id')}"


def _by_number(name: str | None) -> tuple[int, str]:
    last = (name or "").rpartition(":")[2]
    return (int(last) if last.isdigit() and len(last) <= 24 else 0), name or ""


def split(fill: Fill, held: Decimal) -> list[Fill]:
    """A fill that turns a position of `held` round as two: one closes, one opens."""
    with exact():
        after = held + fill.size
        if not held or held * fill.size > 0 or after * held >= 0:
            return [fill]
        share = (-held / fill.size).quantize(Decimal("1e-24"))
        fee = (fill.fee * share).quantize(Decimal("1e-12"))
        closing = replace(fill, size=-held, fee=fee)
        opening = replace(
            fill, size=after, fee=fill.fee - fee, realized=ZERO,
            external_id=f"{fill.external_id}:open",
        )  # fmt: skip
        return [closing, opening]
