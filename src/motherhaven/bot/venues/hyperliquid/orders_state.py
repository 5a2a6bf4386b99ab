"""Orders as the venue has them: what rests, and what became of one."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from motherhaven.bot.execution.orders import OpenOrder, OrderKind, OrderState
from motherhaven.bot.portfolio.events import Side
from motherhaven.bot.venues.hyperliquid.parse import (
    BadAnswer,
    flag,
    is_ours,
    mapping,
    number,
    rows,
    text,
    time_of,
    whole,
)

CLOID: Final = re.compile(r"0x[0-9a-f]{32}")
"""A client order id as the venue takes it."""

_OPEN: Final = "frontendOpenOrders"
_STATUS: Final = "orderStatus"
_DEPTH: Final = 3
LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""The time of an order whose own cannot be read."""

_CANCELED: Final = frozenset({
    "canceled", "marginCanceled", "vaultWithdrawalCanceled", "openInterestCapCanceled",
    "selfTradeCanceled", "reduceOnlyCanceled", "siblingFilledCanceled", "delistedCanceled",
    "liquidatedCanceled", "outcomeSettledCanceled", "scheduledCancel", "internalCancel",
})  # fmt: skip
_REJECTED: Final = frozenset({
    "rejected", "tickRejected", "minTradeNtlRejected", "perpMarginRejected",
    "reduceOnlyRejected", "badAloPxRejected", "iocCancelRejected", "badTriggerPxRejected",
    "marketOrderNoLiquidityRejected", "positionIncreaseAtOpenInterestCapRejected",
    "positionFlipAtOpenInterestCapRejected", "tooAggressiveAtOpenInterestCapRejected",
    "openInterestIncreaseRejected", "insufficientSpotBalanceRejected", "oracleRejected",
    "perpMaxPositionRejected", "tooManyOpenOrdersRejected",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class FoundOrder:
    """What the venue says of one order: its words, and what they mean.

    `size` is the unsigned size that was asked for, `left` what is not filled of it.
    """

    coin: str
    oid: int
    cloid: str
    state: OrderState
    word: str
    size: Decimal
    left: Decimal
    reduce_only: bool
    placed_at: datetime
    changed_at: datetime


Ours = Callable[[str], bool]
"""Whether a cloid may be one of ours."""


def anyone(_: str) -> bool:
    """Where nobody knows which cloids are ours, each may be."""
    return True


def read_open_orders(answer: Any, ours: Ours = anyone) -> list[OpenOrder]:
    """`frontendOpenOrders`: every order once, triggers included, ours and others'.

    Children of an order that waits are named inside it and again beside it. Spot orders and
    those of separate exchanges are left out. One of somebody else that cannot be read has
    `unread`: it takes nothing from the rest.

    Raises:
        BadAnswer: one that may be ours cannot be read.
    """
    found: dict[str, OpenOrder] = {}
    _collect(rows(answer, _OPEN), None, found, _DEPTH, ours)
    return list(found.values())


def _collect(
    items: list[Any], parent: str | None, found: dict[str, OpenOrder], depth: int, ours: Ours
) -> None:
    for value in items:
        item, below = mapping(value, _OPEN), list[Any]()
        try:
            if not is_ours(text(item, "coin", _OPEN)):
                continue
            order = _open_order(item, parent)
            below = _below(item, depth)
        except BadAnswer as error:
            order = _theirs(item, parent, ours, error)
        oid = order.oid or f"unread {len(found)}"
        if oid not in found or parent is not None:
            found[oid] = order
        if below:
            _collect(below, order.cloid or oid, found, depth - 1, ours)


def _below(item: Mapping[str, Any], depth: int) -> list[Any]:
    children = item.get("children")
    if not children:
        return []
    if depth == 1:
        raise BadAnswer(_OPEN, "orders are nested too deep")
    return rows(children, _OPEN, 100)


def _theirs(item: Mapping[str, Any], parent: str | None, ours: Ours, error: BadAnswer) -> OpenOrder:
    """An order that cannot be read, if it is surely not ours: we give each of ours a cloid."""
    if "cloid" not in item:
        raise error
    cloid = cloid_of(item)
    if cloid and ours(cloid):
        raise error
    coin, oid = item.get("coin"), item.get("oid")
    return OpenOrder(
        cloid,
        coin if isinstance(coin, str) and is_ours(coin) else "",
        Side.SELL if item.get("side") == "A" else Side.BUY,
        Decimal(0),
        OrderKind.LIMIT,
        None,
        reduce_only=False,
        placed_at=LONG_AGO,
        parent=parent,
        oid=str(oid) if isinstance(oid, int) and not isinstance(oid, bool) and oid >= 0 else None,
        unread=error.why,
    )


def _open_order(item: Mapping[str, Any], parent: str | None) -> OpenOrder:
    trigger = flag(item, "isTrigger", _OPEN)
    limit = number(item, "limitPx", _OPEN)
    price = number(item, "triggerPx", _OPEN) if trigger else limit
    return OpenOrder(
        cloid=cloid_of(item),
        coin=text(item, "coin", _OPEN),
        side=side_of(item, _OPEN),
        size=number(item, "sz", _OPEN),
        kind=_kind(item, trigger),
        price=price,
        reduce_only=flag(item, "reduceOnly", _OPEN),
        placed_at=time_of(item, "timestamp", _OPEN),
        parent=parent,
        oid=str(whole(item, "oid", _OPEN)),
        limit=limit if trigger else None,
    )


def _kind(item: Mapping[str, Any], trigger: bool) -> OrderKind:
    if not trigger:
        return OrderKind.LIMIT
    word = text(item, "orderType", _OPEN)
    if word.startswith("Stop"):
        return OrderKind.STOP
    if word.startswith("Take Profit"):
        return OrderKind.TARGET
    raise BadAnswer(_OPEN, f"the trigger {word[:40]!r} is not known")


def read_status(answer: Any) -> FoundOrder | None:
    """`orderStatus`; None when the venue says that it knows no such order.

    It forgets: None alone does not prove that there never was one.

    Raises:
        BadAnswer: it says something else, or a status that is not known.
    """
    top = mapping(answer, _STATUS)
    if top.get("status") == "unknownOid":
        return None
    if top.get("status") != "order":
        raise BadAnswer(_STATUS, f"the status is {top.get('status')!r:.40}")
    outer = mapping(top.get("order"), _STATUS)
    item = mapping(outer.get("order"), _STATUS)
    word = text(outer, "status", _STATUS)
    return FoundOrder(
        coin=text(item, "coin", _STATUS),
        oid=whole(item, "oid", _STATUS),
        cloid=cloid_of(item),
        state=state_of(word),
        word=word,
        size=number(item, "origSz", _STATUS),
        left=number(item, "sz", _STATUS),
        reduce_only=flag(item, "reduceOnly", _STATUS),
        placed_at=time_of(item, "timestamp", _STATUS),
        changed_at=time_of(outer, "statusTimestamp", _STATUS),
    )


def state_of(word: str) -> OrderState:
    """What a status of the venue means; one that has triggered is still under way.

    Raises:
        BadAnswer: it is not known: it must not be taken for the end of the order.
    """
    if word in ("open", "triggered"):
        return OrderState.OPEN
    if word == "filled":
        return OrderState.FILLED
    if word in _CANCELED:
        return OrderState.CANCELED
    if word in _REJECTED:
        return OrderState.REJECTED
    raise BadAnswer(_STATUS, f"the order's status {word[:40]!r} is not known")


def cloid_of(item: Mapping[str, Any]) -> str:
    """Our id of an order in lower case, "" where it has none: then it is not ours."""
    value = item.get("cloid")
    if value is None:
        return ""
    found = value.lower() if isinstance(value, str) else ""
    if CLOID.fullmatch(found):
        return found
    raise BadAnswer("an order", f"the cloid {value!r:.50} is none")


def side_of(item: Mapping[str, Any], what: str) -> Side:
    """B buys, A sells."""
    side = item.get("side")
    if side == "B":
        return Side.BUY
    if side == "A":
        return Side.SELL
    raise BadAnswer(what, f"the side {side!r:.20} is neither A nor B")
