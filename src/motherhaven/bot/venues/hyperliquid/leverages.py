"""Leverage and margin mode of each market: set only where they differ, and always read back."""

from collections.abc import Iterable
from typing import Final

from motherhaven.bot.portfolio.account import LeverageSetting
from motherhaven.bot.portfolio.events import MarginMode
from motherhaven.bot.venues.hyperliquid import actions
from motherhaven.bot.venues.hyperliquid.account_state import AccountState, AssetData
from motherhaven.bot.venues.hyperliquid.info import Info
from motherhaven.bot.venues.hyperliquid.refusals import Refused
from motherhaven.bot.venues.hyperliquid.replies import Refusal, Unclear
from motherhaven.bot.venues.hyperliquid.rules import Rules
from motherhaven.bot.venues.hyperliquid.sender import Sender
from motherhaven.contract.errors import ExchangeError

_LASTS_MS: Final = 15_000


class Leverages:
    """What the venue has of each market, as last read."""

    def __init__(self, info: Info, rules: Rules, sender: Sender) -> None:
        self._info = info
        self._rules = rules
        self._sender = sender
        self._known: dict[str, LeverageSetting] = {}

    def of(self, coin: str) -> LeverageSetting | None:
        """As last read, None where it never was."""
        return self._known.get(coin)

    def learn(self, state: AccountState) -> None:
        """Take over what positions have."""
        for coin, held in state.positions.items():
            self._known[coin] = LeverageSetting(coin, held.leverage, held.mode)

    async def look(self, coins: Iterable[str]) -> None:
        """Read those that are not known yet.

        Raises:
            ExchangeError: the venue does not answer.
        """
        for coin in coins:
            if coin not in self._known:
                await self.read(coin)

    async def read(self, coin: str) -> AssetData:
        """What the venue has now.

        Raises:
            ExchangeError: it does not answer.
        """
        found = await self._info.asset(coin)
        self._known[coin] = found.setting
        return found

    async def ensure(
        self, coin: str, leverage: int, mode: MarginMode, expires_at: int
    ) -> AssetData:
        """Have this leverage and mode set, and return what the venue then says.

        Raises:
            Refused: beyond the market's maximum, or the venue's own words.
            ExchangeError: it is not known whether it was set.
        """
        spec, asset = await self._rules.market(coin)
        if not 1 <= leverage <= spec.max_leverage:
            raise Refused(
                f"{coin}: leverage {leverage} is not within 1 to {spec.max_leverage}",
                "venue_leverage",
            )
        if mode is MarginMode.ISOLATED:
            raise Refused(f"{coin}: isolated margin is not supported here; choose cross",
                          "no_isolated")  # fmt: skip
        wanted = LeverageSetting(coin, leverage, mode)
        found = await self.read(coin)
        if found.setting == wanted:
            return found
        action = actions.update_leverage(asset, leverage, cross=True)
        sent = await self._sender.send(action, urgent=False, expires_at=expires_at)
        answer = sent.answers[0]
        if isinstance(answer, Refusal):
            raise Refused(answer.text, answer.code)
        found = await self.read(coin)
        if found.setting != wanted and isinstance(answer, Unclear):
            raise ExchangeError(
                f"whether the leverage of {coin} was set is not known: {answer.text}"
            )
        return found
