"""Leverage and cross margin: read, set only when they differ and nothing is open, read back."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from motherhaven.bot.execution.orders import OrderIntent
from motherhaven.bot.portfolio.account import LeverageSetting
from motherhaven.bot.portfolio.events import MarginMode
from motherhaven.bot.venues.ccxt.admission import Refusal
from motherhaven.bot.venues.ccxt.profile import at
from motherhaven.bot.venues.ccxt.read import Market, mapping, number
from motherhaven.bot.venues.ccxt.session import Session
from motherhaven.contract.errors import ExchangeError, OrderRejected

FRESH: Final = timedelta(seconds=60)
"""So long a setting that was read counts for the entries that follow."""
_MOST: Final = 1000

Sizes = Callable[[], Awaitable[Mapping[str, Decimal]]]


class LeverageKeeper:
    """Leverage and margin mode of each market, as the exchange has them."""

    def __init__(self, session: Session, sizes: Sizes) -> None:
        """`sizes` reads the signed size of each open position."""
        self._session = session
        self._sizes = sizes
        self._known: dict[str, tuple[LeverageSetting, datetime]] = {}

    def known(self, coin: str) -> int | None:
        """The leverage that was last read, None where it never was."""
        found = self._known.get(coin)
        return None if found is None else found[0].leverage

    async def read(self, coin: str) -> LeverageSetting:
        """What the exchange has now.

        Raises:
            ExchangeError: it cannot be read.
        """
        market = await self._session.market(coin)
        raw = mapping(await self._raw(market), f"the leverage of {coin}")
        found = LeverageSetting(coin, _leverage(coin, raw), await self._mode(coin, raw))
        self._known[coin] = (found, self._session.now)
        return found

    async def set(self, coin: str, leverage: int, mode: MarginMode) -> LeverageSetting:
        """Set both where they differ, and return them as read back.

        Raises:
            OrderRejected: not allowed, or a position is open that has others.
            ExchangeError: it is not known whether they were set.
        """
        market = await self._session.market(coin)
        self._check(market, leverage, mode)
        before = await self.read(coin)
        if (before.leverage, before.mode) == (leverage, mode):
            return before
        if (await self._sizes()).get(coin):
            raise OrderRejected(
                f"{coin} has {before.leverage}x {before.mode} and a position is open; they are "
                "changed only when it is flat: close it, or ask for what it has"
            )
        await self._change(market, before, leverage, mode)
        return await self.read(coin)

    async def refusal(self, intent: OrderIntent) -> Refusal | None:
        """Why an entry must not be sent: the exchange has another leverage, or cannot say."""
        if intent.reduce_only or intent.leverage is None:
            return None
        known = self._known.get(intent.coin)
        fresh = known is not None and self._session.now - known[1] <= FRESH
        if fresh and known is not None and known[0].leverage == intent.leverage:
            return None
        try:
            found = await self.set(intent.coin, intent.leverage, MarginMode.CROSS)
        except ExchangeError as error:
            return Refusal("venue_leverage", str(error))
        if (found.leverage, found.mode) == (intent.leverage, MarginMode.CROSS):
            return None
        text = f"asked for {intent.leverage}x cross, {intent.coin} has {found.leverage}x"
        return Refusal("venue_leverage", f"{text} {found.mode}")

    def _check(self, market: Market, leverage: int, mode: MarginMode) -> None:
        most = market.spec.max_leverage
        if not 1 <= leverage <= most:
            raise OrderRejected(f"leverage {leverage}: {market.coin} allows 1 to {most}")
        if mode is MarginMode.ISOLATED:
            raise OrderRejected("isolated margin is not supported here; choose cross")

    async def _change(
        self, market: Market, before: LeverageSetting, leverage: int, mode: MarginMode
    ) -> None:
        session = self._session
        refused = session.refused_now(reduces=False)
        if refused is not None:
            raise OrderRejected(refused)
        async with session.sender.turn(reduces=False):
            if before.mode is not mode:
                if not session.profile.leverage.set_mode:
                    raise OrderRejected(
                        f"the account's margin mode is {before.mode}; set it to cross at "
                        f"{session.profile.title}"
                    )
                await session.wire.ask(
                    f"the margin mode of {market.coin}",
                    lambda client: client.set_margin_mode("cross", market.symbol),
                )
            if before.leverage != leverage:
                await session.wire.ask(
                    f"the leverage of {market.coin}",
                    lambda client: client.set_leverage(leverage, market.symbol),
                )

    async def _raw(self, market: Market) -> object:
        what = f"the leverage of {market.coin}"
        if self._session.profile.leverage.read == "fetch_leverage":
            return await self._session.wire.ask(
                what, lambda client: client.fetch_leverage(market.symbol)
            )
        found = await self._session.wire.ask(
            what, lambda client: client.fetch_leverages([market.symbol], {"symbol": market.id})
        )
        return mapping(found, what).get(market.symbol)

    async def _mode(self, coin: str, raw: Mapping[str, Any]) -> MarginMode:
        account = self._session.profile.leverage.account_mode
        if account is not None:
            asked, path, cross = account
            found = at(await self._session.question("the margin mode", asked), path)
            return MarginMode.CROSS if found == cross else MarginMode.ISOLATED
        mode = raw.get("marginMode")
        if mode not in ("cross", "isolated"):
            raise ExchangeError(f"the exchange does not tell the margin mode of {coin}")
        return MarginMode(mode)


def _leverage(coin: str, raw: Mapping[str, Any]) -> int:
    long, short = (
        number(raw.get(name), f"the leverage of {coin}")
        for name in ("longLeverage", "shortLeverage")
    )
    if long != short:
        raise ExchangeError(
            f"{coin} has {long}x for longs and {short}x for shorts; set one-way mode"
        )
    if not 1 <= long <= _MOST or long != long.to_integral_value():
        raise ExchangeError(f"the exchange's answer: {coin} has the leverage {long}")
    return int(long)
