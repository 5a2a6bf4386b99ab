"""Which coins the market has set aside, and which are back."""

import logging
from typing import Final

from motherhaven.bot.market.feed import Feed
from motherhaven.bot.running.cycle import Cycle

_LOG: Final = logging.getLogger("motherhaven")


def watch_coins(cycle: Cycle, feed: Feed) -> str | None:
    """Follow the market's list, and say what has changed in it; None where nothing has."""
    before, aside = cycle.set_aside, dict(feed.set_aside)
    cycle.set_aside = aside
    gone = [coin for coin in aside if coin not in before]
    back = [coin for coin in before if coin not in aside]
    if not gone and not back:
        return None
    for coin in gone:
        _LOG.error("Market: %s is set aside: %s", coin, aside[coin])
    if back:
        cycle.trader.account.know(feed.specs)
        _LOG.warning("Market: %s back", ", ".join(back))
    told = [f"set aside: {', '.join(gone)}"] if gone else []
    told += [f"back: {', '.join(back)}"] if back else []
    return "coins " + "; ".join(told)
