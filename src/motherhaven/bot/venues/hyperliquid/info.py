"""The venue's answers to questions about one account: all of it, or ExchangeError.

`account` is the master's address, never the signer's: an agent's own account is empty, and
reads as one without positions.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, TypeVar

from motherhaven.bot.execution.orders import OpenOrder
from motherhaven.bot.market.instruments import FeeRates, Level
from motherhaven.bot.portfolio.events import CashFlow, FundingPayment
from motherhaven.bot.venues.hyperliquid.account_state import (
    AccountState,
    AssetData,
    read_account,
    read_asset,
)
from motherhaven.bot.venues.hyperliquid.client import Client
from motherhaven.bot.venues.hyperliquid.markets import (
    Markets,
    read_book,
    read_markets,
    read_mids,
)
from motherhaven.bot.venues.hyperliquid.money_state import (
    RawFill,
    read_fill,
    read_flow,
    read_funding,
)
from motherhaven.bot.venues.hyperliquid.orders_state import (
    FoundOrder,
    anyone,
    read_open_orders,
    read_status,
)
from motherhaven.bot.venues.hyperliquid.parse import (
    BadAnswer,
    mapping,
    millis,
    number,
    rows,
    text,
    time_of,
    whole,
)
from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import ExchangeError

T = TypeVar("T")
FILLS_PAGE: Final = 2_000
PAGE: Final = 500
MOST_PAGES: Final = 40
MOST_FILLS: Final = 10_000
"""As many fills as the venue keeps: of a longer time some are missing."""


@dataclass(frozen=True, slots=True)
class Role:
    """What the venue takes an address for; `master` is whose agent it is, in lower case."""

    word: str
    master: str | None = None


@dataclass(frozen=True, slots=True)
class Agent:
    """A named agent of an account, and until when it may sign."""

    name: str
    address: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Allowance:
    """Requests of the account: how many it has used and may use in all."""

    used: int
    cap: int


class Info:
    """Asks `/info`. Every verb raises ExchangeError where there is no readable answer."""

    def __init__(self, client: Client, account: str, clock: Clock) -> None:
        self._client = client
        self.account = account.lower()
        self._clock = clock
        self.ours: Callable[[str], bool] = anyone
        """Whether a cloid may be one of ours; an order that may be must be readable."""

    async def markets(self) -> Markets:
        """Rules, numbers and prices of all markets."""
        answer = await self._client.info({"type": "metaAndAssetCtxs"})
        return read_markets(answer, self._clock.now())

    async def mids(self) -> dict[str, Decimal]:
        """The middle between bid and ask by coin, in USD; the cheapest question for a price."""
        return read_mids(await self._client.info({"type": "allMids"}))

    async def book(self, coin: str) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
        """Bids and asks, best first."""
        return read_book(await self._client.info({"type": "l2Book", "coin": coin}))

    async def state(self) -> AccountState:
        """The account with its positions."""
        return read_account(await self._ask("clearinghouseState"))

    async def asset(self, coin: str) -> AssetData:
        """Leverage, mode and what may be traded of one market, with or without a position."""
        return read_asset(await self._ask("activeAssetData", coin=coin), coin)

    async def open_orders(self) -> list[OpenOrder]:
        """Every order that rests, triggers included."""
        return read_open_orders(await self._ask("frontendOpenOrders"), self.ours)

    async def order(self, name: str | int) -> FoundOrder | None:
        """What became of an order, by our id or the venue's; None where it says unknown."""
        return read_status(await self._ask("orderStatus", oid=name))

    async def fees(self) -> FeeRates:
        """The account's own rates, discounts included."""
        what = "userFees"
        found = mapping(await self._ask(what), what)
        taker, maker = (
            number(found, name, what, signed=True) for name in ("userCrossRate", "userAddRate")
        )
        return FeeRates(taker, maker)

    async def allowance(self) -> Allowance:
        """Requests used and allowed."""
        what = "userRateLimit"
        found = mapping(await self._ask(what), what)
        return Allowance(whole(found, "nRequestsUsed", what), whole(found, "nRequestsCap", what))

    async def role(self, address: str) -> Role:
        """What the venue takes an address for: missing, user, agent, vault or subAccount."""
        what = "userRole"
        found = mapping(await self._client.info({"type": what, "user": address}), what)
        word, data = text(found, "role", what), found.get("data")
        master = None
        if word == "agent":
            master = text(mapping(data, what), "user", what).lower()
        return Role(word, master)

    async def mode(self) -> str:
        """How the account counts its collateral: disabled, default, unifiedAccount …"""
        what = "userAbstraction"
        answer = await self._ask(what)
        return text({"mode": answer}, "mode", what)

    async def agents(self) -> list[Agent]:
        """The account's named agents; the one without a name is not listed."""
        what = "extraAgents"
        items = [mapping(one, what) for one in rows(await self._ask(what), what, 1_000)]
        return [
            Agent(
                text(one, "name", what), text(one, "address", what).lower(),
                time_of(one, "validUntil", what),
            )
            for one in items
        ]  # fmt: skip

    async def venue_time(self) -> datetime:
        """The venue's own clock."""
        what = "exchangeStatus"
        return time_of(mapping(await self._client.info({"type": what}), what), "time", what)

    async def fills(self, since: datetime, until: datetime | None = None) -> list[RawFill]:
        """Fills at or after `since`, oldest first, each once.

        Raises:
            ExchangeError: there may be more than the venue still lists.
        """
        found = await self._all(
            "userFillsByTime", since, until, FILLS_PAGE,
            lambda item: read_fill(item, self.account),
            lambda item: (item.get("tid"), item.get("oid"), item.get("hash"), item.get("px"),
                          item.get("sz"), item.get("startPosition"), item.get("coin")),
        )  # fmt: skip
        if len(found) >= MOST_FILLS:
            raise ExchangeError(
                f"Hyperliquid lists no more than {MOST_FILLS} fills, so some since "
                f"{since.isoformat()} may be missing; ask from a later time"
            )
        return found

    async def funding(self, since: datetime) -> list[FundingPayment]:
        """Funding at or after `since`, oldest first."""
        return await self._all(
            "userFunding", since, None, PAGE, read_funding,
            lambda item: (item.get("time"), str(mapping(item.get("delta"), "funding").get("coin"))),
        )  # fmt: skip

    async def cash_flows(self, since: datetime) -> list[CashFlow]:
        """Deposits, withdrawals and transfers at or after `since`, oldest first."""
        return await self._all(
            "userNonFundingLedgerUpdates", since, None, PAGE,
            lambda item: read_flow(item, self.account),
            lambda item: (item.get("time"), item.get("hash"), str(item.get("delta"))),
        )  # fmt: skip

    async def _ask(self, what: str, **more: Any) -> Any:
        return await self._client.info({"type": what, "user": self.account, **more})

    async def _all(
        self,
        what: str,
        since: datetime,
        until: datetime | None,
        page: int,
        read: Callable[[Any], T | None],
        key: Callable[[Mapping[str, Any]], Hashable],
    ) -> list[T]:
        """Every item of a list that comes in pages, oldest first.

        Which end of a range a full page holds is not documented, so both sides of it are
        asked for until they bring nothing new.
        """
        seen: dict[Hashable, tuple[int, T | None]] = {}
        open_ranges: list[tuple[int, int | None]] = [
            (millis(since), None if until is None else millis(until))
        ]
        for _ in range(MOST_PAGES):
            if not open_ranges:
                break
            start, end = open_ranges.pop()
            items = await self._page(what, start, end)
            new = {key(one): one for one in items if key(one) not in seen}
            seen.update((name, (whole(one, "time", what), read(one))) for name, one in new.items())
            if new and len(items) >= page:
                times = [whole(one, "time", what) for one in items]
                open_ranges += [(start, min(times)), (max(times), end)]
        if open_ranges:
            raise BadAnswer(what, f"it does not end after {MOST_PAGES} pages")
        ordered = sorted(seen.values(), key=lambda one: one[0])
        return [item for _, item in ordered if item is not None]

    async def _page(self, what: str, start: int, end: int | None) -> list[Mapping[str, Any]]:
        more = {} if end is None else {"endTime": end}
        answer = await self._ask(what, startTime=start, **more)
        items = [mapping(one, what) for one in rows(answer, what)]
        times = [whole(one, "time", what) for one in items]
        if times and times[0] > times[-1]:
            items.reverse()
        return items
