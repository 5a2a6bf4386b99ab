"""What can go wrong at the fake exchange, each as a switch with its arguments."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final


@dataclass(frozen=True)
class DropReply:
    """Cut the connection after an order request was carried out, or `before` it."""

    before: bool = False


@dataclass(frozen=True)
class HalfBody:
    """Carry an order request out and send half of the answer."""


@dataclass(frozen=True)
class PartialFill:
    """Fill at most `size` of the next order that takes."""

    size: Decimal = Decimal("0.001")


@dataclass(frozen=True)
class DelayVisibility:
    """Do not show what is ordered from now on; one question of orders or fills uses it up."""


@dataclass(frozen=True)
class RateLimited:
    """Answer a signed request with 429 and do nothing."""


@dataclass(frozen=True)
class UnknownStatus:
    """Give a state that nobody knows to an order that is asked for."""


@dataclass(frozen=True)
class ServerBusy:
    """Carry an order request out and answer 503, execution status unknown."""


FAULTS: Final[Mapping[str, type]] = {
    "drop_reply": DropReply,
    "half_body": HalfBody,
    "partial_fill": PartialFill,
    "delay_visibility": DelayVisibility,
    "rate_limited": RateLimited,
    "unknown_status": UnknownStatus,
    "server_busy": ServerBusy,
}
"""Switches that wait for a request."""
