"""The timers of reconciliation, each longer than what it waits for."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Final

from motherhaven.bot.execution.resolve import APART, PAUSES
from motherhaven.contract.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Timers:
    """How long each thing may take.

    `recent`: an order younger than this is not missed yet. `ghost`: one that is missing for
    longer is gone. `cycle`: from one decision to the next. `apart`: two looks that agree on a
    difference lie this far apart. `light`: from one look between cycles to the next. `deaf`:
    after so long without a whole look nothing is opened.
    """

    recent: timedelta = timedelta(seconds=30)
    ghost: timedelta = timedelta(seconds=90)
    cycle: timedelta = timedelta(seconds=180)
    apart: timedelta = APART
    light: timedelta = timedelta(seconds=38)
    deaf: timedelta = timedelta(seconds=60)

    def __post_init__(self) -> None:
        """Check the order: retries < recent < ghost < cycle.

        Raises:
            ConfigError: they are not in that order; it names the two.
        """
        retries = timedelta(seconds=sum(PAUSES))
        steps = {"retries": retries, "recent": self.recent, "ghost": self.ghost}
        for (short, one), (long, other) in pairwise((steps | {"cycle": self.cycle}).items()):
            if one >= other:
                raise ConfigError(
                    f"reconciliation: {short} ({one.total_seconds():g} s) must be shorter than "
                    f"{long} ({other.total_seconds():g} s); set EXECUTION_INTERVAL_SECONDS to "
                    "more than 90 for live trading",
                    code="timers",
                )
        if self.light > self.deaf or self.apart <= timedelta(0):
            raise ConfigError(
                "reconciliation: the light look must come before the account counts as deaf, and "
                "two looks must lie apart",
                code="timers",
            )


DEFAULT: Final = Timers()
