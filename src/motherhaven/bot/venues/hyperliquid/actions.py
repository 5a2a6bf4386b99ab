"""The actions that this adapter can build, and no others. Key order is part of the signature."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from motherhaven.bot.venues.hyperliquid.refusals import Refused

MOST_ITEMS: Final = 200
"""More orders or cancels in one action, and the venue refuses it as a whole."""

Grouping = Literal["na", "normalTpsl", "positionTpsl"]
Tif = Literal["Ioc", "Gtc", "Alo"]

ALLOWED: Final = frozenset({
    "order", "cancel", "cancelByCloid", "updateLeverage", "updateIsolatedMargin", "noop",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Action:
    """What is signed. `reduces`: it opens nothing; `items` is what it costs of the budget."""

    body: dict[str, Any]
    reduces: bool
    items: int = 1

    def __post_init__(self) -> None:
        if self.body.get("type") not in ALLOWED or "builder" in self.body:
            raise Refused(
                f"the action {self.body.get('type')!r:.40} is never sent by this bot",
                "venue_action",
            )
        if not 1 <= self.items <= MOST_ITEMS:
            raise Refused(
                f"{self.items} orders in one action; send 1 to {MOST_ITEMS}", "venue_action"
            )

    @property
    def kind(self) -> str:
        """The venue's word for it."""
        return str(self.body["type"])


def limit_order(
    asset: int, buy: bool, price: str, size: str, reduce_only: bool, tif: Tif, cloid: str | None
) -> dict[str, Any]:
    """A limit order; immediate or cancel is what others call a market order."""
    order = _order(asset, buy, price, size, reduce_only)
    return _named(order | {"t": {"limit": {"tif": tif}}}, cloid)


def trigger_order(
    asset: int, buy: bool, price: str, size: str, trigger: str, stop: bool, cloid: str | None
) -> dict[str, Any]:
    """A reduce-only market order that a mark of `trigger` sets off; `price` is its worst."""
    tpsl = "sl" if stop else "tp"
    how = {"trigger": {"isMarket": True, "triggerPx": trigger, "tpsl": tpsl}}
    return _named(_order(asset, buy, price, size, True) | {"t": how}, cloid)


def order(orders: Sequence[dict[str, Any]], grouping: Grouping = "na") -> Action:
    """Place orders; it reduces when every one of them is reduce-only."""
    reduces = all(one["r"] is True for one in orders)
    body = {"type": "order", "orders": list(orders), "grouping": grouping}
    return Action(body, reduces, len(orders))


def cancel(items: Sequence[tuple[int, int]], *, reduces: bool = True) -> Action:
    """Cancel by the market's number and the venue's own id of the order."""
    cancels = [{"a": asset, "o": oid} for asset, oid in items]
    return Action({"type": "cancel", "cancels": cancels}, reduces, len(cancels))


def cancel_by_cloid(items: Sequence[tuple[int, str]], *, reduces: bool = True) -> Action:
    """Cancel by the market's number and our id of the order."""
    cancels = [{"asset": asset, "cloid": cloid} for asset, cloid in items]
    return Action({"type": "cancelByCloid", "cancels": cancels}, reduces, len(cancels))


def update_leverage(asset: int, leverage: int, *, cross: bool) -> Action:
    """Set a market's leverage and margin mode."""
    body = {"type": "updateLeverage", "asset": asset, "isCross": cross, "leverage": leverage}
    return Action(body, reduces=False)


def update_isolated_margin(asset: int, micro_usd: int) -> Action:
    """Move margin into an isolated position (negative: out of it), in millionths of a USD."""
    body = {"type": "updateIsolatedMargin", "asset": asset, "isBuy": True, "ntli": micro_usd}
    return Action(body, reduces=micro_usd > 0)


def noop() -> Action:
    """Use up a nonce and do nothing else."""
    return Action({"type": "noop"}, reduces=True)


def _order(asset: int, buy: bool, price: str, size: str, reduce_only: bool) -> dict[str, Any]:
    return {"a": asset, "b": buy, "p": price, "s": size, "r": reduce_only}


def _named(one: dict[str, Any], cloid: str | None) -> dict[str, Any]:
    return one if cloid is None else one | {"c": cloid}
