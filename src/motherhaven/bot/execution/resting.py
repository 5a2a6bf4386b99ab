"""What rests at the venue, as whoever protects or cancels may take it."""

from collections.abc import Sequence

from motherhaven.bot.execution.account import VenueAccount
from motherhaven.bot.execution.orders import OpenOrder
from motherhaven.contract.errors import ExchangeError


def at_venue(account: VenueAccount, coin: str | None = None) -> Sequence[OpenOrder]:
    """What rests, ours and others'. Of others some may be `unread`: they are left alone.

    Raises:
        ExchangeError: the list, or an order of ours in it, cannot be read: then nothing is known.
    """
    found = account.venue.open_orders(coin)
    for order in found:
        if order.unread is not None and account.orders.find(order.cloid) is not None:
            raise ExchangeError(f"our order {order.cloid} cannot be read: {order.unread}")
    return found
