"""The bot's own book: a ledger that is changed by what a venue tells, whoever the venue is."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from motherhaven.bot.portfolio.events import (
    CashFlow,
    Fill,
    FundingPayment,
    MarginTransfer,
    Shortfall,
    Trade,
)
from motherhaven.bot.portfolio.ledger import NO_LEVERAGES, Ledger

MoneyEvent = Fill | FundingPayment | CashFlow | MarginTransfer | Shortfall
"""What a venue tells of money."""
BookEvent = MoneyEvent | Trade
"""What the book makes of an event; a Trade follows the fill that ended it."""


class OwnBooks(Ledger):
    """A fold of fills, funding, cash flows and margin transfers. All amounts USD, sizes coin.

    What a venue leaves out (the running number, the position's id, the realized profit) is
    worked out here; what it tells of these is kept.
    """

    __slots__ = ()

    def apply(self, event: MoneyEvent) -> list[BookEvent]:
        """Book one event and return it completed, with the trade that it ended.

        A fill that turns a position round must come as two: one that closes, one that opens.
        A fill with a number says in `absorbed` what the venue bore of its loss, and a Shortfall
        only repeats that; without one it is worked out here, and the Shortfall made. What is
        not ours is left out: funding and margin without such a position, a known cash flow.
        """
        if isinstance(event, Fill):
            return self._apply_fill(event)
        if isinstance(event, Shortfall):
            return [event]
        if isinstance(event, CashFlow):
            return self._apply_flow(event)
        holding = self.holdings.get(event.coin)
        if holding is None or (isinstance(event, MarginTransfer) and not holding.isolated):
            return []
        if not event.seq:
            event = replace(event, seq=self.seq + 1, position_id=holding.position_id)
        self.seq = event.seq
        if isinstance(event, FundingPayment):
            self._book_funding(event)
        else:
            self._book_transfer(event)
        return [event]

    def follow_leverage(self, coin: str, leverage: int) -> None:
        """The venue has this leverage now; an isolated position's comes with its MarginTransfer."""
        holding = self.holdings.get(coin)
        if holding is not None and not holding.isolated:
            holding.leverage = leverage

    def resume(
        self,
        fills: Iterable[Fill],
        payments: Iterable[FundingPayment],
        moved: Iterable[CashFlow | MarginTransfer] = (),
        leverages: Mapping[str, int] = NO_LEVERAGES,
    ) -> list[Trade]:
        """Take over the records of an earlier run, see `replay`; returns the trades of them."""
        return self.replay(fills, payments, moved, leverages)

    def _apply_fill(self, event: Fill) -> list[BookEvent]:
        told = bool(event.seq)
        fill = event if told else replace(event, seq=self.seq + 1)
        self.seq = fill.seq
        booked: list[BookEvent] = list(self._book(fill, recorded=told))
        done = booked[0]
        if not told and isinstance(done, Fill) and done.absorbed:
            booked.append(Shortfall(done.coin, done.absorbed, done.position_id, done.time))
        return booked

    def _apply_flow(self, flow: CashFlow) -> list[BookEvent]:
        if flow.external_id is not None and flow.external_id in self.known_flows:
            return []
        if not flow.seq:
            flow = replace(flow, seq=self.seq + 1)
        self.seq = flow.seq
        self._book_flow(flow)
        return [flow]
