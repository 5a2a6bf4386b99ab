"""The trading day and the kill switch as plain data: persisted by the shell, not here."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final

from motherhaven.contract.exact import plus
from motherhaven.contract.zones import find_zone

ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class DayStart:
    """The equity at which the trading day began, in USD, in an explicit zone."""

    day: date
    zone: str
    equity: Decimal

    def lasts(self, now: datetime, zone: str = "UTC") -> bool:
        """Whether this is still the day at `now` in `zone`; a day never rolls back."""
        return self.zone == zone and now < day_end(self.day, zone)

    def moved_by(self, amount: Decimal) -> "DayStart":
        """The start against which today's loss counts once money came in or went out."""
        return DayStart(self.day, self.zone, plus(self.equity, amount))


def trading_day(now: datetime, zone: str = "UTC") -> date:
    """The calendar day of `now` in `zone`.

    Raises:
        ConfigError: there is no such zone.
    """
    return now.astimezone(find_zone(zone)).date()


@lru_cache(maxsize=64)
def day_end(day: date, zone: str) -> datetime:
    """The moment at which `day` ends in `zone`.

    Raises:
        ConfigError: there is no such zone.
    """
    midnight = datetime.combine(day + timedelta(days=1), time(), find_zone(zone))
    return midnight.astimezone(UTC)


def roll_day(
    before: DayStart | None, now: datetime, equity: Decimal, zone: str = "UTC"
) -> DayStart:
    """The day start that holds at `now`: the old one, or a new one when the day is another.

    A day never rolls back: a clock that jumps behind keeps the later start.
    """
    if before is not None and before.lasts(now, zone):
        return before
    return DayStart(trading_day(now, zone), zone, equity)


@dataclass(frozen=True, slots=True)
class KillSwitch:
    """Engaged, it refuses entries until re-armed by hand; `flatten` also closes everything."""

    engaged: bool = False
    flatten: bool = False
    reason: str = ""
    at: datetime | None = None

    def engage(self, at: datetime, reason: str, *, flatten: bool = False) -> "KillSwitch":
        """Engaged now; engaging twice keeps the first time, and flattening once asked for."""
        if self.engaged:
            return KillSwitch(True, self.flatten or flatten, self.reason, self.at)
        return KillSwitch(True, flatten, reason, at)

    def rearm(self) -> "KillSwitch":
        """Back to trading, by hand only."""
        return KillSwitch()


def model_budget_left(cost_today: Decimal, limit: Decimal | None) -> bool:
    """Whether the model may be asked again today; beyond the cap the bot holds, exits stay."""
    return limit is None or cost_today < limit
