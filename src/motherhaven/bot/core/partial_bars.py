"""Bars in whose middle the bot traded: what is known of the part after the trade."""

from dataclasses import replace
from datetime import datetime

from motherhaven.bot.market.feed import Quote
from motherhaven.bot.market.instruments import Bar


class PartialBars:
    """Remembers each coin's last trade until the bar around it has closed."""

    def __init__(self) -> None:
        self.traded_at: dict[str, Quote] = {}
        """By coin: the prices of a trade whose bar is still to come, which counts in part only."""

    def traded(self, quote: Quote) -> None:
        """An order of the coin was traded at `quote`."""
        self.traded_at[quote.coin] = quote

    def cuts(self, start: datetime) -> bool:
        """Whether a trade came after `start`, so that a bar from then on counts in part only."""
        return any(quote.time > start for quote in self.traded_at.values())

    def since_trade(self, bar: Bar) -> Bar:
        """A bar in whose middle we traded, without the path before: that was not ours.

        What is known of the rest is its first price, the trade's, and its last.
        """
        quote = self.traded_at.get(bar.coin)
        if quote is None:
            return bar
        if bar.end <= quote.time:
            # A bar that came late: it was over before the trade, and strikes nothing now.
            price = quote.mid
            return replace(bar, open=price, high=price, low=price, close=price)
        del self.traded_at[bar.coin]
        if bar.start >= quote.time:
            return bar
        high, low = max(quote.mid, bar.close), min(quote.mid, bar.close)
        return replace(bar, open=quote.mid, high=high, low=low)
