"""The margin ledger: cross and isolated, exact; a fold of fills, funding and cash flows.

Wallet = deposits + realized - fees + funding; equity = wallet + unrealized. Both hold to
the last digit because nothing that enters them is rounded.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from motherhaven.bot.portfolio import events
from motherhaven.bot.portfolio.books import AccountBooks
from motherhaven.bot.portfolio.events import (
    CashFlow,
    Fill,
    FillReason,
    FlowReason,
    FundingPayment,
    LedgerRecord,
    Liquidity,
    MarginMode,
    MarginTransfer,
)
from motherhaven.bot.portfolio.holding import Holding
from motherhaven.bot.portfolio.transfers import check_leverage, check_transfer, for_leverage
from motherhaven.contract.errors import OrderRejected
from motherhaven.contract.exact import exact

ZERO: Final = Decimal(0)
NO_LEVERAGES: Final[Mapping[str, int]] = MappingProxyType({})


# Names of the module are looked up far more quickly than members of an enumeration.
_TAKER: Final = Liquidity.TAKER
_ENTRY: Final = FillReason.ENTRY
_CLOSE: Final = FillReason.CLOSE
_CROSS: Final = MarginMode.CROSS
_ISOLATED: Final = MarginMode.ISOLATED


class Ledger(AccountBooks):
    """The account of one bot. Every amount is USD, every size coin; all Decimal.

    `new_id` gives position ids. The caller decides whether a fill may happen; the
    ledger books it and refuses only what cannot be (size or price of 0, a leverage
    that is not a whole number, a change of margin mode under an open position).
    """

    __slots__ = ()

    # --- what changes it ------------------------------------------------------------

    def deposit(self, amount: Decimal) -> None:
        """What the account begins with, in USD; later money is a `cash_flow`."""
        self._changed()
        with exact():
            self.deposits += amount

    def cash_flow(
        self, amount: Decimal, reason: FlowReason, time: datetime, external_id: str | None = None
    ) -> CashFlow | None:
        """Book money in (positive) or out (negative); None where its external id is known.

        Raises:
            OrderRejected: it is nothing, or more than may be taken out.
        """
        if external_id is not None and external_id in self.known_flows:
            return None
        if not amount:
            raise OrderRejected("a cash flow of 0 USD moves nothing; give an amount")
        if amount < 0 and -amount > self.withdrawable():
            raise OrderRejected(
                f"Insufficient balance for withdrawal: {self.withdrawable()} USD may be taken out."
            )
        self.seq += 1
        flow = CashFlow(self.seq, amount, reason, time, external_id)
        self._book_flow(flow)
        return flow

    def mark(self, coin: str, price: Decimal) -> None:
        """Set the coin's mark."""
        self.marks[coin] = price

    def fill(
        self,
        coin: str,
        size: Decimal,
        price: Decimal,
        *,
        time: datetime,
        reason: FillReason,
        liquidity: Liquidity = _TAKER,
        leverage: int | None = None,
        mode: MarginMode | None = None,
        cloid: str | None = None,
    ) -> list[Fill | events.Trade]:
        """Book an execution of the signed `size` and return its fills and ended trades.

        A flip becomes two fills at the same price, whose fees add up to the fee of the
        whole. `leverage` and `mode` default to those of the open position, else 1, cross.

        Raises:
            OrderRejected: size, price or leverage of 0 or below, or a change of mode
                under an open position.
        """
        holding = self.holdings.get(coin)
        if leverage is None:
            leverage = holding.leverage if holding else 1
        if mode is None:
            mode = holding.mode if holding else _CROSS
        self._check(coin, size, price, leverage, mode)
        with exact():
            total_fee = self.fee(abs(size) * price, liquidity)
            reduces = holding is not None and (holding.size > 0) != (size > 0)
            parts = [(size, total_fee, reduces)]
            if reduces and holding is not None and abs(size) > abs(holding.size):
                closing = -holding.size
                closing_fee = self.fee(abs(closing) * price, liquidity)
                rest = total_fee - closing_fee
                parts = [(closing, closing_fee, True), (size - closing, rest, False)]
            out: list[Fill | events.Trade] = []
            for part, fee, closes in parts:
                self.seq += 1
                fill = Fill(
                    self.seq, coin, part, price, fee, liquidity, ZERO,
                    _CLOSE if closes and reason is _ENTRY else reason,
                    "", time, cloid, leverage, mode,
                )  # fmt: skip
                out += self._booked(fill, recorded=False)
        return out

    def apply_funding(
        self, coin: str, rate: Decimal, oracle: Decimal, time: datetime
    ) -> FundingPayment | None:
        """Book one funding: received = -size * oracle * rate. None without a position."""
        holding = self.holdings.get(coin)
        if holding is None:
            return None
        with exact():
            amount = -(holding.size * oracle * rate)
        self.seq += 1
        payment = FundingPayment(
            self.seq, coin, amount, rate, oracle, holding.size, holding.position_id, time
        )
        self._book_funding(payment)
        return payment

    def replay(
        self,
        fills: Iterable[Fill],
        payments: Iterable[FundingPayment] = (),
        moved: Iterable[CashFlow | MarginTransfer] = (),
        leverages: Mapping[str, int] = NO_LEVERAGES,
    ) -> list[events.Trade]:
        """Rebuild the state from recorded fills, funding and money moved, in order of `seq`.

        Returns the trades that they make up. Fees and position ids are taken from the
        records; marks are then those of the last fills, until a mark or a bar says otherwise.
        `leverages` are those of open cross positions, by position id: no record tells of a change.
        """
        records: list[LedgerRecord] = [*fills, *payments, *moved]
        trades: list[events.Trade] = []
        for record in sorted(records, key=lambda record: record.seq):
            self.seq = record.seq
            if isinstance(record, Fill):
                done = self._book(record, recorded=True)
                trades += [trade for trade in done if isinstance(trade, events.Trade)]
            elif isinstance(record, FundingPayment):
                self._book_funding(record)
            elif isinstance(record, CashFlow):
                self._book_flow(record)
            else:
                self._book_transfer(record)
        for holding in self.holdings.values():
            if not holding.isolated:
                holding.leverage = leverages.get(holding.position_id, holding.leverage)
        return trades

    def set_leverage(self, coin: str, leverage: int, time: datetime) -> MarginTransfer | None:
        """Change the leverage of an open position; what an isolated one moved for it.

        A cross position moves nothing. More leverage of an isolated one frees its margin down
        to the initial one; less takes what is missing from what is available.

        Raises:
            OrderRejected: the margin does not suffice, or the notional allows less.
        """
        holding = self.holdings.get(coin)
        if holding is None or holding.leverage == leverage:
            return None
        mark = self.marks[coin]
        with exact():
            check_leverage(holding, mark, leverage)
            if holding.isolated:
                amount = for_leverage(holding, mark, leverage, self.available())
                return self._transfer(holding, amount, leverage, time)
        before, holding.leverage = holding.leverage, leverage
        if leverage < before and self.available() < 0:
            holding.leverage = before
            raise OrderRejected(
                f"{coin}: Cross position does not have sufficient margin available to decrease "
                f"leverage to {leverage}; free some."
            )
        return None

    def move_margin(self, coin: str, amount: Decimal, time: datetime) -> MarginTransfer:
        """Move USD into an isolated position's bucket (negative: out of it).

        Raises:
            OrderRejected: there is no isolated position, or the margin does not suffice.
        """
        holding = self.holdings.get(coin)
        if holding is None or not holding.isolated:
            raise OrderRejected(f"{coin}: Position does not use isolated margin.")
        if not amount:
            raise OrderRejected(f"{coin}: a transfer of 0 USD moves nothing; give an amount")
        with exact():
            check_transfer(holding, self.marks[coin], amount, self.available())
            return self._transfer(holding, amount, holding.leverage, time)

    # --- inside ---------------------------------------------------------------------

    def _changed(self) -> None:
        self.version += 1
        self._base = self._cross_base = None

    def _check(
        self, coin: str, size: Decimal, price: Decimal, leverage: int, mode: MarginMode
    ) -> None:
        holding = self.holdings.get(coin)
        if not size or price <= 0:
            raise OrderRejected(f"{coin}: a fill needs a size and a price above 0")
        if leverage < 1:
            raise OrderRejected(f"{coin}: leverage {leverage} must be a whole number from 1 on")
        if holding is not None and mode is not holding.mode:
            raise OrderRejected(
                f"{coin}: the open position is {holding.mode}; close it before using {mode}"
            )

    def _book(self, fill: Fill, *, recorded: bool = False) -> list[Fill | events.Trade]:
        """Apply a fill that opens, adds or reduces (never both); return it completed.

        What a `recorded` one left to the venue is on it: the marks of then are not known.
        """
        with exact():
            return self._booked(fill, recorded=recorded)

    def _booked(self, fill: Fill, *, recorded: bool) -> list[Fill | events.Trade]:
        """As `_book`; call inside `exact()`."""
        self._changed()
        coin, size = fill.coin, fill.size
        holding = self.holdings.get(coin)
        self.marks[coin] = fill.price
        self.fees += fill.fee
        if holding is None or (holding.size > 0) == (size > 0):
            return [self._open(holding, fill)]
        realized, absorbed = holding.reduce(size, fill.price, fill.fee)
        self.realized += realized
        if holding.mode is not _ISOLATED:
            absorbed = fill.absorbed if recorded else self._shortfall(holding, fill, realized)
            if absorbed:
                holding.realized += absorbed
                self.realized += absorbed
                realized += absorbed
        done = _completed(fill, holding.position_id, realized, absorbed, holding)
        if holding.size:
            return [done]
        del self.holdings[coin]
        side = events.Side.BUY if size < 0 else events.Side.SELL
        return [done, holding.trade(side, fill.time, fill.reason)]

    def _open(self, holding: Holding | None, fill: Fill) -> Fill:
        if holding is None:
            holding = Holding(
                fill.coin,
                fill.position_id or self._new_id(),
                self.tiers(fill.coin),
                fill.leverage,
                fill.mode,
                fill.time,
            )
            self.holdings[fill.coin] = holding
        holding.leverage = fill.leverage
        holding.add(fill.size, fill.price, fill.fee)
        return _completed(fill, holding.position_id, ZERO, ZERO, holding)

    def _shortfall(self, reduced: Holding, fill: Fill, realized: Decimal) -> Decimal:
        """What the cross account lacks in USD once a position is closed: the venue bears it.

        While other cross positions are open, no more than this one lost.
        """
        if reduced.size:
            return ZERO
        value = self.cross_value()
        self._base = self._cross_base = None  # not all of the fill is booked yet
        if value > 0:
            return ZERO
        lacking = max(-value, ZERO)
        others = any(not h.isolated and h is not reduced for h in self.holdings.values())
        return min(lacking, max(fill.fee - realized, ZERO)) if others else lacking

    def _transfer(
        self, holding: Holding, amount: Decimal, leverage: int, time: datetime
    ) -> MarginTransfer:
        self.seq += 1
        moved = MarginTransfer(self.seq, holding.coin, amount, leverage, holding.position_id, time)
        self._book_transfer(moved)
        return moved

    def _book_transfer(self, moved: MarginTransfer) -> None:
        self._changed()
        holding = self.holdings[moved.coin]
        holding.leverage = moved.leverage
        with exact():
            holding.bucket += moved.amount

    def _book_flow(self, flow: CashFlow) -> None:
        self._changed()
        if flow.external_id is not None:
            self.known_flows.add(flow.external_id)
        with exact():
            self.deposits += flow.amount

    def _book_funding(self, payment: FundingPayment) -> None:
        self._changed()
        self.funded[payment.coin] = payment.time
        with exact():
            self.funding += payment.amount
            holding = self.holdings[payment.coin]
            holding.funding += payment.amount
            if holding.isolated:
                holding.bucket += payment.amount


def _completed(
    fill: Fill, position_id: str, realized: Decimal, absorbed: Decimal, holding: Holding
) -> Fill:
    return Fill(
        fill.seq, fill.coin, fill.size, fill.price, fill.fee, fill.liquidity, realized,
        fill.reason, position_id, fill.time, fill.cloid, holding.leverage, holding.mode, absorbed,
        fill.external_id,
    )  # fmt: skip
