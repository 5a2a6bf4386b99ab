"""A bar of which only a part counts, because the account traded within it."""

from dataclasses import replace

from motherhaven.bot.market.feed import Quote
from motherhaven.bot.market.instruments import Bar


def since_trade(bar: Bar, quote: Quote) -> Bar:
    """`bar` from the trade at `quote` on: known are its first price, the trade's, and its last."""
    if bar.end <= quote.time:
        # A bar that came late: it was over before the trade, and strikes nothing now.
        price = quote.mid
        return replace(bar, open=price, high=price, low=price, close=price)
    if bar.start >= quote.time:
        return bar
    high, low = max(quote.mid, bar.close), min(quote.mid, bar.close)
    return replace(bar, open=quote.mid, high=high, low=low)
