"""What commands do to the core that trades: `control.Hands` over one bot's cycle."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from motherhaven.bot.control.hands import Reading, Refused
from motherhaven.bot.decider.guidance import read_guidance
from motherhaven.bot.execution.account import AccountEvent, VenueAccount
from motherhaven.bot.execution.exits import replace_stop
from motherhaven.bot.execution.flatten import flatten
from motherhaven.bot.execution.orders import Accepted, OpenOrder, OrderKind, Rejected, Unknown
from motherhaven.bot.execution.resting import at_venue
from motherhaven.bot.execution.sending import cancel, close_intent, send
from motherhaven.bot.portfolio.account import Position
from motherhaven.bot.running.cycle import Cycle
from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import ConfigError, ExchangeError
from motherhaven.contract.exact import exact
from motherhaven.contract.money import plain

_LOG: Final = logging.getLogger("motherhaven")


class BotHands:
    """Acts on one cycle's trader and its venue.

    `asked_at` tells when the last cycle ended, `ask` lets the next one begin at once.
    """

    def __init__(
        self, cycle: Cycle, clock: Clock, asked_at: Callable[[], datetime | None],
        ask: Callable[[], None],
    ) -> None:  # fmt: skip
        self._cycle = cycle
        self._clock = clock
        self._asked_at = asked_at
        self._ask = ask

    def stop_entries(self, why: str) -> None:
        """Engage the kill switch, and give up the entries that wait for a price."""
        trader, now = self._cycle.trader, self._clock.now()
        trader.kill = trader.kill.engage(now, f"kill switch: {why}")
        try:
            trader.drop_entries(why, now)
        except Exception:  # noqa: BLE001  # the record of it; the switch holds already
            _LOG.exception("Control: the entries that wait could not be put on record")

    def allow_entries(self) -> None:
        """End the kill switch."""
        self._cycle.trader.kill = self._cycle.trader.kill.rearm()

    def cancel_entries(self) -> None:
        """Cancel our orders that rest to open a position, as the venue has them too."""
        account = self._account()
        ours = {one.cloid for one in account.orders.resting() if not one.reduce_only}
        for order in at_venue(account):
            if not order.reduce_only and account.orders.find(order.cloid) is not None:
                ours.add(order.cloid)
        self._note(cancel(account, sorted(ours)))

    def close(self, coins: frozenset[str] | None, why: str) -> tuple[str, ...]:
        """Do what is missing to close `coins`; what was refused, in words."""
        done = flatten(self._account(), coins, why)
        self._note(done.events)
        return done.errors

    def look(self) -> Reading:
        """Read the venue now."""
        account = self._account()
        held = account.venue.positions()
        orders = at_venue(account)
        entries = [one for one in orders if not one.reduce_only]
        ours = [one.cloid for one in entries if account.orders.find(one.cloid) is not None]
        foreign = [one.cloid or f"{one.coin} {one.oid or '?'}" for one in entries]
        unknown = [one.cloid for one in account.orders.unknown if not one.reduce_only]
        return Reading(
            self._clock.now(),
            {coin: one.size for coin, one in held.items()},
            tuple(dict.fromkeys([*ours, *unknown])),
            tuple(one for one in foreign if one not in ours),
            len(orders),
            {coin: price for coin, one in held.items() if (price := _stop_of(one, orders))},
        )

    def part_of(self, coin: str, fraction: Decimal) -> Decimal:
        """The unsigned size that reducing the position by `fraction` leaves."""
        held = self._held(coin)
        size = abs(held.size)
        with exact():
            part = self._account().spec(coin).floor_size(size * fraction)
            if fraction == 1:
                part = size
            if not part:
                raise Refused(
                    "below_lot", f"{plain(fraction)} of {plain(size)} {coin} is below one lot"
                )
            return size - part

    def reduce_to(self, coin: str, size: Decimal, side: int) -> None:
        """Close what is above the unsigned `size` of a position on this side."""
        account = self._account()
        held = account.venue.positions().get(coin)
        if held is None or held.size * side <= size:
            return
        intent = close_intent(account, held, "reduce")
        with exact():
            outcomes = send(account, [replace(intent, size=abs(held.size) - size)])
        self._note(account.take())
        _require(outcomes)

    def tightened(self, coin: str, price: Decimal) -> Decimal:
        """The price in the venue's ticks, if a stop there is nearer than the one that rests."""
        account, held = self._account(), self._held(coin)
        placed = account.spec(coin).round_price(price, up=held.size > 0)
        stop = _stop_of(held, at_venue(account, coin))
        sign = 1 if held.size > 0 else -1
        prices = account.venue.prices([coin]).get(coin)
        mark = held.mark if prices is None else prices.mark
        if (mark - placed) * sign <= 0:
            raise Refused(
                "stop_price", f"{coin}: a stop at {plain(placed)} would strike at once, the mark "
                f"is {plain(mark)}",
            )  # fmt: skip
        if stop is not None and (placed - stop) * sign < 0:
            raise Refused(
                "stop_loosens", f"{coin}: {plain(placed)} is further away than the stop that "
                f"rests at {plain(stop)}",
            )  # fmt: skip
        return placed

    def move_stop(self, coin: str, price: Decimal, why: str) -> None:
        """Place a stop at `price`, and only then cancel the old ones."""
        account, held = self._account(), self._held(coin)
        resting = at_venue(account, coin)
        ours = [one for one in resting if account.orders.find(one.cloid) is not None]
        leg = f"{why} {account.now.isoformat()}"
        change = replace_stop(held, price, leg, account.spec(coin), ours)
        outcomes = send(account, [change.place])
        _require(outcomes)
        if isinstance(outcomes[0], Accepted):
            self._note(cancel(account, change.cancel))

    def guide(self, text: str, hours: float | None) -> str:
        """Set or clear the guidance that the decider reads as data."""
        try:
            wish = read_guidance(text, hours, self._clock.now())
        except ConfigError as error:
            raise Refused("guidance", f"the guidance was not taken: {error}") from None
        self._cycle.guidance = wish
        if wish is None:
            return "the guidance is cleared"
        if wish.until is None:
            return "the guidance holds until it is cleared"
        return f"the guidance holds until {wish.until:%Y-%m-%d %H:%M} UTC"

    def ask_again(self) -> None:
        """Let the next cycle begin now."""
        if self._cycle.paused:
            raise Refused("entries_stopped", "the bot is paused; resume it first")
        self._ask()

    def asked_at(self) -> datetime | None:
        """When the last cycle ended."""
        return self._asked_at()

    def report(self, told: str) -> None:
        """Put the account and a status on record."""
        now = self._clock.now()
        self._cycle.trader.report_account(now)
        self._cycle.status(told, now)
        self._cycle.flush()

    # --- inside -------------------------------------------------------------------------

    def _account(self) -> VenueAccount:
        account = self._cycle.trader.account
        account.at(self._clock.now())
        return account

    def _held(self, coin: str) -> Position:
        held = self._account().venue.positions().get(coin)
        if held is None:
            raise Refused("no_position", f"there is no position in {coin}")
        return held

    def _note(self, events: Iterable[AccountEvent]) -> None:
        """Put on record what happened; what fails there has happened all the same."""
        try:
            self._cycle.trader.note(list(events))
        except Exception:  # noqa: BLE001  # records must not keep a position open
            _LOG.exception("Control: what happened at the account could not be put on record")


def _stop_of(held: Position, orders: Iterable[OpenOrder]) -> Decimal | None:
    """The nearest stop that rests for a position, in USD."""
    prices = [
        one.price
        for one in orders
        if one.coin == held.coin and one.kind is OrderKind.STOP and one.price is not None
        and one.side is not held.side
    ]  # fmt: skip
    if not prices:
        return None
    return max(prices) if held.size > 0 else min(prices)


def _require(outcomes: Iterable[object]) -> None:
    """Raise what the venue has against an order; it is tried again."""
    for one in outcomes:
        if isinstance(one, Rejected):
            raise ExchangeError(f"the order was refused: {one.reason}")
        if isinstance(one, Unknown):
            raise ExchangeError(f"it is not known what became of the order: {one.reason}")
