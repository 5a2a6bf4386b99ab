"""Until when the venue may take an order of a live bot: counted from the clock, not from bars."""

from datetime import timedelta
from decimal import Decimal

from live_support import MINUTE, PRICE, Live

from motherhaven.bot.execution.orders import OrderIntent
from motherhaven.bot.execution.sending import EXIT_LASTS, send
from motherhaven.bot.market.instruments import Bar
from motherhaven.bot.portfolio.events import Side


def test_a_deadline_is_not_set_back_by_bars_of_the_past(tmp_path):
    """While old bars are caught up with, an exit still has its whole time to reach the venue."""
    live = Live(tmp_path)
    account, now = live.bot.trader.account, live.clock.now()
    past = now.replace(second=0) - timedelta(hours=1)
    account.bar(Bar("BTC", past, PRICE, PRICE, PRICE, PRICE, Decimal(1)))
    assert account.now == past + MINUTE
    account.gate = live.venue.gate = lambda _: None
    close = OrderIntent("BTC", Side.SELL, Decimal("0.01"), reduce_only=True, cloid=f"0x{1:032x}")
    send(account, [close])
    (sent,) = live.venue.sent
    assert sent.deadline == now + EXIT_LASTS
