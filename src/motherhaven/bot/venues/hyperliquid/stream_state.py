"""One connection of the stream as a pure state machine: what to send, what it says, is it alive.

A connection is over when it does not open its subscriptions, does not answer a ping, or has
nothing to say on a channel that always has. Seconds are those of a monotonic clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from motherhaven.bot.venues.hyperliquid.parse import is_ours
from motherhaven.contract.errors import InvalidJson
from motherhaven.contract.jsonio import dumps, loads

PING_EVERY: Final = 30.0
PONG_WITHIN: Final = 10.0
OPEN_WITHIN: Final = 10.0
SILENT_AFTER: Final = 90.0
"""A channel of prices that says nothing for so long is dead, though its socket is open."""

HELLO: Final = "Websocket connection established."
_MOST_FILLS: Final = 5_000


class News(Enum):
    """What a message may be about."""

    ORDERS = "orders"
    MONEY = "money"


@dataclass(frozen=True, slots=True)
class Heard:
    """What one message says: that something is new, and which fills it names (tid, oid)."""

    news: frozenset[News] = frozenset()
    fills: tuple[tuple[int, int], ...] = ()


NOTHING: Final = Heard()
_NEWS: Final[Mapping[str, News]] = {
    "userFills": News.ORDERS,
    "orderUpdates": News.ORDERS,
    "user": News.ORDERS,
    "userFundings": News.MONEY,
    "userNonFundingLedgerUpdates": News.MONEY,
}
PULSE: Final = "allMids"


class Dead(Exception):
    """The connection is of no use any more; the text says why."""


def subscriptions(account: str) -> list[dict[str, str]]:
    """What is listened to: the account's own channels, and one that always has something."""
    users = ("userFills", "orderUpdates", "userEvents", "userFundings",
             "userNonFundingLedgerUpdates")  # fmt: skip
    return [{"type": one, "user": account} for one in users] + [{"type": PULSE}]


@dataclass(slots=True)
class Connection:
    """A connection that was just opened at `now`."""

    wanted: Sequence[Mapping[str, str]]
    now: float
    _open: set[str] = field(default_factory=set)
    _pinged_at: float = 0.0
    _asked: bool = False
    _pulse_at: float = 0.0

    def __post_init__(self) -> None:
        self._pinged_at = self._pulse_at = self.now

    def first(self) -> list[str]:
        """What to send to begin with."""
        asks = [{"method": "subscribe", "subscription": dict(one)} for one in self.wanted]
        return [dumps(one).decode() for one in asks]

    def heard(self, text: str, now: float) -> Heard:
        """Take a message in.

        Raises:
            Dead: it is unreadable, or the venue refuses a subscription.
        """
        if text == HELLO:
            return NOTHING
        try:
            said = loads(text.encode())
        except InvalidJson as error:
            raise Dead(f"a message is unreadable: {error}") from None
        channel = said.get("channel") if isinstance(said, Mapping) else None
        if not isinstance(channel, str) or not isinstance(said, Mapping):
            raise Dead("a message names no channel")
        data = said.get("data")
        if channel == "pong":
            self._asked = False
        elif channel == "error":
            raise Dead(f"the venue says {str(data)[:200]!r}")
        elif channel == "subscriptionResponse":
            self._confirm(data)
        elif channel == PULSE:
            self._pulse_at = now
        news = _NEWS.get(channel)
        return NOTHING if news is None else Heard(frozenset({news}), _fills(channel, data))

    def due(self, now: float) -> str | None:
        """What to send now, None for nothing.

        Raises:
            Dead: the other side does not answer as it must.
        """
        if len(self._open) < len(self.wanted) and now - self.now >= OPEN_WITHIN:
            missing = [one["type"] for one in self.wanted if one["type"] not in self._open]
            raise Dead(f"{', '.join(missing)} was not opened within {OPEN_WITHIN:g} s")
        if self._asked and now - self._pinged_at >= PONG_WITHIN:
            raise Dead(f"no answer to a ping within {PONG_WITHIN:g} s")
        if now - self._pulse_at >= SILENT_AFTER:
            raise Dead(f"no price was heard for {SILENT_AFTER:g} s")
        if not self._asked and now - self._pinged_at >= PING_EVERY:
            self._pinged_at, self._asked = now, True
            return '{"method":"ping"}'
        return None

    def _confirm(self, data: Any) -> None:
        told = data.get("subscription") if isinstance(data, Mapping) else None
        kind = told.get("type") if isinstance(told, Mapping) else None
        if isinstance(kind, str):
            self._open.add(kind)


def _fills(channel: str, data: Any) -> tuple[tuple[int, int], ...]:
    """The fills that a message names, but for a snapshot: those are old."""
    if not isinstance(data, Mapping) or channel not in ("userFills", "user"):
        return ()
    items = data.get("fills")
    if data.get("isSnapshot") or not isinstance(items, list):
        return ()
    found = [
        (one["tid"], one["oid"])
        for one in items[:_MOST_FILLS]
        if isinstance(one, Mapping)
        and is_ours(str(one.get("coin")))
        and isinstance(one.get("tid"), int)
        and isinstance(one.get("oid"), int)
    ]
    return tuple(found)
