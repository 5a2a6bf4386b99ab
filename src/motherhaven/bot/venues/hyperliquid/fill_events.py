"""From the venue's executions to the bot's fills: whose order it was, and why it happened."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Final

from motherhaven.bot.execution.orders import OrderKind
from motherhaven.bot.portfolio.account import LeverageSetting
from motherhaven.bot.portfolio.events import Fill, FillReason, Liquidity, MarginMode
from motherhaven.bot.venues.hyperliquid.money_state import RawFill
from motherhaven.bot.venues.hyperliquid.signed_log import SignedOrder
from motherhaven.contract.exact import exact, quotient

_OF_KIND: Final = {OrderKind.STOP: FillReason.STOP, OrderKind.TARGET: FillReason.TARGET}

FindOrder = Callable[[str], SignedOrder | None]


def fills_of(
    raw: RawFill, cloid: str, find: FindOrder, setting: LeverageSetting | None
) -> list[Fill]:
    """One execution as the books take it: two fills where it turns a position round.

    `cloid` is that of its order ("" for somebody else's), `setting` what its market has now.
    """
    order = find(cloid) if cloid else None
    fill = Fill(
        seq=0,
        coin=raw.coin,
        size=raw.size,
        price=raw.price,
        fee=raw.fee,
        liquidity=Liquidity.TAKER if raw.taker else Liquidity.MAKER,
        realized=raw.realized,
        reason=_reason(raw, order),
        position_id="",
        time=raw.time,
        cloid=cloid or None,
        leverage=1 if setting is None else setting.leverage,
        mode=MarginMode.CROSS if setting is None else setting.mode,
        external_id=f"{raw.tid}:{raw.oid}",
    )
    if raw.closes and abs(raw.size) > abs(raw.start):
        return _turned(fill, raw)
    return [fill]


def _turned(fill: Fill, raw: RawFill) -> list[Fill]:
    """The part that closes, with all that was realized, and the part that opens."""
    with exact():
        opened = raw.size + raw.start
        fee = quotient(raw.fee * abs(raw.start), abs(raw.size))
        rest = raw.fee - fee
    closes = replace(fill, size=-raw.start, fee=fee)
    opens = replace(
        fill, size=opened, fee=rest, realized=Decimal(0), external_id=f"{fill.external_id}:opened",
        reason=FillReason.ENTRY,
    )  # fmt: skip
    return [closes, opens]


def _reason(raw: RawFill, order: SignedOrder | None) -> FillReason:
    if raw.liquidated:
        return FillReason.LIQUIDATION
    if raw.deleveraged:
        return FillReason.ADL
    if order is not None and order.kind in _OF_KIND:
        return _OF_KIND[order.kind]
    return FillReason.CLOSE if raw.closes else FillReason.ENTRY
