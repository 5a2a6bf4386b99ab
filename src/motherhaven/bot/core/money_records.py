"""Money that moved without a trade, as the payload of a `cash_flow` event. Pure."""

from decimal import Decimal
from typing import Final

from motherhaven.bot.core.records import Payload, stamp
from motherhaven.bot.portfolio.events import CashFlow, MarginTransfer
from motherhaven.contract.events import Kind

MARGIN: Final = "isolated_margin"
"""The reason of a cash flow that only moves margin inside the account."""


def money_moved(moved: CashFlow | MarginTransfer) -> tuple[Kind, Payload]:
    """Money into or out of the account; margin that a position got is none of it: amount 0.

    `margin` then says what went into its bucket (negative: out), `leverage` what it has now.
    """
    payload: Payload = {
        "timestamp": stamp(moved.time),
        "amount": Decimal(0),
        "reason": MARGIN,
        "ledger_seq": moved.seq,
    }
    if isinstance(moved, CashFlow):
        payload |= {"amount": moved.amount, "reason": moved.reason.value}
        if moved.external_id is not None:
            payload["external_id"] = moved.external_id
    else:
        payload |= {
            "coin": moved.coin,
            "position_id": moved.position_id,
            "margin": moved.amount,
            "leverage": moved.leverage,
        }
    return "cash_flow", payload
