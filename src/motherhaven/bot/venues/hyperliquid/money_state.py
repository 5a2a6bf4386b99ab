"""Money that moved: fills, funding, deposits and withdrawals, as the venue lists them."""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from motherhaven.bot.portfolio.events import CashFlow, FlowReason, FundingPayment
from motherhaven.bot.venues.hyperliquid.orders_state import cloid_of, side_of
from motherhaven.bot.venues.hyperliquid.parse import (
    BadAnswer,
    flag,
    is_ours,
    mapping,
    number,
    text,
    time_of,
    whole,
)
from motherhaven.contract.exact import exact, quotient

_FILLS: Final = "userFillsByTime"
_FUNDING: Final = "userFunding"
_LEDGER: Final = "userNonFundingLedgerUpdates"
_ZERO: Final = Decimal(0)
_ADL: Final = "Auto-Deleveraging"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RawFill:
    """One execution as listed. `size` and `start` (the position before) are signed, in coin.

    `realized` is gross of the fee; `fee` is negative for a rebate; `liquidated` says that the
    venue closed our position, `deleveraged` that it did so in another's favour.
    """

    coin: str
    size: Decimal
    price: Decimal
    fee: Decimal
    realized: Decimal
    start: Decimal
    taker: bool
    time: datetime
    oid: int
    tid: int
    cloid: str
    liquidated: bool
    deleveraged: bool

    @property
    def key(self) -> tuple[int, int]:
        """By which it is known again."""
        return self.tid, self.oid

    @property
    def closes(self) -> bool:
        """Whether it makes a position smaller, ends it or turns it round."""
        return bool(self.start) and (self.start > 0) != (self.size > 0)


def read_fill(value: Any, account: str) -> RawFill | None:
    """One of `userFills`; None for spot, other exchanges and conversions of dust.

    Raises:
        BadAnswer: it cannot be read.
    """
    item = mapping(value, _FILLS)
    coin = text(item, "coin", _FILLS)
    if not is_ours(coin):
        return None
    unsigned = number(item, "sz", _FILLS)
    if not unsigned:
        return None
    word = text(item, "dir", _FILLS)
    if item.get("feeToken", "USDC") != "USDC":
        raise BadAnswer(_FILLS, f"a fee in {item['feeToken']!r:.20}")
    return RawFill(
        coin=coin,
        size=unsigned * side_of(item, _FILLS).sign,
        price=number(item, "px", _FILLS),
        fee=number(item, "fee", _FILLS, signed=True),
        realized=number(item, "closedPnl", _FILLS, signed=True),
        start=number(item, "startPosition", _FILLS, signed=True),
        taker=flag(item, "crossed", _FILLS),
        time=time_of(item, "time", _FILLS),
        oid=whole(item, "oid", _FILLS),
        tid=_tid(item),
        cloid=cloid_of(item),
        liquidated=_liquidated(item, account),
        deleveraged=word == _ADL,
    )


def _tid(item: Mapping[str, Any]) -> int:
    """The number of the trade; old answers have none, then price, size and time stand for it."""
    if "tid" in item:
        return whole(item, "tid", _FILLS)
    parts = [str(item.get(name)) for name in ("hash", "px", "sz", "startPosition", "time")]
    return int.from_bytes(hashlib.sha256("|".join(parts).encode()).digest()[:7], "big")


def _liquidated(item: Mapping[str, Any], account: str) -> bool:
    """Whether we are the one who was liquidated; the other side's fill says so too."""
    found = item.get("liquidation")
    if found is None:
        return False
    who = text(mapping(found, _FILLS), "liquidatedUser", _FILLS)
    return who.lower() == account


