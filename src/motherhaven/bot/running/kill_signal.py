"""A kill by a signal of the system, for who has nothing but the process's number."""

import signal

from motherhaven.bot.execution.kill_latch import KillLatch
from motherhaven.contract.clock import Clock


def kill_on_signal(latch: KillLatch, clock: Clock) -> None:
    """SIGUSR1 kills and closes everything, where the system has that signal.

    The handler writes the latch itself: it counts though the bot's loop is stuck, and though
    the disk is full.
    """
    number = getattr(signal, "SIGUSR1", None)
    if number is None:
        return

    def kill(_number: int, _frame: object) -> None:
        latch.engage(clock.now(), "signal SIGUSR1", flatten=True, hold=True)

    signal.signal(number, kill)
