"""The bot's own book: a ledger that is changed by what a venue tells, whoever the venue is."""

from collections.abc import Iterable
from dataclasses import replace

from motherhaven.bot.portfolio.events import Deposit, Fill, FundingPayment, Trade
from motherhaven.bot.portfolio.ledger import Ledger

BookEvent = Fill | FundingPayment | Deposit | Trade
"""What the book makes of an event; a Trade follows the fill that ended it."""


class OwnBooks(Ledger):
    """A fold of fills, funding and cash flows. All amounts USD, sizes coin.

    What a venue leaves out (the running number, the position's id, the realized profit) is
    worked out here; what it tells of these is kept.
    """

    __slots__ = ()

    def apply(self, event: Fill | FundingPayment | Deposit) -> list[BookEvent]:
        """Book one event and return it completed, with the trade that it ended.

        A fill that turns a position round must come as two: one that closes, one that opens.
        Funding of a coin without a position is not ours and is left out.
        """
        if isinstance(event, Deposit):
            self.deposit(event.amount)
            return [event]
        if isinstance(event, FundingPayment):
            holding = self.holdings.get(event.coin)
            if holding is None:
                return []
            payment = self._numbered_payment(event, holding.position_id)
            self._book_funding(payment)
            return [payment]
        fill = event if event.seq else replace(event, seq=self.seq + 1)
        self.seq = fill.seq
        return list(self._book(fill))

    def resume(self, fills: Iterable[Fill], payments: Iterable[FundingPayment]) -> list[Trade]:
        """Take over the records of an earlier run; returns the trades that they make up."""
        return self.replay(fills, payments)

    def _numbered_payment(self, payment: FundingPayment, position_id: str) -> FundingPayment:
        if not payment.seq:
            payment = replace(payment, seq=self.seq + 1, position_id=position_id)
        self.seq = payment.seq
        return payment
