"""Time zones by their IANA names; their rules come with the package tzdata."""

from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from motherhaven.contract.errors import ConfigError
from motherhaven.contract.similar import closest


@lru_cache(maxsize=256)
def find_zone(name: str) -> ZoneInfo:
    """The zone of that name.

    Raises:
        ConfigError: there is none; the message names the one that was probably meant.
    """
    try:
        if name != name.strip() or name not in available_timezones():
            raise ValueError
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(f"no time zone {name[:60]!r}; {_advice(name)}") from None


def _advice(name: str) -> str:
    known = available_timezones()
    if not known:
        return "this system has no time zones: install the package tzdata"
    meant = closest(name.strip(), known)
    if meant is not None:
        return f"did you mean {meant}?"
    return "use a name such as UTC or Europe/Berlin"
