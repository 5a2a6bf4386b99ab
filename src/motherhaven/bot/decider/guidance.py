"""The user's own wish to the decider: data in the prompt, until cleared or expired."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from motherhaven.contract.errors import ConfigError

MAX_CHARACTERS: Final = 2_000
MAX_HOURS: Final = 24 * 31


@dataclass(frozen=True, slots=True)
class Guidance:
    """`text` holds until `until` (aware UTC), or until it is cleared when that is None."""

    text: str
    until: datetime | None = None

    def active(self, now: datetime) -> bool:
        """Whether the decider is still to hear it."""
        return self.until is None or now < self.until


def read_guidance(text: str, hours: float | None, now: datetime) -> Guidance | None:
    """Guidance from what the user typed; None for blank text, which clears it.

    Raises:
        ConfigError: too long, or `hours` is not above 0 and at most MAX_HOURS.
    """
    words = text.strip()
    if not words:
        return None
    if len(words) > MAX_CHARACTERS:
        raise ConfigError(f"guidance: {len(words)} characters; at most {MAX_CHARACTERS}")
    if hours is None:
        return Guidance(words)
    if not 0 < hours <= MAX_HOURS:
        raise ConfigError(f"--hours {hours:g}: give more than 0 and at most {MAX_HOURS}")
    return Guidance(words, now + timedelta(hours=hours))
