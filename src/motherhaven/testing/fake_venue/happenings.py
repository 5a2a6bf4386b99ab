"""What can be made to happen at the venue at once: each a dataclass with an `apply`.

`account` is the address that it happens to; without it, the account that is there from the
start. `coin` without a value means every coin in which there is something to do.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final, Protocol

from motherhaven.bot.execution.commands import PlaceOrders
from motherhaven.bot.execution.orders import OrderIntent
from motherhaven.bot.portfolio.events import Side
from motherhaven.contract.errors import ConfigError, OrderRejected
from motherhaven.contract.exact import exact
from motherhaven.testing.fake_venue.account import Account
from motherhaven.testing.fake_venue.actions import OrderRequest, Place
from motherhaven.testing.fake_venue.placing import Placing
from motherhaven.testing.fake_venue.switches import Switches

ADL: Final = "Auto-Deleveraging"
MODES: Final = ("unifiedAccount", "portfolioMargin", "disabled", "default")
_AGGRESSIVE: Final = Decimal("0.05")


class AtVenue(Protocol):
    """What a happening may use of the venue."""

    switches: Switches
    skew: timedelta

    def account_of(self, address: str | None) -> Account:
        """An account by its address; None gives the first."""
        ...

    def restart(self, seconds: float) -> None:
        """Cut every connection and take none for so long."""
        ...


@dataclass(frozen=True, slots=True)
class ExternalClose:
    """The owner closes a `fraction` of a position by hand, with an order that has no cloid."""

    coin: str | None = None
    fraction: Decimal = Decimal(1)
    account: str | None = None

    def apply(self, venue: AtVenue) -> None:
        """Send the orders."""
        account = venue.account_of(self.account)
        for coin, is_long, part in _parts(account, self.coin, self.fraction):
            by_hand(account, coin, buy=not is_long, size=part, reduce=True)


@dataclass(frozen=True, slots=True)
class ExternalOpen:
    """The owner opens a position by hand: `size` in coin, negative for a short."""

    coin: str = "BTC"
    size: Decimal = Decimal("0.01")
    account: str | None = None

    def apply(self, venue: AtVenue) -> None:
        """Send the order."""
        account, size = venue.account_of(self.account), self.size
        by_hand(account, self.coin, buy=size > 0, size=abs(size), reduce=False)


@dataclass(frozen=True, slots=True)
class ManualStopCancel:
    """The owner cancels the resting stops by hand; targets stay."""

    coin: str | None = None
    account: str | None = None

    def apply(self, venue: AtVenue) -> None:
        """Cancel them."""
        account = venue.account_of(self.account)
        for order in list(account.table.resting.values()):
            stop = order.trigger is not None and order.trigger.tpsl == "sl"
            if stop and self.coin in (None, order.coin):
                account.cancel(order)


@dataclass(frozen=True, slots=True)
class Liquidation:
    """The venue liquidates a position at its liquidation price, or at its mark without one."""

    coin: str | None = None
    account: str | None = None

    def apply(self, venue: AtVenue) -> None:
        """Liquidate it."""
        account = venue.account_of(self.account)
        for coin, _ in _held(account, self.coin):
            found = account.venue.account().positions.get(coin)
            if found is not None:
                spec = account.market.specs[coin]
                at = found.liquidation or found.mark
                account.inside.liquidate(coin, spec.round_price(at, up=found.size < 0))
                account.absorb()


@dataclass(frozen=True, slots=True)
class Adl:
    """The venue closes a `fraction` of a winning position at the mark, without an order."""

    coin: str | None = None
    fraction: Decimal = Decimal(1)
    account: str | None = None

    def apply(self, venue: AtVenue) -> None:
        """Close it."""
        account = venue.account_of(self.account)
        for coin, is_long, part in _parts(account, self.coin, self.fraction):
            side = Side.SELL if is_long else Side.BUY
            account.direction = ADL
            account.venue.submit([PlaceOrders((OrderIntent(coin, side, part, reduce_only=True),))])
            account.absorb()
            account.direction = None


@dataclass(frozen=True, slots=True)
class ModeSwitch:
    """Something else sets how the account keeps its balances: `mode` in the venue's words."""

    mode: str = "unifiedAccount"
    account: str | None = None

    def apply(self, venue: AtVenue) -> None:
        """Set it."""
        if self.mode not in MODES:
            raise ConfigError(f"mode {self.mode[:40]!r} is none of {', '.join(MODES)}")
        venue.account_of(self.account).mode = self.mode


@dataclass(frozen=True, slots=True)
class Deposit:
    """Money comes in: `amount` USD, negative for a withdrawal."""

    amount: Decimal = Decimal(1_000)
    account: str | None = None

    def apply(self, venue: AtVenue) -> None:
        """Move it."""
        account = venue.account_of(self.account)
        try:
            account.inside.move_cash(self.amount, None)
        except OrderRejected as error:
            raise ConfigError(f"the switch deposit: {error}") from None
        account.absorb()


@dataclass(frozen=True, slots=True)
class ClockSkew:
    """The venue's clock goes so many `seconds` ahead of the one that it was given."""

    seconds: float = 90.0

    def apply(self, venue: AtVenue) -> None:
        """Set it."""
        venue.skew = timedelta(seconds=self.seconds)


@dataclass(frozen=True, slots=True)
class Restart:
    """The venue's servers start again: every connection is cut, none taken for `seconds`."""

    seconds: float = 0.0

    def apply(self, venue: AtVenue) -> None:
        """Do it."""
        venue.restart(self.seconds)


def by_hand(account: Account, coin: str, *, buy: bool, size: Decimal, reduce: bool) -> None:
    """A market order of the owner's own: an oid, but no cloid.

    Raises:
        ConfigError: the venue refuses it.
    """
    market = account.market
    asset = next((n for n, one in enumerate(market.listings) if one.name == coin), None)
    if asset is None:
        raise ConfigError(f"there is no market {coin[:40]!r} here")
    spec, mid = market.specs[coin], market.prices[coin].mid
    with exact():
        price = spec.round_price(mid * (1 + (_AGGRESSIVE if buy else -_AGGRESSIVE)), up=buy)
    request = OrderRequest(asset, buy, price, size, reduce, "FrontendMarket", None, None)
    (status,) = Placing(account, Switches()).place(Place((request,), "na"))
    if isinstance(status, dict) and "error" in status:
        raise ConfigError(f"an order by hand of {size} {coin}: {status['error']}")


def _held(account: Account, coin: str | None) -> Iterator[tuple[str, Decimal]]:
    return iter([
        (name, size)
        for name, size in account.sizes.items()
        if size and coin in (None, name)
    ])  # fmt: skip


def _parts(
    account: Account, coin: str | None, fraction: Decimal
) -> Iterator[tuple[str, bool, Decimal]]:
    """Of each position: its coin, whether it is long, and a fraction of its size."""
    for name, size in _held(account, coin):
        with exact():
            part = account.market.specs[name].floor_size(abs(size) * fraction)
        yield name, size > 0, part


HAPPENINGS: Final[Mapping[str, type]] = {
    "external_close": ExternalClose,
    "external_open": ExternalOpen,
    "manual_stop_cancel": ManualStopCancel,
    "liquidation": Liquidation,
    "adl": Adl,
    "mode_switch": ModeSwitch,
    "deposit": Deposit,
    "clock_skew": ClockSkew,
    "restart": Restart,
}
"""Every switch that acts at once, by its name."""
