"""The verbs of a live venue, each with what it must do. Copy the folder and fill them in.

Every verb here answers with an ExchangeError that names it, so a half-made adapter can be
registered and tried: nothing is sent by it. What holds for all of them:

- Coins come normalised ("BTC"); turn them into the venue's names at the wire only.
- Numbers are Decimal in and out; never go through a float, and strip trailing zeros before
  signing.
- One total deadline a call, shorter than `running.bridge.ANSWER_SECONDS`.
- A question that got no readable answer raises ExchangeError. An empty result means
  "nothing there" and nothing else.
- `open_template` must not wait: connect at the first call.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final, NoReturn

from motherhaven.bot.execution.commands import CancelOrders, Command
from motherhaven.bot.execution.identity import AccountIdentity, VenueHealth
from motherhaven.bot.execution.orders import OpenOrder, OrderStatus, Outcome, Unknown
from motherhaven.bot.execution.port import Capabilities, VenueEvent
from motherhaven.bot.execution.venue_setup import VenueSetup
from motherhaven.bot.market.instruments import FeeRates, MarketSpec, Prices
from motherhaven.bot.portfolio.account import AccountSnapshot, LeverageSetting, Position
from motherhaven.bot.portfolio.events import CashFlow, Fill, FundingPayment, MarginMode, Side
from motherhaven.contract.errors import ExchangeError

CAPABILITIES: Final = Capabilities()
"""Fill in what the venue can do, from its documentation; what is not proven stays False."""


class TemplateVenue:
    """An `AsyncVenue` that cannot do anything yet."""

    def __init__(self, setup: VenueSetup) -> None:
        self._setup = setup

    @property
    def name(self) -> str:
        """Fill in: what is shown to people, e.g. "hyperliquid"."""
        return "template"

    @property
    def capabilities(self) -> Capabilities:
        """The same for as long as the object lives."""
        return CAPABILITIES

    async def submit(self, commands: Sequence[Command]) -> list[Outcome]:
        """Fill in: send each command once; one outcome an order, in order.

        The cloid of an intent goes over the wire with it. Read a reply layer by layer (the
        HTTP status, the body, the order's own status). What the venue clearly refused is
        Rejected with its words; what it clearly took is Accepted with what is filled and
        whether the rest rests; everything else, a timeout included, is Unknown, as here.
        Never send an order a second time.
        """
        return [
            Unknown(cloid, f"{self.name}: submit is not filled in; nothing was sent")
            for command in commands
            for cloid in _cloids(command)
        ]

    async def set_leverage(self, coin: str, leverage: int, mode: MarginMode) -> LeverageSetting:
        """Fill in: set both, then ask the venue and return what it says, not what was asked."""
        self._missing("set_leverage")

    async def drain(self) -> list[VenueEvent]:
        """Fill in: what its socket told since the last call, in order, each once.

        A Fill carries the cloid of its order, the fee in USD and a reason (LIQUIDATION where
        the venue liquidated); leave `seq` 0 and `position_id` empty: the books give them.
        A CashFlow is a deposit or withdrawal, with the venue's id of it; a MarginTransfer tells
        another leverage or margin of an isolated position, with its leverage from then on. What
        the venue bears of a loss the books work out, so tell no Shortfall.
        After a reconnect ask for the fills since the last one and leave out those known.
        """
        return []

    async def account(self) -> AccountSnapshot:
        """Fill in: equity, wallet, margins and positions, from one answer of the venue."""
        self._missing("account")

    async def positions(self) -> Mapping[str, Position]:
        """Fill in: open positions by coin, those that the bot did not open included."""
        self._missing("positions")

    async def open_orders(self, coin: str | None = None) -> Sequence[OpenOrder]:
        """Fill in: what rests, from every list that the venue has (triggers are often apart)."""
        self._missing("open_orders")

    async def order_by_cloid(self, cloid: str) -> OrderStatus | None:
        """Fill in: None only when the venue says that it has no such order."""
        self._missing("order_by_cloid")

    async def burn(self, cloid: str) -> bool:
        """Fill in where `burns` is True: use up the nonce of a lost order by something harmless."""
        self._missing("burn")

    async def fills(self, since: datetime) -> Sequence[Fill]:
        """Fill in: all pages of them, oldest first."""
        self._missing("fills")

    async def funding(self, since: datetime) -> Sequence[FundingPayment]:
        """Fill in: payments of the account, not the market's rates; received is positive."""
        self._missing("funding")

    async def cash_flows(self, since: datetime) -> Sequence[CashFlow]:
        """Fill in: deposits, withdrawals and transfers, each with the venue's id of it."""
        self._missing("cash_flows")

    async def identity(self) -> AccountIdentity | None:
        """Fill in: account, mode and signer as the venue says, and what is wrong with them."""
        self._missing("identity")

    def health(self) -> VenueHealth:
        """Fill in: from what the client counts; it must not wait."""
        return VenueHealth()

    async def fees(self) -> FeeRates:
        """Fill in: the account's own rates."""
        self._missing("fees")

    async def specs(self) -> Mapping[str, MarketSpec]:
        """Fill in: lot, tick, minimum, leverage and margin tiers of each market."""
        self._missing("specs")

    async def spec(self, coin: str) -> MarketSpec:
        """Fill in: one of `specs`; ExchangeError for a coin that is not there."""
        self._missing("spec")

    async def prices(self, coins: Sequence[str]) -> Mapping[str, Prices]:
        """Fill in: mark, mid and oracle; a coin without a price is left out."""
        self._missing("prices")

    async def taker_price(self, coin: str, side: Side, size: Decimal) -> Decimal:
        """Fill in: walk the book (`execution.slippage.walk_book`); NoPrice without a price."""
        self._missing("taker_price")

    def _missing(self, verb: str) -> NoReturn:
        raise ExchangeError(f"{self.name}: {verb} is not filled in; see docs/how-to/add-a-venue.md")


def _cloids(command: Command) -> tuple[str, ...]:
    if isinstance(command, CancelOrders):
        return command.cloids
    return tuple(intent.cloid or "" for intent in command.intents)


def open_template(setup: VenueSetup) -> TemplateVenue:
    """What the table of venues calls: make the adapter, without waiting for anything."""
    return TemplateVenue(setup)
