"""What a running bot says of itself to other terminals, for `status`."""

from datetime import datetime
from typing import Any

from motherhaven.bot.market.feed import Feed
from motherhaven.bot.running.cycle import Cycle
from motherhaven.contract.times import format_time


def published(
    cycle: Cycle,
    feed: Feed,
    last: datetime | None,
    following: datetime,
    trouble: str | None,
    now: datetime,
) -> dict[str, Any]:
    """How the bot stands; `last` and `following` are when it decided and decides."""
    trader = cycle.trader
    ledger = trader.ledger
    return {
        "state": "paused" if cycle.paused else "running",
        "decider": cycle.decider.name,
        "market": feed.name,
        "simulated": feed.simulated,
        "last_cycle": None if last is None else format_time(last),
        "next_cycle": format_time(following),
        "equity": ledger.equity(),
        "positions": {coin: held.size for coin, held in ledger.holdings.items()},
        "kill_switch": trader.kill.engaged,
        **trader.watch.shown(now),
        "latches": [one.told for one in cycle.latches()],
        "trouble": trouble,
        "shipping": dict(cycle.sink.lag()),
        "guidance": None if cycle.guidance is None else cycle.guidance.text,
    }
