"""The kill: what is on disk is obeyed, until the account is flat where that was asked for.

Nothing here needs the model, the server, a report or a price of ours. What fails on the way
is said and tried again; the latch stays until somebody ends it by hand.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from motherhaven.bot.core.trader import Trader
from motherhaven.bot.execution.flatten import FlattenResult
from motherhaven.bot.execution.kill_latch import Kill, KillLatch
from motherhaven.bot.running.cycle import Cycle
from motherhaven.contract.money import plain

_LOG: Final = logging.getLogger("motherhaven")
_FIRST: Final = timedelta(seconds=1)
_MOST: Final = timedelta(seconds=5)


class KillObeyer:
    """Does what the latch says: no entries, and with `flatten` nothing open, until it is so.

    Without a latch (None) only this process can kill the bot. With one, what the trader stops
    for by itself is on disk before it does so.
    """

    def __init__(self, latch: KillLatch | None, cycle: Cycle) -> None:
        self.latch = latch
        if latch is not None:
            cycle.trader.latch = partial(latch.engage, hold=True)
        self._cycle = cycle
        self._done: Kill | None = None
        self._next: datetime | None = None
        self._wait = _FIRST
        self.left: str | None = None
        """What is not flat yet, in words; None where nothing is left to do."""
        self.told: str | None = None
        """What was done last, in words."""

    def obey_latch(self, now: datetime) -> str | None:
        """Do what the latch on disk asks for; None where there is nothing to do now."""
        kill, before, left = self.due(now), self._done, self.left
        if kill is None:
            return None
        told = self._obey(kill, now)
        _LOG.critical("%s", told)
        if left is None or self.left is None or before is None or before.flatten != kill.flatten:
            _tried("report", lambda: self._cycle.status(f"{told}; {kill.reason}", now))
        return told

    def due(self, now: datetime) -> Kill | None:
        """The latch, where there is something to do about it now."""
        kill = None if self.latch is None else self.latch.read()
        if kill is None:
            self._done, self.left, self._next, self._wait = None, None, None, _FIRST
            return None
        fresh = self._done is None or kill.flatten is not self._done.flatten
        again = self.left is not None and (self._next is None or now >= self._next)
        return kill if fresh or again else None

    def obeyed(self, kill: Kill | None) -> bool:
        """Whether all was done that `kill` asks for, flat or not."""
        done = self._done
        return kill is not None and done is not None and (done.flatten or not kill.flatten)

    def _obey(self, kill: Kill, now: datetime) -> str:
        """Stop entries, close what is to be closed, and say how it stands. Never raises."""
        trader = self._cycle.trader
        trader.kill = trader.kill.engage(now, kill.reason, flatten=kill.flatten)
        _tried("drop entries", lambda: trader.drop_entries(f"kill switch: {kill.reason}", now))
        if kill.flatten:
            told = self._flatten(trader, now)
        else:
            _tried("cancel entries", lambda: trader.stop_entries(kill.reason, now))
            told = "kill switch engaged: no entries; stops and targets stay"
        self._done, self.told = kill, told
        return told

    def _flatten(self, trader: Trader, now: datetime) -> str:
        found: list[FlattenResult] = []
        failed = _tried("flatten", lambda: found.append(trader.flatten(now, None, "kill")))
        _tried("report", lambda: trader.report_account(now))
        done = found[0] if found else None
        if done is not None and done.flat:
            self.left, self._next = None, None
            return "kill switch engaged: every position closed, no entries"
        self.left = _left(done) if done is not None else f"flattening failed: {failed}"
        self._next, self._wait = now + self._wait, min(self._wait * 2, _MOST)
        return f"kill switch engaged: no entries; NOT FLAT, it is tried again: {self.left}"


def _left(done: FlattenResult) -> str:
    """What keeps an account from being flat, in words."""
    told = [f"{coin} {plain(size)} is open" for coin, size in done.left.items()]
    told += [f"order {cloid} may still open something" for cloid in done.waits]
    return "; ".join([*told, *done.errors]) or "the venue was not read"


def _tried(what: str, work: Callable[[], object]) -> str | None:
    """Do a part of the kill; one that fails is said, and the other parts are done all the same."""
    try:
        work()
    except Exception as error:  # noqa: BLE001  # a fault in one part must not stop the kill
        _LOG.exception("Kill: %s failed; the rest goes on", what)
        return f"{type(error).__name__}: {error}"
    return None
