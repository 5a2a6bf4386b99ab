"""What shipping has done, in numbers."""

from dataclasses import dataclass
from typing import Literal

ShippingState = Literal["off", "standby", "shipping", "waiting", "paused"]
"""off: not set up; standby: another process ships this journal; waiting: backing off
after a failure; paused: the server refuses the key."""


@dataclass(frozen=True, slots=True)
class ShippingStats:
    """Counts of events: sent since the start, still to be sent (behind), refused for good
    and set aside (quarantined), kept until the server is newer (not_applicable)."""

    sent: int = 0
    behind: int = 0
    quarantined: int = 0
    not_applicable: int = 0
    state: ShippingState = "off"
    last_error: str | None = None