def read_funding(value: Any) -> FundingPayment | None:
    """One of `userFunding`: received is positive; None for other exchanges.

    The oracle's price is worked out: amount = -size * oracle * rate.

    Raises:
        BadAnswer: it cannot be read.
    """
    item = mapping(value, _FUNDING)
    delta = mapping(item.get("delta"), _FUNDING)
    coin = text(delta, "coin", _FUNDING)
    if not is_ours(coin):
        return None
    size, rate = (number(delta, name, _FUNDING, signed=True) for name in ("szi", "fundingRate"))
    amount = number(delta, "usdc", _FUNDING, signed=True)
    with exact():
        base = size * rate
        oracle = abs(quotient(amount, base)) if base else _ZERO
    return FundingPayment(0, coin, amount, rate, oracle, size, "", time_of(item, "time", _FUNDING))


_SEEN_KINDS: set[str] = set()
_NO_MONEY: Final = frozenset({
    "liquidation", "spotTransfer", "spotGenesis", "cStakingTransfer", "borrowLend",
    "accountActivationGas", "deployGasAuction",
})  # fmt: skip
"""Entries that move nothing between the account of perpetuals and elsewhere."""


def read_flow(value: Any, account: str) -> CashFlow | None:
    """One of `userNonFundingLedgerUpdates`, None where it moved no USD of perpetuals.

    An unknown kind is left out, with a word in the log: what it moved, if anything, shows as
    a difference between books and venue.

    Raises:
        BadAnswer: it cannot be read.
    """
    item = mapping(value, _LEDGER)
    delta = mapping(item.get("delta"), _LEDGER)
    kind = text(delta, "type", _LEDGER)
    moved = _moved(kind, delta, account)
    if moved is None:
        if kind not in _NO_MONEY and kind not in _SEEN_KINDS and len(_SEEN_KINDS) < 100:
            _SEEN_KINDS.add(kind)
            log.warning("Hyperliquid's ledger has an entry of the unknown kind %.40s", kind)
        return None
    amount, reason = moved
    if not amount:
        return None
    name = f"{text(item, 'hash', _LEDGER)}:{kind}:{whole(item, 'time', _LEDGER)}"
    return CashFlow(0, amount, reason, time_of(item, "time", _LEDGER), name)


def _moved(kind: str, delta: Mapping[str, Any], account: str) -> tuple[Decimal, FlowReason] | None:
    if kind == "deposit":
        return number(delta, "usdc", _LEDGER), FlowReason.DEPOSIT
    if kind == "withdraw":
        return -_with_fee(delta), FlowReason.WITHDRAWAL
    if kind == "accountClassTransfer":
        usdc = number(delta, "usdc", _LEDGER)
        return usdc if flag(delta, "toPerp", _LEDGER) else -usdc, FlowReason.TRANSFER
    if kind in ("internalTransfer", "subAccountTransfer"):
        incoming = text(delta, "destination", _LEDGER).lower() == account
        amount = number(delta, "usdc", _LEDGER) if incoming else -_with_fee(delta)
        return amount, FlowReason.TRANSFER
    if kind in ("vaultDeposit", "vaultCreate"):
        return -number(delta, "usdc", _LEDGER), FlowReason.TRANSFER
    if kind == "vaultWithdraw":
        return number(delta, "netWithdrawnUsd", _LEDGER), FlowReason.TRANSFER
    if kind == "send":
        return _sent(delta, account)
    return None


def _sent(delta: Mapping[str, Any], account: str) -> tuple[Decimal, FlowReason] | None:
    """Between accounts and exchanges: "" is the account of perpetuals."""
    if delta.get("token") != "USDC":
        return None
    amount, total = number(delta, "amount", _LEDGER), _ZERO
    if text(delta, "user", _LEDGER).lower() == account and delta.get("sourceDex") == "":
        total -= amount + (number(delta, "fee", _LEDGER) if "fee" in delta else _ZERO)
    arrives = text(delta, "destination", _LEDGER).lower() == account
    if arrives and delta.get("destinationDex") == "":
        total += amount
    return total, FlowReason.TRANSFER


def _with_fee(delta: Mapping[str, Any]) -> Decimal:
    fee = number(delta, "fee", _LEDGER) if "fee" in delta else _ZERO
    return number(delta, "usdc", _LEDGER) + fee
