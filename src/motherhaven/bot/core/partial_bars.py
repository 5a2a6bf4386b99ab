"""Bars in whose middle the bot traded: what is known of the part after the trade."""

from dataclasses import replace

from motherhaven.bot.market.feed import Quote
from motherhaven.bot.market.instruments import Bar


class PartialBars:
    """Remembers each coin's last trade until the bar around it has closed."""

    def __init__(self) -> None:
        self._traded: dict[str, Quote] = {}

    def __bool__(self) -> bool:
        """Whether a bar that is still to come counts in part only."""
        return bool(self._traded)

    def traded(self, quote: Quote) -> None:
        """An order of the coin was traded at `quote`."""
        self._traded[quote.coin] = quote

    def since_trade(self, bar: Bar) -> Bar:
        """A bar in whose middle we traded, without the path before: that was not ours.

        What is known of the rest is its first price, the trade's, and its last.
        """
        quote = self._traded.get(bar.coin)
        if quote is None:
            return bar
        if bar.end <= quote.time:
            # A bar that came late: it was over before the trade, and strikes nothing now.
            price = quote.mid
            return replace(bar, open=price, high=price, low=price, close=price)
        del self._traded[bar.coin]
        if bar.start >= quote.time:
            return bar
        high, low = max(quote.mid, bar.close), min(quote.mid, bar.close)
        return replace(bar, open=quote.mid, high=high, low=low)
