"""The venue's reply to a signed action, read layer by layer; what is not clearly said is unclear.

First the HTTP status, then the body, then the status of the whole action, then that of each
order. The shapes are a closed set: resting, filled, error, waitingForFill, waitingForTrigger,
success, and one error for a whole batch.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from motherhaven.bot.venues.hyperliquid.client import Reply
from motherhaven.bot.venues.hyperliquid.refusals import code_of, says_nonce_used, shown
from motherhaven.contract.errors import InvalidJson, InvalidMoney
from motherhaven.contract.jsonio import loads
from motherhaven.contract.money import to_decimal


@dataclass(frozen=True, slots=True)
class Taken:
    """The venue has it. `filled` is unsigned, in coin; `resting` says that the rest waits."""

    filled: Decimal = Decimal(0)
    average: Decimal | None = None
    resting: bool = False
    oid: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """The venue refused it; nothing happened."""

    text: str
    code: str


@dataclass(frozen=True, slots=True)
class Unclear:
    """Whether it took effect is not known; `used`: its nonce had arrived before."""

    text: str
    used: bool = False


Answer = Taken | Refusal | Unclear

_REFUSED: Final = frozenset({400, 401, 403, 404, 405, 413, 415, 422, 429})
"""HTTP statuses of a server that has not looked at the action itself."""

_MOST_OID: Final = 1 << 63


def read(reply: Reply, count: int) -> list[Answer]:
    """One answer for each of the `count` orders or cancels of an action, in order."""
    if reply.status != 200:
        return [_of_status(reply)] * count
    try:
        body = loads(reply.body)
    except InvalidJson as error:
        return [Unclear(f"the reply is unreadable: {error}")] * count
    if not isinstance(body, Mapping):
        return [Unclear("the reply is no object")] * count
    response = body.get("response")
    if body.get("status") == "err" and isinstance(response, str):
        return [_of_error(response)] * count
    if body.get("status") != "ok" or not isinstance(response, Mapping):
        return [Unclear("the reply says neither ok nor err")] * count
    if response.get("type") == "default":
        return [Taken()] * count
    data = response.get("data")
    statuses = data.get("statuses") if isinstance(data, Mapping) else None
    if not isinstance(statuses, list):
        return [Unclear("the reply has no statuses")] * count
    return _each(statuses, count)


def _each(statuses: list[Any], count: int) -> list[Answer]:
    answers = [_of_item(item) for item in statuses]
    if len(answers) == count:
        return answers
    if len(answers) == 1 and isinstance(answers[0], Refusal):
        return answers * count
    return [Unclear(f"the reply has {len(answers)} statuses for {count} orders")] * count


def _of_item(item: Any) -> Answer:
    if item == "success":
        return Taken()
    if item in ("waitingForFill", "waitingForTrigger"):
        return Taken(resting=True)
    if not isinstance(item, Mapping) or len(item) != 1:
        return Unclear("the status of the order has an unknown shape")
    ((name, told),) = item.items()
    if name == "error" and isinstance(told, str):
        return _of_error(told)
    oid = _oid(told)
    if name == "resting" and oid is not None:
        return Taken(resting=True, oid=oid)
    if name == "filled" and oid is not None:
        return _filled(told, oid)
    return Unclear("the status of the order has an unknown shape")


def _filled(told: Mapping[str, Any], oid: str) -> Answer:
    try:
        size = to_decimal(told.get("totalSz"), "totalSz")
        price = to_decimal(told.get("avgPx"), "avgPx")
    except InvalidMoney as error:
        return Unclear(f"the status of the order is unreadable: {error}")
    if size <= 0 or price <= 0:
        return Unclear("the status of the order names a fill of nothing")
    return Taken(size, price, False, oid)


def _oid(told: Any) -> str | None:
    oid = told.get("oid") if isinstance(told, Mapping) else None
    if isinstance(oid, int) and not isinstance(oid, bool) and 0 <= oid < _MOST_OID:
        return str(oid)
    return None


def _of_error(text: str) -> Answer:
    if says_nonce_used(text):
        return Unclear(f"an action with this nonce has arrived before: {shown(text)}", used=True)
    return Refusal(shown(text), code_of(text))


def _of_status(reply: Reply) -> Answer:
    told = f"Hyperliquid answered HTTP {reply.status}"
    if reply.status not in _REFUSED:
        return Unclear(told)
    words = shown(reply.body[:1_000].decode("utf-8", "replace"))
    code = "venue_rate" if reply.status == 429 else "venue"
    return Refusal(f"{told}: {words}" if words else told, code)
