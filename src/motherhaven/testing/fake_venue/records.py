"""What an account has seen happen, as the venue tells it: fills and movements of money."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from motherhaven.bot.portfolio.events import CashFlow, FlowReason, FundingPayment
from motherhaven.testing.fake_venue.signing import transaction_hash
from motherhaven.testing.fake_venue.wire import NO_HASH, to_ms, wire

ZERO: Final = Decimal(0)
WITHDRAWAL_FEE: Final = Decimal(1)
"""USD that a withdrawal costs, told beside what arrives."""


@dataclass(frozen=True, slots=True)
class WireFill:
    """One fill. `size` unsigned in coin, `start` the signed position before it; money in USD.

    `closed` is gross of the fee. `liquidated` is the address whose position was liquidated.
    """

    time: datetime
    coin: str
    price: Decimal
    size: Decimal
    buy: bool
    start: Decimal
    direction: str
    closed: Decimal
    fee: Decimal
    crossed: bool
    oid: int
    tid: int
    cloid: str | None = None
    liquidated: str | None = None
    mark: Decimal = ZERO

    def form(self) -> dict[str, Any]:
        """As in userFills."""
        adl = self.direction == "Auto-Deleveraging"
        form: dict[str, Any] = {
            "coin": self.coin,
            "px": wire(self.price),
            "sz": wire(self.size),
            "side": "B" if self.buy else "A",
            "time": to_ms(self.time),
            "startPosition": wire(self.start),
            "dir": self.direction,
            "closedPnl": wire(self.closed),
            "hash": NO_HASH if adl else transaction_hash(f"fill {self.tid}"),
            "oid": self.oid,
            "crossed": self.crossed,
            "fee": wire(self.fee),
            "tid": self.tid,
            "feeToken": "USDC",
            "twapId": None,
        }
        if self.cloid is not None:
            form["cloid"] = self.cloid
        if self.liquidated is not None:
            form["liquidation"] = {
                "liquidatedUser": self.liquidated, "markPx": wire(self.mark), "method": "market",
            }  # fmt: skip
        return form


def direction_of(start: Decimal, change: Decimal) -> str:
    """The venue's words for a fill that changes the signed position `start` by `change`."""
    after = start + change
    if start == 0 or (start > 0) == (change > 0):
        return "Open Long" if change > 0 else "Open Short"
    if after != 0 and (after > 0) != (start > 0):
        return "Long > Short" if start > 0 else "Short > Long"
    return "Close Long" if start > 0 else "Close Short"


def funding_form(payment: FundingPayment) -> dict[str, Any]:
    """As in userFunding: a negative amount was paid."""
    return {
        "time": to_ms(payment.time),
        "hash": NO_HASH,
        "delta": {
            "type": "funding",
            "coin": payment.coin,
            "usdc": wire(payment.amount),
            "szi": wire(payment.size),
            "fundingRate": wire(payment.rate),
            "nSamples": None,
        },
    }


def flow_form(flow: CashFlow) -> dict[str, Any]:
    """As in userNonFundingLedgerUpdates."""
    deposit = flow.reason is FlowReason.DEPOSIT
    delta: dict[str, Any] = {"type": "deposit", "usdc": wire(flow.amount)}
    if not deposit:
        fee = min(WITHDRAWAL_FEE, -flow.amount)
        arrives = wire(-flow.amount - fee)
        delta = {"type": "withdraw", "usdc": arrives, "nonce": flow.seq, "fee": wire(fee)}
    return {
        "time": to_ms(flow.time),
        "hash": transaction_hash(f"flow {flow.seq} {flow.time.isoformat()}"),
        "delta": delta,
    }
