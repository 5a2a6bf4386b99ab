"""Order keys: where an event stands, in the feeds and among its bot's own events."""

from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from motherhaven.contract.errors import ContractError
from motherhaven.stores.protocol import TIERS

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

_FIRST: Final = (datetime(1900, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND
_LAST: Final = (datetime(2300, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND

PAGE_LIMIT: Final = 10_000
"""No list answers more rows than this at once."""


class Key(NamedTuple):
    """The order of lists, compared from left to right; no client's clock is in it.

    `time` in microseconds is when it happened, at most its receipt and, within a bot and
    kind, always after what came before; the rest makes every key different.
    """

    time: int
    epoch: int
    seq: int
    n: int


class Pointer(NamedTuple):
    """An event of one bot: its commit number, its order and when it was recorded."""

    n: int
    epoch: int
    seq: int
    recorded: int

    def supersedes(self, other: "Pointer | None") -> bool:
        """Whether this is the later word on one thing; at a tie the later arrival is.

        Clients without a sequence send epoch and seq 0: then the order of receipt decides.
        """
        if other is None:
            return True
        if 0 in (self.epoch + self.seq, other.epoch + other.seq):
            return self.n >= other.n
        return (self.epoch, self.seq) >= (other.epoch, other.seq)


def micros(moment: datetime) -> int:
    """`moment` (aware) as microseconds since 1970, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(micros: int) -> datetime:
    """The UTC time of `micros` since 1970."""
    return _EPOCH + timedelta(microseconds=micros)


def kept_moment(micros: int) -> datetime:
    """The UTC time of a kept row.

    Raises:
        ValueError: no version ever kept such a time, and no sum with it could be told.
    """
    if not _FIRST <= micros < _LAST:
        raise ValueError(f"the time {micros} µs is outside the years 1900 to 2300")
    return moment(micros)


def held_moment(micros: int) -> datetime:
    """The UTC time of a kept row, held within the years that `kept_moment` takes."""
    return moment(max(_FIRST, min(micros, _LAST - 1)))


def held(limit: int) -> int:
    """`limit` held within 1 and PAGE_LIMIT."""
    return max(1, min(limit, PAGE_LIMIT))


DEPOSIT_MINUTES: Final = (1, 1 << 32)
"""The buckets of DEPOSITS_TIER that tell of changes: every minute but 0, the latest."""


def bucket_range(start: datetime, end: datetime, tier: int) -> tuple[int, int]:
    """The bucket numbers (first, one past the last) that [start, end) touches.

    Raises:
        ContractError: `tier` is not the width of a rollup.
    """
    if tier not in TIERS:
        raise ContractError(f"bucket: {tier} s is not a rollup's width; send one of {TIERS}")
    width = tier * 1_000_000
    return micros(start) // width, -(-micros(end) // width)
