"""Reading the body of an action: its canonical form, which is what was signed, and its meaning.

The venue hashes an action as it understood it, not as it was spelled: order of keys, padded
decimals and upper-case hexadecimals in the body change nothing.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from motherhaven.contract.money import plain
from motherhaven.testing.fake_venue.orders import Trigger

_NUMBER: Final = re.compile(r"-?[0-9]{1,30}(?:\.[0-9]{1,30})?")
_CLOID: Final = re.compile(r"0x[0-9a-fA-F]{32}")
_TIFS: Final = ("Alo", "Ioc", "Gtc", "FrontendMarket")
_GROUPINGS: Final = ("na", "normalTpsl", "positionTpsl")
_MOST: Final = 1 << 53
_MOST_ITEMS: Final = 2_000

NOT_ALLOWED: Final = (
    "approveAgent", "approveBuilderFee", "usdSend", "spotSend", "withdraw3", "usdClassTransfer",
    "sendAsset", "agentSendAsset", "vaultTransfer", "createSubAccount", "subAccountTransfer",
    "subAccountSpotTransfer", "setReferrer", "tokenDelegate", "cDeposit", "cWithdraw",
    "twapOrder", "twapCancel", "modify", "batchModify", "evmUserModify", "userSetAbstraction",
    "agentSetAbstraction", "userDexAbstraction", "agentEnableDexAbstraction", "spotDeploy",
    "perpDeploy", "convertToMultiSigUser", "multiSig", "claimRewards", "topUpIsolatedOnlyMargin",
    "reserveRequestWeight",
)  # fmt: skip
"""What the real venue knows and this one refuses: a bot of ours has no business with it."""


class Unreadable(Exception):
    """The body is not what the venue can read: HTTP 422."""


class Refused(Exception):
    """The whole action is refused; the argument is the text of the answer."""


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """One order as it was sent. Prices in USD, `size` in coin, unsigned."""

    asset: int
    buy: bool
    price: Decimal
    size: Decimal
    reduce_only: bool
    tif: str | None
    trigger: Trigger | None
    cloid: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """The action "order"."""

    orders: tuple[OrderRequest, ...]
    grouping: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """The actions "cancel" (by oid) and "cancelByCloid"; `fast` is not for triggers."""

    orders: tuple[tuple[int, int | str], ...]
    fast: bool = False


@dataclass(frozen=True, slots=True)
class UpdateLeverage:
    """The action "updateLeverage"."""

    asset: int
    cross: bool
    leverage: int


@dataclass(frozen=True, slots=True)
class UpdateIsolatedMargin:
    """The action "updateIsolatedMargin"; `millionths` of a USD, negative to take out."""

    asset: int
    millionths: int


@dataclass(frozen=True, slots=True)
class Noop:
    """The action "noop": uses its nonce up."""


@dataclass(frozen=True, slots=True)
class ScheduleCancel:
    """The action "scheduleCancel"; None takes the schedule back."""

    time: int | None


Command = Place | Cancel | UpdateLeverage | UpdateIsolatedMargin | Noop | ScheduleCancel


@dataclass(frozen=True, slots=True)
class Action:
    """An action that could be read. `canonical` is what its signature must be of."""

    kind: str
    canonical: dict[str, Any]
    command: Command

    @property
    def weight(self) -> int:
        """How many orders or cancels it has; at least 1."""
        command = self.command
        return max(1, len(command.orders)) if isinstance(command, Place | Cancel) else 1


def read_action(body: object) -> Action:
    """The action of a request.

    Raises:
        Unreadable: it is no action, or one of its fields is not what it must be.
        Refused: it is an action that this venue does not carry out.
    """
    if not isinstance(body, Mapping):
        raise Unreadable("action is not an object")
    kind = body.get("type")
    if kind in NOT_ALLOWED:
        raise Refused(f"The fake venue does not carry out {kind}: remove it from the client.")
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        raise Unreadable(f"unknown action {str(kind)[:40]!r}")
    canonical, command = reader(body)
    return Action(str(kind), {"type": kind, **canonical}, command)


Read = tuple[dict[str, Any], Command]


def _orders(body: Mapping[str, Any]) -> Read:
    if "builder" in body:
        raise Refused("The fake venue takes no builder: remove it from the client.")
    grouping = body.get("grouping")
    if grouping not in _GROUPINGS:
        raise Unreadable("grouping")
    read = [_order(item) for item in _items(body, "orders")]
    canonical = {"orders": [form for form, _ in read], "grouping": grouping}
    return canonical, Place(tuple(order for _, order in read), str(grouping))


def _order(item: Mapping[str, Any]) -> tuple[dict[str, Any], OrderRequest]:
    price, size = _number(item, "p"), _number(item, "s")
    asset, buy, reduce_only = _integer(item, "a"), _flag(item, "b"), _flag(item, "r")
    kind = item.get("t")
    if not isinstance(kind, Mapping) or len(kind) != 1:
        raise Unreadable("t")
    tif, trigger, form = _kind(kind)
    canonical: dict[str, Any] = {
        "a": asset, "b": buy, "p": plain(price), "s": plain(size), "r": reduce_only, "t": form,
    }  # fmt: skip
    cloid = item.get("c")
    if cloid is not None:
        cloid = canonical["c"] = _cloid(cloid)
    return canonical, OrderRequest(asset, buy, price, size, reduce_only, tif, trigger, cloid)


def _kind(kind: Mapping[str, Any]) -> tuple[str | None, Trigger | None, dict[str, Any]]:
    name, fields = next(iter(kind.items()))
    if not isinstance(fields, Mapping):
        raise Unreadable("t")
    if name == "limit":
        tif = fields.get("tif")
        if tif not in _TIFS:
            raise Unreadable("tif")
        return tif, None, {"limit": {"tif": tif}}
    tpsl = fields.get("tpsl")
    if name != "trigger" or tpsl not in ("tp", "sl"):
        raise Unreadable("t")
    market, price = _flag(fields, "isMarket"), _number(fields, "triggerPx")
    form = {"isMarket": market, "triggerPx": plain(price), "tpsl": tpsl}
    return None, Trigger(price, tpsl, market), {"trigger": form}


def _cancel(body: Mapping[str, Any]) -> Read:
    pairs = [(_integer(item, "a"), _integer(item, "o")) for item in _items(body, "cancels")]
    canonical: dict[str, Any] = {"cancels": [{"a": asset, "o": oid} for asset, oid in pairs]}
    return _fast(body, canonical, tuple(pairs))


def _cancel_by_cloid(body: Mapping[str, Any]) -> Read:
    items = _items(body, "cancels")
    pairs = [(_integer(item, "asset"), _cloid(item.get("cloid"))) for item in items]
    canonical: dict[str, Any] = {
        "cancels": [{"asset": asset, "cloid": cloid} for asset, cloid in pairs]
    }
    return _fast(body, canonical, tuple(pairs))


def _fast(
    body: Mapping[str, Any], canonical: dict[str, Any], pairs: tuple[tuple[int, int | str], ...]
) -> Read:
    fast = "f" in body and _flag(body, "f")
    if fast:
        canonical["f"] = True
    return canonical, Cancel(pairs, fast)


def _leverage(body: Mapping[str, Any]) -> Read:
    asset, cross = _integer(body, "asset"), _flag(body, "isCross")
    leverage = _integer(body, "leverage")
    canonical = {"asset": asset, "isCross": cross, "leverage": leverage}
    return canonical, UpdateLeverage(asset, cross, leverage)


def _margin(body: Mapping[str, Any]) -> Read:
    asset, buy = _integer(body, "asset"), _flag(body, "isBuy")
    millionths = _integer(body, "ntli", least=-_MOST)
    canonical = {"asset": asset, "isBuy": buy, "ntli": millionths}
    return canonical, UpdateIsolatedMargin(asset, millionths)


def _noop(_: Mapping[str, Any]) -> Read:
    return {}, Noop()


def _schedule(body: Mapping[str, Any]) -> Read:
    if body.get("time") is None:
        return {}, ScheduleCancel(None)
    time = _integer(body, "time")
    return {"time": time}, ScheduleCancel(time)


_READERS: Final[Mapping[str, Callable[[Mapping[str, Any]], Read]]] = {
    "order": _orders,
    "cancel": _cancel,
    "cancelByCloid": _cancel_by_cloid,
    "updateLeverage": _leverage,
    "updateIsolatedMargin": _margin,
    "noop": _noop,
    "scheduleCancel": _schedule,
}


def _items(body: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    items = body.get(name)
    if not isinstance(items, list) or len(items) > _MOST_ITEMS:
        raise Unreadable(name)
    if not all(isinstance(item, Mapping) for item in items):
        raise Unreadable(name)
    return items


def _integer(body: Mapping[str, Any], name: str, least: int = 0) -> int:
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= _MOST:
        raise Unreadable(name)
    return value


def _flag(body: Mapping[str, Any], name: str) -> bool:
    value = body.get(name)
    if not isinstance(value, bool):
        raise Unreadable(name)
    return value


def _number(body: Mapping[str, Any], name: str) -> Decimal:
    value = body.get(name)
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        raise Unreadable(name)
    return Decimal(value)


def _cloid(value: object) -> str:
    if not isinstance(value, str) or not _CLOID.fullmatch(value):
        raise Unreadable("cloid")
    return value.lower()
