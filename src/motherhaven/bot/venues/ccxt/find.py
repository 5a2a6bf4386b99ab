"""Finding orders: by our id, by the exchange's, and all that rests, by every call it takes."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from motherhaven.bot.execution.orders import OrderKind, OrderState, OrderStatus
from motherhaven.bot.venues.ccxt import read
from motherhaven.bot.venues.ccxt.profile import Lookup, Params
from motherhaven.bot.venues.ccxt.read import Market, SeenOrder
from motherhaven.bot.venues.ccxt.refusals import is_gone
from motherhaven.bot.venues.ccxt.register import SentOrder
from motherhaven.bot.venues.ccxt.session import Session
from motherhaven.bot.venues.ccxt.wire import traced, words
from motherhaven.contract.errors import ExchangeError

UNMATCHED: Final = "nothing was filled at its price and nothing rests"
RECENT: Final = timedelta(days=3)
"""How far back a market counts as one in which an order of ours may be."""


class OrderFinder:
    """Questions about orders; none of them changes anything."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def resting(self, coin: str | None = None) -> list[SeenOrder]:
        """What rests, ours and others', from every list that the exchange keeps.

        Raises:
            ExchangeError: one of the lists cannot be read: then none of them counts.
        """
        market = None if coin is None else await self._session.market(coin)
        lists = await asyncio.gather(
            *(self._list(market, params) for params in self._session.profile.listings)
        )
        found: dict[str, SeenOrder] = {}
        for one in (one for listed in lists for one in listed):
            if one.state is OrderState.OPEN:
                found.setdefault(one.oid, one)
        return list(found.values())

    async def resting_in(self, coins: Iterable[str]) -> list[SeenOrder]:
        """What rests in these markets: asked for one by one, which costs the exchange less.

        Raises:
            ExchangeError: one of the lists cannot be read.
        """
        found = await asyncio.gather(*(self.resting(coin) for coin in sorted(set(coins))))
        return [one for listed in found for one in listed]

    async def status(self, cloid: str) -> OrderStatus | None:
        """What became of an order; None when the exchange says that it has none of the id.

        Raises:
            ExchangeError: it does not say.
        """
        sent = self._session.register.find(cloid) or await self.adopt(cloid)
        found = None if sent is None else await self.find(sent)
        if sent is None or found is None:
            return None
        state, reason = found.state, None
        if sent.kind is OrderKind.MARKET and state is OrderState.CANCELED and not found.filled:
            state, reason = OrderState.REJECTED, UNMATCHED
        return OrderStatus(cloid, found.coin, state, found.filled, found.average, reason, found.oid)

    async def find(self, sent: SentOrder) -> SeenOrder | None:
        """An order of ours as it is now; of a stop that triggered, with what became of it.

        Raises:
            ExchangeError: the exchange does not say.
        """
        market = await self._session.market(sent.coin)
        profile = self._session.profile
        for lookup in profile.trigger if sent.trigger else profile.plain:
            found = await self._look(market, lookup, profile.ids.wire(sent.cloid))
            if found is not None:
                self._session.register.named(sent.cloid, found.oid)
                return await self._became(sent, market, found)
        return None

    async def by_oid(self, coin: str, oid: str) -> SeenOrder | None:
        """A plain order by the exchange's own id.

        Raises:
            ExchangeError: the exchange does not say.
        """
        market = await self._session.market(coin)
        raw = await self._asked(
            f"order {oid[:40]}", lambda client: client.fetch_order(oid, market.symbol)
        )
        return None if raw is None else await self._read(raw)

    async def adopt(self, cloid: str) -> SentOrder | None:
        """An order that the register has not, taken into it from where the exchange has it.

        The register may have been lost: what rests is searched, and then the plain orders and
        the stops of every market in which something of the account is or was of late.

        Raises:
            ExchangeError: the exchange does not say.
        """
        resting = await self.resting()
        coins = {one.coin for one in resting}
        coins |= self._session.register.coins(self._session.now - RECENT)
        found = next((one for one in resting if one.cloid == cloid), None)
        if found is not None and found.unread is not None:
            raise ExchangeError(f"{cloid} rests, and cannot be read: {found.unread}")
        for coin in sorted(coins) if found is None else ():
            found = found or await self._anywhere(coin, cloid)
        if found is None:
            return None
        return SentOrder(
            cloid, found.coin, found.kind, found.side, found.size, found.reduce_only, found.time,
            found.oid,
        )  # fmt: skip

    async def _anywhere(self, coin: str, cloid: str) -> SeenOrder | None:
        market = await self._session.market(coin)
        profile = self._session.profile
        for lookup in (*profile.plain, *profile.trigger):
            found = await self._look(market, lookup, profile.ids.wire(cloid))
            if found is not None:
                return found
        return None

    async def _became(self, sent: SentOrder, market: Market, found: SeenOrder) -> SeenOrder:
        """A triggered stop with the fill of the order that it turned into."""
        if not sent.trigger or found.became is None or found.state is OrderState.OPEN:
            return found
        self._session.register.named(sent.cloid, found.became)
        child = await self.by_oid(market.coin, found.became)
        if child is None:
            raise ExchangeError(f"the order that {sent.cloid} turned into cannot be found yet")
        return replace(found, filled=child.filled, average=child.average, state=child.state)

    async def _look(self, market: Market, lookup: Lookup, named: str) -> SeenOrder | None:
        params = {lookup.key: named, **lookup.params}
        what = f"an order in {market.coin}"
        if lookup.call == "fetch_order":
            raw = await self._asked(
                what, lambda client: client.fetch_order(None, market.symbol, params)
            )
            return None if raw is None else await self._read(raw)
        listed = await self._asked(
            what,
            lambda client: getattr(client, lookup.call)(market.symbol, None, None, params),
        )
        ours = self._session.profile.ids.ours(named)
        for raw in read.rows(listed or [], "orders"):
            found = await self._read(raw)
            if found is not None and found.cloid == ours:
                return found
        return None

    async def _list(self, market: Market | None, params: Params) -> list[SeenOrder]:
        symbol = None if market is None else market.symbol
        given = dict(params)
        limit = given.pop("limit", None)
        raw = await self._session.wire.ask(
            "the list of what rests",
            lambda client: client.fetch_open_orders(symbol, None, limit, given),
        )
        rows = read.rows(raw, "open orders")
        if limit is not None and len(rows) >= limit:
            raise ExchangeError(
                f"{self._session.profile.title}: {limit} orders or more rest, which is more than "
                "one answer holds; cancel what is not needed"
            )
        return [one for row in rows if (one := await self._listed(row)) is not None]

    async def _listed(self, raw: object) -> SeenOrder | None:
        """An order of a list; one that cannot be read is told as such where it is not ours.

        Raises:
            ExchangeError: it cannot be read, and may be ours.
        """
        try:
            return await self._read(raw)
        except ExchangeError as error:
            markets, register = await self._session.markets(), self._session.register
            found = read.unread(self._session.profile, markets, raw, error)
            if register.find(found.cloid) or register.by_oid(found.oid):
                raise
            return found

    async def _asked(self, what: str, call: Any) -> object | None:
        """An answer, None where the exchange says that there is no such order."""
        client, profile = await self._session.wire.open(), self._session.profile
        for first in (True, False):
            with traced() as trace:
                try:
                    answer: object = await call(client)
                except Exception as error:  # each venue's class fails in its own way
                    if is_gone(profile, error, trace):
                        return None
                    if first and await self._session.wire.clock_again(trace):
                        continue
                    told = words(error, trace)
                    raise ExchangeError(
                        f"{profile.title}: {what} could not be read ({told}); it is asked again"
                    ) from error
            return answer
        raise ExchangeError(f"{profile.title}: {what} could not be read")

    async def _read(self, raw: object) -> SeenOrder | None:
        if isinstance(raw, Mapping) and raw.get("id") is None and raw.get("status") is None:
            return None
        return read.order(self._session.profile, await self._session.markets(), raw)
