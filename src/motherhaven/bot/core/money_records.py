"""Money that moved without a trade, as the payload of a `cash_flow` event. Pure."""

from decimal import Decimal
from typing import Final

from motherhaven.bot.portfolio.events import CashFlow, MarginTransfer
from motherhaven.contract.events import Kind, cash_flow
from motherhaven.contract.events.base import Payload

MARGIN: Final = "isolated_margin"
"""The reason of a cash flow that only moves margin inside the account."""


def money_moved(moved: CashFlow | MarginTransfer) -> tuple[Kind, Payload]:
    """Money into or out of the account; margin that a position got is none of it: amount 0.

    `margin` then says what went into its bucket (negative: out), `leverage` what it has now.
    """
    if isinstance(moved, CashFlow):
        return "cash_flow", cash_flow.encode(
            moved.time,
            amount=moved.amount,
            reason=moved.reason.value,
            external_id=moved.external_id,
            ledger_seq=moved.seq,
        )
    return "cash_flow", cash_flow.encode(
        moved.time,
        amount=Decimal(0),
        reason=MARGIN,
        ledger_seq=moved.seq,
        coin=moved.coin,
        position_id=moved.position_id,
        margin=moved.amount,
        leverage=moved.leverage,
    )
