"""A paper account to trade by hand: the guide's `trading.account`, over the bot's own core."""

import os
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from motherhaven.bot.execution.account import AccountEvent, VenueAccount
from motherhaven.bot.execution.slippage import Slippage
from motherhaven.bot.execution.venue_setup import VenueSetup
from motherhaven.bot.market.instruments import Prices
from motherhaven.bot.portfolio.account import AccountSnapshot, Position
from motherhaven.bot.portfolio.events import Trade
from motherhaven.bot.running.config import PAPER_SLIPPAGE, limits_of, refuse_live
from motherhaven.bot.running.venues import PAPER, open_venue
from motherhaven.contract.clock import Clock
from motherhaven.contract.coins import match_coin, normalise_symbol
from motherhaven.contract.errors import MarketError
from motherhaven.contract.ids import IdSource
from motherhaven.contract.limits import RiskLimits
from motherhaven.contract.money import to_decimal
from motherhaven.settings import Settings, SystemClock, load_settings

if TYPE_CHECKING:
    from motherhaven.recorder import TradingLogger


class AccountManager:
    """A paper account in memory. Money in USD, as Decimal; prices come in by `update_price`.

    `settings` (None: environment and .env) give deposit and limits. Nothing is written to
    disk by the account itself: `log` puts it on record with a TradingLogger.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        clock: Clock | None = None,
        ids: IdSource | None = None,
        slippage: Slippage | None = PAPER_SLIPPAGE,
    ) -> None:
        """A new account with the settings' deposit.

        Raises:
            ConfigError: a setting is wrong, or TRADING_MODE is live.
        """
        chosen = load_settings() if settings is None else settings
        refuse_live(chosen, "the account to trade by hand")
        self.clock: Clock = SystemClock() if clock is None else clock
        self.ids = IdSource(self.clock, os.urandom) if ids is None else ids
        self.limits: RiskLimits = limits_of(chosen)
        self.zone = chosen.day_zone
        now, deposit = self.clock.now(), chosen.paper_deposit_usd
        given = VenueSetup(now, self.ids.new, deposit=deposit, slippage=slippage)
        self.at_venue = VenueAccount(
            open_venue(PAPER, given), now, self.ids.new, {}, deposit=deposit, fees=given.fees
        )
        """The account at its venue, which trades."""

    @property
    def balance(self) -> Decimal:
        """The wallet: deposits + realized - fees + funding."""
        return self.at_venue.ledger.wallet()

    @property
    def equity(self) -> Decimal:
        """Wallet + unrealized, at the last prices."""
        return self.at_venue.ledger.equity()

    @property
    def unrealized_pnl(self) -> Decimal:
        """Of all open positions, at the last prices."""
        return self.at_venue.ledger.unrealized()

    @property
    def realized_pnl(self) -> Decimal:
        """Net of fees and funding, as on the wire."""
        return self.balance - self.at_venue.ledger.deposits

    @property
    def available(self) -> Decimal:
        """What new positions may take."""
        return self.at_venue.ledger.available()

    @property
    def positions(self) -> Mapping[str, Position]:
        """Open positions by coin."""
        return self.at_venue.snapshot().positions

    @property
    def coins(self) -> frozenset[str]:
        """The coins to trade, those with a price and those held, in one spelling each."""
        ledger = self.at_venue.ledger
        return self.limits.coins.union(ledger.marks, ledger.holdings)

    def snapshot(self) -> AccountSnapshot:
        """Everything at once, frozen."""
        return self.at_venue.snapshot()

    def update_price(self, coin: str, price: Decimal | str | float) -> list[AccountEvent]:
        """Let a price happen: stops, targets and liquidations on the way are done.

        Returns what happened, in order.

        Raises:
            MarketError: no such coin, or the price is not above 0.
            InvalidMoney: the price is not a number.
        """
        amount = to_decimal(price, "price")
        if amount <= 0:
            raise MarketError(f"{coin}: price {amount} must be above 0")
        name = match_coin(coin, self.coins) or normalise_symbol(coin)
        return self.at_venue.prices(Prices(name, amount, amount, amount, self.clock.now()))

    def closed(self, events: list[AccountEvent]) -> list[Trade]:
        """The finished trades among what happened."""
        return [event for event in events if isinstance(event, Trade)]

    def log(self, logger: "TradingLogger") -> int:
        """Put the account on record; returns the record's number."""
        return logger.log_account_state(
            self.balance,
            self.equity,
            unrealized_pnl=self.unrealized_pnl,
            realized_pnl=self.realized_pnl,
            num_positions=len(self.at_venue.ledger.holdings),
        )
