"""Who the account is, as the exchange says it, and why nothing may be signed for it."""

import json
from decimal import Decimal
from typing import Final

from motherhaven.bot.execution.identity import AccountIdentity, Network, Problem
from motherhaven.bot.venues.ccxt.account import AccountReader
from motherhaven.bot.venues.ccxt.profile import Permissions, at
from motherhaven.bot.venues.ccxt.session import Session
from motherhaven.contract.errors import ExchangeError

SEEN: Final = 4
"""Characters of a key's name that are shown, at either end."""
_COIN: Final = "BTC"


class IdentityReader:
    """Reads what one account is."""

    def __init__(self, session: Session, account: AccountReader) -> None:
        self._session = session
        self._account = account

    async def identity(self) -> AccountIdentity:
        """The account, its network and modes, and every problem that was found.

        Raises:
            ExchangeError: a part of it cannot be read.
        """
        session, profile = self._session, self._session.profile
        money = await self._account.money()
        one_way, problems = await self._one_way(), []
        if not one_way:
            problems.append(
                Problem(
                    "venue_mode",
                    f"the account is in hedge mode; {profile.one_way.remedy}, while it is flat",
                )
            )
        if await self._may_withdraw(profile.permissions):
            problems.append(
                Problem(
                    "venue_withdrawal",
                    "the key may withdraw; make a key without withdrawal and give that one",
                )
            )
        key = str(session.wire.client.apiKey)
        return AccountIdentity(
            venue=f"ccxt:{profile.venue}",
            network=self.network,
            account=session.access.account,
            role="account",
            mode=f"{'one-way' if one_way else 'hedge'}, cross",
            equity=money.equity,
            minimum=await self._minimum(),
            signer=f"{key[:SEEN]}…{key[-SEEN:]}" if len(key) > 4 * SEEN else "a key",
            signer_role="API key",
            signer_of=session.access.account,
            problems=tuple(problems),
        )

    @property
    def network(self) -> Network:
        """Where the money is."""
        access = self._session.access
        if access.url is not None:
            return "local"
        return "testnet" if access.testnet else "mainnet"

    async def _one_way(self) -> bool:
        asked = self._session.profile.one_way
        market = None
        if asked.ask.symbol is not None:
            market = await self._session.market(_COIN)
        found = at(await self._session.question("the position mode", asked.ask, market), asked.path)
        if found is None:
            raise ExchangeError(f"{self._session.profile.title} does not tell the position mode")
        return str(found) in asked.values

    async def _may_withdraw(self, asked: Permissions) -> bool:
        """Whether the key may take money out; a test network that cannot tell has none to take."""
        if not asked.on_test and self.network == "testnet":
            return False
        found = at(await self._session.question("the key's permissions", asked.ask), asked.withdraw)
        if found is None:
            raise ExchangeError(
                f"{self._session.profile.title} does not tell what the key may do; nothing is "
                "signed until it does"
            )
        told = json.dumps(found).lower()
        return any(word in told for word in asked.words)

    async def _minimum(self) -> Decimal:
        market = await self._session.market(_COIN)
        return market.spec.min_notional
