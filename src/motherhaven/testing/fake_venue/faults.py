"""What can be switched wrong at a request: each a dataclass whose fields are its arguments.

`only` names the type of action or question that is meant, e.g. "order" or "orderStatus".
"""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class DropReply:
    """Carry the request out, then cut the connection without an answer.

    With `before` it is cut before anything is done. Without `only` every action is meant.
    """

    only: str | None = None
    before: bool = False


@dataclass(frozen=True, slots=True)
class HalfBody:
    """Carry the request out, send half of the answer, and cut the connection.

    Without `only` every action is meant.
    """

    only: str | None = None


@dataclass(frozen=True, slots=True)
class RateLimited:
    """Answer with HTTP 429 and do nothing; without `only` every request is meant."""

    only: str | None = None


@dataclass(frozen=True, slots=True)
class DelayVisibility:
    """After an action, answer questions about its account as if it had not been.

    It lasts for so many `seconds` of the venue's clock. The stream tells at once.
    """

    seconds: float = 3.0


@dataclass(frozen=True, slots=True)
class PartialFill:
    """Fill a marketable order for a `fraction` of its size, in whole lots and at least one.

    What is left of an IOC order is cancelled without a word; of a GTC order it rests and
    fills when the price comes to it again.
    """

    fraction: Decimal = Decimal("0.5")


@dataclass(frozen=True, slots=True)
class IocShrunk:
    """Fill an IOC order for a part of it that is drawn at random, as a thin book does."""


@dataclass(frozen=True, slots=True)
class NormalTpslDropped:
    """Fill the parent of a normalTpsl group in whole, and lose its children all the same.

    The answer says "waitingForTrigger", but nothing rests.
    """


@dataclass(frozen=True, slots=True)
class UpgradeWindow:
    """Refuse an order that may match at once, as after an upgrade of the network.

    Only post-only orders (Alo) are taken; cancels go through.
    """


@dataclass(frozen=True, slots=True)
class UnknownStatus:
    """Give an orderStatus a status that nobody has heard of: `word`."""

    word: str = "quarantinedByCommittee"


@dataclass(frozen=True, slots=True)
class ForgetfulOrderStatus:
    """Answer an orderStatus with unknownOid, whatever became of the order."""


@dataclass(frozen=True, slots=True)
class SilentSocket:
    """Keep a message of the stream back for good; pings are still answered."""


@dataclass(frozen=True, slots=True)
class NoReplay:
    """Begin a subscription with an empty snapshot: what happened before is not told again."""
